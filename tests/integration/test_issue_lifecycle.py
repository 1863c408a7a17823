"""This module tests what people do to issues: move, overrule, merge, take apart, and what their reporters then hear."""

from datetime import timedelta

import pytest

from feedback import intake
from feedback.models import Feedback
from feedback.report import read_report
from hypercare.core.members import remove_member, set_member
from hypercare.core.models import Membership, Message, TimelineEntry
from hypercare.core.timeline import SYSTEM
from tests.conftest import bearer
from triage import owners, pipeline
from triage.board.changes import current_version
from triage.models import Decision, Issue, IssueStatus

pytestmark = pytest.mark.django_db

STORIES = {
    "503": (
        "Product pages answer 503 service unavailable",
        "The product page shows service unavailable 503 since noon",
    ),
    "invoice": (
        "Invoice language cannot be changed to Norwegian",
        "My receipts always come in English, no menu for it",
    ),
}


@pytest.fixture
def issue_of(launch, now):
    """Opens an issue by a report of its story and returns it; the same story again joins it."""

    def put(story, **more):
        title, body = STORIES[story]
        data = {"launch": "shop", "channel": "api", "title": title, "body": body} | more
        receipt = intake.accept(launch, read_report(data, source="token:1")[0], actor=SYSTEM, now=now)
        pipeline.triage_waiting(clock=lambda: now)
        return Issue.objects.get(matches__feedback_id=receipt.feedback_id, matches__ended_at=None)

    return put


def order(api, issue, name, **body):
    return api.post(f"/api/v1/issues/{issue.key}/{name}/", body)


def test_issue_moves_along_the_table(api, issue_of):
    issue = issue_of("503")
    for target in ("triaged", "in_progress", "mitigated", "deployed", "verified", "closed"):
        assert order(api, issue, "transition", to=target).json()["status"] == target


def test_transition_outside_the_table_is_refused_and_names_what_is_possible(api, issue_of):
    answer = order(api, issue_of("503"), "transition", to="verified")
    assert answer.status_code == 409
    assert "Triaged" in answer.json()["detail"] or "triaged" in answer.json()["detail"]


def test_declining_needs_a_reason(api, issue_of):
    issue = issue_of("503")
    assert order(api, issue, "transition", to="declined").status_code == 400
    assert order(api, issue, "transition", to="declined", reason="Works as designed").status_code == 200


def test_stale_version_is_409_and_names_who_changed_what(api, issue_of, people, now):
    issue = issue_of("503")
    bob = bearer(people["responder"], scopes=["triage:write"], now=now)
    order(bob, issue, "transition", to="triaged", version=issue.version)
    answer = order(api, issue, "transition", to="in_progress", version=issue.version)
    assert answer.status_code == 409
    assert answer.json()["changed_by"] == "Responder Person"
    assert answer.json()["changes"]["new"] == "triaged"


def test_reporter_sees_the_work_in_five_public_words(api, issue_of):
    issue = issue_of("503")
    row = Feedback.objects.get()
    seen = []
    for target in ("triaged", "in_progress", "deployed", "closed"):
        order(api, issue, "transition", to=target)
        row.refresh_from_db()
        seen.append(row.reply_status)
    assert seen == ["looking", "working", "fixed_please_check", "closed"]


def test_closing_mails_each_reporter_once_in_their_language(api, issue_of):
    issue = issue_of("503", reporter={"email": "elin@example.org"}, language="sv")
    issue_of("503", reporter={"email": "jon@example.org"})
    order(api, issue, "transition", to="closed", resolution="fixed")
    mails = Message.objects.filter(kind="closed").order_by("to_address")
    assert [(mail.to_address, mail.language) for mail in mails] == [
        ("elin@example.org", "sv"),
        ("jon@example.org", "en"),
    ]


def test_reopening_and_closing_again_mails_again(api, issue_of):
    issue = issue_of("503", reporter={"email": "elin@example.org"})
    for target in ("closed", "in_progress", "closed"):
        order(api, issue, "transition", to=target)
    assert Message.objects.filter(kind="closed").count() == 2


def test_override_wins_until_released(api, issue_of):
    issue = issue_of("503")
    machine = issue.severity
    assert order(api, issue, "override", field="severity", value=1, reason="Shop is down").json()["severity"] == 1
    issue_of("503")
    issue.refresh_from_db()
    assert issue.severity == 1
    order(api, issue, "override", field="severity", release=True)
    issue.refresh_from_db()
    assert issue.severity == machine
    assert Decision.objects.filter(issue=issue, field="severity", origin="person").count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("severity", 6),
        ("severity", "x"),
        ("moscow", "maybe"),
        ("rice_effort", -1),
        ("rice_effort", "nan"),
        ("category", "other"),
        ("title", ""),
        ("owner", "oscar@example.org"),
        ("status", "closed"),
        ("component", "nowhere"),
    ],
)
def test_override_with_a_bad_value_is_refused(api, issue_of, people, field, value):
    assert order(api, issue_of("503"), "override", field=field, value=value).status_code == 400


