"""This module reads alerts out of CloudEvents 1.0: binary with its attributes in headers, structured, and batches."""

import base64
from urllib.parse import unquote

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.generic import carried_alert
from gateway_ingest.formats.incoming import AlertError, FormatError, Headers, IncomingAlert, Reading, one_by_one
from hypercare.core.strict_json import JSON, UNSAFE_CHARACTER

_ATTRIBUTES = ("id", "source", "specversion", "type", "subject", "time")
_REQUIRED = ("id", "source", "specversion", "type")


def is_in(headers: Headers) -> bool:
    """Whether the headers are an event, which needs no body."""
    return "ce-specversion" in headers


def recognises(payload: JSON, headers: Headers) -> bool:
    """Whether headers or body say `specversion`."""
    return is_in(headers) or _is_event(payload) or _is_batch(payload)


def read(payload: JSON, headers: Headers) -> Reading:
    """The alerts of an event or a batch; raises FormatError for any other payload."""
    if is_in(headers):
        attributes: dict[str, JSON] = {name: _decoded(headers.get(f"ce-{name}", "")) for name in _ATTRIBUTES}
        return one_by_one([{**attributes, "data": payload}], _alert)
    if _is_event(payload):
        return one_by_one([payload], _alert)
    if _is_batch(payload):
        return one_by_one(values.items(payload), _alert)
    raise FormatError(_("A CloudEvent has “specversion”, “id”, “source” and “type”, in its body or in ce- headers."))


def delivery_id(payload: JSON, headers: Headers) -> str:
    """Source and id, which the specification makes unique; a batch has none of its own."""
    if is_in(headers):
        return values.key_of(headers.get("ce-source"), headers.get("ce-id"))
    event = values.members(payload)
    return values.key_of(event.get("source"), event.get("id"))


def _decoded(header: str) -> str:
    """What a header says: the binding percent-encodes whatever is not plain, and we store no control characters."""
    return UNSAFE_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", unquote(header))


def _is_event(payload: JSON) -> bool:
    return values.has(payload, "specversion", "type", "source")


def _is_batch(payload: JSON) -> bool:
    return isinstance(payload, list) and bool(payload) and all(_is_event(event) for event in payload)


def _alert(event: dict[str, JSON]) -> IncomingAlert:
    missing = [name for name in _REQUIRED if not values.text(event.get(name))]
    if missing:
        raise AlertError(_("The CloudEvent lacks: %(names)s.") % {"names": ", ".join(missing)})
    if not values.text(event.get("specversion")).startswith("1."):
        raise AlertError(_("Only CloudEvents of version 1.0 are read."))
    kind, subject = values.text(event.get("type")), values.text(event.get("subject"))
    return carried_alert(
        _data_of(event),
        kind=kind,
        sender=values.text(event.get("source")),
        subject=subject,
        about=subject or kind,
        told_at=event.get("time"),
    )


def _data_of(event: dict[str, JSON]) -> JSON:
    """What the event carries; where its data is packed as bytes, the JSON that they hold."""
    packed = event.get("data_base64")
    if "data" in event or not isinstance(packed, str):
        return event.get("data")
    try:
        return values.parsed(base64.b64decode(packed, validate=True).decode())
    except ValueError as error:
        raise AlertError(_("“data_base64” holds no JSON in UTF-8 and base64.")) from error
