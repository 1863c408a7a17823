"""This module stores what one delivery says, whole and once, in one transaction."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.intake import refuse_closed
from gateway_ingest import alerts, dead_letters, routing, sources
from gateway_ingest.batches import BODY_KEPT_FOR, KEY_KEPT_FOR
from gateway_ingest.formats import Headers, IncomingAlert, Reading, Unreadable
from gateway_ingest.models import Alert, AlertStatus, Batch, Source
from gateway_ingest.routing import Routing
from hypercare.core.models import Launch
from hypercare.core.strict_json import JSON


@dataclass(frozen=True)
class Answer:
    """What the sender gets with 202."""

    accepted: int = 0
    duplicate: bool = False
    rejected: list[dict[str, Any]] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)
    dead_letter: str = ""
    quiet: int = 0
    lost_ratings: int = 0

    def as_json(self) -> dict[str, Any]:
        """The body of the answer; of logs also how many records were below a warning, and how many ratings of no known call."""
        if self.duplicate:
            return {"accepted": 0, "duplicate": True}
        body: dict[str, Any] = {"accepted": self.accepted, "rejected": self.rejected, "receipts": self.receipts}
        counted = {"quiet": self.quiet, "lost_ratings": self.lost_ratings}
        body |= {name: number for name, number in counted.items() if number}
        return body | ({"dead_letter": self.dead_letter} if self.dead_letter else {})


@dataclass(frozen=True)
class Told:
    """A delivery that was read: what it says, and what it is called; `named` where its sender chose that name."""

    payload: JSON
    reading: Reading
    batch_id: str
    named: bool
    format_name: str
    headers: Headers


@transaction.atomic
def store(source_id: int, told: Told, *, now: datetime) -> Answer:
    """The source's row lock comes first, so deliveries of one source follow one another and never cross."""
    source = sources.locked_living(source_id)
    ready = [one if isinstance(one, Unreadable) else alerts.prepared(one, now=now) for one in told.reading]
    routed = _routed(source, ready)
    good = [one for _aimed, part in routed.parts for one in part]
    if _came_before(source, told.batch_id, now=now) and (told.named or not _is_news(routed, now=now)):
        Source.objects.filter(pk=source.pk).update(repeats=F("repeats") + 1, last_event_at=now)
        for aimed, part in routed.parts:
            alerts.still_open(aimed, part, reminder=not told.named, now=now)
        return Answer(duplicate=True)
    receipts = [receipt for aimed, part in routed.parts for receipt in alerts.store(aimed, part, now=now)]
    rejected = [
        {"index": index, "error": one.error} for index, one in enumerate(routed.ready) if isinstance(one, Unreadable)
    ]
    letter = _letter_of_rejected(source, told, rejected, now=now) if rejected else ""
    if good:
        facts = {"accepted": len(good), "rejected": len(rejected), "lag": _lag(good, now=now), "received_at": now}
        Batch.objects.update_or_create(source=source, batch_id=told.batch_id, defaults=facts)
    Source.objects.filter(pk=source.pk).update(
        last_event_at=now, first_event_at=source.first_event_at or (now if good else None)
    )
    return Answer(accepted=len(good), rejected=rejected, receipts=receipts, dead_letter=letter)


@dataclass(frozen=True)
class _Routed:
    """What each launch gets, with the source as it speaks there, and all in order with why the others were not taken."""

    parts: list[tuple[Source, list[IncomingAlert]]]
    ready: Reading


def _routed(source: Source, ready: Reading) -> _Routed:
    """Raises Problem 409 where the source has one launch only and that is closed."""
    found = Routing.of(source)
    if not found.rules:
        refuse_closed(source.launch)
        good = [one for one in ready if isinstance(one, IncomingAlert)]
        return _Routed([(source, good)] if good else [], ready)
    stays = _launches_of_open(source, found, ready)
    placed: list[tuple[Launch, IncomingAlert]] = []
    checked: Reading = []
    for one in ready:
        launch = None if isinstance(one, Unreadable) else _launch_of(one, found, stays)
        if isinstance(one, Unreadable):
            checked.append(one)
        elif launch is None or launch.closed_at:
            checked.append(Unreadable(routing.refusal() if launch is None else _closed(launch)))
        else:
            checked.append(one)
            placed.append((launch, one))
    groups = routing.grouped(placed)
    return _Routed([(routing.aimed(source, launch), part) for launch, part in groups.items()], checked)


def _launches_of_open(source: Source, found: Routing, ready: Reading) -> dict[str, int]:
    """Where alerts of these keys are open: their end has to reach them there though the routes changed meanwhile."""
    keys = [one.fingerprint for one in ready if isinstance(one, IncomingAlert)]
    known = Alert.objects.filter(source=source, fingerprint__in=keys, launch__in=found.launches)
    return dict(known.exclude(status=AlertStatus.RESOLVED).values_list("fingerprint", "launch_id"))


def _launch_of(alert: IncomingAlert, found: Routing, stays: dict[str, int]) -> Launch | None:
    if alert.fingerprint in stays:
        return next(launch for launch in found.launches if launch.pk == stays[alert.fingerprint])
    return found.launch_of(routing.traits_of_alert(alert))


def _closed(launch: Launch) -> str:
    return _("%(launch)s was closed and takes nothing more.") % {"launch": launch.name}


def _is_news(routed: _Routed, *, now: datetime) -> bool:
    return any(alerts.is_news(aimed, part, now=now) for aimed, part in routed.parts)


def _lag(good: list[IncomingAlert], *, now: datetime) -> int | None:
    """Milliseconds since the newest thing that the alerts tell of."""
    told = [moment for one in good if (moment := one.ends_at or one.starts_at)]
    return max(0, int((now - max(told)).total_seconds() * 1000)) if told else None


def _came_before(source: Source, batch_id: str, *, now: datetime) -> bool:
    """Whether this very batch is in; forgets those that are too old to count."""
    Batch.objects.filter(source=source, batch_id__startswith="body:", received_at__lte=now - BODY_KEPT_FOR).delete()
    Batch.objects.filter(source=source, received_at__lte=now - KEY_KEPT_FOR).delete()
    return Batch.objects.filter(source=source, batch_id=batch_id).exists()


def _letter_of_rejected(source: Source, told: Told, rejected: list[dict[str, Any]], *, now: datetime) -> str:
    """Keeps the alerts that were not taken, in their envelope; the others are in."""
    kept = _only(told.payload, [one["index"] for one in rejected], of=len(told.reading))
    reason = ngettext(
        "%(number)d alert was not taken: %(error)s",
        "%(number)d alerts were not taken; the first because: %(error)s",
        len(rejected),
    ) % {"number": len(rejected), "error": rejected[0]["error"]}
    body = json.dumps(kept, ensure_ascii=False).encode()
    letter = dead_letters.keep(source, body, reason=reason, format_name=told.format_name, headers=told.headers, now=now)
    return letter.key


def _only(payload: JSON, indexes: list[int], *, of: int) -> JSON:
    """The payload with only these of its alerts, where they stand in a list that we can tell."""
    if isinstance(payload, list) and len(payload) == of:
        return [payload[index] for index in indexes]
    found = payload.get("alerts") if isinstance(payload, dict) else None
    if isinstance(payload, dict) and isinstance(found, list) and len(found) == of:
        return payload | {"alerts": [found[index] for index in indexes]}
    return payload