def test_overriding_effort_changes_the_score(api, issue_of):
    issue = issue_of("503", reporter={"email": "a@example.org"})
    answer = order(api, issue, "override", field="rice_effort", value=0.5, reason="Half a week").json()
    assert answer["rice"]["score"] == pytest.approx(issue.rice_score * 2)


def test_merge_counts_over_the_tree_and_unmerge_restores_all(api, issue_of):
    root, other = (
        issue_of("503", reporter={"email": "a@example.org"}),
        issue_of("invoice", reporter={"email": "b@example.org"}),
    )
    merged = order(api, other, "merge", into=root.key).json()
    assert (merged["id"], merged["feedback_count"], merged["reach"]["value"]) == (root.key, 2, 2)
    other.refresh_from_db()
    assert (other.status, other.merged_into) == (IssueStatus.DUPLICATE, root)
    apart = order(api, other, "unmerge").json()
    assert (apart["status"], apart["feedback_count"]) == ("new", 1)
    root.refresh_from_db()
    assert (root.feedback_count, root.reach_value) == (1, 1)


def test_same_person_in_two_merged_issues_counts_once(api, issue_of):
    root, other = (
        issue_of("503", reporter={"email": "a@example.org"}),
        issue_of("invoice", reporter={"email": "a@example.org"}),
    )
    assert order(api, other, "merge", into=root.key).json()["reach"]["value"] == 1


def test_merging_in_a_circle_is_refused(api, issue_of):
    root, other = issue_of("503"), issue_of("invoice")
    order(api, other, "merge", into=root.key)
    assert order(api, root, "merge", into=other.key).status_code == 409
    assert order(api, root, "merge", into=root.key).status_code == 409


def test_what_comes_after_a_merge_counts_at_the_root(api, issue_of):
    root, other = issue_of("503"), issue_of("invoice")
    order(api, other, "merge", into=root.key)
    issue_of("invoice")
    root.refresh_from_db()
    assert root.feedback_count == 3


def test_bulk_answers_for_each_issue(api, issue_of):
    one, two = issue_of("503"), issue_of("invoice")
    order(api, two, "transition", to="closed")
    body = {"ids": [one.key, two.key, "IS-999999"], "action": "transition", "to": "triaged"}
    answer = api.post("/api/v1/issues/bulk/", body).json()
    assert [row["status"] for row in answer["results"]] == [200, 409, 404]


def test_reader_may_look_and_not_touch(people, now, issue_of):
    issue = issue_of("503")
    stella = bearer(people["stakeholder"], scopes=["admin"], now=now)
    assert stella.get(f"/api/v1/issues/{issue.key}/").status_code == 200
    assert order(stella, issue, "transition", to="triaged").status_code == 403


def test_outsider_sees_nothing(people, now, issue_of):
    issue = issue_of("503")
    oscar = bearer(people["outsider"], scopes=["admin"], now=now)
    assert oscar.get(f"/api/v1/issues/{issue.key}/").status_code == 404
    assert order(oscar, issue, "transition", to="triaged").status_code == 404


def test_each_change_raises_the_board_by_one_version(api, issue_of, launch):
    issue = issue_of("503")
    before = current_version(launch.pk)
    order(api, issue, "transition", to="triaged")
    order(api, issue, "override", field="title", value="Shop answers 503")
    frame = api.get("/api/v1/launches/shop/board/", {"since": before}).json()
    assert (frame["type"], frame["since"], frame["version"]) == ("changes", before, before + 2)
    assert [row["title"] for row in frame["issues"]] == ["Shop answers 503"]


def test_board_that_knows_a_version_from_the_future_begins_anew(api, launch):
    assert api.get("/api/v1/launches/shop/board/", {"since": 10_000}).json()["type"] == "reset"


def test_feedback_override_moves_the_issue_and_is_kept_as_a_decision(api, issue_of):
    issue = issue_of("503")
    row = Feedback.objects.get()
    answer = api.post(
        f"/api/v1/feedback/{row.key}/override/", {"field": "severity", "value": "1", "reason": "I saw it"}
    )
    assert answer.json()["severity"] == 1
    issue.refresh_from_db()
    assert issue.severity == 1


def test_timeline_refuses_change(issue_of):
    from django.db import DatabaseError, transaction

    issue_of("503")
    with pytest.raises(DatabaseError), transaction.atomic():
        TimelineEntry.objects.update(actor_name="nobody")
    with pytest.raises(DatabaseError), transaction.atomic():
        TimelineEntry.objects.all().delete()


