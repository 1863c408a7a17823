"""The index of a launch follows its matches and issues as the database holds them, and never holds a guess."""

import pytest

from feedback.models import Channel
from hypercare.core.launches import create_launch
from hypercare.core.models import Launch, User
from hypercare.core.timeline import SYSTEM
from tests.integration.rows import make_feedback, make_issue
from triage import lifecycle, merging
from triage.board import changes
from triage.match.assign import Item, propose, settle
from triage.match.index import LaunchIndex, index_of
from triage.match.tellings import MOST_TELLINGS
from triage.models import IssueStatus, Match, Origin

pytestmark = pytest.mark.django_db

POSTCODE = ("Postcode refused at checkout", "The form says the postcode is invalid although it is right")
AGAIN = "Invalid postcode\nMy postcode is right but the checkout form refuses it as invalid"


@pytest.fixture
def told(launch, now):
    """An open issue with a report that belongs to it."""

    def tell(title=POSTCODE[0], body=POSTCODE[1], issue=None, **fields):
        issue = issue or make_issue(launch, now=now, title=title, **fields)
        row = make_feedback(launch, now=now, title=title, body=body)
        Match.objects.create(feedback=row, issue=issue, origin=Origin.MODEL, confidence=1, reason="", matched_at=now)
        changes.publish(launch.pk, [issue.pk])
        return issue

    return tell


@pytest.fixture
def where(launch):
    """The issue a new report would go to, nothing written."""

    def ask(text=AGAIN, **fields):
        item = Item(
            **(
                {"feedback_id": 0, "component_id": None, "category": "", "channel": Channel.API, "fingerprint": None}
                | fields
            )
        )
        return settle(propose(launch.pk, [item], [text]))[0].issue_id

    return ask


def test_report_joins_what_the_database_holds(told, where):
    issue = told()
    assert where() == issue.pk


def test_each_process_has_one_index_of_a_launch(launch):
    assert index_of(launch.pk) is index_of(launch.pk)


def test_proposing_and_settling_hold_no_guess(launch, where):
    assert where() is None
    assert where() is None
    assert len(index_of(launch.pk).tellings) == 0


def test_index_asks_one_question_when_nothing_is_new(told, where, launch, django_assert_num_queries):
    told()
    where()
    with django_assert_num_queries(1):
        index_of(launch.pk).refresh()


def test_issue_opened_after_the_proposal_is_joined_at_settling(told, launch):
    proposal = propose(launch.pk, [Item(0, None, "", Channel.API, None)], [AGAIN])
    issue = told()
    assert settle(proposal)[0].issue_id == issue.pk


def test_issue_closed_after_the_proposal_is_left_alone_at_settling(told, launch, now):
    issue = told(status=IssueStatus.VERIFIED)
    proposal = propose(launch.pk, [Item(0, None, "", Channel.API, None)], [AGAIN])
    lifecycle.move(issue.pk, to=IssueStatus.CLOSED, actor=SYSTEM, now=now, reason="done")
    assert settle(proposal)[0].issue_id is None


def test_closed_issue_takes_no_more_reports_until_it_is_reopened(told, where, now):
    issue = told(status=IssueStatus.VERIFIED)
    assert where() == issue.pk
    lifecycle.move(issue.pk, to=IssueStatus.CLOSED, actor=SYSTEM, now=now, reason="done")
    assert where() is None
    lifecycle.move(issue.pk, to=IssueStatus.IN_PROGRESS, actor=SYSTEM, now=now, reason="came back")
    assert where() == issue.pk


def test_merged_issue_speaks_for_its_root_and_for_itself_when_taken_out(told, where, now):
    root, merged = told("Weekly report is empty", "No figures since Monday"), told()
    assert where() == merged.pk
    merging.merge(merged.pk, into_id=root.pk, actor=SYSTEM, now=now)
    assert where() == root.pk
    merging.unmerge(merged.pk, actor=SYSTEM, now=now)
    assert where() == merged.pk


def test_alert_key_of_a_merged_issue_stays_its_own(told, where, now):
    root, merged = told("Weekly report is empty", "No figures since Monday"), told(fingerprint="alert:1")
    merging.merge(merged.pk, into_id=root.pk, actor=SYSTEM, now=now)
    assert where("anything", fingerprint="alert:1", channel=Channel.ALERT) == merged.pk


def test_report_moved_to_another_issue_speaks_for_that_one(told, where, launch, now):
    issue, other = told(), told("Weekly report is empty", "No figures since Monday")
    assert where() == issue.pk
    match = Match.objects.get(issue=issue)
    match.ended_at = now
    match.save()
    Match.objects.create(
        feedback=match.feedback, issue=other, origin=Origin.PERSON, confidence=1, reason="", matched_at=now
    )
    changes.publish(launch.pk, [issue.pk, other.pk])
    assert where() == other.pk


def test_index_holds_only_the_first_tellings_of_a_large_issue(told, launch):
    issue = told()
    for number in range(MOST_TELLINGS + 5):
        told(title=f"Postcode refused, try {number}", issue=issue)
    index = LaunchIndex(launch.pk)
    index.refresh()
    assert len(index.tellings) == MOST_TELLINGS


def test_other_launch_stays_apart(told, launch, now):
    told()
    owner = User.objects.get(email="alice@example.org")
    other = create_launch(
        Launch(slug="bank", name="Bank", go_live_on=launch.go_live_on, planned_end_on=launch.planned_end_on),
        owner=owner,
        now=now,
    )
    item = Item(0, None, "", Channel.API, None)
    assert settle(propose(other.pk, [item], [AGAIN]))[0].issue_id is None


def test_index_starts_over_when_the_database_went_back(told, where, launch):
    issue = told()
    index = index_of(launch.pk)
    index.refresh()
    index._version += 100
    assert where() == issue.pk


def test_index_built_step_by_step_equals_one_built_at_once(told, launch, now):
    followed = LaunchIndex(launch.pk)
    issues = []
    for number in range(30):
        issues.append(
            told(f"Problem number {number} with the {['postcode', 'basket', 'invoice'][number % 3]}", "It fails")
        )
        followed.refresh(tidy=True)
    merging.merge(issues[3].pk, into_id=issues[4].pk, actor=SYSTEM, now=now)
    lifecycle.move(issues[5].pk, to=IssueStatus.DECLINED, actor=SYSTEM, now=now, reason="no")
    followed.refresh(tidy=True)
    at_once = LaunchIndex(launch.pk)
    at_once.refresh()

    def held(index):
        return {issue.pk: (index.tellings.of_issue(issue.pk), index.root_of(issue.pk)) for issue in issues}

    assert held(followed) == held(at_once)
