"""This module tests orders for many issues: preview, progress, what did not follow, one undo of the whole; and sleep."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from feedback.models import Reporter
from gateway_ingest.models import RuleOutcome
from hypercare.core.members import set_member
from hypercare.core.models import Message, TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.timeline import SYSTEM, Actor
from tests.integration.rows import make_alert, make_feedback, make_issue
from triage import lifecycle, merging, overrides, snooze
from triage.board.lanes import lanes_of, not_shown
from triage.board.limits import set_limit
from triage.models import BoardChange, Issue, Match, WarRoom
from triage.orders import giving
from triage.orders.telling import sentence_of, words_of
from triage.story import story_of
from triage.warroom.rooms import open_room

pytestmark = pytest.mark.django_db
CHANGES = "/api/v1/launches/shop/changes/"


@pytest.fixture
def order(launch, people, now):
    """Gives an order of the lead's for these issues."""

    def give(issues, action, *, at=now, by="lead", version=None, **given):
        chosen = Issue.objects.filter(pk__in=[issue.pk for issue in issues])
        return giving.give(
            launch, chosen, action=action, given=given, actor=people[by], clock=lambda: at, version=version
        )

    return give


@pytest.fixture
def back(people, now):
    """Takes an order of the lead's back."""
    return lambda change, at=now: giving.ask_back(change, actor=people["lead"], clock=lambda: at)


def many(launch, now, count, **fields):
    return [make_issue(launch, now=now, title=f"Problem {n}", **fields) for n in range(count)]


def belong(issue, *, now):
    """Two people with an address reported the issue."""
    for n in range(2):
        reporter = Reporter.objects.create(launch=issue.launch, email=f"p{issue.pk}-{n}@example.org", created_at=now)
        row = make_feedback(issue.launch, now=now, issue_key=issue.key, reporter=reporter)
        Match.objects.create(feedback=row, issue=issue, origin="rule", confidence=1, reason="", matched_at=now)


def states(issues):
    return [issue.status for issue in Issue.objects.filter(pk__in=[one.pk for one in issues]).order_by("pk")]


def test_one_order_moves_all_that_can_follow_and_names_the_others(launch, order, now):
    issues = [*many(launch, now, 2), make_issue(launch, now=now, status="verified")]
    change = order(issues, "move", to="triaged")
    assert (change.changed, change.failed, change.finished_at) == (2, 1, now)
    assert states(issues) == ["triaged", "triaged", "verified"]
    assert "is Verified and cannot become triaged" in change.issues.exclude(detail="").get().detail


def test_one_undo_takes_the_whole_back(launch, order, back, now):
    issues = [make_issue(launch, now=now), make_issue(launch, now=now, status="triaged")]
    change = back(order(issues, "move", to="in_progress"), now + timedelta(minutes=29))
    assert (change.taken_back, states(issues)) == (2, ["new", "triaged"])


def test_what_somebody_changed_since_stays_theirs_and_is_named(launch, order, back, people, now):
    issues = many(launch, now, 2)
    change = order(issues, "move", to="triaged")
    responder = Actor.person(people["responder"])
    lifecycle.move(issues[0].pk, to="in_progress", actor=responder, now=now)
    overrides.override_issue(issues[1].pk, field="severity", value="3", reason="", actor=responder, now=now)
    change = back(change)
    assert states(issues) == ["in_progress", "new"]
    kept = change.issues.exclude(undo_detail="").get()
    assert "changed by Responder Person meanwhile (Triaged → In progress)" in kept.undo_detail
    assert Issue.objects.get(pk=issues[1].pk).severity == 3


def test_an_undo_that_leaves_the_only_issue_to_a_colleague_says_so(launch, order, back, people, now):
    issue = make_issue(launch, now=now)
    change = order([issue], "move", to="triaged")
    lifecycle.move(issue.pk, to="in_progress", actor=Actor.person(people["responder"]), now=now)
    assert sentence_of(back(change), key=issue.key) == f"{issue.key} stays as it is"


