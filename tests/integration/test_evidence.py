"""These tests ask what traffic shows of reach, reports, deployments, requests, models and routes, over real rows."""

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback.models import Reporter
from gateway_ingest import evidence, hours, partitions, windows
from gateway_ingest.call_kinds import OTHER
from gateway_ingest.calls import STORE, Wanted
from gateway_ingest.evidence import Signature, Span, Word
from gateway_ingest.evidence.governance import Rule
from gateway_ingest.formats.calls import CallFlag
from gateway_ingest.models import ApiDescription, Hour, HourMark, HourOfLaunch, KeptEvidence, MinuteOfLaunch, Source
from hypercare.core.launches import create_launch
from hypercare.core.models import Environment, Launch, Release
from tests.integration.rows import make_alert, make_deployment, make_feedback
from tests.integration.traffic import call, calls, store

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def hour(now):
    """The hour before now."""
    return Span.of(now - HOUR, now)


@pytest.fixture
def far(launch, people, now):
    """Another launch with a catalogue of its own."""
    days = {"go_live_on": date(2026, 5, 1), "planned_end_on": date(2026, 5, 31)}
    found = create_launch(Launch(slug="far", name="Far", **days), owner=people["outsider"], now=now)
    found.components.create(slug="catalog-api", name="Catalogue")
    return found


def find_code(launch, consumer, *, now):
    """The code that lists show instead of a consumer's name."""
    return STORE.find([launch], Wanted(consumer=consumer), limit=1, skip=0, now=now)[0].consumer


def drop_single_calls():
    partitions.drop_before(date(2100, 1, 1))


# --- reach ------------------------------------------------------------------------------------------------------


def test_reach_counts_distinct_consumers_of_all_active_ones(launch, now, hour):
    store(launch, calls(30, now - 20 * MINUTE, consumer="user-{}", status=503), now=now)
    store(launch, calls(90, now - 40 * MINUTE, consumer="user-{}"), now=now)
    found = evidence.reach(launch, Signature(component="catalog-api", status_class=5), hour, now=now)
    assert (found.value, found.of, found.share) == (30, 90, pytest.approx(1 / 3))
    assert (found.method, found.error, found.calls, found.is_measured) == ("exact", 0.0, 30, True)
    assert found.in_words() == "30 of 90 active consumers"


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        (Signature(), 4),
        (Signature(component="checkout"), 1),
        (Signature(component="unknown-service"), 1),
        (Signature(route="/products/{number}"), 2),
        (Signature(method="POST"), 1),
        (Signature(status_class=5), 1),
        (Signature(release="4.2"), 1),
        (Signature(model="large", prompt_version="v7"), 1),
        (Signature(error_type="Timeout"), 1),
        (Signature(component="checkout", status_class=2), 0),
        ([Signature(release="4.2"), Signature(model="large")], 2),
    ],
)
def test_signature_narrows_by_each_of_its_parts(launch, now, hour, wanted, value):
    rows = [
        call(now - 5 * MINUTE, consumer="a", release="4.2"),
        call(now - 5 * MINUTE, consumer="b", component="checkout", path="/pay", method="POST", status=500,
            error_type="Timeout"),
        call(now - 5 * MINUTE, consumer="c", component="assistant", path="/chat", model="large", prompt_version="v7"),
        call(now - 5 * MINUTE, consumer="d", component="unknown-service"),
    ]  # fmt: skip
    store(launch, rows, now=now)
    assert evidence.reach(launch, wanted, hour, now=now).value == value


def test_many_consumers_are_estimated_and_the_error_is_shown(launch, now, hour):
    for part in range(6):
        found = calls(5000, now - 30 * MINUTE, every=timedelta(milliseconds=1), consumer=f"user-{part}-{{}}")
        store(launch, found, now=now)
    found = evidence.reach(launch, Signature(component="catalog-api"), hour, now=now)
    assert found.method == "HyperLogLog ±1.6%"
    assert found.error == pytest.approx(0.0162, abs=0.0003)
    assert found.value == pytest.approx(30_000, rel=0.03)


def test_a_few_thousand_active_consumers_are_counted_out(launch, now, hour):
    for part in range(3):
        found = calls(50, now - 30 * MINUTE, every=timedelta(milliseconds=1), consumer=f"user-{part}-{{}}")
        store(launch, found, now=now)
    store(
        launch,
        calls(900, now - 20 * MINUTE, every=timedelta(milliseconds=1), consumer="other-{}", path="/pay"),
        now=now,
    )
    found = evidence.reach(launch, Signature(status_class=5), hour, now=now)
    assert found.of == pytest.approx(1050, rel=0.03)
    store(launch, calls(60, now - 3 * HOUR, every=timedelta(milliseconds=1), consumer="u{}", path="/a"), now=now)
    store(launch, calls(60, now - 3 * HOUR, every=timedelta(milliseconds=1), consumer="v{}", path="/b"), now=now)
    early = Span.of(now - 3 * HOUR - 40 * MINUTE, now - 2 * HOUR)
    assert evidence.reach(launch, Signature(), early, now=now).of == 120
    hours.add_up(now=now)
    assert evidence.reach(launch, Signature(), early, now=now).of == 120


def test_windows_from_before_minutes_of_launches_were_kept_are_brought_in(launch, now):
    store(launch, calls(90, now - 3 * HOUR, every=timedelta(milliseconds=1), consumer="u{}"), now=now)
    windows.fold()
    MinuteOfLaunch.objects.all().delete()
    hours.add_up(now=now)
    early = Span.of(now - 3 * HOUR - MINUTE, now - 2 * HOUR)
    assert evidence.reach(launch, Signature(), early, now=now).of == pytest.approx(90, abs=2)


