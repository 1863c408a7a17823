"""This module takes one delivery of alerts: opens it, finds its format, checks who signed it, and has it stored."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from gateway_ingest import batches, dead_letters, mappings, posted_forms, ratings, signatures, sources
from gateway_ingest.formats import FORMATS, FormatError, Headers, Reading, cloudevents, otlp_logs, read_as, recognised
from gateway_ingest.formats.calls import marks
from gateway_ingest.models import Source
from gateway_ingest.ratings import Rating
from gateway_ingest.storing import Answer, Told, store
from gateway_ingest.unpacking import MAX_WHOLE, check_values, unpack
from hypercare.core.problem import Problem, not_found
from hypercare.core.strict_json import JSON, BadJson, parse

MAX_ALERTS = 10_000
_GENERIC = "generic"


@dataclass(frozen=True)
class Delivery:
    """A request as it came: `format_name` is empty where the sender leaves it to us to find.

    `headers` have their names in small letters; `request` names the request it came by. A letter that a person replays
    carries no signature any more.
    """

    body: bytes
    encoding: str = ""
    format_name: str = ""
    idempotency_key: str = ""
    headers: Headers = field(default_factory=dict)
    replayed: bool = False
    request: str = ""


def receive(source: Source, delivery: Delivery, *, now: datetime) -> Answer:
    """Stores what can be stored and says of the rest why not; raises Problem as `read`, and 409 for a closed launch."""
    said = read(source, delivery, now=now)
    return said if isinstance(said, Answer) else finished(said, store(said, now=now), now=now)


def read(source: Source, delivery: Delivery, *, now: datetime) -> Told | Answer:
    """What a delivery says; the answer itself where it says nothing that we understand, which is kept as a dead letter.

    Raises Problem 400, 413 or 415 for a body that cannot be read at all (kept as a dead letter), 403 for a wrong
    signature, 404 for a format nobody knows, 503 where the sender should try again.
    """
    if delivery.format_name and delivery.format_name not in FORMATS:
        detail = _("There is no format of that name; known are: %(known)s. Leave it out and we find it.")
        raise not_found(detail % {"known": ", ".join(FORMATS)})
    batches.check_key(delivery.idempotency_key)
    body, payload = _opened(source, delivery, now=now)
    if not delivery.format_name and otlp_logs.recognises(payload):
        if not delivery.replayed:
            signatures.refuse_unsigned(source, "otlp", now=now)
        return _told_by_logs(source, body, payload, request=delivery.request)
    name = _format_of(source, delivery, payload)
    if not delivery.replayed:
        signatures.check(source, name, body, payload, delivery.headers, now=now)
    return _understood(source, delivery, body, payload, name, now=now)


def finished(told: Told, answer: Answer, *, now: datetime) -> Answer:
    """The answer once what a delivery tells beside alerts is stored too: the ratings among log records."""
    if told.logs is None:
        return answer
    found = [
        Rating(one.response_id, marks.of_score(one.name, one.number, one.label), one.at)
        for one in told.logs.evaluations
    ]
    without = ratings.store(told.source, found, batch_id=told.batch_id, now=now)
    return replace(answer, quiet=told.logs.quiet, waiting_ratings=without.waiting, lost_ratings=without.lost)


def receive_logs(source: Source, delivery: Delivery, *, protobuf: bool, now: datetime) -> Answer:
    """Stores the loud records of an OpenTelemetry export; raises Problem as `receive`, and 400 for another payload."""
    signatures.refuse_unsigned(source, "otlp", now=now)
    try:
        body, payload = _opened_protobuf(delivery) if protobuf else _opened(source, delivery, now=now)
        told = _told_by_logs(source, body, payload, request=delivery.request)
    except FormatError as error:
        letter = dead_letters.keep(source, b"" if protobuf else body, reason=str(error), format_name="otlp", now=now)
        batches.note_rejected(source, now=now)
        raise Problem(400, str(error), dead_letter=letter.key) from error
    return finished(told, store(told, now=now), now=now)


def _told_by_logs(source: Source, body: bytes, payload: JSON, *, request: str = "") -> Told:
    logs = otlp_logs.read(payload)
    if len(logs.reading) > MAX_ALERTS:
        raise _too_many()
    return Told(
        source=source,
        payload=payload,
        reading=logs.reading,
        batch_id=batches.batch_id("", [body]),
        named=False,
        format_name="otlp",
        headers={},
        request=request,
        logs=logs,
    )


def _opened_protobuf(delivery: Delivery) -> tuple[bytes, JSON]:
    body = unpack(delivery.body, encoding=delivery.encoding)
    return body, otlp_logs.payload_of(body)


def _understood(
    source: Source, delivery: Delivery, body: bytes, payload: JSON, name: str, *, now: datetime
) -> Told | Answer:
    """Reads an opened delivery as the format of that name, or by the source's mapping where it has none."""
    try:
        reading, items = _read(source, delivery, payload, name)
    except FormatError as error:
        return _whole_letter(source, delivery, body, str(error), now=now)
    if len(reading) > MAX_ALERTS:
        raise _too_many()
    key = delivery.idempotency_key or (FORMATS[name].delivery_id(payload, delivery.headers) if name else "")
    return Told(
        source=source,
        payload=payload,
        reading=reading,
        batch_id=batches.batch_id(key, [body]),
        named=bool(key),
        format_name=delivery.format_name,
        headers=delivery.headers,
        request=delivery.request,
        items=items,
    )