def test_what_an_issue_has_by_hand_already_is_not_set_and_not_noted_again(launch, order, people, now):
    issues, bob = many(launch, now, 2), people["responder"].email
    order(issues[:1], "set", field="owner", value=bob)
    change = order(issues, "set", field="owner", value=bob, at=now + timedelta(minutes=1))
    assert (change.changed, change.failed) == (1, 1)
    assert change.issues.exclude(detail="").get().detail == f"{issues[0].key} has that already."
    assert TimelineEntry.objects.filter(subject=issues[0].key, kind="issue.field").count() == 1


def test_a_severity_of_the_machines_is_confirmed_by_hand_once_and_again_for_a_reason(launch, order, now):
    [issue] = many(launch, now, 1, severity=2)
    assert order([issue], "set", field="severity", value="2").changed == 1
    with pytest.raises(Problem, match="has that already"):
        order([issue], "set", field="severity", value="2")
    assert order([issue], "set", field="severity", value="2", reason="Asked the tills").changed == 1


def test_undo_leaves_a_colleagues_later_move_to_the_same_status(launch, order, back, people, now):
    issue = make_issue(launch, now=now)
    change, bob = order([issue], "move", to="closed"), Actor.person(people["responder"])
    for minutes, to in ((1, "in_progress"), (2, "closed")):
        lifecycle.move(issue.pk, to=to, reason="again", actor=bob, now=now + timedelta(minutes=minutes))
    change = back(change, now + timedelta(minutes=3))
    issue.refresh_from_db()
    assert (change.taken_back, issue.status) == (0, "closed")
    assert "Responder Person meanwhile" in change.issues.get().undo_detail


def test_undoing_a_reopening_gives_the_end_its_moment_back(launch, order, back, now):
    [issue] = many(launch, now - timedelta(days=2), 1)
    lifecycle.move(issue.pk, to="in_progress", actor=SYSTEM, now=now - timedelta(days=2))
    lifecycle.move(issue.pk, to="closed", actor=SYSTEM, now=now - timedelta(days=1))
    back(order([issue], "move", to="in_progress", reason="slip"), now + timedelta(minutes=1))
    issue.refresh_from_db()
    day_ago = now - timedelta(days=1)
    assert (issue.status, issue.closed_at, issue.status_changed_at) == ("closed", day_ago, day_ago)
    assert issue.worked_seconds == 86_400


def test_undo_leaves_ones_own_later_move_to_the_same_status_with_the_mail_that_tells_of_it(launch, order, back, now):
    [issue], minute = many(launch, now, 1), timedelta(minutes=1)
    belong(issue, now=now)
    first = order([issue], "move", to="closed")
    Message.objects.all().delete()
    order([issue], "move", to="in_progress", reason="not yet", at=now + minute)
    last = order([issue], "move", to="closed", at=now + 20 * minute)
    first = back(first, now + 21 * minute)
    assert (first.taken_back, states([issue]), Message.objects.count()) == (0, ["closed"], 2)
    assert "Alice Lead meanwhile" in first.issues.get().undo_detail
    assert (back(last, now + 21 * minute).taken_back, states([issue])) == (1, ["in_progress"])
    assert not Message.objects.exists()


def test_orders_are_taken_back_one_after_the_other_to_where_it_all_began(launch, order, back, now):
    issue, minute = make_issue(launch, now=now - timedelta(hours=1)), timedelta(minutes=1)
    first = order([issue], "move", to="in_progress")
    second = order([issue], "move", to="triaged", at=now + minute)
    third = order([issue], "move", to="in_progress", at=now + 2 * minute)
    for change, status in ((third, "triaged"), (second, "in_progress"), (first, "new")):
        assert (back(change, now + 3 * minute).taken_back, states([issue])) == (1, [status])
    issue.refresh_from_db()
    assert (issue.status_changed_at, issue.worked_seconds) == (now - timedelta(hours=1), 0)


def test_undo_gives_a_long_title_back_whole_and_the_title_before_it_too(launch, order, back, now):
    [issue] = many(launch, now, 1)
    long, minute = "word " * 40 + "end", timedelta(minutes=1)
    order([issue], "set", field="title", value="First", at=now - minute)
    first = order([issue], "set", field="title", value=long)
    second = order([issue], "set", field="title", value="Short", at=now + minute)
    titles = []
    for change, minutes in ((second, 2), (first, 3)):
        assert back(change, now + minutes * minute).taken_back == 1
        issue.refresh_from_db()
        titles.append(issue.title)
    assert titles == [long, "First"]