def test_calls_are_counted_where_nobody_names_consumers(launch, now, hour):
    store(launch, [*calls(8, now - MINUTE, consumer="", status=500), *calls(12, now - MINUTE, consumer="")], now=now)
    found = evidence.reach(launch, Signature(status_class=5), hour, now=now)
    assert (found.value, found.of, found.method, found.is_measured) == (8, 20, "calls only", False)
    assert found.in_words() == "8 of 20 calls; no consumer is named"


def test_nothing_that_fits_reaches_nobody(launch, now, hour):
    store(launch, calls(7, now - MINUTE, consumer="user-{}"), now=now)
    found = evidence.reach(launch, Signature(status_class=5), hour, now=now)
    assert (found.value, found.of, found.share, found.calls) == (0, 7, 0.0, 0)
    empty = evidence.reach(launch, Signature(), Span(hour.begins - 30 * DAY, hour.ends - 30 * DAY), now=now)
    assert (empty.value, empty.of, empty.share) == (0, 0, None)


def test_figures_stand_when_single_calls_are_dropped(launch, now, hour):
    rows = [
        *calls(30, now - 20 * MINUTE, consumer="user-{}", status=503, trace_id=TRACE),
        *calls(90, now - 40 * MINUTE),
    ]
    rows += calls(60, now - 30 * MINUTE, component="assistant", model="large", prompt_version="v7", input_tokens=9)
    store(launch, rows, now=now)
    deployed = make_deployment(launch, now=now - 25 * MINUTE, version="2")
    report = make_feedback(launch, now=now - 19 * MINUTE, component=launch.components.first(), trace_id=TRACE)
    evidence.keep_evidence(now=now)

    def everything():
        return (
            evidence.reach(launch, Signature(status_class=5), hour, now=now),
            evidence.before_and_after(deployed, now=now).reasons,
            evidence.ai_table(launch, hour),
            evidence.series(launch, "p95_ms", hour),
            evidence.routes(launch, hour),
            evidence.governance(launch, hour),
            evidence.evidence_of(report, now=now),
        )

    before = everything()
    assert [piece.by for piece in before[-1]] == ["trace", "component"]
    drop_single_calls()
    assert everything() == before


def test_another_launch_is_never_counted(launch, far, now, hour):
    store(far, calls(40, now - MINUTE, consumer="user-{}", status=503, trace_id=TRACE), now=now)
    store(launch, calls(2, now - MINUTE, consumer="user-{}", status=503), now=now)
    assert evidence.reach(launch, Signature(status_class=5), hour, now=now).of == 2
    assert evidence.life_of(launch, TRACE, now=now) is None
    assert evidence.routes(launch, hour).calls == 2
    report = make_feedback(launch, now=now, trace_id=TRACE)
    assert all(piece.by == "component" for piece in evidence.near(report, now=now))


PARTS = st.tuples(
    st.sampled_from(["catalog-api", "checkout", "elsewhere"]), st.sampled_from([200, 404, 503]),
    st.integers(0, 200), st.integers(0, 150),
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(PARTS, min_size=1, max_size=12), wanted=st.sampled_from(["", "catalog-api", "checkout"]),
    status=st.sampled_from([0, 2, 5]), minutes=st.integers(1, 240), rolled=st.booleans(),
)  # fmt: skip
def test_reach_is_never_more_than_the_active_consumers(launch, now, parts, wanted, status, minutes, rolled):
    rows = [
        one
        for component, code, ago, number in parts
        for one in calls(number, now - ago * MINUTE, every=timedelta(milliseconds=1), consumer="u{}", component=component,
            status=code)
    ]  # fmt: skip
    if rows:
        store(launch, rows, now=now)
    if rolled:
        hours.add_up(now=now)
    span = Span.of(now - minutes * MINUTE, now)
    found = evidence.reach(launch, Signature(component=wanted, status_class=status), span, now=now)
    everybody = evidence.reach(launch, Signature(), span, now=now)
    assert 0 <= found.value <= found.of
    assert found.value <= everybody.value or found.error or everybody.error
    assert found.share is None or 0 <= found.share <= 1


# --- hours ------------------------------------------------------------------------------------------------------


def day_of_calls(launch, now):
    rows = [
        one
        for ago in range(1, 20)
        for one in calls(
            80, now - ago * HOUR, every=20 * timedelta(seconds=1), consumer=f"u{ago}-{{}}", status=200 + 303 * (ago % 2)
        )
    ]
    store(launch, rows, now=now)


def everything_of(launch, span, now):
    reach = evidence.reach(launch, Signature(status_class=5), span, now=now)
    return [reach.value, reach.of, reach.calls, evidence.series(launch, "p95_ms", span).points,
        evidence.series(launch, "calls", span).points, evidence.routes(launch, span).rows]  # fmt: skip


def test_hours_added_up_give_the_same_figures_as_their_minutes(launch, now):
    day_of_calls(launch, now)
    span = Span.of(now - 23 * HOUR, now)
    by_minute = everything_of(launch, span, now)
    assert hours.add_up(now=now) == 19
    by_hour = everything_of(launch, span, now)
    assert by_hour[2:5] == by_minute[2:5]
    assert by_hour[0] == pytest.approx(by_minute[0], rel=0.02)
    assert by_hour[1] == pytest.approx(by_minute[1], rel=0.02)
    assert sum(hour.calls for hour in Hour.objects.all()) == 19 * 80
    assert (HourMark.objects.filter(at__lt=now - HOUR).count(), HourOfLaunch.objects.count()) == (0, 19)


