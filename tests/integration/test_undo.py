"""This module tests that a fresh move is taken back by whoever made it, and that nothing else is."""

from datetime import timedelta

import pytest

from feedback.models import Reporter
from gateway_ingest.models import RuleOutcome
from hypercare.core.models import Message, TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.timeline import Actor
from tests.integration.rows import make_alert, make_feedback, make_issue
from triage import lifecycle
from triage.story import story_of
from triage.undo import undo_move

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue(launch, now):
    """A new issue with one report."""
    issue = make_issue(launch, now=now)
    make_feedback(launch, now=now, issue_key=issue.key, reply_status="received")
    return issue


@pytest.fixture
def by_lead(people):
    """The lead, as whoever does it."""
    return Actor.person(people["lead"])


def test_a_fresh_move_is_taken_back_where_the_table_knows_no_way(issue, by_lead, now):
    moved = lifecycle.move(issue.pk, to="deployed", actor=by_lead, now=now)
    back = undo_move(issue.pk, version=moved.version, actor=by_lead, now=now + timedelta(seconds=10))
    assert (back.status, back.version) == ("new", moved.version + 1)
    assert list(issue.launch.feedback.values_list("reply_status", flat=True)) == ["received"]


def test_a_fresh_move_taken_back_gives_its_moment_back_too(issue, by_lead, now):
    lifecycle.move(issue.pk, to="in_progress", actor=by_lead, now=now + timedelta(hours=1))
    lifecycle.move(issue.pk, to="closed", actor=by_lead, now=now + timedelta(hours=3))
    back = undo_move(issue.pk, version=None, actor=by_lead, now=now + timedelta(hours=3, seconds=30))
    assert (back.status, back.closed_at, back.worked_seconds) == ("in_progress", None, 0)
    assert back.status_changed_at == now + timedelta(hours=1)


def test_the_timeline_keeps_the_move_and_its_undoing(issue, by_lead, now):
    lifecycle.move(issue.pk, to="triaged", actor=by_lead, now=now)
    undo_move(issue.pk, version=None, actor=by_lead, now=now)
    told = story_of(TimelineEntry.objects.filter(subject=issue.key, kind="issue.status").order_by("id"))
    assert [one.words for one in told] == ["New → Triaged", "Triaged → New, move undone"]


def test_a_stale_version_is_refused_and_names_who_changed_what(issue, by_lead, people, now):
    moved = lifecycle.move(issue.pk, to="triaged", actor=by_lead, now=now)
    lifecycle.move(issue.pk, to="in_progress", actor=Actor.person(people["responder"]), now=now)
    with pytest.raises(Problem, match="changed by Responder Person meanwhile") as refused:
        undo_move(issue.pk, version=moved.version, actor=by_lead, now=now)
    assert refused.value.status == 409


def test_a_move_is_undone_once_within_a_minute_and_by_its_own_hand(issue, by_lead, people, now):
    lifecycle.move(issue.pk, to="triaged", actor=by_lead, now=now)
    with pytest.raises(Problem, match="no move of yours"):
        undo_move(issue.pk, version=None, actor=Actor.person(people["responder"]), now=now)
    with pytest.raises(Problem, match="too long ago"):
        undo_move(issue.pk, version=None, actor=by_lead, now=now + timedelta(seconds=61))
    undo_move(issue.pk, version=None, actor=by_lead, now=now + timedelta(seconds=60))
    with pytest.raises(Problem, match="no move of yours"):
        undo_move(issue.pk, version=None, actor=by_lead, now=now + timedelta(seconds=60))


@pytest.fixture
def mail(issue, by_lead, now):
    """The mail that waits for 10 seconds, as its reader's issue was closed."""
    reporter = Reporter.objects.create(launch=issue.launch, email="karin@example.org", created_at=now)
    issue.launch.feedback.update(reporter=reporter)
    lifecycle.move(issue.pk, to="closed", actor=by_lead, now=now)
    return Message.objects.get(kind="closed")


def test_an_end_is_undone_with_the_mail_that_tells_of_it(issue, mail, by_lead, now):
    assert mail.not_before == now + timedelta(seconds=10)
    assert undo_move(issue.pk, version=None, actor=by_lead, now=now).status == "new"
    assert not Message.objects.filter(kind="closed").exists()


def test_an_end_that_called_its_alert_noise_is_undone_with_that_word(issue, by_lead, now):
    alert = make_alert(issue.launch, now=now)
    told = issue.launch.feedback.get()
    told.channel, told.source, told.external_id = "alert", f"source:{alert.source_id}", f"{alert.fingerprint}:1"
    told.save()
    told.matches.create(issue=issue, origin="rule", confidence=1, reason="", matched_at=now)
    lifecycle.move(issue.pk, to="closed", noise="flapping", actor=by_lead, now=now)
    assert RuleOutcome.objects.count() == 1
    undo_move(issue.pk, version=None, actor=by_lead, now=now)
    assert not RuleOutcome.objects.exists()


def test_an_end_that_people_were_told_of_is_not_undone(issue, mail, by_lead, now):
    Message.objects.update(sent_at=now)
    with pytest.raises(Problem, match="people may have been told"):
        undo_move(issue.pk, version=None, actor=by_lead, now=now)


def test_an_issue_that_nobody_moved_has_nothing_to_undo(api, issue):
    answer = api.post(f"/api/v1/issues/{issue.key}/undo/", {})
    assert (answer.status_code, answer.json()["detail"]) == (409, f"There is no move of yours to undo on {issue.key}.")


def test_the_api_takes_a_move_back(api, issue):
    moved = api.post(f"/api/v1/issues/{issue.key}/transition/", {"to": "triaged"}).json()
    back = api.post(f"/api/v1/issues/{issue.key}/undo/", {"version": moved["version"]}).json()
    assert (back["status"], back["version"]) == ("new", 3)
