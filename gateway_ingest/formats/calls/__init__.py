"""This package holds one pure file for each kind of call log, and finds the one a row is written in."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway_ingest.formats.calls import (
    alb,
    apigateway,
    apipark,
    apisix,
    combined,
    envoy,
    haproxy,
    kong,
    langfuse,
    litellm,
    nginx_json,
    portkey,
    traefik,
)
from gateway_ingest.formats.calls.incoming import CallError, CallFlag, ConsumerClass, IncomingCall, Row

__all__ = ["CALL_FORMATS", "CallError", "CallFlag", "CallFormat", "ConsumerClass", "IncomingCall", "Row", "recognised"]


@dataclass(frozen=True)
class CallFormat:
    """How one gateway writes calls: `recognises` looks at a row, `read` reads it or raises CallError."""

    name: str
    recognises: Callable[[Row], bool]
    read: Callable[[Row], IncomingCall]
    has_lines: bool
    has_objects: bool


def _format(name: str, module: object, *, lines: bool, objects: bool) -> CallFormat:
    return CallFormat(name, module.recognises, module.read, lines, objects)  # type: ignore[attr-defined]  # each has both


# The more telling first, so that a common line goes to who ends it in a way of its own.
_ALL = (
    _format("alb", alb, lines=True, objects=False),
    _format("haproxy", haproxy, lines=True, objects=False),
    _format("envoy", envoy, lines=True, objects=True),
    _format("traefik", traefik, lines=True, objects=True),
    _format("apigateway", apigateway, lines=True, objects=True),
    _format("combined", combined, lines=True, objects=False),
    _format("kong", kong, lines=False, objects=True),
    _format("apisix", apisix, lines=False, objects=True),
    _format("apipark", apipark, lines=False, objects=True),
    _format("litellm", litellm, lines=False, objects=True),
    _format("portkey", portkey, lines=False, objects=True),
    _format("langfuse", langfuse, lines=False, objects=True),
    _format("nginx-json", nginx_json, lines=False, objects=True),
)
CALL_FORMATS = {known.name: known for known in _ALL}


def recognised(row: Row) -> CallFormat | None:
    """The format a row is written in, if we know it."""
    is_line = isinstance(row, str)
    return next(
        (known for known in _ALL if (known.has_lines if is_line else known.has_objects) and known.recognises(row)), None
    )
