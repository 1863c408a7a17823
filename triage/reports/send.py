"""This module sends a report: once, to everyone who reads it, and keeps what was sent as it was."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from hypercare.core.messages import queue_mail
from hypercare.core.models import MessageKind, User
from hypercare.core.subscriptions import readers, subscriptions_of
from hypercare.core.timeline import SYSTEM, Actor, record
from triage.models import StatusReport
from triage.one_by_one import one_by_one
from triage.reports import mail
from triage.reports.draft import entry_of, locked_draft

# A draft that nobody could send for so long is left to a person: its numbers are no longer news.
SENDS_ITSELF_WITHIN = timedelta(days=1)


def send_due(*, now: datetime) -> None:
    """Sends every draft whose grace is over and that nobody holds."""
    one_by_one(_due(now).values_list("pk", flat=True), lambda report_id: _send_if_still_due(report_id, now=now))


def send(report_id: int, *, actor: Actor, now: datetime) -> StatusReport:
    """Sends a draft now; 409 when it was sent already."""
    with transaction.atomic():
        report = locked_draft(report_id)
        _send(report, actor=actor, now=now)
    return report


def send_test(report: StatusReport, *, to: User, now: datetime) -> None:
    """Queues the mail as it stands for one person who wants to look at it first."""
    letter = mail.write(report, language=to.language)
    queue_mail(
        launch=report.launch,
        kind=MessageKind.DAILY_REPORT,
        about=f"report:{report.day.isoformat()}",
        to_address=to.email,
        language=to.language,
        subject=_("[Test] %(subject)s") % {"subject": letter.subject},
        text=letter.text,
        html=letter.html,
        once_key=f"report-test:{report.launch_id}:{report.day}:{to.pk}:{now.timestamp()}",
        now=now,
    )


def _due(now: datetime) -> QuerySet[StatusReport]:
    return StatusReport.objects.filter(
        sends_at__lte=now, sends_at__gt=now - SENDS_ITSELF_WITHIN, sent_at=None, launch__closed_at=None
    ).order_by("sends_at")


@transaction.atomic
def _send_if_still_due(report_id: int, *, now: datetime) -> None:
    # Held, sent or taken by another worker since the list was read: then there is nothing to do.
    report = (
        _due(now)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("launch")
        .filter(pk=report_id)
        .first()
    )
    if report:
        _send(report, actor=SYSTEM, now=now)


def _send(report: StatusReport, *, actor: Actor, now: datetime) -> None:
    people = list(readers(report.launch))
    subscriptions = subscriptions_of(report.launch, people)
    for person in people:
        stop_link = mail.stop_link_of(subscriptions[person.pk])
        letter = mail.write(report, language=person.language, stop_link=stop_link)
        queue_mail(
            launch=report.launch,
            kind=MessageKind.DAILY_REPORT,
            about=f"report:{report.day.isoformat()}",
            to_address=person.email,
            language=person.language,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            headers={
                "List-Unsubscribe": f"<{stop_link}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
            once_key=f"report:{report.pk}:{person.pk}",
            now=now,
        )
    kept = mail.write(report, language=report.launch.language)
    report.html, report.text = kept.html, kept.text
    report.sent_at, report.sent_by, report.sends_at, report.held_by = now, actor.name, None, None
    report.save(update_fields=["html", "text", "sent_at", "sent_by", "sends_at", "held_by"])
    record(report.launch, [entry_of(report, "report.sent", once=True)], actor=actor, now=now)
