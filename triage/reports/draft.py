"""This module makes the draft of a day's report, keeps its note, and holds or releases it."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from hypercare.core import clock
from hypercare.core.models import Launch, Phase
from hypercare.core.problem import Problem, wrong
from hypercare.core.redaction import redact
from hypercare.core.strict_json import clean_text
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from triage.models import StatusReport
from triage.one_by_one import one_by_one
from triage.reports.figures import figures_of
from triage.reports.period import days_due, due_at, period_of
from triage.reports.reading import subject_of
from triage.warroom import standup

LONGEST_NOTE = 5000
REPORTED_PHASES = (Phase.HYPERCARE, Phase.EXIT_REVIEW)


def draft_due(*, now: datetime) -> None:
    """Makes the draft of every launch whose hour has come and that has none for the day."""
    one_by_one(
        Launch.objects.filter(closed_at=None, phase__in=REPORTED_PHASES),
        lambda launch: draft_of_launch(launch, now=now),
    )


def draft_of_launch(launch: Launch, *, now: datetime) -> list[StatusReport]:
    """The drafts this call made; a day has one, however many workers ask at once."""
    days = days_due(launch, now)
    known = set(StatusReport.objects.filter(launch=launch, day__in=days).values_list("day", flat=True))
    made = [_draft(launch, day, now=now) for day in days if day not in known]
    return [report for report in made if report]


def why_no_draft(launch: Launch, day: date) -> str:
    """Why no draft is made on a day, in a sentence; empty where one is."""
    if launch.closed_at:
        return _("No report is made of it: the launch is closed.")
    if day < launch.go_live_on:
        return _("No report is made of it: they begin with the go-live on %(day)s.") % {
            "day": date_format(launch.go_live_on, "j F")}  # fmt: skip
    if launch.phase not in REPORTED_PHASES:
        return _("No report is made of it: the launch is in the phase “%(phase)s”.") % {
            "phase": launch.get_phase_display()}  # fmt: skip
    if launch.created_at > due_at(launch, day):
        return _("No report is made of it: this launch was made after today's hour. The first comes tomorrow at %(at)s.") % {
            "at": time_format(launch.report_at, "H:i")}  # fmt: skip
    return ""


def preview(launch: Launch, *, now: datetime) -> StatusReport:
    """Today's report as it would be this moment; not stored."""
    return _built(launch, clock.local_day(now, launch.zone), now=now)


def _built(launch: Launch, day: date, *, now: datetime) -> StatusReport:
    figures = figures_of(launch, period_of(launch, day, now=now))
    with override(launch.language):
        subject = " ".join(subject_of(figures).split())[:300]
    return StatusReport(
        launch=launch,
        day=day,
        number=figures["number"],
        subject=subject,
        figures=figures,
        note=standup.words_of(launch, day)[:LONGEST_NOTE],
        drafted_at=now,
        sends_at=now + timedelta(minutes=launch.report_grace_minutes),
    )


def _draft(launch: Launch, day: date, *, now: datetime) -> StatusReport | None:
    report = _built(launch, day, now=now)
    with transaction.atomic():
        # The unique day decides a race: the insert that came second waits, then inserts nothing.
        StatusReport.objects.bulk_create([report], ignore_conflicts=True)
        stored = StatusReport.objects.filter(launch=launch, day=day, drafted_at=now).first()
        if stored is None:
            return None
        record(launch, [entry_of(stored, "report.drafted", once=True)], actor=SYSTEM, now=now)
    return stored


def hold(report_id: int, *, actor: Actor, now: datetime) -> StatusReport:
    """Keeps a draft from sending itself until somebody releases or sends it."""
    with transaction.atomic():
        report = locked_draft(report_id)
        if report.sends_at is not None:
            report.sends_at, report.held_by = None, actor.user
            report.save(update_fields=["sends_at", "held_by"])
            record(report.launch, [entry_of(report, "report.held")], actor=actor, now=now)
    return report


def release(report_id: int, *, actor: Actor, now: datetime) -> StatusReport:
    """Lets a held draft send itself again: at its time, or after another grace when that has passed."""
    with transaction.atomic():
        report = locked_draft(report_id)
        if report.sends_at is None:
            grace = timedelta(minutes=report.launch.report_grace_minutes)
            planned = report.drafted_at + grace
            report.sends_at, report.held_by = planned if planned > now else now + grace, None
            report.save(update_fields=["sends_at", "held_by"])
            record(report.launch, [entry_of(report, "report.released")], actor=actor, now=now)
    return report


def edit_note(report_id: int, note: str, *, actor: Actor, now: datetime) -> StatusReport:
    """Changes what the editor adds to the numbers."""
    text = note.replace("\r\n", "\n").strip()
    if len(text) > LONGEST_NOTE:
        detail = _("The note is longer than %(limit)s characters; shorten it.") % {"limit": LONGEST_NOTE}
        raise wrong("/note", detail)
    for problem in clean_text(text):
        raise wrong("/note", problem)
    text = redact(text).text
    with transaction.atomic():
        report = locked_draft(report_id)
        if report.note != text:
            report.note = text
            report.save(update_fields=["note"])
            record(report.launch, [entry_of(report, "report.edited")], actor=actor, now=now)
    return report


def locked_draft(report_id: int) -> StatusReport:
    """The report, locked for change; 409 once it is sent."""
    report = StatusReport.objects.select_for_update(of=("self",)).select_related("launch").get(pk=report_id)
    if report.sent_at:
        raise Problem(409, _("The report of %(day)s is sent and no longer changes.") % {"day": report.day})
    return report


def entry_of(report: StatusReport, kind: str, *, once: bool = False) -> Entry:
    """The timeline entry about a report; `once` writes it a single time for its day."""
    subject = f"report:{report.day.isoformat()}"
    return Entry(
        subject,
        kind,
        {"report": report.pk},
        once_key=f"{kind}:{report.launch_id}:{report.day}" if once else None,
    )
