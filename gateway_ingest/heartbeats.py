"""This module takes signs of life: a source, or something it names, tells that it is there and how often it will."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from feedback.intake import refuse_closed
from gateway_ingest.absences import AWAY_AFTER, absences_of
from gateway_ingest.mending import mending_of
from gateway_ingest.models import Heartbeat, Source, TrafficWatch
from gateway_ingest.silences import DEFAULT_INTERVAL, beat
from hypercare.core.models import Launch
from hypercare.core.problem import Problem, not_found, wrong
from hypercare.core.redaction import redact
from hypercare.core.strict_json import JSON, BadJson, parse
from hypercare.core.timeline import Actor, Entry, record

MAX_NAMES = 100
MAX_NAME = 80
MAX_BODY = 4096
LONGEST = timedelta(days=31).total_seconds()


def read(body: bytes) -> tuple[str, float | None]:
    """The name and the interval in seconds that a body tells; both may be left out. Raises Problem 400."""
    told = _parsed(body)
    name, interval = told.get("name", ""), told.get("interval_seconds")
    if not isinstance(name, str) or len(name) > MAX_NAME:
        raise wrong("/name", _("A name is a text of at most 80 characters."))
    if interval is not None and not _is_interval(interval):
        raise wrong("/interval_seconds", _("An interval is a number of seconds, from 1 to 31 days of them."))
    return redact(" ".join(name.split())).text[:MAX_NAME], None if interval is None else float(str(interval))


def _parsed(body: bytes) -> dict[str, JSON]:
    if not body.strip():
        return {}
    try:
        told = parse(body, max_bytes=MAX_BODY)
    except BadJson as error:
        raise Problem(400, str(error)) from error
    if not isinstance(told, dict):
        raise Problem(400, _("Send nothing, or a JSON object with “name” and “interval_seconds”."))
    return told


def _is_interval(value: JSON) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= LONGEST


@transaction.atomic
def note(source: Source, name: str, interval: float | None, *, now: datetime) -> Heartbeat:
    """One more sign of life. A declared interval stays until another is declared; raises Problem 409 for too many names."""
    refuse_closed(source.launch)
    Source.objects.filter(pk=source.pk).update(last_event_at=now, first_event_at=source.first_event_at or now)
    known = Heartbeat.objects.select_for_update().filter(source=source, name=name).first()
    if known is None:
        if Heartbeat.objects.filter(source=source).count() >= MAX_NAMES:
            raise Problem(409, _("This source has 100 heartbeats already; remove some on the page of rules."))
        known, _was_made = Heartbeat.objects.get_or_create(
            source=source, name=name, defaults={"last_at": now, "interval": DEFAULT_INTERVAL}
        )
    if interval is not None:
        known.interval, known.declared = interval, True
    if known.declared:
        known.last_at = max(known.last_at, now)
    else:
        _learn(known, now)
    known.save(update_fields=["last_at", "interval", "declared", "gaps", "hours", "steady_since"])
    return known


def _learn(known: Heartbeat, now: datetime) -> None:
    """While nobody looks, it is not known whether the door was open all the time, so nothing is learned."""
    launch = known.source.launch
    looked_until = TrafficWatch.objects.filter(launch=launch).values_list("looked_until", flat=True).first()
    is_watched = looked_until is None or now - looked_until <= AWAY_AFTER
    mending = mending_of(launch, since=known.last_at)
    quiet = mending.quiet(absences_of(launch, known.last_at), known.source_id)
    beat(known, now, zone=launch.zone, away=quiet, learns=is_watched)


@transaction.atomic
def remove(launch: Launch, number: int, *, actor: Actor, now: datetime) -> None:
    """Waits for a heartbeat no longer; 404 for another launch's."""
    known = Heartbeat.objects.select_related("source").filter(source__launch=launch, pk=number).first()
    if known is None:
        raise not_found(_("There is no such heartbeat in this launch."))
    record(launch, [Entry("rule:feed_silent", "heartbeat.removed", {"name": str(known)})], actor=actor, now=now)
    known.delete()


def as_json(one: Heartbeat) -> dict[str, Any]:
    """What its sender is answered."""
    return {"accepted": 1, "name": one.name, "interval_seconds": one.interval if one.declared else None}
