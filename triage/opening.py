"""This module opens an issue by hand: a report of the person who opens it, and at once an issue of its own for it."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from feedback import intake
from feedback.models import Channel, Feedback
from feedback.report import Report
from feedback.spoken import is_too_long
from hypercare.core.models import Launch, User
from hypercare.core.one_line import is_visible, one_line
from hypercare.core.problem import wrong
from hypercare.core.strict_json import clean_text
from hypercare.core.timeline import Actor
from triage import overrides, writing
from triage.board import changes
from triage.locks import lock_launch
from triage.match.assign import Assignment
from triage.models import Issue, Match, Origin
from triage.recount import recount

LONGEST_TITLE = 300
USUAL_SEVERITY = "3"


@dataclass(frozen=True)
class Wanted:
    """What a person says of the issue; `once` makes the same form sent twice one issue."""

    title: str
    severity: str
    component: str = ""
    text: str = ""
    once: str = ""


@transaction.atomic
def open_issue(launch: Launch, wanted: Wanted, *, writer: User, now: datetime) -> Issue:
    """Opens it, or gives the one that the same form opened; 400 for what cannot be kept, 409 for a closed launch."""
    severity = overrides.stored_value(launch, "severity", wanted.severity)
    report, actor = _report_of(wanted, writer), Actor.person(writer)
    lock_launch(launch.pk)
    receipt = intake.accept(launch, report, actor=actor, now=now)
    row = Feedback.objects.select_related("launch", "component").get(pk=receipt.feedback_id)
    if row.triaged_at is not None:
        return Issue.objects.select_related("launch").get(matches__feedback=row, matches__ended_at=None)
    issue = _issue_of(row, writer, now=now)
    for field, value in (("severity", severity), ("component", wanted.component)):
        if value:
            overrides.override_all([issue], field=field, words={issue.pk: (value, "")}, actor=actor, now=now)
    recount([issue.pk], now=now)
    changes.publish(launch.pk, [issue.pk])
    issue.refresh_from_db()
    return issue


def _report_of(wanted: Wanted, writer: User) -> Report:
    title = one_line(wanted.title)
    problems = clean_text(wanted.title) or clean_text(wanted.text)
    if not is_visible(title) or len(title) > LONGEST_TITLE:
        problems.append(_("Write a title of 1 to %(limit)s characters.") % {"limit": LONGEST_TITLE})
    if problems:
        raise wrong("/title", problems[0])
    if is_too_long(wanted.text):
        detail = _("This text is longer than 64 kB.")
        raise wrong("/text", detail)
    return Report(
        channel=Channel.OPERATIONS_NOTE,
        source=f"user:{writer.pk}",
        title=title,
        body=wanted.text,
        context={"written_by": str(writer)},
        reporter_email=writer.email.lower(),
        reporter_name=writer.name,
        component=wanted.component,
        external_id=f"issue:{wanted.once or secrets.token_urlsafe(16)}"[:255],
        language=writer.language,
    )


def _issue_of(row: Feedback, writer: User, *, now: datetime) -> Issue:
    """An issue of its own for the report: a person said so, no likeness is asked for."""
    with override(row.launch.language):
        reason = _("opened by hand")
    verdict = writing.Verdict(row, (), Assignment(None, 0, 1.0, reason))
    writing.write_verdicts(row.launch, [verdict], components={}, now=now)
    match = Match.objects.filter(feedback=row, ended_at=None)
    match.update(origin=Origin.PERSON, actor=writer)
    return Issue.objects.select_related("launch", "component", "team", "owner").get(pk=match.get().issue_id)