def test_clock_set_back_gives_no_negative_age(issue_of, now):
    from triage.board.cards import cards_of

    card = cards_of([issue_of("503")], now=now - timedelta(days=3))[0]
    assert card.age == timedelta(0)


def test_open_work_is_not_merged_into_what_is_ended(api, issue_of):
    ended, open_one = issue_of("invoice"), issue_of("503")
    order(api, ended, "transition", to="closed")
    refused = order(api, open_one, "merge", into=ended.key)
    assert refused.status_code == 409
    assert ended.key in refused.json()["detail"]
    open_one.refresh_from_db()
    assert (open_one.merged_into, open_one.status) == (None, IssueStatus.NEW)


def test_verdict_on_a_merged_issue_is_refused_and_names_its_root(api, issue_of):
    root, merged = issue_of("invoice"), issue_of("503")
    order(api, merged, "merge", into=root.key)
    for body in ({"field": "severity", "value": 1}, {"field": "severity", "release": True}):
        refused = order(api, merged, "override", **body)
        assert refused.status_code == 409
        assert root.key in refused.json()["detail"]


def test_severity_that_a_person_holds_is_carried_by_a_merge_and_given_back(api, issue_of):
    root, merged = issue_of("invoice"), issue_of("503")
    before = root.severity
    order(api, merged, "override", field="severity", value=1)
    order(api, merged, "merge", into=root.key)
    root.refresh_from_db()
    said = Decision.objects.get(issue=root, field="severity", ended_at=None)
    assert (root.severity, merged.key in said.reason) == (1, True)
    order(api, merged, "unmerge")
    root.refresh_from_db()
    assert root.severity == before


def test_declined_report_is_told_that_it_is_not_planned(api, issue_of):
    issue = issue_of("invoice", reporter={"email": "ola@example.org"}, channel="portal")
    order(api, issue, "transition", to="declined", reason="not ours to change")
    issue.refresh_from_db()
    mail = Message.objects.get(kind="closed")
    assert issue.resolution == "wont_do"
    assert "not planned" in mail.subject


def test_released_title_and_owner_are_the_machines_again(api, issue_of, people):
    issue = issue_of("503")
    order(api, issue, "override", field="title", value="Shop is down")
    order(api, issue, "override", field="owner", value=people["agent"].email)
    assert order(api, issue, "override", field="title", release=True).json()["title"] == STORIES["503"][0]
    order(api, issue, "override", field="owner", release=True)
    issue.refresh_from_db()
    assert issue.owner is None


def test_who_only_reports_or_reads_cannot_own_an_issue(api, issue_of, people):
    for role in ("reporter", "stakeholder"):
        assert order(api, issue_of("503"), "override", field="owner", value=people[role].email).status_code == 400


@pytest.mark.parametrize("leaves", ["removed", "reporter"])
def test_issue_of_who_left_is_freed_and_says_so(api, issue_of, launch, people, now, leaves):
    issue = issue_of("503")
    order(api, issue, "override", field="owner", value=people["agent"].email)
    owners.free_left(now=now)
    issue.refresh_from_db()
    assert issue.owner == people["agent"]
    if leaves == "removed":
        remove_member(Membership.objects.get(launch=launch, user=people["agent"]), actor=SYSTEM, now=now)
    else:
        set_member(launch, people["agent"], role="reporter", actor=SYSTEM, now=now)
    version = current_version(launch.pk)
    for _again in range(2):
        owners.free_left(now=now)
    issue.refresh_from_db()
    assert issue.owner is None
    assert not Decision.objects.filter(issue=issue, field="owner", ended_at=None).exists()
    assert TimelineEntry.objects.filter(subject=issue.key, data__field="owner", data__new="").count() == 1
    assert current_version(launch.pk) == version + 1


def test_verdict_on_a_report_is_released_to_what_the_machine_said(api, issue_of):
    issue = issue_of("503", component="checkout")
    row = Feedback.objects.get()
    said = {field: getattr(row, field) for field in ("severity", "category", "sentiment", "component")}
    address = f"/api/v1/feedback/{row.key}/override/"
    for field, value in (
        ("severity", 1),
        ("category", "praise"),
        ("sentiment", "positive"),
        ("component", "catalog-api"),
    ):
        assert api.post(address, {"field": field, "value": value}).status_code == 200, field
        row.refresh_from_db()
        assert getattr(row, field) != said[field]
        assert api.post(address, {"field": field, "release": True}).status_code == 200, field
        row.refresh_from_db()
        assert getattr(row, field) == said[field]
    assert api.post(address, {"field": "severity", "release": True}).status_code == 400
    issue.refresh_from_db()
    assert issue.component.slug == "checkout"
