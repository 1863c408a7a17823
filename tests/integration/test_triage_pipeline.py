"""This module tests the middle of the story: a waiting report becomes a verdict, a match, an issue, a score and news."""

import json
from datetime import timedelta

import pytest
from django.db import connection

from feedback import intake
from feedback.models import Feedback, ReplyStatus
from feedback.report import read_report
from hypercare.core.models import TimelineEntry
from hypercare.core.timeline import SYSTEM
from triage import pipeline
from triage.board.changes import current_version
from triage.claim import LEASE, claim
from triage.models import Decision, Issue, IssueStatus, Match

pytestmark = pytest.mark.django_db


@pytest.fixture
def tell(launch, now):
    """Puts a report through the door and returns its row."""

    def put(title, body="", at=now, **more):
        data = {"launch": "shop", "channel": "api", "title": title, "body": body} | more
        receipt = intake.accept(launch, read_report(data, source="token:1")[0], actor=SYSTEM, now=at)
        return Feedback.objects.get(pk=receipt.feedback_id)

    return put


@pytest.fixture
def triage(now):
    """Triages what waits and says how many rows were written."""
    return lambda at=now: pipeline.triage_waiting(clock=lambda: at)


def test_report_gets_a_verdict_with_origin_confidence_and_reason(tell, triage):
    row = tell("The checkout crashes with error 500 when I press pay", component="checkout")
    assert triage() == 1
    row.refresh_from_db()
    assert row.triaged_at is not None
    found = {d.field: d for d in Decision.objects.filter(feedback=row, ended_at=None)}
    assert {"category", "severity", "sentiment", "component", "team"} <= found.keys()
    assert all(d.reason and d.decider and d.origin in {"rule", "model"} for d in found.values())
    assert (found["component"].value, found["team"].value, row.team.name) == ("checkout", "Backend", "Backend")


def test_first_report_opens_an_issue_and_a_retelling_joins_it(tell, triage):
    tell("Product pages answer 503 service unavailable", "The product page shows service unavailable 503 since noon")
    triage()
    tell("Product page says 503 service unavailable", "I get service unavailable 503 on the product page since noon")
    triage()
    issue = Issue.objects.get()
    assert (issue.status, issue.feedback_count, issue.sources) == (IssueStatus.NEW, 2, {"api": 2})


def test_two_retellings_in_one_batch_open_one_issue(tell, triage):
    for _ in range(2):
        tell(
            "Product pages answer 503 service unavailable", "The product page shows service unavailable 503 since noon"
        )
    triage()
    assert Issue.objects.get().feedback_count == 2


def test_different_problems_open_different_issues(tell, triage):
    tell("Product pages answer 503 service unavailable", "Stock is not shown and the page says service unavailable")
    tell("Invoice language cannot be changed to Norwegian", "My receipts always come in English")
    triage()
    assert Issue.objects.count() == 2


def test_reach_counts_people_once_and_guests_apart(tell, triage):
    same = ("Product pages answer 503 service unavailable", "The product page shows service unavailable 503 since noon")
    for email in ("a@example.org", "A@example.org", "b@example.org"):
        tell(*same, reporter={"email": email})
    tell(*same)
    triage()
    issue = Issue.objects.get()
    assert (issue.reach_value, issue.reach_guests, issue.reach_of, issue.reach_method) == (2, 1, 9800, "reporters")


def test_only_guests_are_at_least_one(tell, triage):
    for _ in range(3):
        tell(
            "Product pages answer 503 service unavailable", "The product page shows service unavailable 503 since noon"
        )
    triage()
    issue = Issue.objects.get()
    assert (issue.reach_value, issue.reach_guests) == (1, 3)


def test_score_is_the_sum_it_says(tell, triage):
    tell("Product pages answer 503 service unavailable", "Nobody can buy", reporter={"email": "a@example.org"})
    triage()
    issue = Issue.objects.get()
    expected = issue.reach_value * issue.rice_impact * issue.rice_confidence / issue.rice_effort
    assert issue.rice_score == pytest.approx(expected)
    assert issue.priority > 0


def test_machine_never_says_sev1(tell, triage):
    tell("EVERYTHING IS DOWN, nobody can pay, total outage, all data lost", "Critical blocker, production down")
    triage()
    assert Issue.objects.get().severity >= 2


def test_issue_takes_the_team_of_its_component(tell, triage):
    tell("Checkout crashes when I pay", component="checkout")
    triage()
    assert Issue.objects.get().team.name == "Backend"


def test_triage_is_announced_once_on_the_board(tell, triage, launch):
    tell("Checkout crashes when I pay")
    before = current_version(launch.pk)
    triage()
    issue = Issue.objects.get()
    assert (current_version(launch.pk), issue.board_version) == (before + 1, before + 1)


def test_timeline_tells_of_each_report_once(tell, triage, launch):
    row = tell("Checkout crashes when I pay")
    triage()
    kinds = list(
        TimelineEntry.objects.filter(launch=launch, subject=row.key).order_by("id").values_list("kind", flat=True)
    )
    assert kinds == ["feedback.received", "feedback.triaged"]


