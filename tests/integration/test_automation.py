"""This module lets a launch's own rules act on real rows: once each, in order, never in circles, never against a person."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from feedback.models import Feedback
from hypercare.core import clock, happenings
from hypercare.core.access import Principal
from hypercare.core.members import set_member
from hypercare.core.models import Commitment, Happening, Message, OutgoingWebhook, TimelineEntry, WebhookDelivery, Wish
from hypercare.core.problem import Problem
from hypercare.core.sealing import seal
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from tests.conftest import bearer
from tests.integration.rows import make_alert, make_feedback, make_issue
from triage import lifecycle, merging, overrides, tasks
from triage.automation import guard, offers, passing, rules, running, runs
from triage.automation.dry_run import try_out
from triage.models import AutomationRule, AutomationRun, Decision, Issue, Match, Outcome, WarRoom
from triage.notes import add_note
from triage.score import rescore
from triage.warroom import rooms

BAD = {"field": "severity", "is": "at_most", "value": "2"}


@pytest.fixture
def lead(people):
    return Principal(people["lead"])


@pytest.fixture
def rule(launch, lead, now):
    """Writes a rule and switches it on."""

    def make(event, *actions, conditions=(), name="", on=True, **more):
        said = {
            "name": name or f"Rule {AutomationRule.objects.count() + 1}",
            "event": event,
            "conditions": list(conditions),
            "actions": [dict(zip(("do", "value", "text"), (*one, "", ""), strict=False)) for one in actions],
        }
        made = rules.add(launch, said | more, by=lead, now=now)
        return rules.switch(made, on=True, by=lead, now=now) if on else made

    return make


@pytest.fixture
def issue(launch, now):
    made = make_issue(launch, now=now)
    row = make_feedback(launch, now=now, severity=2, issue_key=made.key, channel="phone")
    Match.objects.create(feedback=row, issue=made, origin="model", confidence=0.9, reason="alike", matched_at=now)
    return made


def opened(issue, *, now):
    record(issue.launch, [Entry(issue.key, "issue.opened", {"channel": "portal"})], actor=SYSTEM, now=now)


def run(now):
    heard = 0
    while more := running.run_waiting(clock=lambda: now):
        heard += more
    return heard


def the_run() -> AutomationRun:
    return AutomationRun.objects.get()


def test_a_matching_event_does_every_kind_of_action_and_says_so(rule, issue, launch, people, now):
    team = launch.teams.get()
    OutgoingWebhook.objects.create(
        launch=launch, name="chat", url="https://example.org/", sealed=seal("x"), owner=people["lead"], created_at=now
    )
    made = rule(
        "issue.opened", ("set_moscow", "must"), ("set_team", team.name), ("set_owner", "agent@example.org"),
        ("open_room",), ("mail", "leads", "Look at this"), ("webhook", "chat"), conditions=[BAD],
    )  # fmt: skip
    opened(issue, now=now)
    assert run(now) == 1
    done = the_run()
    assert [one["came"] for one in done.results] == ["done"] * 6
    assert (done.outcome, done.subject, done.rule) == (Outcome.DONE, issue.key, made)
    issue.refresh_from_db()
    assert (issue.moscow, issue.team, issue.owner) == ("must", team, people["agent"])
    assert WarRoom.objects.get().opened_by_name == "Rule “Rule 1”"
    assert "Look at this" in Message.objects.get(kind="rule", to_address="alice@example.org").subject
    assert '"moscow":"must"' in WebhookDelivery.objects.get().body
    assert TimelineEntry.objects.filter(request_id=f"rule-run:{done.pk}", actor=None).count() >= 4


def test_status_snooze_note_action_and_values_follow_too(rule, issue, launch, people, now):
    rule(
        "issue.opened", ("set_severity", "1"), ("set_business_value", "9"), ("set_status", "in_progress"),
        ("note", "", "Taken up"), ("action_item", "agent@example.org", "Warm the caches"), ("snooze", "4"),
    )  # fmt: skip
    opened(issue, now=now)
    run(now)
    issue.refresh_from_db()
    assert [one["came"] for one in the_run().results] == ["done"] * 6
    assert (issue.severity, issue.business_value, issue.status) == (1, 9, "in_progress")
    assert issue.snoozed_until == now + timedelta(hours=4)
    assert Commitment.objects.get().owner == people["agent"]


def test_a_rule_puts_labels_on_an_issue(rule, issue, now):
    rule("issue.opened", ("label", "Vip, launch day"), ("label", "vip"))
    opened(issue, now=now)
    run(now)
    issue.refresh_from_db()
    assert issue.labels == ["launch day", "vip"]
    assert [one["came"] for one in the_run().results] == ["done", "nothing"]


def test_a_rule_that_does_not_match_says_why(rule, issue, now):
    rule("issue.opened", ("open_room",), conditions=[{"field": "component", "is": "is", "value": "checkout"}])
    opened(issue, now=now)
    run(now)
    assert the_run().outcome == Outcome.NOT_MET
    assert "Component is none, wanted: is checkout" in the_run().why


def test_a_persons_word_stands_and_a_rule_gives_way_to_it(rule, issue, people, now):
    actor = Actor.person(people["agent"])
    rule("issue.commented", ("set_moscow", "must"), ("set_severity", "1"))
    overrides.override_issue(issue.pk, field="moscow", value="wont", reason="", actor=actor, now=now)
    add_note(issue, text="Again", actor=actor, now=now)
    run(now)
    issue.refresh_from_db()
    assert (issue.moscow, issue.severity) == ("wont", 1)
    assert [one["came"] for one in the_run().results] == ["refused", "done"]
    overrides.override_issue(issue.pk, field="severity", value="4", reason="", actor=actor, now=now)
    issue.refresh_from_db()
    assert issue.severity == 4
    add_note(issue, text="And again", actor=actor, now=now)
    run(now)
    assert [one["came"] for one in AutomationRun.objects.latest("pk").results] == ["refused", "refused"]


def test_what_a_rule_set_stands_against_the_machines_until_released(rule, issue, people, now):
    rule("issue.opened", ("set_moscow", "must"))
    opened(issue, now=now)
    run(now)
    rescore([issue.pk], now=now)
    issue.refresh_from_db()
    assert issue.moscow == "must"
    assert Decision.objects.get(issue=issue, field="moscow", ended_at=None).origin == "rule"
    overrides.release_issue(issue.pk, field="moscow", actor=Actor.person(people["agent"]), now=now)
    issue.refresh_from_db()
    assert issue.moscow != "must"


def test_a_person_who_moved_the_issue_since_is_not_overtaken(rule, issue, people, now):
    rule("issue.opened", ("set_status", "in_progress"))
    opened(issue, now=now)
    later = now + timedelta(seconds=5)
    lifecycle.move(issue.pk, to="triaged", actor=Actor.person(people["agent"]), now=later)
    run(later)
    issue.refresh_from_db()
    assert issue.status == "triaged"
    assert "A person moved it since" in the_run().results[0]["words"]


def test_a_rule_that_feeds_itself_is_held_back_and_switched_off_in_the_end(rule, issue, people, now):
    made = rule("issue.commented", ("note", "", "I heard a note"))
    for number in range(guard.MOST_TIMES_HELD):
        moment = now + timedelta(minutes=5 * number)
        other = make_issue(issue.launch, now=now, title=f"Issue {number}")
        add_note(other, text="A person's note", actor=Actor.person(people["agent"]), now=moment)
        assert run(moment) <= 2
    runs = AutomationRun.objects.filter(rule=made)
    assert runs.filter(outcome=Outcome.DONE).count() == guard.MOST_TIMES_HELD
    assert runs.filter(guarded=True).count() == guard.MOST_TIMES_HELD
    assert "made it happen itself" in runs.filter(guarded=True)[0].why
    made.refresh_from_db()
    assert (made.is_on, made.off_why) == (False, "loop")
    assert Message.objects.get(kind="switched_off").to_address == "alice@example.org"
    assert not Happening.objects.exists()


def test_two_rules_that_feed_each_other_end(rule, issue, people, now):
    rule("issue.status_changed", ("note", "", "It moved"), name="Ping")
    rule("issue.commented", ("set_status", "in_progress"), name="Pong", conditions=[
        {"field": "status", "is": "is", "value": "triaged"}])  # fmt: skip
    lifecycle.move(issue.pk, to="triaged", actor=Actor.person(people["agent"]), now=now)
    run(now)
    held = AutomationRun.objects.get(guarded=True)
    assert (held.rule.name, len(held.chain)) == ("Ping", 2)
    assert "by way of another rule" in held.why
    assert not Happening.objects.exists()


def test_chains_are_no_deeper_than_three(rule, issue, people, now):
    rule("issue.commented", ("set_moscow", "must"), name="1")
    rule("issue.changed", ("set_status", "triaged"), name="2")
    rule("issue.status_changed", ("snooze", "2"), name="3")
    rule("issue.snoozed", ("open_room",), name="4")
    add_note(issue, text="Go", actor=Actor.person(people["agent"]), now=now)
    run(now)
    assert dict(AutomationRun.objects.filter(guarded=True).values_list("rule__name", "why")) == {
        "4": "Held back: 3 rules in a row made it happen, and no more may."
    }


def test_rules_that_set_opposite_things_end_in_their_order(rule, issue, now):
    rule("issue.opened", ("set_moscow", "wont"), name="Second", place=2)
    rule("issue.opened", ("set_moscow", "must"), name="First", place=1)
    opened(issue, now=now)
    run(now)
    issue.refresh_from_db()
    assert issue.moscow == "wont"
    assert list(AutomationRun.objects.order_by("pk").values_list("rule__name", "outcome")) == [
        ("First", "done"),
        ("Second", "done"),
    ]


def test_rules_that_undo_each_other_on_every_change_end_too(rule, issue, people, now):
    rescore([issue.pk], now=now)
    rule("issue.scored", ("set_moscow", "must"), name="Up")
    rule("issue.scored", ("set_moscow", "wont"), name="Down")
    actor = Actor.person(people["agent"])
    overrides.override_issue(issue.pk, field="business_value", value="9", reason="", actor=actor, now=now)
    assert run(now) < 10
    assert not Happening.objects.exists()
    assert AutomationRun.objects.filter(guarded=True).exists()


def test_one_thing_is_acted_upon_five_times_an_hour_at_most(rule, issue, people, now):
    rule("issue.commented", ("mail", "leads", "A note"))
    for _number in range(7):
        add_note(issue, text="Note", actor=Actor.person(people["agent"]), now=now)
    run(now)
    assert AutomationRun.objects.filter(outcome=Outcome.DONE).count() == guard.MOST_ABOUT_ONE
    assert Message.objects.filter(kind="rule", to_address="alice@example.org").count() == guard.MOST_ABOUT_ONE


def test_a_busy_rule_is_slowed_by_the_issue_and_never_switched_off_as_circling(rule, issue, launch, now):
    made = rule("feedback.triaged", ("mail", "leads", "A report"))
    for number in range(guard.MOST_ABOUT_ONE + guard.MOST_TIMES_HELD):
        row = make_feedback(launch, now=now, title=f"Report {number}", issue_key=issue.key)
        Match.objects.create(feedback=row, issue=issue, origin="model", confidence=0.9, reason="a", matched_at=now)
        record(launch, [Entry(row.key, "feedback.triaged", {"issue": issue.key})], actor=SYSTEM, now=now)
    run(now)
    held = AutomationRun.objects.filter(outcome=Outcome.HELD, guarded=False)
    assert held.count() == guard.MOST_TIMES_HELD
    assert f"5 times on {issue.key} within" in held[0].why
    made.refresh_from_db()
    assert made.is_on


def test_what_only_strangers_report_becomes_no_sev1_and_gets_no_room(rule, issue, launch, people, now):
    rule("issue.commented", ("set_severity", "1"), ("open_room",), ("set_severity", "2"))
    Feedback.objects.update(channel="widget")
    add_note(issue, text="Look", actor=Actor.person(people["agent"]), now=now)
    run(now)
    assert [one["came"] for one in the_run().results] == ["refused", "refused", "done"]
    assert "only strangers reported it" in the_run().results[1]["words"]
    make_feedback(launch, now=now, issue_key=issue.key, channel="phone")
    add_note(issue, text="Look again", actor=Actor.person(people["agent"]), now=now)
    run(now)
    assert WarRoom.objects.get().origin == "rule"


def test_a_room_that_a_person_closed_stays_closed(rule, issue, people, now):
    rule("issue.commented", ("open_room",))
    for _time in range(2):
        add_note(issue, text="Note", actor=Actor.person(people["agent"]), now=now)
        run(now)
        for room in WarRoom.objects.filter(closed_at=None):
            rooms.close_room(room, words="It is over", actor=Actor.person(people["lead"]), now=now)
    assert WarRoom.objects.count() == 1
    assert "a person closed its room" in AutomationRun.objects.latest("pk").results[0]["words"]


def test_a_rule_stops_when_its_owner_may_no_more(rule, issue, people, now):
    made = rule("issue.opened", ("open_room",))
    set_member(issue.launch, people["admin"], role="lead", actor=SYSTEM, now=now)
    set_member(issue.launch, people["lead"], role="agent", actor=SYSTEM, now=now)
    opened(issue, now=now)
    run(now)
    made.refresh_from_db()
    assert (made.is_on, made.off_why, the_run().outcome) == (False, "owner", Outcome.HELD)
    assert not WarRoom.objects.exists()
    assert Message.objects.get(kind="switched_off").to_address == "admin@example.org"


def test_nothing_runs_in_a_closed_launch(rule, issue, now):
    rule("issue.opened", ("open_room",))
    issue.launch.closed_at = now
    issue.launch.save()
    opened(issue, now=now)
    assert run(now) == 1
    assert not AutomationRun.objects.exists()


def test_a_rule_that_is_off_hears_nothing_then_or_later(rule, issue, lead, now):
    made = rule("issue.opened", ("open_room",), on=False)
    opened(issue, now=now)
    rules.switch(made, on=True, by=lead, now=now)
    assert run(now) == 0


def test_a_change_of_severity_by_the_machine_is_heard(rule, issue, now):
    rule("issue.severity_changed", ("open_room",), conditions=[{"field": "severity", "is": "at_most", "value": "4"}])
    rescore([issue.pk], now=now)
    assert run(now) == 0, "what it is from the start is no change"
    issue.scores.update(severity=5)
    rescore([issue.pk], now=now)
    run(now)
    assert (the_run().event, the_run().by_name) == ("issue.severity_changed", "Hypercare")
    assert WarRoom.objects.exists()


def test_a_new_report_or_alert_is_looked_at_when_triage_gave_it_an_issue(rule, issue, launch, now):
    rule("feedback.received", ("set_moscow", "must"))
    rule("alert.opened", ("set_team", launch.teams.get().name))
    row = make_feedback(launch, now=now, triaged_at=None)
    alert = make_alert(launch, now=now, feedback=row)
    told = [Entry(row.key, "feedback.received", {}), Entry(alert.key, "alert.fired", {})]
    record(launch, told, actor=SYSTEM, now=now)
    run(now)
    assert not AutomationRun.objects.exists()
    Match.objects.create(feedback=row, issue=issue, origin="model", confidence=0.9, reason="alike", matched_at=now)
    Feedback.objects.update(triaged_at=now, issue_key=issue.key)
    run(now + running.LOOKS_AGAIN)
    issue.refresh_from_db()
    assert (issue.moscow, issue.team) == ("must", launch.teams.get())


def test_what_triage_never_reaches_is_looked_at_all_the_same(rule, launch, now):
    rule("feedback.received", ("mail", "leads", "A report"))
    row = make_feedback(launch, now=now, triaged_at=None)
    record(launch, [Entry(row.key, "feedback.received", {})], actor=SYSTEM, now=now)
    run(now + passing.WAITS_FOR_TRIAGE)
    assert the_run().outcome == Outcome.DONE


def test_a_rule_about_a_merge_acts_on_the_issue_that_is_left(rule, issue, people, launch, now):
    rule("issue.merged", ("set_moscow", "must"))
    gone = make_issue(launch, now=now, title="The same")
    merging.merge(gone.pk, into_id=issue.pk, actor=Actor.person(people["agent"]), now=now)
    run(now)
    issue.refresh_from_db()
    assert (the_run().about, issue.moscow) == (issue.key, "must")


def test_a_report_gets_an_issue_of_its_own(rule, issue, launch, now):
    rule("feedback.triaged", ("own_issue",), conditions=[{"field": "title", "is": "contains", "value": "invoice"}])
    row = make_feedback(launch, now=now, title="Wrong invoice", severity=3, issue_key=issue.key)
    Match.objects.create(feedback=row, issue=issue, origin="model", confidence=0.9, reason="alike", matched_at=now)
    record(launch, [Entry(row.key, "feedback.triaged", {"issue": issue.key})], actor=SYSTEM, now=now)
    run(now)
    row.refresh_from_db()
    own = Issue.objects.latest("pk")
    assert (row.issue_key, own.title, own.feedback_count) == (own.key, "Wrong invoice", 1)
    issue.refresh_from_db()
    assert issue.feedback_count == 1


def test_what_a_dry_run_says_is_what_the_real_run_does(rule, issue, launch, people, now):
    made = rule("issue.opened", ("set_moscow", "must"), ("set_owner", "agent@example.org"), ("open_room",),
        conditions=[BAD], on=False)  # fmt: skip
    small = make_issue(launch, now=now, severity=4, title="Small")
    actor = Actor.person(people["agent"])
    for field, value in {"moscow": "could", "severity": "2"}.items():
        overrides.override_issue(issue.pk, field=field, value=value, reason="", actor=actor, now=now)
    opened(issue, now=now)
    opened(small, now=now)
    trial = try_out(made, days=1, now=now)
    assert (trial.looked_at, trial.matched) == (2, 1)
    assert not AutomationRun.objects.exists()
    rules.switch(made, on=True, by=Principal(people["lead"]), now=now)
    opened(issue, now=now)
    opened(small, now=now)
    run(now)
    real = AutomationRun.objects.get(subject=issue.key)
    seen = trial.cases[0].seen
    assert [one.words for one in seen][1:] == [one["words"] for one in real.results][1:]
    assert [one.look for one in seen] == ["refused", "would", "would"]
    assert [one["came"] for one in real.results] == ["refused", "done", "done"]
    assert AutomationRun.objects.get(subject=small.key).why == trial.missed[0].why


def test_a_rule_that_stumbles_says_so_and_the_others_act(rule, issue, now):
    rule("issue.opened", ("open_room",), name="Broken")
    AutomationRule.objects.update(actions=[{"do": "gone", "value": "", "text": ""}])
    rule("issue.opened", ("set_moscow", "must"), name="Sound")
    opened(issue, now=now)
    run(now)
    issue.refresh_from_db()
    assert issue.moscow == "must"
    failed = AutomationRun.objects.get(rule__name="Broken")
    assert (failed.outcome, "KeyError" in failed.why) == (Outcome.FAILED, True)
    assert not Happening.objects.exists()


def test_what_the_database_breaks_off_is_tried_again_and_then_told(rule, issue, now):
    rule("issue.opened", ("open_room",))
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE SQLSTATE '40P01'; END$$; "
            "CREATE TRIGGER break_off BEFORE INSERT ON triage_automationrun FOR EACH ROW "
            "WHEN (NEW.outcome <> 'failed') EXECUTE FUNCTION break_off()"
        )
    opened(issue, now=now)
    run(now)
    assert (Happening.objects.get().attempts, AutomationRun.objects.count()) == (1, 0)
    for minutes in range(10, 60, 10):
        run(now + timedelta(minutes=minutes))
    assert the_run().outcome == Outcome.FAILED
    assert "OperationalError" in the_run().why
    assert not Happening.objects.exists()


def test_fifty_things_that_no_rule_acts_upon_take_as_many_statements_as_four(rule, launch, now):
    for event in ("issue.opened", "issue.joined"):
        rule(event, ("set_moscow", "must"), conditions=[{"field": "component", "is": "is", "value": "checkout"}])
    asked = []
    for many in (2, 25):
        for number in range(many):
            issue = make_issue(launch, now=now, title=f"Thing {number}")
            record(
                launch,
                [Entry(issue.key, "issue.opened", {}), Entry(issue.key, "issue.joined", {})],
                actor=SYSTEM,
                now=now,
            )
            row = make_feedback(launch, now=now, issue_key=issue.key)
            Match.objects.create(feedback=row, issue=issue, origin="model", confidence=1, reason="", matched_at=now)
        with CaptureQueriesContext(connection) as queries:
            assert run(now) == 2 * many
        asked.append(len(queries))
    assert asked[0] == asked[1]
    assert AutomationRun.objects.filter(outcome=Outcome.NOT_MET).count() == 54


def test_what_a_rule_does_is_seen_when_it_looks_at_the_next_thing(rule, issue, now):
    field = {"field": "moscow", "is": "is", "value": "must"}
    rule("issue.commented", ("label", "second"), conditions=[field])
    rule("issue.opened", ("set_moscow", "must"))
    for kind in ("issue.note", "issue.opened", "issue.note"):
        record(issue.launch, [Entry(issue.key, kind, {})], actor=SYSTEM, now=now)
    run(now)
    looks = AutomationRun.objects.order_by("happening").values_list("event", "outcome")
    assert list(looks) == [("issue.commented", "not_met"), ("issue.opened", "done"), ("issue.commented", "done")]


def test_one_thing_that_nobody_can_read_holds_up_no_other(rule, issue, launch, now):
    rule("issue.opened", ("set_moscow", "must"), conditions=[BAD])
    rule("deployment.recorded", ("set_moscow", "must"), conditions=[BAD], name="Broken")
    AutomationRule.objects.filter(name="Broken").update(conditions=[{"field": "gone", "is": "is", "value": "1"}])
    for kind, subject in (
        ("deployment.recorded", "DP-1"),
        ("issue.opened", issue.key),
        ("deployment.recorded", "DP-2"),
    ):
        record(launch, [Entry(subject, kind, {})], actor=SYSTEM, now=now)
    run(now)
    looks = AutomationRun.objects.order_by("happening").values_list("subject", "outcome")
    assert list(looks) == [("DP-1", "failed"), (issue.key, "done"), ("DP-2", "failed")]
    assert not Happening.objects.exists()


def test_a_worker_with_many_events_does_its_other_work_between_them(rule, issue, monkeypatch, now):
    monkeypatch.setattr(happenings, "HEARD_AT_ONCE", 2)
    rule("issue.opened", ("set_moscow", "must"))
    for _number in range(3):
        opened(issue, now=now)
    assert running.run_waiting(clock=lambda: now) <= 2
    with tasks._AUTOMATION:
        tasks.run_automation()
    assert Happening.objects.exists(), "one thread of a worker is enough"
    run(now)
    assert not Happening.objects.exists()


def test_old_runs_are_deleted_a_part_at_a_time(rule, monkeypatch, now):
    monkeypatch.setattr(runs, "FORGOTTEN_AT_ONCE", 2)
    made = rule("issue.opened", ("open_room",))
    ages = [("done", 181), ("held", 200), ("failed", 190), ("not_met", 15), ("not_met", 13), ("done", 100)]
    for number, (outcome, days) in enumerate(ages):
        then = now - timedelta(days=days)
        AutomationRun.objects.create(
            rule=made, happening=number, outcome=outcome, event="issue.opened", occurred_at=then, ran_at=then
        )
    assert runs.forget_old(now=now) == 4
    assert set(AutomationRun.objects.values_list("happening", flat=True)) == {4, 5}


def test_changes_of_a_rule_are_its_history(rule, lead, now):
    made = rule("issue.opened", ("open_room",))
    changed = rules.change(made, {"event": "issue.joined"}, by=lead, now=now, version=1)
    with pytest.raises(Problem) as stale:
        rules.change(made, {"event": "issue.opened"}, by=lead, now=now, version=1)
    assert (stale.value.status, stale.value.extra) == (409, {"version": 2})
    entries = rules.history_of(changed, most=5)
    assert [entry.kind for entry in entries] == ["automation.changed", "automation.on", "automation.added"]
    assert entries[0].data["event"] == {"old": "issue.opened", "new": "issue.joined"}
    assert entries[0].actor == lead.user


@pytest.mark.parametrize(
    ("part", "pointer"),
    [
        ({"event": "issue.exploded"}, "/event"),
        ({"conditions": [{"field": "severity", "is": "contains", "value": "2"}]}, "/conditions/0/is"),
        ({"conditions": [{"field": "component", "is": "is", "value": "nowhere"}]}, "/conditions/0/value"),
        ({"actions": [{"do": "set_owner", "value": "oscar@example.org"}]}, "/actions/0/value"),
        ({"actions": [{"do": "mail", "value": "leads", "text": ""}]}, "/actions/0/text"),
        ({"actions": [{"do": "webhook", "value": "none"}]}, "/actions/0/value"),
        ({"actions": [{"do": "snooze", "value": "99999"}]}, "/actions/0/value"),
        ({"actions": [{"do": "snooze", "value": "002160999999"}]}, "/actions/0/value"),
        ({"actions": [{"do": "snooze", "value": "0021600000"}]}, "/actions/0/value"),
        ({"place": "0000019999999"}, "/place"),
        ({"actions": [{"do": "label", "value": ","}]}, "/actions/0/value"),
        ({"actions": [{"do": "set_status", "value": "new"}]}, "/actions/0/value"),
        ({"actions": []}, "/actions"),
    ],
)
def test_a_rule_that_nothing_could_follow_is_refused_where_it_is_wrong(launch, lead, now, part, pointer):
    said = {"name": "R", "event": "issue.opened", "actions": [{"do": "open_room"}]} | part
    with pytest.raises(Problem) as refused:
        rules.add(launch, said, by=lead, now=now)
    assert refused.value.errors[0].pointer == pointer


def test_every_ready_made_rule_can_be_written(launch, lead, now):
    for offer in offers.OFFERS:
        assert not offers.take(launch, offer.code, by=lead, now=now).is_on
    assert offers.open_offers(launch) == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_each_thing_once(launch, people, now):
    lead = Principal(people["lead"])
    said = {"name": "Tell", "event": "issue.opened", "actions": [{"do": "mail", "value": "leads", "text": "Opened"}]}
    rules.switch(rules.add(launch, said, by=lead, now=now), on=True, by=lead, now=now)
    for number in range(12):
        opened(make_issue(launch, now=now, title=f"Issue {number}"), now=now)

    def work(_worker):
        try:
            return run(now)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        heard = sum(pool.map(work, range(2)))
    mails = Message.objects.filter(kind="rule", to_address="alice@example.org")
    assert (heard, AutomationRun.objects.count(), mails.count()) == (12, 12, 12)


@pytest.mark.django_db(transaction=True)
def test_rules_switched_at_once_leave_every_wish_of_those_that_are_on(launch, people, now):
    lead, is_on, is_off = Principal(people["lead"]), threading.Event(), threading.Event()
    said = {"event": "issue.opened", "actions": [{"do": "open_room"}]}
    one, two = (rules.add(launch, said | {"name": name}, by=lead, now=now) for name in ("One", "Two"))
    rules.switch(one, on=True, by=lead, now=now)

    def switch_two_on():
        try:
            with transaction.atomic():
                rules.switch(two, on=True, by=lead, now=now)
                is_on.set()
                is_off.wait(0.5)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        switched = pool.submit(switch_two_on)
        is_on.wait(10)
        rules.switch(one, on=False, by=lead, now=now)
        is_off.set()
        switched.result()
    assert Wish.objects.filter(launch=launch, kind="issue.opened").exists()


def test_the_api_writes_tries_switches_and_reads_runs(api, issue, now):
    said = {
        "launch": "shop", "name": "Room for the bad", "event": "issue.opened", "conditions": [BAD],
        "actions": [{"do": "open_room"}],
    }  # fmt: skip
    made = api.post("/api/v1/automation/", said, format="json")
    assert (made.status_code, made.json()["is_on"]) == (201, False)
    at = f"/api/v1/automation/{made.json()['id']}/"
    opened(issue, now=clock.now())
    trial = api.post(at + "dry-run/", {"days": 7}, format="json").json()
    assert (trial["matched"], trial["done"]) == (1, {"Open its war room": 1})
    assert api.patch(at, {"is_on": True, "version": 1}, format="json").json()["is_on"] is True
    opened(issue, now=clock.now())
    running.run_waiting(clock=clock.now)
    runs = api.get(at + "runs/").json()["results"]
    assert (runs[0]["outcome"], runs[0]["subject"]) == ("done", issue.key)
    bad = api.patch(at, {"conditions": [{"field": "severity", "is": "is", "value": "x"}]}, format="json")
    assert bad.json()["errors"][0]["pointer"] == "/conditions/0/value"
    assert len(api.get("/api/v1/automation/?launch=shop").json()["results"]) == 1
    assert api.delete(at).status_code == 204


def test_a_token_that_may_manage_and_not_triage_lets_no_rule_triage(launch, people, rule, now):
    made = rule("issue.opened", ("open_room",), on=False)
    said = {"launch": "shop", "name": "R", "event": "issue.opened", "actions": [{"do": "open_room"}]}
    narrow = bearer(people["lead"], scopes=["launch:admin"], now=now)
    assert narrow.post("/api/v1/automation/", said, format="json").status_code == 403
    at = f"/api/v1/automation/{made.key}/"
    assert narrow.patch(at, {"actions": [{"do": "note", "text": "x"}]}, format="json").status_code == 403
    assert narrow.patch(at, {"is_on": True}, format="json").status_code == 403
    both = bearer(people["lead"], scopes=["launch:admin", "triage:write"], now=now)
    assert both.patch(at, {"is_on": True}, format="json").json()["is_on"] is True
    assert narrow.patch(at, {"is_on": False}, format="json").json()["is_on"] is False


def test_a_switch_through_the_api_honours_the_version_that_was_read(api, rule, lead, now):
    made = rules.change(rule("issue.opened", ("open_room",), on=False), {"place": 7}, by=lead, now=now)
    stale = api.patch(f"/api/v1/automation/{made.key}/", {"is_on": True, "version": 1}, format="json")
    assert (stale.status_code, stale.json()["version"]) == (409, 2)
    made.refresh_from_db()
    assert not made.is_on


@pytest.mark.django_db(transaction=True)
def test_two_rules_of_one_name_at_once_are_one_and_a_plain_refusal(launch, people, now):
    said = {"name": "Twice", "event": "issue.opened", "actions": [{"do": "open_room"}]}
    both_begin = threading.Barrier(2)

    def add(_place):
        try:
            with transaction.atomic():
                both_begin.wait(10)
                rules.add(launch, said, by=Principal(people["lead"]), now=now)
                time.sleep(0.2)
        except Problem as problem:
            return problem.errors[0].pointer
        finally:
            connection.close()
        return "added"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(add, range(2))) == ["/name", "added"]


def test_the_pages_write_a_rule_without_script_and_say_what_is_wrong_beside_its_field(client, people, issue, now):
    client.force_login(people["lead"])
    place = "/launches/shop/settings/automation/"
    form = {
        "name": "Room", "event": "issue.opened", "matching": "all", "place": "", "field": ["severity", ""],
        "is": ["at_most", "is"], "wanted": ["two", ""], "do": ["open_room", ""], "value": ["", ""], "text": ["", ""],
    }  # fmt: skip
    wrong = client.post(place + "new/", form)
    assert (wrong.status_code, 'id="wanted-0-e"' in wrong.content.decode()) == (400, True)
    more = client.post(place + "new/", form | {"press": "more"}).content.decode()
    assert 'value="two"' in more
    right = client.post(place + "new/", form | {"wanted": ["2", ""]}, follow=True)
    key = AutomationRule.objects.get().key
    assert "On the past" in right.content.decode()
    opened(issue, now=clock.now())
    assert "1 of 1 matched" in client.get(f"{place}{key}/?days=7").content.decode()
    client.post(f"{place}{key}/on/")
    opened(issue, now=clock.now())
    running.run_waiting(clock=clock.now)
    text = client.get(f"{place}{key}/").content.decode()
    assert f'/issues/{issue.key}/">{issue.key}</a>' in text
    assert "Matched in 24 h" in client.get(place).content.decode()
    assert client.post(f"{place}take/verified/").status_code == 302
    assert client.post(f"{place}{key}/remove/").status_code == 302
    client.force_login(people["agent"])
    assert client.get(place).status_code == 200
    assert client.get(place + "new/").status_code == 403