def _opened(source: Source, delivery: Delivery, *, now: datetime) -> tuple[bytes, JSON]:
    """The body unpacked and parsed; a body that cannot be is kept as a dead letter and raised as a problem."""
    body = b""
    try:
        body = unpack(delivery.body, encoding=delivery.encoding)
        if not body and cloudevents.is_in(delivery.headers):
            return body, None
        if posted_forms.is_form(delivery.headers):
            body = posted_forms.as_json(body)
        check_values(body)
        payload = parse(body, max_bytes=MAX_WHOLE)
        _check_number(payload)
    except (Problem, BadJson) as error:
        raise dead_letters.refused(source, body, error, format_name=delivery.format_name, now=now) from error
    return body, payload


def _check_number(payload: JSON) -> None:
    found = payload.get("alerts") if isinstance(payload, dict) else payload
    if isinstance(found, list) and len(found) > MAX_ALERTS:
        raise _too_many()


def _too_many() -> Problem:
    return Problem(413, _("More than 10,000 alerts came at once; set “max_alerts” to a smaller number."))


def _format_of(source: Source, delivery: Delivery, payload: JSON) -> str:
    """The format's name; empty where the source's mapping has to read it, or nobody can."""
    found = recognised(payload, delivery.headers)
    if delivery.format_name in {"", _GENERIC} and found is None and mappings.of(source) is not None:
        return ""
    return delivery.format_name or (found.name if found else "")


def _read(source: Source, delivery: Delivery, payload: JSON, name: str) -> tuple[Reading, list[JSON]]:
    """The alerts, and what a mapping read each from."""
    if name:
        return read_as(name, payload, delivery.headers, zone=sources.zone_of(source)), []
    mapping = mappings.of(source)
    if mapping is None:
        detail = _("We do not know this format; known are: %(known)s. Or teach it to us: fix the mapping.")
        raise FormatError(detail % {"known": ", ".join(FORMATS)})
    return mappings.read(mapping, payload, sources.zone_of(source)), mappings.items(mapping, payload)


@transaction.atomic
def _whole_letter(source: Source, delivery: Delivery, body: bytes, reason: str, *, now: datetime) -> Answer:
    letter = dead_letters.keep(
        source, body, reason=reason, format_name=delivery.format_name, headers=delivery.headers, now=now
    )
    batches.note_rejected(source, now=now)
    return Answer(rejected=[{"index": None, "error": reason}], dead_letter=letter.key)