def test_undo_within_ten_seconds_withdraws_the_mails_and_later_says_who_knows(launch, order, back, now):
    reporter = Reporter.objects.create(launch=launch, email="karin@example.org", created_at=now)
    issues = many(launch, now, 2)
    for issue in issues:
        make_feedback(launch, now=now, issue_key=issue.key, reporter=reporter)
    first = order(issues[:1], "move", to="closed")
    back(first)
    assert Message.objects.count() == 0
    second = order(issues, "move", to="closed")
    Message.objects.filter(about=launch.feedback.last().key).update(sent_at=now)
    assert (back(second).told_before, Message.objects.count(), states(issues)) == (1, 1, ["new", "new"])


def test_a_field_goes_back_to_what_was_held_or_to_the_machines(launch, order, back, now):
    held, free = many(launch, now, 2)
    for issue in (held, free):
        make_feedback(launch, now=now, issue_key=issue.key)
    order([held], "set", field="moscow", value="must")
    change = order([held, free], "set", field="moscow", value="wont")
    assert set(Issue.objects.values_list("moscow", flat=True)) == {"wont"}
    back(change)
    held.refresh_from_db()
    assert held.moscow == "must"
    assert not free.decisions.filter(field="moscow", origin="person", ended_at=None).exists()


def test_the_owner_is_set_for_many_and_taken_back(launch, order, back, people, now):
    issues = many(launch, now, 2, owner=people["agent"])
    change = order(issues, "set", field="owner", value="responder@example.org")
    assert set(Issue.objects.values_list("owner__email", flat=True)) == {"responder@example.org"}
    back(change)
    assert set(Issue.objects.values_list("owner__email", flat=True)) == {"agent@example.org"}


def told_in(page):
    """What a page shows as text, without the addresses that its fields hold as values."""
    return re.sub(r"<[^>]*>", " ", page.content.decode())


def test_owners_and_components_are_told_by_the_names_people_know(launch, order, people, client, now):
    (issue,) = many(launch, now, 1, owner=people["agent"])
    toast = sentence_of(order([issue], "set", field="owner", value="responder@example.org"), key=issue.key)
    assert toast == f"{issue.key}: Owner: Responder Person"
    order([issue], "set", field="component", value="catalog-api", at=now + timedelta(seconds=1))
    words = [one.words for one in story_of(TimelineEntry.objects.filter(subject=issue.key).order_by("-id"))]
    assert words == ["Component: – → Product pages", "Owner: Agent Person → Responder Person"]
    client.force_login(people["stakeholder"])
    page = told_in(client.get(reverse("triage:issue", args=["shop", issue.key])))
    assert "Owner: Agent Person → Responder Person" in page
    assert not re.search(r"(agent|responder)@example.org", page)


def test_an_owner_whom_a_rule_named_is_confirmed_by_hand_once(launch, order, people, now):
    [issue] = many(launch, now, 1)
    bob = people["responder"].email
    overrides.set_by_rule(issue, field="owner", value=bob, reason="Its team", actor=Actor("Rule"), now=now)
    assert order([issue], "set", field="owner", value=bob).changed == 1
    with pytest.raises(Problem, match="has that already"):
        order([issue], "set", field="owner", value=bob)


def test_an_owner_with_the_longest_address_is_named_and_a_long_title_comes_back_whole(
    launch, order, back, people, client, now
):
    people["responder"].email = f"{'r' * 64}@{'.'.join(['e' * 60] * 3)}.se"
    people["responder"].save()
    (issue,) = many(launch, now, 1)
    order([issue], "set", field="owner", value=people["responder"].email)
    client.force_login(people["stakeholder"])
    assert "rrr" not in client.get(reverse("triage:issue", args=["shop", issue.key])).content.decode()
    order([issue], "set", field="title", value="W" * 300)
    back(order([issue], "set", field="title", value="Short", at=now + timedelta(seconds=1)), now + timedelta(seconds=2))
    assert Issue.objects.get().title == "W" * 300


