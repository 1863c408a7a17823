"""This module gives a report an issue of its own, taking it out of the one where the machine put it."""

from datetime import datetime

from django.contrib.postgres.search import SearchVector
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from feedback.models import Feedback
from hypercare.core.problem import Problem
from hypercare.core.timeline import Actor, Entry, record
from triage import transitions, tree
from triage.board import changes
from triage.locks import lock_issues, lock_launch
from triage.models import Issue, IssueStatus, Match, Origin
from triage.recount import recount
from triage.score.severity import DEFAULT_SEVERITY


def refusal(row: Feedback) -> str:
    """Why it gets none, in words; empty where it may."""
    match = Match.objects.filter(feedback=row, ended_at=None).first()
    if match is None:
        return _("it is still in triage")
    if match.origin == Origin.PERSON:
        return _("a person put it where it is")
    return ""


def has_own(row: Feedback) -> bool:
    """Whether it is alone in its issue already."""
    match = Match.objects.filter(feedback=row, ended_at=None).first()
    return (
        match is not None
        and not Match.objects.filter(issue=match.issue_id, ended_at=None).exclude(pk=match.pk).exists()
    )


@transaction.atomic
def open_own(row: Feedback, *, reason: str, actor: Actor, now: datetime) -> Issue:
    """Opens an issue for this report alone; 409 where it may not leave the one it is in."""
    lock_launch(row.launch_id)
    match = Match.objects.select_for_update(of=("self",)).filter(feedback=row, ended_at=None).first()
    if match is None or refusal(row):
        raise Problem(409, refusal(row))
    root = tree.roots_of([match.issue_id])[match.issue_id]
    lock_issues([match.issue_id, root])
    Match.objects.filter(pk=match.pk).update(ended_at=now)
    issue = Issue.objects.create(
        launch=row.launch, title=row.title, status=IssueStatus.NEW, severity=row.severity or DEFAULT_SEVERITY,
        category=row.category, reach_at=now, opened_at=now, status_changed_at=now, last_seen_at=row.occurred_at,
    )  # fmt: skip
    Issue.objects.filter(pk=issue.pk).update(search=SearchVector("title", config="english"))
    Match.objects.create(
        feedback=row, issue=issue, origin=Origin.RULE, confidence=1.0, reason=reason[:300], matched_at=now
    )
    told = transitions.REPLY_STATUS[IssueStatus.NEW]
    Feedback.objects.filter(pk=row.pk).update(issue_key=issue.key, reply_status=told)
    Issue.objects.filter(pk=root).update(version=F("version") + 1)
    recount([root, issue.pk], now=now)
    entries = [
        Entry(row.key, "feedback.moved", {"from": f"IS-{match.issue_id}", "new": issue.key}),
        Entry(issue.key, "issue.opened", {"feedback": row.key, "channel": row.channel, "confidence": 1.0}),
    ]
    record(row.launch, entries, actor=actor, now=now)
    changes.publish(row.launch_id, [root, issue.pk])
    return issue
