"""These tests link deployments to issues, replay traffic around them, and hold what is said of the fix."""

from datetime import timedelta

import pytest
import time_machine

from feedback.models import Reporter
from gateway_ingest.deployments import NewDeployment, name_of, record_deployment
from gateway_ingest.formats.calls import CallFlag
from hypercare.core.models import Environment, Message, TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.timeline import SYSTEM, Actor
from tests.integration.rows import make_feedback, make_issue
from tests.integration.traffic import calls, store
from triage import lifecycle, merging
from triage.models import Fix, FixNotice, Issue, IssueStatus, ProofRules, Verdict
from triage.proof import links, notices, overview, panel, verdicts
from triage.proof.gathering import gather, live_of
from triage.times.courses import courses

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def at_now(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def issue(launch, now):
    """Errors of the catalogue, worked on since three hours, first reported two hours before now."""
    catalog = launch.components.get(slug="catalog-api")
    one = make_issue(
        launch, now=now - 2 * HOUR, component=catalog, category="availability", status=IssueStatus.IN_PROGRESS
    )
    row = make_feedback(
        launch,
        now=now - 2 * HOUR,
        issue_key=one.key,
        reporter=Reporter.objects.create(launch=launch, email="e@example.org", created_at=now),
    )
    row.matches.create(issue=one, origin="model", confidence=0.9, reason="alike", matched_at=now)
    return one


def deploy(launch, *, at, now, version="1.8.3", component="catalog-api", environment="production", **said):
    new = NewDeployment(version=version, environment=environment, component=component, deployed_at=at, **said)
    return record_deployment(launch, new, source="test", actor=SYSTEM, now=now)[0]


def fix_of(issue, deployment, now):
    with time_machine.travel(now, tick=False):
        return links.link_by_hand(issue.pk, name_of(deployment), actor=Actor("Alice"), now=now)


def traffic(launch, begins, minutes, *, a_minute=20, share=0.0, now, **fields):
    """So many calls a minute over some minutes, of which a share fails, evenly spread."""
    number = round(a_minute * minutes)
    failing = round(number * share)
    for count, status in ((number - failing, 200), (failing, 503)):
        if count:
            every = timedelta(minutes=minutes) / count
            store(launch, calls(count, begins, every=every, **{"status": status, "consumer": "u{}"} | fields), now=now)


def word_of(fix, now):
    fix = verdicts._due(now).get(pk=fix.pk) if not isinstance(fix, int) else fix
    verdicts.judge_fix(fix, now=now)
    return Verdict.objects.get(fix=fix, ended_at=None, origin="rule")


# --- links ------------------------------------------------------------------------------------------------------


def test_a_deployment_that_says_it_fixes_an_issue_in_work_moves_it_and_is_shown(launch, issue, now):
    deploy(launch, at=now, now=now, notes=f"pool: larger\n\nFixes {issue.key.lower()}")
    assert links.follow(clock=lambda: now) == 1
    issue.refresh_from_db()
    assert (issue.status, Fix.objects.get().how) == ("deployed", "fixes")
    entry = TimelineEntry.objects.filter(subject=issue.key, kind="issue.status").get()
    assert "1.8.3 went live" in entry.data["reason"]
    assert links.follow(clock=lambda: now) == 0


def test_a_mention_a_canary_and_work_not_begun_move_nothing(launch, issue, now):
    new = make_issue(launch, now=now)
    deploy(launch, at=now, now=now, summary=f"see {issue.key}, fixes {new.key}")
    deploy(launch, at=now, now=now, version="1.9", environment="canary", issues=(issue.key,))
    deploy(launch, at=now, now=now, version="1.9", environment="staging", issues=(issue.key,))
    links.follow(clock=lambda: now)
    assert set(Issue.objects.values_list("pk", "status")) == {(issue.pk, "in_progress"), (new.pk, "new")}
    assert Fix.objects.filter(issue=issue).count() == 3


def test_keys_of_another_launch_and_of_nothing_link_nothing_and_a_merged_issue_means_its_root(
    launch, other, issue, now
):
    theirs = make_issue(other, now=now)
    twin = make_issue(launch, now=now)
    merging.merge(twin.pk, into_id=issue.pk, actor=SYSTEM, now=now)
    deploy(launch, at=now, now=now, issues=(theirs.key, "IS-999999999999999999", twin.key))
    links.follow(clock=lambda: now)
    assert [fix.issue_id for fix in Fix.objects.all()] == [issue.pk]


def test_a_deployment_told_late_does_not_undo_what_people_did_since(launch, issue, now):
    Issue.objects.filter(pk=issue.pk).update(status_changed_at=now - 5 * MINUTE)
    deploy(launch, at=now - HOUR, now=now, issues=(issue.key,))
    links.follow(clock=lambda: now)
    issue.refresh_from_db()
    assert issue.status == "in_progress"


def test_links_by_hand_are_made_once_and_ended(launch, other, issue, now):
    row, theirs = deploy(launch, at=now, now=now), deploy(other, at=now, now=now, component="")
    fix_of(issue, row, now)
    for named, status in ((name_of(row), 409), (name_of(theirs), 404), ("DP-x", 404)):
        with pytest.raises(Problem) as refused:
            links.link_by_hand(issue.pk, named, actor=SYSTEM, now=now)
        assert refused.value.status == status
    links.unlink(issue.pk, name_of(row), actor=SYSTEM, now=now)
    fix_of(issue, row, now)
    assert Fix.objects.filter(ended_at=None).count() == 1


# --- verdicts ---------------------------------------------------------------------------------------------------


def test_failures_that_are_gone_where_many_would_have_come_verify_the_fix(launch, issue, now):
    traffic(launch, now - 2 * HOUR, 80, share=0.05, now=now)
    traffic(launch, now - 38 * MINUTE, 38, now=now)
    said = word_of(fix_of(issue, deploy(launch, at=now - 40 * MINUTE, now=now), now), now)
    assert said.word == "verified", said.reason
    assert said.confidence == 0.99
    assert "80 of 1600, then 0 of 760" in said.reason
    assert said.figures["after"]["calls"] == 760


def test_failures_that_stay_or_only_halve_do_not(launch, issue, now):
    traffic(launch, now - 2 * HOUR, 80, share=0.06, now=now)
    traffic(launch, now - 38 * MINUTE, 38, share=0.03, now=now)
    said = word_of(fix_of(issue, deploy(launch, at=now - 40 * MINUTE, now=now), now), now)
    assert (said.word, "did not go away" in said.reason) == ("not_fixed", True), said.reason


def test_a_quiet_night_proves_nothing_and_the_next_day_does(launch, issue, now):
    """The trouble of two days came at noon only; at night nothing failed before either."""
    Issue.objects.filter(pk=issue.pk).update(opened_at=now - 2 * DAY)
    issue.refresh_from_db()
    night = now + 9 * HOUR
    for day in (2, 1):
        traffic(launch, now - day * DAY - 30 * MINUTE, 60, share=0.1, now=now)
        traffic(launch, night - day * DAY, 60, a_minute=5, now=now)
    row = deploy(launch, at=night, now=night)
    traffic(launch, night + 2 * MINUTE, 58, a_minute=5, now=night + HOUR)
    fix = fix_of(issue, row, night)
    said = word_of(fix, night + HOUR)
    assert said.word == "too_little", said.reason
    assert "At these hours it did not fail before either" in said.reason
    noon = now + DAY
    traffic(launch, noon - 30 * MINUTE, 60, now=noon + HOUR)
    later = noon + 40 * MINUTE
    assert word_of(fix, later).word == "verified"
    assert Verdict.objects.filter(fix=fix).count() == 2


def test_no_call_at_all_is_too_little_traffic(launch, issue, now):
    traffic(launch, now - 2 * HOUR, 80, share=0.05, now=now)
    said = word_of(fix_of(issue, deploy(launch, at=now - 40 * MINUTE, now=now), now), now)
    assert (said.word, said.confidence) == ("too_little", None)
    assert "0 of 0 calls" in said.reason


def test_less_traffic_than_before_is_too_little_however_clean(launch, issue, now):
    traffic(launch, now - 2 * HOUR, 80, share=0.05, a_minute=40, now=now)
    traffic(launch, now - 38 * MINUTE, 38, a_minute=8, now=now)
    said = word_of(fix_of(issue, deploy(launch, at=now - 40 * MINUTE, now=now), now), now)
    assert (said.word, "calls a minute" in said.reason) == ("too_little", True), said.reason


def test_a_fix_that_holds_for_a_few_minutes_is_holding_so_far(launch, issue, now):
    traffic(launch, now - 2 * HOUR, 100, share=0.05, now=now)
    traffic(launch, now - 13 * MINUTE, 12, now=now)
    said = word_of(fix_of(issue, deploy(launch, at=now - 15 * MINUTE, now=now), now), now)
    assert (said.word, "Holding so far" in said.reason) == ("too_little", True), said.reason


def test_a_rise_elsewhere_that_came_with_it_is_a_side_effect(launch, issue, now):
    traffic(launch, now - 2 * HOUR, 80, share=0.05, now=now)
    traffic(launch, now - 38 * MINUTE, 38, now=now)
    traffic(launch, now - 80 * MINUTE, 40, component="checkout", path="/pay", now=now)
    traffic(launch, now - 38 * MINUTE, 38, component="checkout", path="/pay", share=0.1, now=now)
    fix = fix_of(issue, deploy(launch, at=now - 40 * MINUTE, now=now), now)
    said = word_of(fix, now)
    assert (said.word, "GET /pay of checkout, 5xx rose from 0.00% to 10.0%" in said.reason) == ("side_effect", True), (
        said.reason
    )
    deploy(launch, at=now - 41 * MINUTE, now=now, component="checkout", version="7")
    assert word_of(fix, now + 11 * MINUTE).word == "verified"  # another deployment may have done it


def test_a_rise_that_began_much_later_did_not_come_with_it(launch, issue, now):
    traffic(launch, now - 4 * HOUR, 80, share=0.05, now=now)
    Issue.objects.filter(pk=issue.pk).update(opened_at=now - 4 * HOUR)
    issue.refresh_from_db()
    traffic(launch, now - 118 * MINUTE, 118, now=now)
    traffic(launch, now - 3 * HOUR, 100, component="checkout", path="/pay", now=now)
    traffic(launch, now - 80 * MINUTE, 78, component="checkout", path="/pay", share=0.2, now=now)
    assert word_of(fix_of(issue, deploy(launch, at=now - 2 * HOUR, now=now), now), now).word == "verified"


def test_a_fix_on_one_release_of_two_is_judged_by_its_own_calls(launch, issue, now):
    deploy(launch, at=now - 5 * HOUR, now=now, version="1.8.2")
    traffic(launch, now - 2 * HOUR, 80, share=0.06, release="1.8.2", now=now)
    traffic(launch, now - 38 * MINUTE, 38, share=0.06, release="1.8.2", now=now)
    fix = fix_of(issue, deploy(launch, at=now - 40 * MINUTE, now=now, version="v1.8.3"), now)
    said = word_of(fix, now)
    assert (said.word, "No call of v1.8.3 has come yet" in said.reason) == ("too_little", True), said.reason
    traffic(launch, now - 38 * MINUTE, 38, release="1.8.3", now=now)
    said = word_of(fix, now + 11 * MINUTE)
    assert said.word == "verified", said.reason
    assert "Calls of earlier releases do not count: 46 of 760" in said.reason


def test_a_fixed_release_that_still_fails_is_not_fixed_though_all_calls_together_fell(launch, issue, now):
    deploy(launch, at=now - 5 * HOUR, now=now, version="1.8.2")
    traffic(launch, now - 2 * HOUR, 80, share=0.06, release="1.8.2", now=now)
    traffic(launch, now - 38 * MINUTE, 38, release="1.8.2", now=now)
    traffic(launch, now - 38 * MINUTE, 38, share=0.06, release="1.8.3", now=now)
    assert word_of(fix_of(issue, deploy(launch, at=now - 40 * MINUTE, now=now), now), now).word == "not_fixed"


def test_a_rollback_ends_a_fix_and_putting_it_live_again_begins_anew(launch, issue, now):
    deploy(launch, at=now - 5 * HOUR, now=now, version="1.8.2", external_id="a")
    row = deploy(launch, at=now - 60 * MINUTE, now=now)
    fix = fix_of(issue, row, now)
    deploy(launch, at=now - 50 * MINUTE, now=now, version="1.8.2", external_id="b")
    said = word_of(fix, now)
    assert (said.word, "1.8.2 went live in its place" in said.reason) == ("taken_back", True)
    again = deploy(launch, at=now - 45 * MINUTE, now=now, version="1.8.4")
    assert live_of(row).since == again.deployed_at


def test_two_deployments_at_once_and_a_clock_ahead_are_judged_like_others(launch, issue, now):
    traffic(launch, now - 2 * HOUR, 80, share=0.05, now=now)
    traffic(launch, now - 38 * MINUTE, 38, now=now)
    ahead = deploy(launch, at=now - 40 * MINUTE + 3 * HOUR, now=now - 40 * MINUTE)
    assert ahead.deployed_at == now - 40 * MINUTE
    both = [ahead, deploy(launch, at=now - 40 * MINUTE, now=now, component="checkout", version="4")]
    assert {word_of(fix_of(issue, row, now), now).word for row in both} == {"verified"}


@pytest.mark.parametrize(
    ("fields", "environment"),
    [({"category": "usability"}, "production"), ({}, "staging"), ({"component": None}, "production")],
)
def test_what_traffic_cannot_show_is_said_and_not_guessed(launch, issue, now, fields, environment):
    Issue.objects.filter(pk=issue.pk).update(**fields)
    issue.refresh_from_db()
    traffic(launch, now - 2 * HOUR, 120, now=now)
    row = deploy(launch, at=now - 40 * MINUTE, now=now, environment=environment)
    assert word_of(fix_of(issue, row, now), now).word == "unseen"


def slow(launch, begins, minutes, *, share, now):
    """Calls of which a share takes two seconds and the others a tenth of one."""
    number = 20 * minutes
    few = round(number * share)
    for count, duration in ((number - few, 100_000), (few, 2_000_000)):
        if count:
            traffic(launch, begins, minutes, a_minute=count / minutes, duration=duration, now=now)


@pytest.mark.parametrize(
    ("left", "minutes", "word", "says"),
    [
        (0.01, 38, "verified", "Slow calls fell from 40.0% to 1.05% (640 of 1600, then 8 of 760)"),
        (0.2, 38, "not_fixed", "Slow calls fell from 40.0% to 20.0%, but did not go away"),
        (0.4, 38, "not_fixed", "It is still slow: 40.0% of calls before, 40.0% after"),
        (0.0, 2, "too_little", "0 of 40 calls were slow in 3 minutes; before it were 40.0%."),
    ],
)
def test_slowness_is_judged_by_the_calls_that_are_slower_than_was_usual(launch, issue, now, left, minutes, word, says):
    Issue.objects.filter(pk=issue.pk).update(category="performance")
    slow(launch, now - 12 * HOUR, 60, share=0.01, now=now)
    slow(launch, now - 2 * HOUR, 80, share=0.4, now=now)
    slow(launch, now - 38 * MINUTE, minutes, share=left, now=now)
    fix = fix_of(issue, deploy(launch, at=now - 40 * MINUTE, now=now), now)
    said = word_of(fix, now - 38 * MINUTE + minutes * MINUTE)
    assert (said.word, says in said.reason) == (word, True), said.reason
    assert round(said.figures["during"]["p95_ms"], -2) == 2000
    assert "p95 was 2" in said.reason


def test_slowness_that_came_with_failures_elsewhere_is_a_side_effect(launch, issue, now):
    Issue.objects.filter(pk=issue.pk).update(category="performance")
    slow(launch, now - 12 * HOUR, 60, share=0.0, now=now)
    slow(launch, now - 2 * HOUR, 80, share=0.4, now=now)
    slow(launch, now - 38 * MINUTE, 38, share=0.0, now=now)
    traffic(launch, now - 2 * HOUR, 80, path="/search", now=now)
    traffic(launch, now - 38 * MINUTE, 38, path="/search", share=0.2, now=now)
    said = word_of(fix_of(issue, deploy(launch, at=now - 40 * MINUTE, now=now), now), now)
    assert said.word == "side_effect", said.reason


def test_where_nothing_says_how_fast_it_was_slowness_is_not_judged(launch, issue, now):
    Issue.objects.filter(pk=issue.pk).update(category="performance")
    slow(launch, now - 2 * HOUR, 80, share=0.4, now=now)
    said = word_of(fix_of(issue, deploy(launch, at=now - 40 * MINUTE, now=now), now), now)
    assert (said.word, "to say what is slow" in said.reason) == ("unseen", True)


@pytest.mark.parametrize(
    ("bad", "rated", "word", "says"),
    [
        (2, 80, "verified", "Bad ratings fell from 60.0% to 2.50% (60 of 100, then 2 of 80)"),
        (40, 80, "not_fixed", "Answers are still rated bad: 60.0% before, 50.0% after"),
        (0, 30, "too_little", "0 of 30 ratings were bad in 39 minutes; before it were 60.0%."),
    ],
)
def test_answers_of_a_model_are_judged_by_how_people_rate_them(launch, issue, now, bad, rated, word, says):
    Issue.objects.filter(pk=issue.pk).update(category="ai_quality")
    helpful, unhelpful = int(CallFlag.HELPFUL), int(CallFlag.UNHELPFUL)
    for begins, of, not_helpful in ((now - 2 * HOUR, 100, 60), (now - 38 * MINUTE, rated, bad)):
        traffic(launch, begins, 36, a_minute=20, now=now)  # nobody rates most answers
        traffic(launch, begins, 36, a_minute=(of - not_helpful) / 36, flags=helpful, now=now)
        traffic(launch, begins, 36, a_minute=not_helpful / 36, flags=unhelpful, now=now)
    said = word_of(fix_of(issue, deploy(launch, at=now - 40 * MINUTE, now=now), now), now)
    assert (said.word, says in said.reason) == (word, True), said.reason


def test_a_trouble_that_traffic_never_showed_cannot_be_proved_gone(launch, issue, now):
    traffic(launch, now - 2 * HOUR, 120, now=now)
    said = word_of(fix_of(issue, deploy(launch, at=now - 40 * MINUTE, now=now), now), now)
    assert (said.word, "Traffic showed no such failure" in said.reason) == ("unseen", True)


# --- what follows -----------------------------------------------------------------------------------------------


@pytest.fixture
def proved(launch, issue, now):
    """A deployed issue whose fix holds; what `word_of` it says is verified."""
    traffic(launch, now - 2 * HOUR, 80, share=0.05, now=now)
    traffic(launch, now - 38 * MINUTE, 38, now=now)
    lifecycle.move(issue.pk, to="deployed", actor=SYSTEM, now=now)
    return fix_of(issue, deploy(launch, at=now - 40 * MINUTE, now=now), now)


def test_a_verified_fix_drafts_a_message_and_moves_nothing_until_the_launch_allows(launch, issue, proved, now):
    assert word_of(proved, now).word == "verified"
    issue.refresh_from_db()
    assert (issue.status, FixNotice.objects.get().sent_at, Message.objects.count()) == ("deployed", None, 0)
    ProofRules.objects.create(launch=launch, verifies=True, tells=True)
    word_of(proved, now + 2 * MINUTE)
    issue.refresh_from_db()
    assert (issue.status, Message.objects.get().kind) == ("verified", "fixed")
    word_of(proved, now + 4 * MINUTE)
    assert Message.objects.count() == 1


def test_a_person_overrules_the_machine_and_gives_it_back(launch, issue, proved, people, now):
    word_of(proved, now)
    ProofRules.objects.create(launch=launch, verifies=True)
    alice = Actor.person(people["lead"])
    verdicts.overrule(issue.pk, proved.pk, word="not_fixed", reason="Lund still sees it", actor=alice, now=now)
    word_of(proved, now + 2 * MINUTE)
    issue.refresh_from_db()
    assert (issue.status, verdicts.in_force(Fix.objects.get(pk=proved.pk)).word) == ("deployed", "not_fixed")
    verdicts.release(issue.pk, proved.pk, actor=alice, now=now)
    word_of(proved, now + 2 * MINUTE)
    issue.refresh_from_db()
    assert (issue.status, verdicts.in_force(Fix.objects.get(pk=proved.pk)).word) == ("verified", "verified")
    with pytest.raises(Problem):
        verdicts.overrule(issue.pk, proved.pk, word="too_little", reason="", actor=alice, now=now)


def test_a_draft_is_sent_in_a_persons_words_once_or_dropped(issue, proved, people, now):
    word_of(proved, now)
    alice = Actor.person(people["lead"])
    assert notices.send(issue.pk, words="Stock is back.", actor=alice, now=now) == 1
    assert "Stock is back." in Message.objects.get().text
    with pytest.raises(Problem):
        notices.send(issue.pk, actor=alice, now=now)
    with pytest.raises(Problem):
        notices.drop(issue.pk, actor=alice, now=now)


def test_a_draft_waits_only_while_its_fix_is_linked_and_held_to_work(issue, proved, people, now):
    word_of(proved, now)
    alice = Actor.person(people["lead"])
    verdicts.overrule(issue.pk, proved.pk, word="not_fixed", reason="Lund still sees it", actor=alice, now=now)
    with pytest.raises(Problem) as refused:
        notices.send(issue.pk, actor=alice, now=now)
    assert (refused.value.status, Message.objects.count()) == (409, 0)
    verdicts.release(issue.pk, proved.pk, actor=alice, now=now)
    assert notices.waiting(issue.pk)
    Verdict.objects.filter(fix=proved, origin="rule", ended_at=None).update(word="not_fixed")
    assert notices.waiting(issue.pk) is None
    Verdict.objects.filter(fix=proved, origin="rule", ended_at=None).update(word="verified")
    links.unlink(issue.pk, name_of(proved.deployment), actor=alice, now=now)
    assert notices.waiting(issue.pk) is None


def test_the_fix_of_a_merged_issue_proves_its_root_until_they_are_taken_apart(launch, issue, proved, people, now):
    launch.feedback.update(category="availability", component=issue.component)
    root = make_issue(launch, now=now - 2 * HOUR, status="deployed")
    alice = Actor.person(people["lead"])
    merging.merge(issue.pk, into_id=root.pk, actor=alice, now=now)
    assert verdicts.judge_due(clock=lambda: now) == 1
    assert [one.verdict.word for one in panel.fixes_of(root)] == ["verified"]
    assert TimelineEntry.objects.filter(subject=root.key, kind="fix.judged").count() == 1
    lines = [line for _lane, _word, some in overview.by_lane(launch) for line in some]
    assert [(line.issue, line.newest.fix) for line in lines] == [(root, proved)]
    assert [course.is_verified for course in courses(launch, since=now - DAY, until=now)] == [True]
    ProofRules.objects.create(launch=launch, verifies=True)
    verdicts.judge_due(clock=lambda: now + 2 * MINUTE)
    root.refresh_from_db()
    assert root.status == "verified"
    assert notices.send(root.pk, actor=alice, now=now) == 1
    with pytest.raises(Problem, match="linked already"):
        links.link_by_hand(root.pk, name_of(proved.deployment), actor=alice, now=now)
    merging.unmerge(issue.pk, actor=alice, now=now)
    assert ([one.fix for one in panel.fixes_of(issue)], panel.fixes_of(root)) == ([proved], [])


def test_a_deployment_linked_to_an_issue_and_to_one_merged_into_it_has_one_word_that_a_person_may_overrule(
    launch, issue, proved, people, now
):
    launch.feedback.update(category="availability", component=issue.component)
    root = make_issue(launch, now=now - 2 * HOUR, status="deployed")
    alice, own = Actor.person(people["lead"]), fix_of(root, proved.deployment, now)
    merging.merge(issue.pk, into_id=root.pk, actor=alice, now=now)
    verdicts.judge_due(clock=lambda: now)
    assert list(TimelineEntry.objects.filter(kind="fix.judged").values_list("subject", flat=True)) == [root.key]
    assert notices.waiting(root.pk).fix == own
    verdicts.overrule(root.pk, own.pk, word="not_fixed", reason="", actor=alice, now=now)
    assert [(one.fix, one.verdict.word) for one in panel.fixes_of(root)] == [(own, "not_fixed")]
    assert overview.newest_of([root])[root.pk].verdict.word == "not_fixed"
    assert [course.is_verified for course in courses(launch, since=now - DAY, until=now)] == [False]
    assert notices.waiting(root.pk) is None


def test_what_people_said_of_a_fix_stands_though_another_issue_of_that_deployment_is_merged(
    launch, issue, proved, people, now
):
    word_of(proved, now)
    root, alice = make_issue(launch, now=now, status="deployed"), Actor.person(people["lead"])
    verdicts.overrule(
        root.pk, fix_of(root, proved.deployment, now).pk, word="not_fixed", reason="", actor=alice, now=now
    )
    merging.merge(issue.pk, into_id=root.pk, actor=alice, now=now)
    assert [one.verdict.word for one in panel.fixes_of(root)] == ["not_fixed"]
    assert overview.newest_of([root])[root.pk].verdict.word == "not_fixed"
    assert notices.waiting(root.pk) is None
    merging.unmerge(issue.pk, actor=alice, now=now)
    assert [one.verdict.word for one in panel.fixes_of(issue)] == ["verified"]


def test_a_draft_of_an_issue_that_is_merged_then_waits_at_its_root(launch, issue, proved, people, now):
    word_of(proved, now)
    root = make_issue(launch, now=now, status="deployed")
    merging.merge(issue.pk, into_id=root.pk, actor=SYSTEM, now=now)
    assert notices.send(root.pk, actor=Actor.person(people["lead"]), now=now) == 1
    verdicts.overrule(root.pk, proved.pk, word="not_fixed", reason="", actor=SYSTEM, now=now)
    links.unlink(root.pk, name_of(proved.deployment), actor=SYSTEM, now=now)
    assert not Fix.objects.filter(ended_at=None).exists()


def test_the_sweep_looks_again_after_a_while_and_leaves_old_and_ended_ones(launch, issue, proved, now):
    assert verdicts.judge_due(clock=lambda: now) == 1
    assert verdicts.judge_due(clock=lambda: now) == 0
    assert verdicts.judge_due(clock=lambda: now + 2 * MINUTE) == 1
    assert verdicts.judge_due(clock=lambda: now + 8 * DAY) == 0
    links.unlink(issue.pk, name_of(proved.deployment), actor=SYSTEM, now=now)
    assert verdicts.judge_due(clock=lambda: now + HOUR) == 0
    assert Environment.objects.count() == 1
    assert gather(proved, now=now).signatures