def test_who_left_meanwhile_is_no_owner_again(launch, order, back, people, now):
    issues = many(launch, now, 2, owner=people["agent"])
    change = order(issues, "set", field="owner", value="responder@example.org")
    set_member(launch, people["agent"], role="reporter", actor=SYSTEM, now=now)
    assert back(change).taken_back == 2
    assert set(Issue.objects.values_list("owner", flat=True)) == {None}


def test_one_that_is_refused_in_the_doing_keeps_no_other_from_it(launch, order, back, now):
    issues = many(launch, now, 2)
    alert = make_alert(launch, now=now)
    told = make_feedback(
        launch, now=now, issue_key=issues[0].key, channel="alert", external_id=f"{alert.fingerprint}:1"
    )
    type(told).objects.filter(pk=told.pk).update(source=f"source:{alert.source_id}")
    Match.objects.create(feedback=told, issue=issues[0], origin="rule", confidence=1, reason="", matched_at=now)
    change = order(issues, "move", to="closed", noise="flapping")
    assert (change.changed, change.failed, states(issues)) == (1, 1, ["closed", "new"])
    assert RuleOutcome.objects.count() == 1
    back(change)
    assert (states(issues), RuleOutcome.objects.count()) == (["new", "new"], 0)


def test_merging_many_and_taking_them_apart_again(launch, order, back, now):
    root, *others = many(launch, now, 3)
    change = order([root, *others], "merge", into=f"http://localhost/launches/shop/issues/{root.key}/")
    assert (change.changed, change.failed) == (2, 1)
    assert {one.merged_into_id for one in Issue.objects.filter(status="duplicate")} == {root.pk}
    back(change)
    assert states(others) == ["new", "new"]


def test_undoing_a_merge_gives_the_status_its_moment_and_the_end_its_own_back(launch, order, back, now):
    long_ago, day, yesterday = now - timedelta(days=3), timedelta(days=1), now - timedelta(days=1)
    worked, closed, root = many(launch, long_ago, 3)
    lifecycle.move(worked.pk, to="in_progress", actor=SYSTEM, now=yesterday)
    lifecycle.move(closed.pk, to="in_progress", actor=SYSTEM, now=long_ago)
    lifecycle.move(closed.pk, to="closed", actor=SYSTEM, now=yesterday)
    back(order([worked, closed], "merge", into=root.key), now + timedelta(minutes=1))
    worked.refresh_from_db()
    closed.refresh_from_db()
    assert (worked.status, worked.status_changed_at, worked.worked_seconds) == ("in_progress", yesterday, 0)
    assert (closed.status_changed_at, closed.closed_at) == (yesterday, yesterday)
    assert closed.worked_seconds == 2 * day.total_seconds()


def test_a_note_for_many_stays(launch, order, api, now):
    issues = many(launch, now, 2)
    order(issues, "note", text="Looked at together")
    assert TimelineEntry.objects.filter(kind="issue.note").count() == 2
    told = api.get(CHANGES).json()
    assert told == {"results": []}  # the story's day is long past by the clock


def test_who_lost_the_right_while_the_order_waited_changes_nothing(launch, order, people, now, monkeypatch):
    issues = many(launch, now, 2)
    monkeypatch.setattr(giving, "AT_ONCE", 1)
    change = order(issues, "move", to="triaged", by="responder")
    set_member(launch, people["responder"], role="reporter", actor=SYSTEM, now=now)
    giving.carry_on(clock=lambda: now)
    change.refresh_from_db()
    assert (change.changed, change.failed, states(issues)) == (0, 2, ["new", "new"])


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("move", {"to": "closed"}),
        ("set", {"field": "severity", "value": "3"}),
        ("set", {"field": "component", "value": "checkout"}),
        ("snooze", {"until": "2026-05-30T09:00"}),
        ("label", {"labels": "later, shop"}),
        ("move", {"to": "declined", "reason": "Works as intended"}),
        ("merge", {"into": "the root"}),
        ("reply", {"text": "We look into it."}),
    ],
)
def test_a_worker_needs_as_many_statements_for_forty_as_for_four(launch, order, now, monkeypatch, action, given):
    monkeypatch.setattr(giving, "AT_ONCE", 1)
    root = make_issue(launch, now=now)
    given = given | ({"into": root.key} if "into" in given else {})

    def statements(issues):
        for issue in issues:
            belong(issue, now=now)
        change = order(issues, action, **given)
        with CaptureQueriesContext(connection) as forth:
            giving.carry_on(clock=lambda: now)
        change.refresh_from_db()
        assert change.changed == len(issues)
        giving.ask_back(change, actor=change.actor, clock=lambda: now)
        with CaptureQueriesContext(connection) as undo:
            giving.carry_on(clock=lambda: now)
        change.refresh_from_db()
        assert change.taken_back == len(issues)
        return len(forth), len(undo)

    statements(many(launch, now, 2))
    assert statements(many(launch, now, 4)) == statements(many(launch, now, 40))