def test_reporter_still_sees_received_while_the_issue_is_new(tell, triage):
    row = tell("Checkout crashes when I pay")
    triage()
    row.refresh_from_db()
    assert row.reply_status == ReplyStatus.RECEIVED


def test_report_can_be_found_by_its_words_after_triage(tell, triage, api):
    tell("Checkout crashes when I pay", "The spinner turns forever")
    tell("Invoice in the wrong language")
    triage()
    found = api.get("/api/v1/feedback/", {"launch": "shop", "q": "spinners crash"}).json()["results"]
    assert [row["title"] for row in found] == ["Checkout crashes when I pay"]


def test_claim_takes_no_more_than_asked_for_whatever_the_plan(tell, now):
    for number in range(6):
        tell(f"Export {number} stops half way")
    with connection.cursor() as cursor:
        for way in ("hashagg", "hashjoin", "mergejoin", "sort", "material", "memoize"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    assert [len(claim(now=now, rows=2).ids) for _time in range(4)] == [2, 2, 2, 0]


def test_claimed_rows_are_left_alone_until_the_lease_ends(tell, triage, now):
    tell("Checkout crashes when I pay")
    held = claim(now=now)
    assert (len(held.ids), claim(now=now).ids, triage()) == (1, [], 0)
    assert triage(now + LEASE + timedelta(seconds=1)) == 1


def test_a_call_ends_though_reports_keep_coming(tell, now):
    tell("Checkout crashes when I pay")

    def clock_of_a_busy_day():
        tell("Invoice language cannot be changed to Norwegian")
        return now

    assert pipeline.triage_waiting(clock=clock_of_a_busy_day) == 1
    assert Feedback.objects.filter(triaged_at=None).exists()


def test_worker_that_lost_its_lease_writes_nothing(tell, now):
    tell("Checkout crashes when I pay")
    first = claim(now=now)
    second = claim(now=now + LEASE + timedelta(seconds=1))
    assert pipeline.triage_claimed(second, now=now) == 1
    assert pipeline.triage_claimed(first, now=now) == 0
    assert Match.objects.count() == 1


def test_lease_written_by_a_clock_set_back_does_not_hold_for_ever(tell, now):
    tell("Checkout crashes when I pay")
    claim(now=now + timedelta(days=2))
    assert len(claim(now=now).ids) == 1


def test_alert_joins_the_issue_of_its_key(tell, triage):
    alert = {"alert": {"fingerprint": "f1", "severity": "critical", "suggested_severity": 2, "status": "firing"}}
    tell("5xx above 2% on catalog-api", channel="alert", context=alert)
    triage()
    tell("5xx above 2% on catalog-api", "now at 9%", channel="alert", context=alert)
    triage()
    issue = Issue.objects.get()
    assert (issue.feedback_count, issue.severity) == (2, 2)


def test_issue_keeps_one_decision_while_its_value_stays(tell, triage):
    alert = {"alert": {"fingerprint": "f1", "severity": "critical", "suggested_severity": 2, "status": "firing"}}
    for body in ("", "now at 9%"):
        tell("5xx above 2% on catalog-api", body, channel="alert", context=alert)
        triage()
    decision = Decision.objects.get(issue=Issue.objects.get(), field="severity")
    assert (decision.value, decision.reason) == ("2", "2 of 2 reports say SEV2")


def test_query_count_of_a_batch_does_not_grow_with_its_rows(tell, triage, django_assert_max_num_queries):
    tell("Warm up the model")
    triage()
    for number in range(40):
        tell(
            f"Report {number} about something quite different {number * 7919}",
            reporter={"email": f"p{number}@example.org"},
        )
    with django_assert_max_num_queries(60):
        triage()
    assert Feedback.objects.filter(triaged_at=None).count() == 0


def test_issue_with_a_firing_error_alert_is_a_must_until_the_alert_ends(launch, triage, now):
    from gateway_ingest import sources
    from tests.integration.test_alert_ingest import post_body
    from triage.alert_changes import follow

    _source, key = sources.create(launch, name="prometheus", actor=SYSTEM, now=now)
    alert = {
        "status": "firing",
        "labels": {"alertname": "SlowPages", "severity": "high"},
        "annotations": {"summary": "p95 above target"},
        "startsAt": "2026-05-28T12:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": "f1",
    }
    for status in ("firing", "resolved"):
        body = {
            "version": "4",
            "status": status,
            "alerts": [
                alert
                | {"status": status, "endsAt": "2026-05-28T12:30:00Z" if status == "resolved" else alert["endsAt"]}
            ],
        }
        assert post_body(json.dumps(body), to=f"/ingest/{key}/alertmanager/").status_code == 202
        triage()
        follow(clock=lambda: now)
        issue = Issue.objects.get()
        assert (issue.severity, issue.moscow) == (3, "must" if status == "firing" else "should")
