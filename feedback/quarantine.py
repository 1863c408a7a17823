"""This module sets aside what came over the rate: counted, shown to the team, and let in or dropped by a person."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from feedback import intake
from feedback.intake import Receipt
from feedback.models import Quarantined
from feedback.report import Report
from hypercare.core.models import Launch
from hypercare.core.problem import Problem, not_found
from hypercare.core.redaction import redact, redact_value, without_secret
from hypercare.core.timeline import Actor, Entry, record

OVER_RATE = "over_rate"
# Beyond this a flood is only told to come again; the page says so.
MOST_WAITING = 1000


def keep(launch: Launch, report: Report, *, reason: str, files_left_out: int, now: datetime) -> bool:
    """Sets one report aside without its files; False when the quarantine is full and nothing was kept."""
    intake.refuse_closed(launch)
    if _copies_of(launch, report).exists():
        return True
    if waiting_in(launch).count() >= MOST_WAITING:
        return False
    values = _as_json(report, now=now) | {"files_left_out": files_left_out}
    Quarantined.objects.create(launch=launch, report=values, reason=reason, received_at=now)
    return True


def waiting_in(launch: Launch) -> QuerySet[Quarantined]:
    """What nobody decided on yet, newest first."""
    return Quarantined.objects.filter(launch=launch, handled_at=None).order_by("-id")


def locked_copies(launch: Launch, report: Report) -> list[Quarantined]:
    """What waits of the same report, locked; take it before the report goes in, for that is the order of `release`."""
    return list(_copies_of(launch, report).select_for_update())


def settle(copies: Iterable[Quarantined], receipt: Receipt, *, actor: Actor, now: datetime) -> None:
    """Ends the wait of a report that its sender tried again and that came in by itself."""
    for kept in copies:
        kept.handled_at = now
        kept.save(update_fields=["handled_at"])
        _note_release(kept, receipt, actor=actor, now=now)


@transaction.atomic
def release(launch: Launch, number: int, *, actor: Actor, now: datetime) -> Receipt:
    """Lets one report in through the one door."""
    kept = _take(launch, number, actor=actor, now=now)
    receipt = intake.accept(launch, _as_report(kept.report), actor=actor, now=now)
    _note_release(kept, receipt, actor=actor, now=now)
    return receipt


@transaction.atomic
def drop(launch: Launch, number: int, *, actor: Actor, now: datetime) -> None:
    """Ends one report's wait without letting it in; the row stays as the record."""
    kept = _take(launch, number, actor=actor, now=now)
    record(
        launch, [Entry(f"quarantine:{kept.pk}", "quarantine.dropped", {"reason": kept.reason})], actor=actor, now=now
    )


def _copies_of(launch: Launch, report: Report) -> QuerySet[Quarantined]:
    """What waits of the same report, told by its external id."""
    if report.external_id is None:
        return Quarantined.objects.none()
    external_id = without_secret(report.external_id)
    return waiting_in(launch).filter(
        report__channel=report.channel, report__source=report.source, report__external_id=external_id
    )


def _note_release(kept: Quarantined, receipt: Receipt, *, actor: Actor, now: datetime) -> None:
    entry = Entry(f"quarantine:{kept.pk}", "quarantine.released", {"feedback": receipt.key})
    record(kept.launch, [entry], actor=actor, now=now)


def _take(launch: Launch, number: int, *, actor: Actor, now: datetime) -> Quarantined:
    kept = Quarantined.objects.select_for_update().filter(launch=launch, pk=number).first()
    if kept is None:
        raise not_found(_("There is no such report in this launch's quarantine."))
    if kept.handled_at:
        raise Problem(409, _("Someone has decided on this report already. Reload the page."))
    kept.handled_at, kept.handled_by = now, actor.user
    kept.save(update_fields=["handled_at", "handled_by"])
    return kept


def _as_json(report: Report, *, now: datetime) -> dict[str, Any]:
    """The report as it may be stored: redacted, with its own time, without files."""
    values = asdict(report) | {
        "title": redact(report.title).text,
        "reporter_name": redact(report.reporter_name).text,
        "body": redact(report.body).text,
        "reporter_external_id": without_secret(report.reporter_external_id),
        "external_id": without_secret(report.external_id) if report.external_id else None,
        "kind": redact(report.kind).text,
        "trace_id": redact(report.trace_id).text,
        "context": redact_value(report.context).value,
        "fields": redact_value(report.fields).value,
        "occurred_at": (report.occurred_at or now).isoformat(),
    }
    del values["files"]
    return values


def _as_report(values: dict[str, Any]) -> Report:
    known = {name: value for name, value in values.items() if name != "files_left_out"}
    return Report(**known | {"occurred_at": parse_datetime(values["occurred_at"])})