def test_the_preview_says_what_would_change_and_changes_nothing(launch, api, now):
    reporter = Reporter.objects.create(launch=launch, email="karin@example.org", created_at=now)
    issues = [*many(launch, now, 3), make_issue(launch, now=now, status="closed", severity=2)]
    make_feedback(launch, now=now, issue_key=issues[0].key, reporter=reporter)
    asked = {"action": "move", "to": "closed", "filter": "severity=2", "preview": True}
    told = api.post(CHANGES, asked, format="json").json()
    assert (told["matching"], told["will_change"], told["mails"]) == (4, 3, 1)
    assert told["will_stay"] == [{"count": 1, "why": "already there"}]
    assert not BoardChange.objects.exists()


@pytest.mark.parametrize(
    ("target", "stays"),
    [
        ({}, {"is what the others go into": 1, "merged into another": 1}),
        (
            {"status": "closed"},
            {"is what the others go into": 1, "open, and IS-%s is ended": 2, "merged into another": 1},
        ),
    ],
)
def test_the_preview_of_a_merge_says_what_the_merge_then_does(launch, api, now, target, stays):
    root, gone = make_issue(launch, now=now, **target), make_issue(launch, now=now, status="closed")
    merging.merge(gone.pk, into_id=root.pk, actor=SYSTEM, now=now)
    open_ones, ended = many(launch, now, 2), make_issue(launch, now=now, status="declined")
    chosen = {"ids": [one.key for one in (root, gone, *open_ones, ended)]}
    asked = chosen | {"action": "merge", "into": gone.key}
    told = api.post(CHANGES, asked | {"preview": True}, format="json").json()
    assert {one["why"].replace(root.key, "IS-%s"): one["count"] for one in told["will_stay"]} == stays
    assert api.post(CHANGES, asked, format="json").json()["changed"] == told["will_change"] == 5 - sum(stays.values())


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("set", {"field": "moscow", "value": "must"}),
        ("label", {"labels": "x"}),
        ("unlabel", {"labels": "x"}),
        ("reply", {"text": "x"}),
    ],
)
def test_a_worker_needs_as_many_statements_for_twenty_that_are_merged_as_for_two(
    launch, order, now, monkeypatch, action, given
):
    monkeypatch.setattr(giving, "AT_ONCE", 1)
    root = make_issue(launch, now=now)

    def statements(count):
        issues = many(launch, now, count)
        merging.merge_all([issue.pk for issue in issues], into_id=root.pk, actor=SYSTEM, now=now)
        change = order(issues, action, **given)
        with CaptureQueriesContext(connection) as asked:
            giving.carry_on(clock=lambda: now)
        assert {row.detail for row in change.issues.all()} == {
            f"{one.key} is merged; decide on {root.key}." for one in issues
        }
        return len(asked)

    assert statements(2) == statements(20)


