"""This module takes one delivery of alerts: reads it, redacts it and stores it whole, once, in one transaction."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.intake import refuse_closed
from gateway_ingest import alerts, dead_letters
from gateway_ingest.formats import FORMATS, FormatError, IncomingAlert, Reading, Unreadable, recognised
from gateway_ingest.models import Batch, Source
from gateway_ingest.unpacking import MAX_UNPACKED, unpack
from hypercare.core.problem import Problem, not_found
from hypercare.core.strict_json import JSON, BadJson, BodyTooLarge, parse

MAX_ALERTS = 10_000
BODY_KEPT_FOR = timedelta(hours=1)
KEY_KEPT_FOR = timedelta(hours=24)
_MAX_KEY = 200


@dataclass(frozen=True)
class Delivery:
    """A request as it came: `format_name` is empty where the sender leaves it to us to find."""

    body: bytes
    encoding: str = ""
    format_name: str = ""
    idempotency_key: str = ""


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


def receive(source: Source, delivery: Delivery, *, now: datetime) -> Answer:
    """Stores what can be stored and says of the rest why not.

    Raises Problem 400, 413 or 415 for a body that cannot be read at all (kept as a dead letter), 404 for a format
    nobody knows, 409 for a closed launch, 503 where the sender should try again.
    """
    if delivery.format_name and delivery.format_name not in FORMATS:
        detail = _("There is no format of that name; known are: %(known)s. Leave it out and we find it.")
        raise not_found(detail % {"known": ", ".join(FORMATS)})
    body, payload = _opened(source, delivery, now=now)
    batch_id = _batch_id(delivery, body)
    try:
        reading = _read(delivery, payload)
    except FormatError as error:
        return _whole_letter(source, delivery, body, str(error), now=now)
    ready = [one if isinstance(one, Unreadable) else alerts.prepared(one, now=now) for one in reading]
    return _store(source.pk, delivery, payload, ready, batch_id=batch_id, now=now)


def _opened(source: Source, delivery: Delivery, *, now: datetime) -> tuple[bytes, JSON]:
    """The body unpacked and parsed; a body that cannot be is kept as a dead letter and raised as a problem."""
    body = b""
    try:
        body = unpack(delivery.body, encoding=delivery.encoding)
        payload = parse(body, max_bytes=MAX_UNPACKED)
        _check_number(payload)
    except (Problem, BadJson) as error:
        status = error.status if isinstance(error, Problem) else 413 if isinstance(error, BodyTooLarge) else 400
        letter = dead_letters.keep(source, body, reason=error.detail, format_name=delivery.format_name, now=now)
        raise Problem(status, error.detail, dead_letter=letter.key) from error
    return body, payload


def _check_number(payload: JSON) -> None:
    found = payload.get("alerts") if isinstance(payload, dict) else None
    if isinstance(found, list) and len(found) > MAX_ALERTS:
        raise Problem(413, _("More than 10,000 alerts came at once; set “max_alerts” to a smaller number."))


def _batch_id(delivery: Delivery, body: bytes) -> str:
    key = delivery.idempotency_key
    if len(key) > _MAX_KEY or not key.isprintable():
        raise Problem(400, _("Idempotency-Key must be printable and at most 200 characters."))
    kind, content = ("key", key.encode("utf-8", "surrogatepass")) if key else ("body", body)
    return f"{kind}:{hashlib.sha256(content).hexdigest()}"


def _read(delivery: Delivery, payload: JSON) -> Reading:
    known = FORMATS[delivery.format_name] if delivery.format_name else recognised(payload)
    if known is None:
        raise FormatError(_("We do not know this format; known are: %(known)s.") % {"known": ", ".join(FORMATS)})
    return known.read(payload)


@transaction.atomic
def _whole_letter(source: Source, delivery: Delivery, body: bytes, reason: str, *, now: datetime) -> Answer:
    letter = dead_letters.keep(source, body, reason=reason, format_name=delivery.format_name, now=now)
    Source.objects.filter(pk=source.pk).update(last_event_at=now)
    return Answer(rejected=[{"index": None, "error": reason}], dead_letter=letter.key)


@transaction.atomic
def _store(
    source_id: int, delivery: Delivery, payload: JSON, ready: Reading, *, batch_id: str, now: datetime
) -> Answer:
    """The source's row lock comes first, so deliveries of one source follow one another and never cross."""
    source = Source.objects.select_for_update(no_key=True, of=("self",)).select_related("launch").get(pk=source_id)
    if source.revoked_at:
        raise not_found(_("This key was ended."))
    refuse_closed(source.launch)
    good = [one for one in ready if isinstance(one, IncomingAlert)]
    if _came_before(source, batch_id, now=now) and (
        delivery.idempotency_key or not alerts.is_news(source, good, now=now)
    ):
        Source.objects.filter(pk=source.pk).update(repeats=F("repeats") + 1, last_event_at=now)
        alerts.still_open(source, good, reminder=not delivery.idempotency_key, now=now)
        return Answer(duplicate=True)
    receipts = alerts.store(source, good, now=now) if good else []
    rejected = [{"index": index, "error": one.error} for index, one in enumerate(ready) if isinstance(one, Unreadable)]
    letter = _letter_of_rejected(source, delivery, payload, rejected, now=now) if rejected else ""
    if good:
        facts = {"accepted": len(good), "received_at": now}
        Batch.objects.update_or_create(source=source, batch_id=batch_id, defaults=facts)
    Source.objects.filter(pk=source.pk).update(
        last_event_at=now, first_event_at=source.first_event_at or (now if good else None)
    )
    return Answer(accepted=len(good), rejected=rejected, receipts=receipts, dead_letter=letter)


def _came_before(source: Source, batch_id: str, *, now: datetime) -> bool:
    """Whether this very batch is in; forgets those that are too old to count."""
    Batch.objects.filter(source=source, batch_id__startswith="body:", received_at__lte=now - BODY_KEPT_FOR).delete()
    Batch.objects.filter(source=source, received_at__lte=now - KEY_KEPT_FOR).delete()
    return Batch.objects.filter(source=source, batch_id=batch_id).exists()


def _letter_of_rejected(
    source: Source, delivery: Delivery, payload: JSON, rejected: list[dict[str, Any]], *, now: datetime
) -> str:
    """Keeps the alerts that were not taken; the others are in."""
    found = payload["alerts"] if isinstance(payload, dict) else None
    kept = [found[one["index"]] for one in rejected] if isinstance(found, list) else payload
    body = json.dumps(kept, ensure_ascii=False).encode()
    reason = ngettext(
        "%(number)d alert was not taken: %(error)s",
        "%(number)d alerts were not taken; the first because: %(error)s",
        len(rejected),
    ) % {"number": len(rejected), "error": rejected[0]["error"]}
    return dead_letters.keep(source, body, reason=reason, format_name=delivery.format_name, now=now).key