def test_late_calls_count_at_once_and_after_adding_up_again(launch, now):
    day_of_calls(launch, now)
    hours.add_up(now=now)
    span = Span.of(now - 23 * HOUR, now)
    before = evidence.reach(launch, Signature(status_class=5), span, now=now).calls
    store(launch, calls(5, now - 7 * HOUR, status=500, consumer="late-{}"), now=now)
    assert evidence.reach(launch, Signature(status_class=5), span, now=now).calls == before + 5
    assert hours.add_up(now=now) == 1
    assert evidence.reach(launch, Signature(status_class=5), span, now=now).calls == before + 5


DELIVERIES = st.lists(st.tuples(st.integers(0, 400), st.integers(1, 90), st.booleans()), min_size=1, max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=DELIVERIES, begins=st.integers(60, 500), ends=st.integers(0, 59))
def test_no_call_is_lost_or_doubled_whenever_hours_are_added_up(launch, now, deliveries, begins, ends):
    span = Span.of(now - begins * MINUTE, now - ends * MINUTE)
    before = evidence.reach(launch, Signature(), span, now=now).calls
    wanted = 0
    for ago, number, is_added_up in deliveries:
        at = now - ago * MINUTE
        store(launch, calls(number, at, every=timedelta(milliseconds=1), consumer=f"u{ago}-{{}}"), now=now)
        wanted += number if span.begins <= at < span.ends else 0
        if is_added_up:
            hours.add_up(now=now)
    found = evidence.reach(launch, Signature(), span, now=now)
    assert found.calls - before == wanted
    assert sum(point.value for point in evidence.series(launch, "calls", span, step=HOUR).points) == found.calls
    assert found.value <= found.of


def test_hour_that_still_runs_is_not_added_up(launch, now):
    store(launch, calls(5, now - MINUTE), now=now)
    assert hours.add_up(now=now) == 0
    assert hours.add_up(now=now + HOUR) == 1


# --- near a report ----------------------------------------------------------------------------------------------


def near_by(report, now):
    return {piece.by: piece for piece in evidence.near(report, now=now)}


def test_trace_of_the_report_tells_the_most(launch, now):
    store(launch, [call(now - MINUTE, trace_id=TRACE, status=503), *calls(20, now - 3 * MINUTE)], now=now)
    report = make_feedback(launch, now=now, trace_id=TRACE, component=launch.components.first())
    (first, *rest) = evidence.near(report, now=now)
    assert (first.by, first.score, first.calls, first.errors, first.trace_id) == ("trace", 1.0, 1, 1, TRACE)
    assert first.reasons == [
        "The report carries the trace of these calls.",
        "GET /products/{number} of catalog-api answered 503.",
    ]
    assert first.examples[0].status == 503
    assert [piece.by for piece in rest] == ["component"]
    assert all(piece.score < first.score for piece in rest)


@pytest.mark.parametrize("name", ["0b8d6a52-8a39-4a0c-9f1e-5a4f2f6f9d11", "req-77"])
def test_request_id_that_the_browser_noted_is_found(launch, now, name):
    store(launch, [call(now - MINUTE, request_id=name, status=500, trace_id=TRACE)], now=now)
    noted = {"requests": [{"method": "GET", "path": "/products/7", "status": 500, "x-request-id": name}]}
    found = near_by(make_feedback(launch, now=now, context=noted), now)
    assert (found["request"].score, found["request"].errors) == (0.95, 1)