def test_the_preview_of_a_merge_names_the_rooms_that_close_and_it_is_the_gravest_that_goes_on(launch, people, api, now):
    target, minor, grave = (make_issue(launch, now=now, severity=severity) for severity in (4, 3, 2))
    lead = Actor.person(people["lead"])
    small, large = (open_room(issue, reason="try", actor=lead, now=now) for issue in (minor, grave))
    asked = {"action": "merge", "into": target.key, "ids": [target.key, minor.key, grave.key]}
    told = api.post(CHANGES, asked | {"preview": True}, format="json").json()
    assert told["rooms"] == f"War rooms that close: {small.key}. Work goes on in {large.key}."
    assert (told["will_change"], told["will_stay"]) == (2, [{"count": 1, "why": "is what the others go into"}])
    assert not WarRoom.objects.exclude(closed_at=None).exists()
    api.post(CHANGES, asked, format="json")
    small.refresh_from_db()
    large.refresh_from_db()
    assert (small.is_live, large.is_live, large.issue) == (False, True, target)
    other = {"action": "merge", "into": target.key, "ids": [make_issue(launch, now=now).key], "preview": True}
    assert api.post(CHANGES, other, format="json").json()["rooms"] == ""


def test_a_whole_filter_is_left_to_the_worker_and_followed(launch, api, now, monkeypatch):
    many(launch, now, 3)
    make_issue(launch, now=now, severity=4)
    monkeypatch.setattr(giving, "AT_ONCE", 2)
    given = api.post(CHANGES, {"action": "move", "to": "triaged", "filter": "severity=2"}, format="json")
    assert (given.status_code, given.json()["state"]) == (202, "running")
    giving.carry_on(clock=lambda: now)
    told = api.get(f"{CHANGES}{given.json()['id']}/").json()
    assert (told["state"], told["changed"], told["can_undo"]) == ("done", 3, True)
    assert told["sentence"] == "3 issues moved to Triaged"
    undone = api.post(f"{CHANGES}{told['id']}/undo/").json()
    assert undone["state"] == "undoing"
    giving.carry_on(clock=lambda: now)
    assert set(Issue.objects.filter(severity=2).values_list("status", flat=True)) == {"new"}


@pytest.mark.parametrize(
    "asked",
    [
        {"action": "move", "to": "triaged", "filter": "status=new"},  # which nothing matches any more
        {"action": "snooze", "until": "1h", "filter": "status=new"},  # which is later by now
        {"action": "snooze", "until": "2026-05-28T12:33Z", "filter": ""},  # which is over by now
    ],
)
def test_an_order_sent_again_with_its_key_is_one_though_it_would_mean_something_else_by_now(launch, api, now, asked):
    many(launch, now, 3)
    answers = []
    for minutes in (0, 2):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            answers.append(api.post(CHANGES, asked, format="json", headers={"Idempotency-Key": "k"}))
        make_issue(launch, now=now)
    assert [answer.status_code for answer in answers] == [200, 200]
    first, again = (answer.json() for answer in answers)
    assert (first["id"], first["total"]) == (again["id"], again["total"])
    other = api.post(
        CHANGES, {"action": "note", "text": "Hi", "filter": ""}, format="json", headers={"Idempotency-Key": "k"}
    )
    assert (other.json()["total"], BoardChange.objects.count()) == (5, 2)


def test_an_order_taken_back_while_it_runs_does_not_go_on(launch, order, back, now, monkeypatch):
    issues = many(launch, now, 5)
    monkeypatch.setattr(giving, "AT_ONCE", 1)
    monkeypatch.setattr(giving, "BATCH", 2)
    change = order(issues, "move", to="triaged")
    giving._forward(change.pk, now=now)
    change = back(change)
    giving.carry_on(clock=lambda: now)
    change.refresh_from_db()
    assert (change.changed, change.taken_back, states(issues)) == (2, 2, ["new"] * 5)


def test_a_single_issue_with_a_stale_version_gets_409_and_leaves_no_order(launch, api, people, now):
    issue = make_issue(launch, now=now)
    lifecycle.move(issue.pk, to="triaged", actor=Actor.person(people["responder"]), now=now)
    asked = {"action": "set", "field": "severity", "value": "1", "ids": [issue.key], "version": 1}
    answer = api.post(CHANGES, asked, format="json")
    assert (answer.status_code, answer.json()["changed_by"]) == (409, "Responder Person")
    assert answer.json()["changes"]["new"] == "triaged"
    assert not BoardChange.objects.exists()


