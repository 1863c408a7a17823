"""This module reads the combined and common logs of Apache and nginx, with the endings that people add for durations."""

import re
from collections.abc import Callable

from django.utils.translation import gettext as _

from gateway_ingest.formats.calls import values
from gateway_ingest.formats.calls.incoming import CallError, ConsumerClass, IncomingCall, Row

_QUOTED = r'"([^"\\]*(?:\\.[^"\\]*)*)"'
_LINE = re.compile(
    r"(?:([^\s:\[\"]+)(?::\d+)? )?(\S+) (\S+) (\S+) \[([^\]]{20,32})\] "
    + _QUOTED
    + r" (\d{3}|-) (\d+|-)(?: "
    + _QUOTED
    + " "
    + _QUOTED
    + r")?(?: (\S.*))?"
)
_PART = re.compile(r'(?:([A-Za-z_]{1,40})=)?(?:"([^"\\]*(?:\\.[^"\\]*)*)"|(\S+))')
_SECONDS = re.compile(r"\d{1,7}\.\d{1,6}")
_OF_TRAEFIK = re.compile(r'\d+ "[^"]*" "[^"]*" \d+ms')
_MAX_TAIL = 1000

_NAMED: dict[str, tuple[str, Callable[[str], object]]] = {
    **dict.fromkeys(("rt", "request_time", "duration"), ("duration", lambda given: values.span(given, micros=1e6))),
    **dict.fromkeys(
        ("urt", "upstream_response_time", "upstream_time"), ("upstream", lambda given: values.span(given, micros=1e6))
    ),
    **dict.fromkeys(
        ("uht", "upstream_header_time", "ttfb"), ("first_byte", lambda given: values.span(given, micros=1e6))
    ),
    **dict.fromkeys(("rid", "request_id", "reqid", "id"), ("request_id", values.text)),
    **dict.fromkeys(("traceparent", "trace", "trace_id", "tid"), ("trace_id", values.trace_of)),
    **dict.fromkeys(("host", "vhost", "server"), ("host", values.text)),
    **dict.fromkeys(("service", "upstream", "route", "component"), ("component", values.text)),
    "scheme": ("scheme", values.scheme_of),
    **dict.fromkeys(("type", "content_type"), ("error_format", values.error_format)),
    **dict.fromkeys(("release", "version"), ("release", values.text)),
}


def recognises(row: Row) -> bool:
    """Whether the line has the shape; Traefik's own ending is left to Traefik."""
    found = _LINE.fullmatch(row) if isinstance(row, str) else None
    return bool(found and not (found[11] and _OF_TRAEFIK.fullmatch(found[11])))


def read(row: Row) -> IncomingCall:
    """One line as a call; raises CallError."""
    found = _LINE.fullmatch(row) if isinstance(row, str) else None
    if found is None:
        raise CallError(_("This is no line of a combined or common log."))
    vhost, address, _ident, user, at, request, status, size, _referer, _agent, tail = found.groups()
    method, path, host = values.request_line(request)
    call = IncomingCall(
        at=values.clf_time(at),
        status=values.status(status),
        method=method,
        path=path,
        host=vhost or host,
        sent_bytes=int(size) if size != "-" and len(size) < 16 else -1,
        consumer=address if user == "-" else user,
        consumer_class=ConsumerClass.ADDRESS if user == "-" else ConsumerClass.USER,
    )
    if tail:
        _read_tail(call, tail)
    return call


def _read_tail(call: IncomingCall, tail: str) -> None:
    if _OF_TRAEFIK.fullmatch(tail):
        raise CallError(_("This line is Traefik's; post it to the format traefik."))
    for found in _PART.finditer(tail[:_MAX_TAIL]):
        name, quoted, bare = found.groups()
        given = bare if quoted is None else quoted
        if name is None:
            _read_nameless(call, given)
        elif name in _NAMED:
            field, reader = _NAMED[name]
            setattr(call, field, reader(given))


def _read_nameless(call: IncomingCall, given: str) -> None:
    """A number with a point is seconds (first the request's, then the upstream's), one without is Apache's %D."""
    if _SECONDS.fullmatch(given):
        field = "duration" if call.duration < 0 else "upstream"
        setattr(call, field, values.span(given, micros=1e6))
    elif given.isdecimal() and len(given) < 13 and call.duration < 0:
        call.duration = int(given)
    elif len(given) == 55 and (trace := values.trace_of(given)):
        call.trace_id = trace
    elif len(given) in {32, 36} and not call.request_id and values.trace_of(given):
        call.request_id = given
