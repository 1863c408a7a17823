"""This package holds one pure file for each wire format, and finds the one a payload is written in."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway_ingest.formats import alertmanager
from gateway_ingest.formats.incoming import FormatError, IncomingAlert, Reading, Unreadable
from hypercare.core.strict_json import JSON

__all__ = ["FORMATS", "Format", "FormatError", "IncomingAlert", "Reading", "Unreadable", "recognised"]


@dataclass(frozen=True)
class Format:
    """How one sender writes alerts: `recognises` looks, `read` reads or raises FormatError."""

    name: str
    recognises: Callable[[JSON], bool]
    read: Callable[[JSON], Reading]


FORMATS = {
    "alertmanager": Format("alertmanager", alertmanager.recognises, alertmanager.read),
}


def recognised(payload: JSON) -> Format | None:
    """The format a payload is written in, if we know it."""
    return next((known for known in FORMATS.values() if known.recognises(payload)), None)
