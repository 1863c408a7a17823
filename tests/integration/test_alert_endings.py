"""These tests follow alerts to their end: proposed, accepted or refused, settled by itself, come back, and called noise."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from feedback import intake
from feedback.models import Feedback
from feedback.report import read_report
from gateway_ingest import sources
from gateway_ingest.models import Alert, RuleOutcome
from hypercare.core.models import TimelineEntry
from hypercare.core.timeline import SYSTEM, Actor
from tests.conftest import bearer
from triage import alert_changes, closing, lifecycle, merging, overrides, pipeline
from triage.models import Decision, Issue

pytestmark = pytest.mark.django_db


class Story:
    """A source that tells of alerts while time goes by, and triage that follows."""

    def __init__(self, launch, traveller):
        self.launch, self.traveller = launch, traveller
        self.key = sources.create(launch, name="Alertmanager", actor=SYSTEM, now=self.now)[1]
        self.told = 0

    @property
    def now(self):
        from hypercare.core import clock

        return clock.now()

    def tell(self, status, *, name="SlowPages", key="f1", started=None, severity="high", title="p95 above target"):
        began = (started or self.now).isoformat()
        alert = {
            "status": status,
            "labels": {"alertname": name, "severity": severity, "service": "catalog-api"},
            "annotations": {"summary": title},
            "startsAt": began,
            "fingerprint": key,
        }
        if status == "resolved":
            alert["endsAt"] = self.now.isoformat()
        self.told += 1
        body = json.dumps({"receiver": "x", "groupKey": str(self.told), "alerts": [alert]})
        answer = Client().post(f"/ingest/{self.key}/", body, content_type="application/json")
        assert answer.status_code == 202
        self.follow()

    def say(self, title):
        report = read_report({"launch": "shop", "channel": "api", "title": title}, source="token:1")[0]
        receipt = intake.accept(self.launch, report, actor=SYSTEM, now=self.now)
        self.follow()
        return Feedback.objects.get(pk=receipt.feedback_id)

    def follow(self):
        pipeline.triage_waiting(clock=lambda: self.now)
        alert_changes.follow(clock=lambda: self.now)

    def wait(self, **delta):
        self.traveller.shift(timedelta(**delta))
        closing.settle_due(now=self.now)

    def come_and_go(self, minutes=2, **more):
        began = self.now
        self.tell("firing", **more)
        self.wait(minutes=minutes)
        self.tell("resolved", started=began, **more)


@pytest.fixture
def story(launch, now):
    with time_machine.travel(now, tick=False) as traveller:
        yield Story(launch, traveller)


@pytest.fixture
def robot(people, story):
    return bearer(people["lead"], scopes=["admin"], now=story.now)


def proposal():
    return Decision.objects.filter(field="resolution", ended_at=None).first()


# --- ended by hand -------------------------------------------------------------------------------------------


def test_person_ends_an_alert_with_a_reason_that_stands_in_both_timelines(story, robot):
    story.tell("firing")
    alert, issue = Alert.objects.get(), Issue.objects.get()
    story.wait(minutes=30)
    answer = robot.post(f"/api/v1/alerts/{alert.key}/end/", {"reason": "The host is gone"})
    assert (answer.status_code, answer.json()["status"], answer.json()["ends_at"]) == (
        200,
        "resolved",
        "2026-05-28T13:02:00Z",
    )
    story.follow()
    for subject in (alert.key, issue.key):
        told = TimelineEntry.objects.get(kind="alert.ended", subject=subject)
        assert (told.actor_name, told.data["reason"]) == ("Alice Lead", "The host is gone")
    assert proposal().value == "close"


def test_what_a_person_ended_at_once_is_no_trifle_that_settles_by_itself(story, robot):
    story.tell("firing")
    story.wait(minutes=2)
    robot.post(f"/api/v1/alerts/{Alert.objects.get().key}/end/", {"reason": "Fixed it"})
    story.follow()
    assert proposal().value == "close"


@pytest.mark.parametrize(
    "given", [{}, {"reason": ""}, {"reason": " "}, {"reason": "\u200b"}, {"reason": "a\x07"}, {"reason": "x" * 301}]
)
def test_end_by_hand_needs_a_reason(story, robot, given):
    story.tell("firing")
    answer = robot.post(f"/api/v1/alerts/{Alert.objects.get().key}/end/", given)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/reason")
    assert Alert.objects.get().status == "firing"


def test_alert_that_is_over_cannot_be_ended_again(story, robot):
    story.come_and_go()
    answer = robot.post(f"/api/v1/alerts/{Alert.objects.get().key}/end/", {"reason": "Over"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "This alert is over already.")
    assert robot.post("/api/v1/alerts/AL-0/end/", {"reason": "Over"}).status_code == 404
    assert robot.post("/api/v1/alerts/none/end/", {"reason": "Over"}).status_code == 404


def test_machine_that_fires_on_opens_an_alert_anew_that_a_person_ended(story, robot):
    story.tell("firing")
    robot.post(f"/api/v1/alerts/{Alert.objects.get().key}/end/", {"reason": "Over"})
    story.wait(minutes=30)
    story.tell("firing")
    assert (Alert.objects.get().status, Alert.objects.get().episode) == ("firing", 2)


def test_pages_of_alert_and_issue_lead_to_the_end_by_hand(story, people):
    story.tell("firing")
    alert, issue = Alert.objects.get(), Issue.objects.get()
    address = f"/launches/shop/alerts/{alert.pk}/"
    agent, reader = Client(), Client()
    agent.force_login(people["agent"])
    reader.force_login(people["stakeholder"])
    assert address in agent.get(f"/launches/shop/issues/{issue.key}/").content.decode()
    assert address in agent.get("/launches/shop/alerts/").content.decode()
    assert (
        "End it by hand" in agent.get(address).content.decode(),
        "End it by hand" in reader.get(address).content.decode(),
    ) == (
        True,
        False,
    )
    assert reader.post(f"{address}end/", {"reason": "x"}).status_code == 403
    assert agent.post(f"{address}end/", {"reason": ""}).status_code == 400
    shown = agent.post(f"{address}end/", {"reason": "The disk was swapped"}, follow=True).content.decode()
    assert ("The disk was swapped" in shown, "Agent Person" in shown, "End it by hand" in shown) == (True, True, False)
    assert agent.post(f"{address}end/", {"reason": "x"}).status_code == 409
    assert address not in agent.get(f"/launches/shop/issues/{issue.key}/").content.decode()


# --- proposed -------------------------------------------------------------------------------------------------


def test_resolved_alert_proposes_to_close_with_origin_confidence_and_reason(story, robot):
    story.come_and_go(minutes=30)
    issue = Issue.objects.get()
    said = robot.get(f"/api/v1/issues/{issue.key}/").json()["proposed_end"]
    assert issue.status == "new"
    assert (said["value"], said["origin"], said["applied"], said["confidence"]) == ("close", "rule", False, 0.8)
    assert said["reason"] == "Its alert is over and no person reported it"
    assert said["settles_at"] is None
    story.wait(days=2)
    assert Issue.objects.get().status == "new"


def test_what_only_came_and_went_is_as_the_launch_sets_it(story, launch, people):
    robot = bearer(people["lead"], scopes=["admin"], now=story.now)
    limits = {"transient_minutes": 45, "transient_quiet_minutes": 20, "transient_times_a_day": 1}
    assert robot.patch("/api/v1/launches/shop/", limits).json().items() >= limits.items()
    story.come_and_go(minutes=30)
    said = robot.get(f"/api/v1/issues/{Issue.objects.get().key}/").json()["proposed_end"]
    assert (said["value"], said["settles_at"]) == ("settle", "2026-05-28T13:22:00Z")
    story.wait(minutes=19)
    assert Issue.objects.get().status == "new"
    story.wait(minutes=2)
    assert Issue.objects.get().status == "closed"
    story.come_and_go(minutes=30)
    assert proposal().value == "close"


def test_nothing_closes_by_itself_where_the_launch_wants_it_so(story, launch):
    launch.transient_minutes = 0
    launch.save()
    story.come_and_go(minutes=0)
    assert proposal().value == "close"


def test_firing_alert_proposes_nothing(story, robot):
    story.tell("firing")
    assert proposal() is None
    assert robot.get(f"/api/v1/issues/{Issue.objects.get().key}/").json()["proposed_end"] is None


def test_alert_that_fires_again_withdraws_the_proposal(story):
    story.come_and_go(minutes=30)
    story.wait(minutes=10)
    story.tell("firing")
    assert Issue.objects.count() == 1
    assert proposal() is None


def test_issue_of_two_alerts_waits_for_the_end_of_both(story):
    story.tell("firing", key="a")
    story.tell("firing", key="b")
    first, second = Alert.objects.order_by("pk")
    issues = Issue.objects.order_by("pk")
    if issues.count() == 2:
        merging.merge(issues[1].pk, into_id=issues[0].pk, actor=SYSTEM, now=story.now)
    began = story.now
    story.wait(minutes=30)
    story.tell("resolved", key="a", started=began)
    assert proposal() is None
    story.tell("resolved", key="b", started=began)
    assert proposal().reason == "All its 2 alerts are over and no person reported it"
    assert {first.pk, second.pk} == set(Alert.objects.filter(status="resolved").values_list("pk", flat=True))


def test_person_who_reports_it_keeps_it_open(story):
    story.tell("firing", title="Product pages answer 503 service unavailable")
    row = story.say("Product pages answer 503 service unavailable")
    issue = Issue.objects.get(matches__feedback__channel="alert")
    if row.issue_key != issue.key:
        other = Issue.objects.get(matches__feedback=row)
        merging.merge(other.pk, into_id=issue.pk, actor=SYSTEM, now=story.now)
    began = story.now - timedelta(minutes=1)
    story.tell("resolved", started=began, title="Product pages answer 503 service unavailable")
    assert proposal() is None


def test_report_that_comes_later_withdraws_the_proposal(story):
    story.come_and_go(minutes=30, title="Product pages answer 503 service unavailable")
    assert proposal()
    row = story.say("Product pages answer 503 service unavailable")
    assert row.issue_key == Issue.objects.get(matches__feedback__channel="alert").key
    assert proposal() is None


def test_proposal_is_accepted_over_the_api(story, robot):
    story.come_and_go(minutes=30)
    issue = Issue.objects.get()
    answer = robot.post(f"/api/v1/issues/{issue.key}/proposal/", {"accept": True, "version": issue.version})
    assert (answer.status_code, answer.json()["status"], answer.json()["resolution"]) == (200, "closed", "fixed")
    assert proposal() is None
    entry = TimelineEntry.objects.filter(subject=issue.key, kind="issue.status").latest("pk")
    assert (entry.actor_name, entry.data["reason"]) == ("Alice Lead", "Its alert is over and no person reported it")
    again = robot.post(f"/api/v1/issues/{issue.key}/proposal/", {"accept": True})
    assert again.status_code == 409


def test_proposal_that_is_refused_stands_until_it_is_released(story, robot):
    story.come_and_go(minutes=30)
    issue = Issue.objects.get()
    answer = robot.post(f"/api/v1/issues/{issue.key}/proposal/", {"accept": False, "reason": "We look for the cause"})
    assert (answer.status_code, answer.json()["status"]) == (200, "new")
    held = proposal()
    assert (held.origin, held.value, held.reason) == ("person", "keep_open", "We look for the cause")
    story.come_and_go(minutes=30)
    assert proposal() == held
    released = robot.post(f"/api/v1/issues/{issue.key}/override/", {"field": "resolution", "release": True})
    assert released.status_code == 200
    assert (proposal().origin, proposal().value) == ("rule", "close")


@pytest.mark.parametrize("order", [{}, {"accept": "yes"}, {"accept": None}])
def test_order_without_a_yes_or_no_is_refused(story, robot, order):
    story.come_and_go(minutes=30)
    answer = robot.post(f"/api/v1/issues/{Issue.objects.get().key}/proposal/", order, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/accept")


def test_stale_version_is_a_conflict(story, robot):
    story.come_and_go(minutes=30)
    issue = Issue.objects.get()
    for accept in (True, False):
        answer = robot.post(f"/api/v1/issues/{issue.key}/proposal/", {"accept": accept, "version": issue.version - 1})
        assert answer.status_code == 409


def test_page_shows_the_proposal_with_both_answers_and_does_them(story, people):
    story.come_and_go(minutes=30)
    issue = Issue.objects.get()
    lead = Client()
    lead.force_login(people["lead"])
    address = f"/launches/shop/issues/{issue.key}/"
    page = lead.get(address).content.decode()
    assert "Its alert is over and no person reported it" in page
    assert f"{address}accept-end/" in page
    lead.post(f"{address}keep-open/", {"version": issue.version})
    assert f"{address}accept-end/" not in lead.get(address).content.decode()
    assert Issue.objects.get().status == "new"


def test_reader_sees_the_proposal_and_no_buttons(story, people):
    story.come_and_go(minutes=30)
    issue = Issue.objects.get()
    reader = Client()
    reader.force_login(people["stakeholder"])
    address = f"/launches/shop/issues/{issue.key}/"
    page = reader.get(address).content.decode()
    assert "Its alert is over" in page
    assert "accept-end" not in page
    assert reader.post(f"{address}accept-end/", {"version": issue.version}).status_code == 403


# --- settled --------------------------------------------------------------------------------------------------


def test_alert_that_came_and_went_settles_after_a_quiet_while(story, robot):
    story.come_and_go(minutes=2)
    issue = Issue.objects.get()
    said = robot.get(f"/api/v1/issues/{issue.key}/").json()["proposed_end"]
    assert (said["value"], said["settles_at"]) == ("settle", "2026-05-28T12:39:00Z")
    story.wait(minutes=4)
    assert Issue.objects.get().status == "new"
    story.wait(minutes=2)
    issue.refresh_from_db()
    assert (issue.status, issue.resolution, issue.feedback_count) == ("closed", "transient", 1)
    entry = TimelineEntry.objects.filter(subject=issue.key, kind="issue.status").latest("pk")
    assert entry.actor_name == "Hypercare"
    assert entry.data["reason"] == "It was over after 2 minutes, nobody reported it and nobody took it up"
    assert list(RuleOutcome.objects.values_list("rule", "reason", "actor")) == [("SlowPages", "transient", None)]


def test_settled_issue_opens_again_when_its_alert_fires_again(story):
    story.come_and_go()
    story.wait(minutes=6)
    story.tell("firing")
    issue = Issue.objects.get()
    assert (issue.status, issue.resolution, issue.feedback_count) == ("new", "", 2)
    assert set(Feedback.objects.values_list("issue_key", flat=True)) == {issue.key}
    entry = TimelineEntry.objects.filter(subject=issue.key, kind="issue.status").latest("pk")
    assert (entry.data["transition"], entry.data["reason"]) == ("return", "Its alert fires again.")


def test_what_comes_and_goes_all_day_waits_for_a_person(story):
    for _time in range(4):
        story.come_and_go()
        story.wait(minutes=6)
    issue = Issue.objects.get()
    assert (issue.status, issue.feedback_count) == ("new", 4)
    assert proposal().value == "close"


def test_closed_issue_that_a_person_ended_stays_closed_and_a_new_one_opens(story):
    story.come_and_go(minutes=30)
    first = Issue.objects.get()
    lifecycle.move(first.pk, to="closed", actor=SYSTEM, now=story.now)
    story.wait(minutes=10)
    story.tell("firing")
    assert list(Issue.objects.order_by("pk").values_list("status", flat=True)) == ["closed", "new"]


def test_settled_issue_is_opened_again_by_hand_and_does_not_settle_again(story, robot):
    story.come_and_go()
    story.wait(minutes=6)
    issue = Issue.objects.get()
    answer = robot.post(f"/api/v1/issues/{issue.key}/proposal/", {"accept": False, "reason": "It matters"})
    assert (answer.status_code, answer.json()["status"]) == (200, "new")
    assert not RuleOutcome.objects.exists()
    story.come_and_go()
    story.wait(hours=1)
    assert Issue.objects.get().status == "new"


def test_issue_that_somebody_took_up_does_not_settle(story, people):
    story.tell("firing")
    began = story.now
    lifecycle.move(Issue.objects.get().pk, to="in_progress", actor=SYSTEM, now=story.now)
    story.wait(minutes=1)
    story.tell("resolved", started=began)
    story.wait(hours=1)
    assert Issue.objects.get().status == "in_progress"
    assert proposal().value == "close"


def test_person_may_settle_it_at_once(story, robot):
    story.come_and_go()
    issue = Issue.objects.get()
    answer = robot.post(f"/api/v1/issues/{issue.key}/proposal/", {"accept": True})
    assert (answer.json()["status"], answer.json()["resolution"]) == ("closed", "transient")


def test_page_of_a_settled_issue_offers_to_open_it_again(story, people):
    story.come_and_go()
    story.wait(minutes=6)
    issue = Issue.objects.get()
    lead = Client()
    lead.force_login(people["lead"])
    address = f"/launches/shop/issues/{issue.key}/"
    assert "Went away by itself" in lead.get(address).content.decode()
    lead.post(f"{address}keep-open/", {"version": issue.version})
    assert Issue.objects.get().status == "new"


# --- noise ----------------------------------------------------------------------------------------------------


def test_noise_reason_is_kept_for_the_rule_with_who_gave_it(story, robot, people):
    story.come_and_go(minutes=30)
    story.wait(minutes=10)
    story.tell("firing")
    issue = Issue.objects.get()
    answer = robot.post(f"/api/v1/issues/{issue.key}/transition/", {"to": "declined", "noise": "too_tight"})
    assert answer.status_code == 200, answer.json()
    found = RuleOutcome.objects.order_by("episode")
    assert [(one.rule, one.reason, one.episode, one.actor, one.at) for one in found] == [
        ("SlowPages", "too_tight", 1, people["lead"], story.now),
        ("SlowPages", "too_tight", 2, people["lead"], story.now),
    ]


def test_last_noise_reason_counts_once(story, robot):
    story.tell("firing")
    issue = Issue.objects.get()
    for noise in ("test", "known"):
        robot.post(f"/api/v1/issues/{issue.key}/transition/", {"to": "closed", "noise": noise})
        robot.post(f"/api/v1/issues/{issue.key}/transition/", {"to": "in_progress"})
    assert list(RuleOutcome.objects.values_list("reason", flat=True)) == ["known"]


@pytest.mark.parametrize(
    "order",
    [{"to": "closed", "noise": "loud"}, {"to": "closed", "noise": "transient"}, {"to": "triaged", "noise": "test"}],
)
def test_noise_reason_that_fits_nothing_is_refused_and_nothing_is_written(story, robot, order):
    story.tell("firing")
    issue = Issue.objects.get()
    answer = robot.post(f"/api/v1/issues/{issue.key}/transition/", order)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/noise")
    assert not RuleOutcome.objects.exists()
    assert Issue.objects.get().status == "new"


def test_issue_of_people_is_no_noise(story, robot):
    row = story.say("Invoice language cannot be changed to Norwegian")
    answer = robot.post(f"/api/v1/issues/{row.issue_key}/transition/", {"to": "closed", "noise": "test"})
    assert answer.status_code == 400
    assert Issue.objects.get().status == "new"


def test_page_asks_for_noise_only_where_machines_spoke(story, people):
    story.tell("firing")
    row = story.say("Invoice language cannot be changed to Norwegian")
    lead = Client()
    lead.force_login(people["lead"])
    machine = Issue.objects.get(matches__feedback__channel="alert")
    assert 'name="noise"' in lead.get(f"/launches/shop/issues/{machine.key}/").content.decode()
    assert 'name="noise"' not in lead.get(f"/launches/shop/issues/{row.issue_key}/").content.decode()
    lead.post(f"/launches/shop/issues/{machine.key}/move/", {"to": "declined:wont_do", "noise": "not_actionable"})
    assert RuleOutcome.objects.get().reason == "not_actionable"
    assert "Nothing to be done" in lead.get(f"/launches/shop/issues/{machine.key}/").content.decode()


# --- worse --------------------------------------------------------------------------------------------------------


def severity_decisions(about):
    rows = about.decisions.filter(field="severity").order_by("pk")
    return [(row.value, row.origin, row.decider, row.reason, row.ended_at is None) for row in rows]


def test_alert_that_gets_worse_raises_its_issue_as_a_rule_suggests(story):
    story.tell("firing", severity="warning")
    before = Issue.objects.get()
    story.wait(minutes=1)
    story.tell("firing", severity="critical")
    issue, row = Issue.objects.get(), Feedback.objects.get()
    assert (before.severity, issue.severity, row.severity) == (4, 2, 2)
    assert severity_decisions(row)[-1] == (
        "2", "rule", "rule: alert severity", "the alert got worse and says “critical”", True)  # fmt: skip
    assert severity_decisions(issue)[-1][:3] == ("2", "rule", "rule: score")
    assert issue.version > before.version
    assert TimelineEntry.objects.filter(subject=issue.key, kind="alert.worse").count() == 1
    story.tell("firing", severity="warning")
    assert (Issue.objects.get().severity, Alert.objects.get().severity) == (2, "critical")


def test_alert_that_gets_worse_never_overrules_a_person(story, people):
    story.tell("firing", severity="warning")
    issue, row = Issue.objects.get(), Feedback.objects.get()
    lead = Actor("Lead", user=people["lead"])
    overrides.override_issue(issue.pk, field="severity", value="5", reason="A test", actor=lead, now=story.now)
    overrides.override_feedback(row, field="severity", value="5", reason="A test", actor=lead, now=story.now)
    story.tell("firing", severity="critical")
    assert (Issue.objects.get().severity, Feedback.objects.get().severity) == (5, 5)
    assert severity_decisions(row)[-1][::4] == ("2", False)
    for release, about in ((overrides.release_feedback, row), (overrides.release_issue, issue.pk)):
        release(about, field="severity", actor=lead, now=story.now)
    assert (Issue.objects.get().severity, Feedback.objects.get().severity) == (2, 2)


def test_alert_that_got_worse_before_its_return_leaves_the_new_report_alone(story):
    story.tell("firing", severity="warning")
    story.follow = lambda: None
    story.tell("firing", severity="critical")
    story.wait(minutes=10)
    story.tell("resolved", severity="critical")
    story.wait(minutes=10)
    story.tell("firing", severity="warning")
    del story.follow
    story.follow()
    assert list(Feedback.objects.order_by("pk").values_list("severity", flat=True)) == [4, 4]
