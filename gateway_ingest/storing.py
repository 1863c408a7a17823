"""This module stores what one delivery says, whole and once, in one transaction."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import ngettext

from feedback.intake import refuse_closed
from gateway_ingest import alerts, dead_letters, sources
from gateway_ingest.batches import BODY_KEPT_FOR, KEY_KEPT_FOR
from gateway_ingest.formats import Headers, IncomingAlert, Reading, Unreadable
from gateway_ingest.models import Batch, Source
from hypercare.core.strict_json import JSON


@dataclass(frozen=True)
class Answer:
    """What the sender gets with 202."""

    accepted: int = 0
    duplicate: bool = False
    rejected: list[dict[str, Any]] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)
    dead_letter: str = ""

    def as_json(self) -> dict[str, Any]:
        """The body of the answer."""
        if self.duplicate:
            return {"accepted": 0, "duplicate": True}
        body = {"accepted": self.accepted, "rejected": self.rejected, "receipts": self.receipts}
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
    refuse_closed(source.launch)
    ready = [one if isinstance(one, Unreadable) else alerts.prepared(one, now=now) for one in told.reading]
    good = [one for one in ready if isinstance(one, IncomingAlert)]
    if _came_before(source, told.batch_id, now=now) and (told.named or not alerts.is_news(source, good, now=now)):
        Source.objects.filter(pk=source.pk).update(repeats=F("repeats") + 1, last_event_at=now)
        alerts.still_open(source, good, reminder=not told.named, now=now)
        return Answer(duplicate=True)
    receipts = alerts.store(source, good, now=now) if good else []
    rejected = [{"index": index, "error": one.error} for index, one in enumerate(ready) if isinstance(one, Unreadable)]
    letter = _letter_of_rejected(source, told, rejected, now=now) if rejected else ""
    if good:
        facts = {"accepted": len(good), "received_at": now}
        Batch.objects.update_or_create(source=source, batch_id=told.batch_id, defaults=facts)
    Source.objects.filter(pk=source.pk).update(
        last_event_at=now, first_event_at=source.first_event_at or (now if good else None)
    )
    return Answer(accepted=len(good), rejected=rejected, receipts=receipts, dead_letter=letter)


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