def test_trace_that_the_browser_noted_is_found(launch, now):
    store(launch, [call(now - MINUTE, trace_id=TRACE, status=500)], now=now)
    noted = {"requests": [{"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}]}
    assert near_by(make_feedback(launch, now=now, context=noted), now)["trace"].trace_id == TRACE


@pytest.mark.parametrize("known_by", ["external_id", "email"])
def test_reporters_own_calls_around_the_time_are_found(launch, now, known_by):
    name = "ada@example.org" if known_by == "email" else "customer-9"
    person = Reporter.objects.create(launch=launch, created_at=now, **{known_by: name})
    store(launch, [
        call(now - 2 * MINUTE, consumer=name, status=502), call(now - 5 * HOUR, consumer=name, status=500),
        call(now - MINUTE, consumer="somebody else", status=500),
    ], now=now)  # fmt: skip
    piece = near_by(make_feedback(launch, now=now, reporter=person), now)["consumer"]
    assert (piece.calls, piece.errors) == (1, 1)
    assert piece.score == pytest.approx(0.8 * 2.718281828**-0.2, abs=0.001)
    assert "The nearest error was 2 min before the report." in piece.reasons


def test_reporter_named_like_the_code_of_a_consumer_gets_none_of_its_calls(launch, now):
    store(launch, [call(now - 2 * MINUTE, consumer="victim@example.org", status=502)], now=now)
    code = find_code(launch, "victim@example.org", now=now)
    for name in (code, code.removeprefix("code:")):
        person = Reporter.objects.create(launch=launch, external_id=name, created_at=now)
        report = make_feedback(launch, now=now, reporter=person)
        assert "consumer" not in {piece.by for piece in evidence.near(report, now=now)}


def test_older_calls_of_the_reporter_tell_less(launch, now):
    person = Reporter.objects.create(launch=launch, created_at=now, external_id="customer-9")
    scores = []
    for ago in (1, 9, 25):
        moment = now - timedelta(hours=ago)
        store(launch, [call(moment - ago * MINUTE, consumer="customer-9", status=502)], now=now)
        scores.append(near_by(make_feedback(launch, now=moment, reporter=person), now)["consumer"].score)
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 5 * scores[-1]


def test_errors_of_the_component_are_weighed_by_time_and_by_what_is_usual(launch, now):
    report = make_feedback(launch, now=now, component=launch.components.get(slug="catalog-api"))
    store(launch, [*calls(60, now - 4 * MINUTE), *calls(20, now - 4 * MINUTE, status=503)], now=now)
    (unusual,) = evidence.near(report, now=now)
    assert (unusual.by, unusual.route, unusual.errors, unusual.calls) == ("component", "/products/{number}", 20, 80)
    assert "The report is about Product pages." in unusual.reasons
    assert "That is 25.0% of calls; the same time the day before it was 0.0%." in unusual.reasons
    store(launch, [*calls(60, now - DAY), *calls(20, now - DAY, status=503)], now=now)
    (usual,) = evidence.near(report, now=now)
    assert usual.score < 0.3 * unusual.score


def test_report_that_names_nothing_gets_weak_evidence_only(launch, now):
    store(launch, calls(20, now - MINUTE, status=503), now=now)
    (piece,) = evidence.near(make_feedback(launch, now=now), now=now)
    assert piece.score <= 0.25
    assert piece.reasons[0] == "Errors at that time; the report names no component."


def test_route_that_the_browser_saw_fail_is_found_whatever_its_places_are_called(launch, now):
    store(launch, [*calls(20, now - MINUTE, status=503), *calls(20, now - MINUTE, path="/pay", status=503)], now=now)
    seen = {"requests": [{"method": "GET", "path": "https://shop.example/products/{sku}?a=1", "status": 503}]}
    (piece,) = evidence.near(make_feedback(launch, now=now, context=seen), now=now)
    assert (piece.route, piece.errors) == ("/products/{number}", 20)
    assert piece.reasons[0] == "The reporter's browser saw this route fail."
    assert piece.score > 0.6


def test_machines_and_quiet_launches_get_no_evidence(launch, now):
    assert evidence.near(make_feedback(launch, now=now, trace_id=TRACE), now=now) == []
    store(launch, calls(20, now - MINUTE, status=503), now=now)
    assert evidence.near(make_feedback(launch, now=now, channel="alert"), now=now) == []


@pytest.mark.parametrize("context", [[], {"requests": "x"}, {"requests": [7, {"path": 7, "status": "x"}]},
    {"requests": [{"path": "https://x.example", "status": 500, "traceparent": ["a"]}]}, {"request_id": {"a": 1}}])  # fmt: skip
def test_odd_context_harms_nothing(launch, now, context):
    store(launch, calls(2, now - MINUTE), now=now)
    assert evidence.near(make_feedback(launch, now=now, context=context), now=now) == []


def test_evidence_is_sought_again_when_calls_come_late(launch, now):
    report = make_feedback(launch, now=now, trace_id=TRACE)
    store(launch, calls(3, now - MINUTE), now=now)
    assert evidence.keep_evidence(now=now + MINUTE) == 0
    assert evidence.keep_evidence(now=now + 3 * MINUTE) == 1
    assert evidence.keep_evidence(now=now + 9 * MINUTE) == 0
    store(launch, [call(now, trace_id=TRACE, status=500)], now=now + 20 * MINUTE)
    assert evidence.keep_evidence(now=now + 31 * MINUTE) == 1
    assert evidence.keep_evidence(now=now + 40 * MINUTE) == 0
    assert KeptEvidence.objects.get(feedback=report).pieces[0]["by"] == "trace"


# --- before and after -------------------------------------------------------------------------------------------


def around(launch, now, *, before, after, errors_before=0, errors_after=0, took=(100_000, 100_000)):
    """A deployment an hour ago, with so many calls spread over the hour on each side."""
    for count, errors, begins, micros in (
        (before, errors_before, now - 2 * HOUR + MINUTE, took[0]), (after, errors_after, now - HOUR + MINUTE, took[1])
    ):  # fmt: skip
        every = 58 * MINUTE / max(count, 1)
        rows = calls(count - errors, begins, every=every, duration=micros, consumer="u{}")
        store(launch, [*rows, *calls(errors, begins, every=every, status=500, duration=micros)], now=now)
    return make_deployment(launch, now=now - HOUR, version="1.9")


@pytest.mark.parametrize(
    ("figures", "word"),
    [
        ({"before": 400, "after": 420, "errors_after": 40}, Word.WORSE),
        ({"before": 400, "after": 420, "errors_before": 40}, Word.BETTER),
        ({"before": 400, "after": 420, "errors_before": 4, "errors_after": 4}, Word.SAME),
        ({"before": 400, "after": 420, "took": (100_000, 190_000)}, Word.WORSE),
        ({"before": 400, "after": 420, "took": (190_000, 100_000)}, Word.BETTER),
        ({"before": 30, "after": 420, "errors_after": 400}, Word.TOO_LITTLE),
        ({"before": 0, "after": 0}, Word.TOO_LITTLE),
    ],
)
def test_deployment_is_judged_by_the_hours_around_it(launch, now, figures, word):
    found = evidence.before_and_after(around(launch, now, **figures), now=now)
    assert (found.word, found.before.calls, found.after.calls) == (word, figures["before"], figures["after"])
    assert found.reasons
    assert found.before.span.length == found.after.span.length


def test_route_that_broke_is_named_though_the_whole_is_the_same(launch, now):
    deployed = around(launch, now, before=4000, after=4000)
    for begins, status in ((now - 2 * HOUR, 200), (now - HOUR + MINUTE, 500)):
        store(launch, calls(60, begins, every=50 * timedelta(seconds=1), path="/stock/9", status=status), now=now)
    (first, second) = evidence.before_and_after(deployed, now=now).routes
    assert (first.route, first.word, first.after_errors) == ("/stock/{number}", Word.WORSE, 60)
    assert second.word == Word.SAME


def test_same_hours_of_the_day_before_are_taken_where_traffic_was_unlike(launch, now):
    deployed = around(launch, now, before=60, after=400)
    store(launch, calls(390, now - DAY - HOUR + MINUTE, every=9 * timedelta(seconds=1)), now=now)
    found = evidence.before_and_after(deployed, now=now)
    assert (found.before.calls, found.before.span) == (390, found.after.span.day_before("UTC"))
    assert found.measured_against.startswith("the same hours of the day before")
    make_deployment(launch, now=now - 5 * HOUR, version="1.8")
    assert evidence.before_and_after(deployed, now=now).before.calls == 60


def test_deployment_of_what_has_no_calls_is_compared_by_all_calls(launch, now):
    deployed = around(launch, now, before=400, after=420, errors_after=40)
    launch.call_kinds.update(component=None, hint="somewhere else")
    found = evidence.before_and_after(deployed, now=now)
    assert (found.signature, found.word) == (Signature(), Word.WORSE)


def test_deployment_minutes_ago_is_compared_over_those_minutes(launch, now):
    store(launch, calls(700, now - 10 * MINUTE, every=timedelta(seconds=1)), now=now)
    found = evidence.before_and_after(make_deployment(launch, now=now - 5 * MINUTE, version="2"), now=now)
    assert (found.after.span.length, found.before.span.length, found.is_complete) == (4 * MINUTE, 4 * MINUTE, False)


@pytest.mark.parametrize("others", [{}, {"component": None}])
def test_both_sides_end_at_the_neighbouring_deployments(launch, now, others):
    deployed = around(launch, now, before=600, after=600)
    earlier = make_deployment(launch, now=now - 80 * MINUTE, version="1.8")
    later = make_deployment(launch, now=now - 30 * MINUTE, version="2.0")
    Release.objects.filter(pk__in=[earlier.release_id, later.release_id]).update(**others)
    store(launch, calls(200, now - 29 * MINUTE, status=500), now=now)
    found = evidence.before_and_after(deployed, now=now)
    assert (found.before.span, found.after.span) == (
        Span(now - 79 * MINUTE, now - 60 * MINUTE), Span(now - 59 * MINUTE, now - 30 * MINUTE))  # fmt: skip
    assert (found.word, found.after.errors, found.is_complete) == (Word.SAME, 0, True)
    assert found.shortened == [
        "The time before begins only where 1.8 had gone live.", "The time after ends where 2.0 went live."]  # fmt: skip
    assert found.measured_against == "the shorter time right before"


@pytest.mark.parametrize("apart", [{"environment": "staging"}, {"component": "checkout"}, {"at": 20}])
def test_deployments_elsewhere_or_in_the_same_minute_cut_nothing_off(launch, now, apart):
    deployed = around(launch, now, before=400, after=400)
    other = make_deployment(launch, now=now - 30 * MINUTE, version="2.0")
    if "environment" in apart:
        other.environment = Environment.objects.create(launch=launch, name="staging")
    if "component" in apart:
        Release.objects.filter(pk=other.release_id).update(component=launch.components.get(slug="checkout"))
    if "at" in apart:
        other.deployed_at = deployed.deployed_at + timedelta(seconds=apart["at"])
    other.save()
    found = evidence.before_and_after(deployed, now=now)
    assert (found.before.span.length, found.after.span.length, found.shortened) == (59 * MINUTE, 59 * MINUTE, [])


def test_nothing_is_said_of_durations_that_one_side_does_not_know(launch, now):
    deployed = around(launch, now, before=400, after=400, took=(100_000, -1))
    found = evidence.before_and_after(deployed, now=now)
    assert (found.word, found.latency, found.after.p95_ms) == (Word.SAME, None, None)
    assert found.reasons[0].endswith("how long calls took is known of too few on one side.")


def test_deployment_that_the_next_one_followed_at_once_has_no_time_of_its_own(launch, now):
    deployed = around(launch, now, before=400, after=400)
    make_deployment(launch, now=now - 59 * MINUTE, version="2.0")
    found = evidence.before_and_after(deployed, now=now)
    assert (found.word, found.after.calls, found.after.span.length) == (Word.TOO_LITTLE, 0, timedelta(0))


def went_to(deployed, name):
    deployed.environment = Environment.objects.create(launch=deployed.launch, name=name)
    deployed.save()
    return deployed


@pytest.mark.parametrize("name", ["staging", "pre-production", "QA 2", "review/fix-basket"])
def test_deployment_to_a_place_for_trying_is_not_held_against_production(launch, now, name):
    found = evidence.before_and_after(
        went_to(around(launch, now, before=400, after=420, errors_after=40), name), now=now
    )
    assert (found.word, found.is_compared, found.before.calls, found.after.calls) == (Word.ELSEWHERE, False, 0, 0)
    assert found.reasons[0].startswith(f"It went to {name}, and the calls that we know are of production")


@pytest.mark.parametrize("name", ["prod", "eu-west", "canary"])
def test_deployment_to_what_people_use_is_compared_by_whatever_name(launch, now, name):
    deployed = went_to(around(launch, now, before=400, after=420, errors_after=40), name)
    assert evidence.before_and_after(deployed, now=now).word == Word.WORSE


def test_deployment_to_staging_is_held_against_the_calls_of_its_own_sources(launch, now):
    deployed = around(launch, now, before=400, after=420, errors_after=40)
    Source.objects.filter(name="traffic").update(environment="Staging")
    assert evidence.before_and_after(deployed, now=now).word == Word.TOO_LITTLE
    assert evidence.before_and_after(went_to(deployed, "staging"), now=now).word == Word.WORSE


# --- life, models, series ---------------------------------------------------------------------------------------


def test_life_of_a_request_has_its_calls_in_order_and_what_was_around(launch, now):
    begin = now - 10 * MINUTE
    store(launch, [
        call(begin + timedelta(milliseconds=40), trace_id=TRACE, component="checkout", duration=60_000, status=504),
        call(begin, trace_id=TRACE, duration=120_000, status=502),
        call(begin, trace_id="1" * 32),
    ], now=now)  # fmt: skip
    told = make_feedback(launch, now=now, trace_id=TRACE)
    noted = make_feedback(launch, now=now, context={"requests": [{"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}]})
    make_feedback(launch, now=now, trace_id="1" * 32)
    alert = make_alert(launch, now=begin - MINUTE, component=launch.components.get(slug="checkout"))
    make_alert(
        launch, now=begin - HOUR, name="Over", ends_at=begin - 30 * MINUTE, status="resolved", resolved_at=begin - HOUR
    )
    make_deployment(launch, now=begin - 3 * DAY, version="1.0")
    last = make_deployment(launch, now=begin - HOUR, version="1.1")
    life = evidence.life_of(launch, TRACE.upper(), now=now)
    assert [(step.call.component, step.offset_ms, step.duration_ms) for step in life.steps] == [
        ("catalog-api", 0.0, 120.0), ("checkout", 40.0, 60.0),
    ]  # fmt: skip
    assert (life.trace_id, life.length_ms, life.errors, life.is_whole) == (TRACE, 120.0, 2, True)
    assert (life.reports, life.alerts, life.deployments) == ([told, noted], [alert], [last])


def test_ai_table_compares_prompt_versions(launch, now, hour):
    model = {"component": "assistant", "path": "/chat", "provider": "acme", "model": "large"}
    store(launch, [
        *calls(40, now - 9 * MINUTE, prompt_version="v1", duration=800_000, first_byte=200_000, input_tokens=100,
            output_tokens=50, cost=2_000_000, **model),
        *calls(20, now - 9 * MINUTE, prompt_version="v2", duration=1_600_000, first_byte=400_000, input_tokens=400,
            output_tokens=50, cost=5_000_000, flags=CallFlag.UNHELPFUL, **model),
        *calls(4, now - 9 * MINUTE, prompt_version="v2", status=503, flags=CallFlag.FILTERED, **model),
        *calls(9, now - 9 * MINUTE),
    ], now=now)  # fmt: skip
    first, second = evidence.ai_table(launch, hour)
    assert (first.prompt_version, first.calls, first.errors, first.helpful_share) == ("v1", 40, 0, None)
    assert first.p95_ms == pytest.approx(800, rel=0.01)
    assert first.first_token_p50_ms == pytest.approx(200, rel=0.01)
    assert (first.input_tokens, first.output_tokens, first.tokens_a_call) == (4000, 2000, 150)
    assert first.cost == pytest.approx(0.08)
    assert (second.calls, second.errors, second.flagged, second.provider_errors) == (24, 4, 4, 4)
    assert (second.ratings, second.helpful_share) == (20, 0.0)


def test_ratings_of_calls_from_before_the_span_stand_in_the_table(launch, now, hour):
    store(launch, calls(3, now - 5 * HOUR, model="large", provider="acme"), now=now)
    kind = launch.call_kinds.get(model="large").pk
    windows.add(
        windows.of_ratings({(kind, hour.begins, CallFlag.HELPFUL): 9, (kind, hour.begins, CallFlag.UNHELPFUL): 3})
    )
    (row,) = evidence.ai_table(launch, hour)
    assert (row.calls, row.ratings, row.helpful_share, row.error_share, row.p95_ms) == (0, 12, 0.75, 0.0, None)


@pytest.mark.parametrize(("hours_long", "asks"), [(1, 5), (23, 5), (200, 7)])
def test_the_course_of_failing_routes_says_what_three_series_say_and_asks_for_each_kind_once(
    launch, now, hours_long, asks, django_assert_num_queries
):
    for ago in (1, 3, 90):
        store(launch, calls(40, now - ago * HOUR, consumer=f"u{ago}-{{}}"), now=now)
        store(launch, calls(7 + ago, now - ago * HOUR, status=503, consumer="u1-{}"), now=now)
    windows.fold()
    failing, every = Signature(route="/products/{number}", status_class=5), Signature(route="/products/{number}")
    span = Span.of(now - hours_long * HOUR, now)
    with django_assert_num_queries(asks - 2):  # two more read the figures themselves, by a cursor of their own
        found = evidence.course(launch, span, [failing])
    assert found.calls == evidence.series(launch, "calls", span, signature=every)
    assert found.failures == evidence.series(launch, "calls", span, signature=failing)
    assert found.consumers == evidence.series(launch, "consumers", span, signature=failing)
    assert sum(point.value for point in found.failures.points) > 0


@pytest.mark.parametrize(
    ("measure", "values"), [("calls", [0, 0, 3, 2]), ("errors", [0, 0, 0, 2]), ("error_share", [None, None, 0.0, 1.0]),
        ("consumers", [0, 0, 3, 1])])  # fmt: skip
def test_series_has_a_point_for_every_step(launch, now, measure, values):
    store(launch, [*calls(3, now - 2 * MINUTE, consumer="u{}"), *calls(2, now - MINUTE, status=500)], now=now)
    found = evidence.series(launch, measure, Span.of(now - 4 * MINUTE, now))
    assert found.step == MINUTE
    assert [point.value for point in found.points] == values


@pytest.mark.parametrize(("days", "step"), [(1 / 24, 1), (0.5, 15), (1, 15), (7, 180), (31, 1440)])
def test_long_series_take_longer_steps(launch, now, days, step):
    found = evidence.series(launch, "calls", Span.of(now - days * DAY, now))
    assert found.step == step * MINUTE
    assert len(found.points) <= 122


def test_routes_are_listed_by_what_is_asked_for(launch, now, hour):
    store(launch, [
        *calls(30, now - 9 * MINUTE, consumer="u{}"), *calls(4, now - 9 * MINUTE, path="/pay", component="checkout", status=500),
    ], now=now)  # fmt: skip
    found = evidence.routes(launch, hour)
    assert [(row.component, row.route, row.calls, row.consumers) for row in found.rows] == [
        ("catalog-api", "/products/{number}", 30, 30), ("checkout", "/pay", 4, 1),
    ]  # fmt: skip
    assert (found.calls, found.errors, sum(found.rows[0].course), found.found) == (34, 4, 30, 2)
    assert sum(calls for _at, calls, _errors in found.course) == 34
    assert evidence.routes(launch, hour, order="share").rows[0].route == "/pay"
    assert evidence.routes(launch, hour, component="checkout").calls == 4
    assert len(evidence.routes(launch, hour, limit=1).rows) == 1


# --- governance -------------------------------------------------------------------------------------------------


def findings(launch, span):
    return {finding.rule: finding for finding in evidence.governance(launch, span)}


def test_route_that_answers_nobody_in_particular_is_found(launch, now, hour):
    store(launch, calls(20, now - 9 * MINUTE, consumer="u{}"), now=now)
    assert Rule.NO_AUTHENTICATION not in findings(launch, hour)
    nobody = {"consumer": "198.51.100.{}", "consumer_class": "address"}
    store(launch, calls(6, now - 8 * MINUTE, path="/export/all", **nobody), now=now)
    store(launch, calls(50, now - 8 * MINUTE, path="/healthz", **nobody), now=now)
    store(launch, calls(50, now - 8 * MINUTE, path="/products/7", status=401, **nobody), now=now)
    found = findings(launch, hour)[Rule.NO_AUTHENTICATION]
    assert (found.component, found.calls, found.of, found.consumers) == ("catalog-api", 6, 26, 6)
    assert found.examples == [("GET /export/all", 6)]
    assert (found.first_at, found.last_at) == (now - 8 * MINUTE, now - 8 * MINUTE)
    assert "Other calls of this component name" in found.detail


def test_launch_where_nobody_is_ever_named_has_no_such_finding(launch, now, hour):
    store(launch, calls(20, now - 9 * MINUTE, consumer="198.51.100.1", consumer_class="address"), now=now)
    assert findings(launch, hour) == {}


def test_plain_http_is_found_but_its_redirects_are_not(launch, now, hour):
    store(launch, calls(9, now - 9 * MINUTE, scheme="http", status=301), now=now)
    assert findings(launch, hour) == {}
    store(launch, calls(9, now - 9 * MINUTE, scheme="http"), now=now)
    found = findings(launch, hour)[Rule.PLAIN_HTTP]
    assert (found.calls, found.of) == (9, 18)


def test_errors_in_two_formats_are_found(launch, now, hour):
    store(launch, calls(9, now - 9 * MINUTE, status=400, error_format="problem"), now=now)
    store(launch, calls(4, now - 9 * MINUTE, path="/a", status=502, error_format="html"), now=now)
    assert findings(launch, hour) == {}
    store(launch, calls(4, now - 9 * MINUTE, path="/a", status=502, error_format="html"), now=now)
    found = findings(launch, hour)[Rule.ERROR_FORMATS]
    assert (found.detail, found.calls, found.of, found.examples) == ("problem: 9, html: 8", 8, 17, [("GET /a", 8)])


def test_older_version_is_found_while_the_newer_is_called(launch, now, hour):
    store(launch, calls(9, now - 9 * MINUTE, path="/v1/orders/7", consumer="u{}"), now=now)
    assert findings(launch, hour) == {}
    store(launch, calls(3, now - 9 * MINUTE, path="/v2/orders/7"), now=now)
    found = findings(launch, hour)[Rule.OLD_VERSION]
    assert (found.calls, found.of, found.consumers, found.examples) == (9, 12, 9, [("GET /v1/orders/{number}", 9)])


def test_traffic_is_held_against_an_uploaded_description(launch, now, hour):
    operations = [["GET", "/products/{id}", False], ["DELETE", "/products/{id}", True], ["GET", "/stock", False]]
    ApiDescription.objects.create(
        launch=launch, component=launch.components.get(slug="catalog-api"), title="Shop", version="3",
        operations=operations, uploaded_at=now,
    )  # fmt: skip
    store(launch, calls(9, now - 9 * MINUTE), now=now)
    store(launch, calls(7, now - 9 * MINUTE, method="DELETE", consumer="u{}"), now=now)
    store(launch, calls(6, now - 9 * MINUTE, path="/internal/debug"), now=now)
    store(launch, calls(8, now - 9 * MINUTE, path="/wp-admin/setup.php", status=404), now=now)
    store(launch, calls(8, now - 9 * MINUTE, component="checkout", path="/pay"), now=now)
    found = findings(launch, hour)
    assert found[Rule.UNDOCUMENTED].examples == [("GET /internal/debug", 6)]
    assert (found[Rule.DEPRECATED].calls, found[Rule.DEPRECATED].consumers) == (7, 7)
    assert found[Rule.NEVER_CALLED].examples == [("GET /stock", 0)]
    assert found[Rule.NEVER_CALLED].detail == "1 of 3 operations of Shop 3 were not called."


def test_description_of_the_launch_leaves_out_components_that_have_their_own(launch, now, hour):
    catalog = launch.components.get(slug="catalog-api")
    of_catalog = [["GET", "/products/{id}", False], ["GET", "/shared", False]]
    of_launch = [["GET", "/pay", False], ["GET", "/products/{id}", True], ["GET", "/shared", True]]
    for component, operations in ((catalog, of_catalog), (None, of_launch)):
        ApiDescription.objects.create(
            launch=launch, component=component, title="Shop", operations=operations, uploaded_at=now
        )
    store(launch, [*calls(9, now - 9 * MINUTE), *calls(9, now - 9 * MINUTE, path="/shared")], now=now)
    assert findings(launch, hour) == {}
    store(launch, calls(9, now - 9 * MINUTE, component="checkout", path="/refund"), now=now)
    found = findings(launch, hour)
    assert found[Rule.UNDOCUMENTED].examples == [("GET /refund", 9)]
    assert found[Rule.NEVER_CALLED].examples == [("GET /pay", 0)]
    assert Rule.DEPRECATED not in found


def test_routes_beyond_what_is_told_apart_are_neither_undocumented_nor_never_called(launch, now, hour):
    operations = [["GET", "/products/{id}", False], ["GET", "/stock", False]]
    ApiDescription.objects.create(launch=launch, title="Shop", operations=operations, uploaded_at=now)
    store(launch, [*calls(9, now - 9 * MINUTE), *calls(9, now - 9 * MINUTE, path="/x")], now=now)
    launch.call_kinds.filter(route="/x").update(route=OTHER)
    assert findings(launch, hour) == {}


def test_findings_name_no_consumer_and_no_raw_path(launch, now, hour):
    store(launch, calls(20, now - 9 * MINUTE, consumer="u{}"), now=now)
    rows = calls(
        6, now - 8 * MINUTE, path="/users/ada@example.org/4711", consumer="198.51.100.1", consumer_class="address"
    )
    store(launch, rows, now=now)
    said = repr(evidence.governance(launch, hour))
    assert "198.51.100.1" not in said
    assert "ada@" not in said
    assert "/users/{email}/{number}" in said


# --- queries ----------------------------------------------------------------------------------------------------


@pytest.fixture
def queries_of(monkeypatch):
    """Counts every statement, also those on the bare connection that Django does not see."""
    plain, count = psycopg.Cursor.execute, [0]

    def counted(cursor, *arguments, **more):
        count[0] += 1
        return plain(cursor, *arguments, **more)

    monkeypatch.setattr(psycopg.Cursor, "execute", counted)

    def asked(ask):
        count[0] = 0
        ask()
        return count[0]

    return asked


def test_questions_take_as_many_queries_however_much_traffic_there_is(launch, now, queries_of):
    report = make_feedback(launch, now=now, trace_id=TRACE, component=launch.components.first())
    deployed = make_deployment(launch, now=now - HOUR, version="2")
    span = Span.of(now - 3 * HOUR, now)

    def counts():
        windows.fold()
        return [
            queries_of(lambda: evidence.reach(launch, Signature(status_class=5), span, now=now)),
            queries_of(lambda: evidence.near(report, now=now)),
            queries_of(lambda: evidence.before_and_after(deployed, now=now)),
            queries_of(lambda: evidence.life_of(launch, TRACE, now=now)),
            queries_of(lambda: evidence.ai_table(launch, span)),
            queries_of(lambda: evidence.routes(launch, span)),
            queries_of(lambda: evidence.governance(launch, span)),
        ]

    def traffic(number):
        for each in range(number):
            path = f"/page{chr(97 + each)}"
            rows = calls(
                9, now - 90 * MINUTE, path=path, status=500, trace_id=TRACE, every=20 * timedelta(minutes=1) / 3
            )
            store(launch, [*rows, *calls(9, now - 50 * MINUTE, path=path, model="m")], now=now)

    traffic(2)
    few = counts()
    traffic(20)
    assert counts() == few
    assert min(few) > 0
    assert max(few) <= 20


@pytest.mark.parametrize(("day", "hours"), [(28, 24), (29, 23), (30, 24)])
def test_day_before_is_at_the_same_time_of_day_though_clocks_changed(day, hours):
    span = Span.of(datetime(2026, 3, day, 10, tzinfo=UTC), datetime(2026, 3, day, 11, tzinfo=UTC))
    before = span.day_before("Europe/Stockholm")
    assert (span.begins - before.begins, before.length) == (hours * HOUR, HOUR)


def test_span_takes_whole_minutes():
    at = datetime(2026, 5, 28, 12, 32, 40, tzinfo=UTC)
    assert Span.of(at, at) == Span(at.replace(second=0), at.replace(second=0) + MINUTE)
    assert Span.of(at - HOUR, at).length == 61 * MINUTE