def test_orders_are_undone_once_in_time_and_by_their_own_hand(launch, order, api, people, back, now):
    issue = make_issue(launch, now=now)
    change = order([issue], "move", to="triaged", by="responder")
    for mine, at, says in (
        (False, now, "nothing of yours"),
        (True, now + timedelta(minutes=31), "too long ago"),
        (True, now, None),
        (True, now, "taken back already"),
    ):
        who = people["responder" if mine else "lead"]
        if says is None:
            giving.ask_back(change, actor=who, clock=lambda at=at: at)
            continue
        with pytest.raises(Exception, match=says):
            giving.ask_back(change, actor=who, clock=lambda at=at: at)


def test_bad_orders_are_refused_with_a_sentence(launch, api, now):
    issue = make_issue(launch, now=now)
    for bad, status, says in (
        ({"action": "fly"}, 400, "Use one of move"),
        ({"action": "move", "to": "mars"}, 400, "no status “mars”"),
        ({"action": "move", "to": "declined"}, 400, "Say why"),
        ({"action": "set", "field": "severity", "value": 9}, 400, "Use one of 1, 2"),
        ({"action": "snooze", "until": "later"}, 400, "Say until when"),
        ({"action": "snooze", "until": "2020-01-01T00:00"}, 400, "a time to come"),
        ({"action": "merge", "into": "none"}, 400, "Name the issue"),
        ({"action": "note", "text": " "}, 400, "Write a note"),
        ({"action": "label", "labels": "x" * 41}, 400, "1 to 40 characters"),
        ({"action": "label", "labels": [1]}, 400, "list of words"),
        ({"action": "label", "labels": ",".join("abcdefghijklm")}, 400, "1 to 12 labels"),
        ({"action": "unlabel", "labels": "none"}, 409, "no such label"),
        ({"action": "reply", "text": ""}, 400, "Write a reply"),
        ({"action": "reply", "text": "Hello", "to": "Karin"}, 400, "Name the report"),
        ({"action": "reply", "text": "Hello"}, 409, "can be reached"),
        ({"action": "wake"}, 409, "does not sleep"),
        ({"action": "wake", "ids": ["IS-999999999"]}, 404, "no IS-999999999"),
        ({"action": "wake", "ids": []}, 400, "must be a list"),
        ({"action": "wake", "ids": None, "filter": "nosuch=1"}, 400, "no filter “nosuch”"),
    ):
        answer = api.post(CHANGES, {"ids": [issue.key]} | bad, format="json")
        assert (answer.status_code, says in answer.json()["detail"]) == (status, True), answer.json()


def test_an_issue_named_twice_is_one(launch, api, now):
    issue = make_issue(launch, now=now)
    asked = {
        "action": "move",
        "to": "triaged",
        "ids": [issue.key, issue.key.lower(), f"/launches/shop/issues/{issue.key}/"],
    }
    told = api.post(CHANGES, asked, format="json").json()
    assert (told["total"], told["sentence"]) == (1, f"{issue.key} moved to Triaged")


# sleep


def asleep(launch, order, now, **fields):
    issue = make_issue(launch, now=now, **fields)
    order([issue], "snooze", until="2026-05-30T09:00")
    issue.refresh_from_db()
    return issue


def test_many_noisy_sleepers_do_not_keep_the_sweep_from_one_whose_time_is_over(launch, order, now, monkeypatch):
    monkeypatch.setattr(snooze, "WAKES_AT_ONCE", 2)
    for _n in range(2):
        noisy = asleep(launch, order, now, sources={"alert": 1}, feedback_count=1)
        Issue.objects.filter(pk=noisy.pk).update(last_seen_at=now + timedelta(hours=1))
    patient = make_issue(launch, now=now)
    order([patient], "snooze", until="1h")
    for hour in (2, 3):
        snooze.wake_due(now=now + timedelta(hours=hour))
    patient.refresh_from_db()
    assert patient.snoozed_until is None
    assert Issue.objects.filter(snoozed_until__isnull=False).count() == 2


def test_a_snoozed_issue_leaves_the_board_and_is_counted(launch, order, back, now):
    issue = make_issue(launch, now=now)
    change = order([issue], "snooze", until="2026-05-30T09:00")  # in Stockholm's time
    issue.refresh_from_db()
    assert issue.snoozed_until.isoformat() == "2026-05-30T07:00:00+00:00"
    assert words_of(launch, change.action, change.order) == "Snoozed until 30 May 09:00"
    assert sum(lane.count for lane in lanes_of(Issue.objects.all(), now=now)) == 0
    assert not_shown(launch, now=now).snoozed == 1
    back(change)
    issue.refresh_from_db()
    assert issue.snoozed_until is None


