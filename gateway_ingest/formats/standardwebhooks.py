"""This module reads an alert out of a message of the Standard Webhooks specification; its signature is checked at the door."""

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.generic import carried_alert
from gateway_ingest.formats.incoming import FormatError, Headers, IncomingAlert, Reading, one_by_one
from hypercare.core.strict_json import JSON

_NAMES = frozenset({"type", "timestamp", "data"})


def recognises(payload: JSON) -> bool:
    """Whether this is a kind, a time and data, and little else."""
    return (
        isinstance(payload, dict)
        and payload.keys() >= _NAMES
        and payload.keys() <= _NAMES | {"id"}
        and isinstance(payload["type"], str)
        and isinstance(payload["data"], dict)
    )


def read(payload: JSON) -> Reading:
    """The one alert of the message; raises FormatError for any other payload."""
    if not recognises(payload):
        raise FormatError(_("A Standard Webhooks message has “type”, “timestamp” and “data”."))
    return one_by_one([payload], _alert)


def delivery_id(_payload: JSON, headers: Headers) -> str:
    """What the sender calls this delivery and repeats with each retry."""
    return headers.get("webhook-id", "")


def _alert(message: dict[str, JSON]) -> IncomingAlert:
    kind = values.text(message.get("type"))
    return carried_alert(message.get("data"), kind=kind, about=kind, told_at=message.get("timestamp"))
