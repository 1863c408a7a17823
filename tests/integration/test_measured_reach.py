"""These tests measure issues in traffic: which calls they are about, what the score makes of it, and what people see."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gateway_ingest import partitions
from tests.integration.rows import make_feedback, make_issue
from tests.integration.traffic import calls, store
from triage.models import Issue, MeasuredReach
from triage.overrides import override_issue
from triage.score import measured, rescore
from triage.score.severity import Voice, severity_of

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WORST = [Voice(3, 0.9, "model")]


@pytest.fixture(autouse=True)
def at_now(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def told(launch, now):
    """An availability issue of the catalogue with two reports."""
    catalog = launch.components.get(slug="catalog-api")
    issue = make_issue(launch, now=now, component=catalog, category="availability", severity=3)
    for ago in (1, 9):
        row = make_feedback(launch, now=now - ago * MINUTE, issue_key=issue.key, category="availability")
        row.matches.create(issue=issue, origin="model", confidence=0.9, reason="alike", matched_at=now)
    rescore([issue.pk], now=now)
    return issue


def measured_at(moment):
    return measured.measure(clock=lambda: moment)


def test_errors_of_the_component_around_its_reports_are_its_reach(told, launch, now):
    store(launch, [
        *calls(100, now - 12 * MINUTE, consumer="u{}"),
        *calls(30, now - 8 * MINUTE, consumer="u{}", status=503),
        *calls(50, now - 5 * HOUR, consumer="old-{}", status=503),
        *calls(50, now - 8 * MINUTE, consumer="other-{}", status=503, component="checkout"),
    ], now=now)  # fmt: skip
    assert measured_at(now) == 1
    told.refresh_from_db()
    assert (told.reach_value, told.reach_of, told.reach_method, told.reach_guests) == (30, 150, "exact", 0)
    assert told.reach_at == now
    row = MeasuredReach.objects.get()
    assert (row.signatures, row.calls) == ([{"component": "catalog-api", "status_class": "5"}], 30)
    assert (row.begins, row.ends) == (now - 14 * MINUTE, now)


def test_what_reporters_saw_fail_says_which_calls_it_is_about(told, launch, now):
    seen = {"requests": [{"method": "GET", "path": "https://shop.example/stock/9?x=1", "status": 503}]}
    row = make_feedback(launch, now=now, issue_key=told.key, context=seen)
    row.matches.create(issue=told, origin="model", confidence=0.9, reason="alike", matched_at=now)
    store(launch, [
        *calls(7, now - MINUTE, consumer="u{}", path="/stock/77", status=503),
        *calls(40, now - MINUTE, consumer="u{}", status=503),
    ], now=now)  # fmt: skip
    measured_at(now)
    told.refresh_from_db()
    assert (told.reach_value, told.reach_of) == (7, 40)
    assert MeasuredReach.objects.get().signatures == [
        {"route": "/stock/{number}", "method": "GET", "status_class": "5"}
    ]


@pytest.mark.parametrize("category", ["question", "usability", "performance", "praise"])
def test_trouble_that_does_not_show_as_errors_stays_reported(launch, now, category):
    issue = make_issue(launch, now=now, component=launch.components.first(), category=category)
    store(launch, calls(30, now - MINUTE, consumer="u{}", status=503), now=now)
    measured_at(now)
    issue.refresh_from_db()
    assert (issue.reach_method, MeasuredReach.objects.get().value) == ("reporters", 0)


def test_reporters_count_where_traffic_shows_fewer_of_them(told, launch, now):
    store(launch, calls(20, now - MINUTE, consumer="", status=503), now=now)
    measured_at(now)
    told.refresh_from_db()
    assert (told.reach_value, told.reach_method, told.reach_guests) == (1, "reporters", 2)


def test_measured_reach_survives_new_reports_and_dropped_calls(told, launch, now):
    store(launch, calls(30, now - 8 * MINUTE, consumer="u{}", status=503), now=now)
    measured_at(now)
    partitions.drop_before(now.date() + timedelta(days=2))
    rescore([told.pk], now=now + MINUTE)
    measured_at(now + 3 * MINUTE)
    told.refresh_from_db()
    assert (told.reach_value, told.reach_method) == (30, "exact")


def test_issue_is_measured_again_only_while_calls_may_come(told, launch, now):
    store(launch, calls(30, now - 8 * MINUTE, consumer="u{}", status=503), now=now)
    assert [measured_at(now), measured_at(now + MINUTE / 2), measured_at(now + 2 * MINUTE)] == [1, 0, 1]
    store(launch, calls(5, now - 7 * MINUTE, consumer="late-{}", status=503), now=now)
    assert measured_at(now + 4 * MINUTE) == 1
    told.refresh_from_db()
    assert told.reach_value == 35
    assert [measured_at(now + 2 * HOUR), measured_at(now + 3 * HOUR)] == [1, 0]


def test_issues_without_traffic_are_left_alone(told, now):
    assert measured_at(now) == 0
    assert MeasuredReach.objects.count() == 0


def test_another_launch_with_the_same_component_changes_nothing(told, launch, people, now):
    from hypercare.core.launches import create_launch
    from hypercare.core.models import Launch

    days = {"go_live_on": now.date(), "planned_end_on": now.date()}
    far = create_launch(Launch(slug="far", name="Far", **days), owner=people["outsider"], now=now)
    far.components.create(slug="catalog-api", name="Catalogue")
    store(far, calls(90, now - MINUTE, consumer="u{}", status=503), now=now)
    store(launch, calls(3, now - MINUTE, consumer="u{}", status=503), now=now)
    measured_at(now)
    told.refresh_from_db()
    assert (told.reach_value, told.reach_of) == (3, 3)


@pytest.mark.parametrize(
    ("reach", "active", "severity"),
    [(19, 20, 3), (20, 1000, 3), (49, 1000, 3), (50, 1000, 2), (249, 1000, 2), (250, 1000, 1), (1000, 1000, 1)],
)
def test_measured_reach_raises_severity_by_its_share(reach, active, severity):
    found = severity_of(WORST, reach=reach, active=active, is_measured=True)
    assert found.severity == severity
    assert ("measured in traffic" in str(found.reason)) == (severity < 3)


def test_severity_that_a_person_holds_stays(told, launch, now, people):
    from hypercare.core.timeline import Actor

    override_issue(told.pk, field="severity", value="4", reason="Known", actor=Actor.person(people["lead"]), now=now)
    store(launch, calls(100, now - 8 * MINUTE, consumer="u{}", status=503), now=now)
    measured_at(now)
    told.refresh_from_db()
    assert (told.severity, told.reach_value) == (4, 100)


def test_api_and_pages_show_the_measured_figure(told, launch, now, api, lead):
    store(
        launch,
        [*calls(200, now - 8 * MINUTE, consumer="u{}"), *calls(30, now - 8 * MINUTE, consumer="u{}", status=503)],
        now=now,
    )
    measured_at(now)
    wanted = {"value": 30, "of": 200, "method": "exact", "at": "2026-05-28T12:32:00Z"}
    for shown in (
        api.get(f"/api/v1/issues/{told.key}/").json(),
        api.get("/api/v1/issues/?launch=shop").json()["results"][0],
    ):
        assert {name: shown["reach"][name] for name in wanted} == wanted
        assert shown["rice"]["reach"] == 30
    page = " ".join(lead.get(f"/launches/shop/issues/{told.key}/").content.decode().split())
    assert "of 200 active consumers, <b>15%</b>, measured in traffic" in page
    assert "consumers of calls of catalog-api, 5xx, 28 May 14:18 to 28 May 14:32; exact, at 14:32." in page


def test_list_of_issues_takes_as_many_queries_whether_measured_or_not(told, launch, now, api):
    store(launch, calls(30, now - MINUTE, consumer="u{}", status=503), now=now)

    def queries():
        with CaptureQueriesContext(connection) as found:
            api.get("/api/v1/issues/?launch=shop")
        return len(found)

    queries()
    few = queries()
    for _each in range(20):
        make_issue(launch, now=now, component=launch.components.first(), category="availability")
    measured_at(now)
    assert Issue.objects.exclude(reach_method="reporters").count() == 21
    assert queries() == few