def test_undo_leaves_a_colleagues_sleep_until_the_same_time(launch, order, back, now):
    [issue], until = many(launch, now, 1), "2026-05-29T09:00"
    change = order([issue], "snooze", until=until)
    order([issue], "wake", by="responder", at=now + timedelta(minutes=1))
    order([issue], "snooze", until=until, wake_if_worse=False, by="responder", at=now + timedelta(minutes=2))
    change = back(change, now + timedelta(minutes=3))
    issue.refresh_from_db()
    assert (change.taken_back, issue.snoozed_until is None, issue.snooze.wake_if_worse) == (0, False, False)
    assert "Responder Person meanwhile" in change.issues.get().undo_detail


def test_undo_lets_it_sleep_on_as_it_fell_asleep_and_the_order_before_can_be_taken_back_too(launch, order, back, now):
    [issue], minute = many(launch, now, 1, severity=3, reach_value=10), timedelta(minutes=1)
    first = order([issue], "snooze", until="2026-05-29T09:00")
    Issue.objects.update(reach_value=20)  # it got worse, and the sweep has not looked yet
    second = order([issue], "snooze", until="2026-05-30T09:00", at=now + minute)
    third = order([issue], "wake", at=now + 2 * minute)
    for change in (third, second):
        assert back(change, now + 3 * minute).taken_back == 1
    issue.refresh_from_db()
    assert (issue.snooze.reach, issue.snooze.snoozed_at) == (10, now)
    assert back(first, now + 4 * minute).taken_back == 1
    issue.refresh_from_db()
    assert issue.snoozed_until is None


@pytest.mark.parametrize(
    ("worse", "why"),
    [
        ({"severity": 1}, "Woke: its severity rose"),
        ({"reach_value": 5}, "Woke: it reaches more"),
        ({"sources": {"portal": 2}, "feedback_count": 2}, "Woke: people reported it anew"),
        ({"sources": {"portal": 1, "alert": 40}, "feedback_count": 41}, None),
        ({"severity": 3}, None),
    ],
)
def test_it_wakes_when_it_gets_worse_and_an_alert_that_repeats_is_not_worse(launch, order, now, worse, why):
    issue = asleep(launch, order, now, sources={"portal": 1}, feedback_count=1)
    Issue.objects.filter(pk=issue.pk).update(**worse, last_seen_at=now + timedelta(hours=1))
    snooze.wake_due(now=now + timedelta(hours=1))
    issue.refresh_from_db()
    assert (issue.snoozed_until is None) == (why is not None)
    told = [one.words for one in story_of(TimelineEntry.objects.filter(kind="issue.woken"))]
    assert told == ([why] if why else [])


def test_until_alone_holds_whatever_comes_and_ends_in_time(launch, order, now):
    issue = make_issue(launch, now=now)
    order([issue], "snooze", until="2026-05-30T09:00", wake_if_worse=False)
    Issue.objects.filter(pk=issue.pk).update(severity=1)
    snooze.wake_due(now=now + timedelta(hours=1))
    issue.refresh_from_db()
    assert issue.snoozed_until is not None
    snooze.wake_due(now=now + timedelta(days=2))
    issue.refresh_from_db()
    assert issue.snoozed_until is None


# limits


def test_above_its_limit_a_column_takes_what_comes_with_a_reason(launch, order, people, now):
    set_limit(launch, "in_progress", 2, actor=Actor.person(people["lead"]), now=now)
    issues = many(launch, now, 3)
    change = order(issues, "move", to="in_progress")
    assert (change.changed, change.failed) == (2, 1)
    with pytest.raises(Exception, match="In progress is at its limit of 2"):
        order(issues[2:], "move", to="in_progress")
    order(issues[2:], "move", to="in_progress", reason="The shop is down")
    entry = TimelineEntry.objects.filter(subject=issues[2].key, kind="issue.status").last()
    assert entry.data["reason"] == "The shop is down"
