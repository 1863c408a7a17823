"""This module reads the combined and common logs of Apache and nginx, with the endings that people add for durations."""

import re
from collections.abc import Callable
from functools import lru_cache

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
_CAUGHT = {True: r'"([^"\\]*(?:\\.[^"\\]*)*)"', False: r'([^\s"]\S*)'}
_PASSED = {True: r'"[^"\\]*(?:\\.[^"\\]*)*"', False: r'[^\s"]\S*'}

_Reading = tuple[str, Callable[[str], object]]
_Ending = tuple[re.Pattern[str], tuple[_Reading, ...]]

_NAMED: dict[str, _Reading] = {
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

# The latest ending's pattern and readings, replaced whole; any other thread's is as good, for it only saves time.
_latest: list[_Ending | None] = [None]


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
    """The parts behind the common line. All lines of a log end alike, so the latest ending's own pattern is tried first."""
    if _OF_TRAEFIK.fullmatch(tail):
        raise CallError(_("This line is Traefik's; post it to the format traefik."))
    latest = _latest[0]
    if latest and (alike := latest[0].fullmatch(tail)):
        for (field, reader), given in zip(latest[1], alike.groups(), strict=True):
            setattr(call, field, reader(given))
        return
    parts = [found.groups() for found in _PART.finditer(tail[:_MAX_TAIL])]
    for name, quoted, bare in parts:
        given = bare if quoted is None else quoted
        if name is None:
            _read_nameless(call, given)
        elif name in _NAMED:
            field, reader = _NAMED[name]
            setattr(call, field, reader(given))
    if all(name for name, _quoted, _bare in parts):
        _latest[0] = _ending(tuple((name, quoted is not None) for name, quoted, _bare in parts))


@lru_cache(64)
def _ending(parts: tuple[tuple[str, bool], ...]) -> _Ending:
    """The pattern of an ending that has just these names in this order, and how to read what it catches."""
    known = [name in _NAMED for name, _quoted in parts]
    pieces = [
        f"{name}={_CAUGHT[quoted] if is_known else _PASSED[quoted]}"
        for (name, quoted), is_known in zip(parts, known, strict=True)
    ]
    readings = tuple(_NAMED[name] for (name, _quoted), is_known in zip(parts, known, strict=True) if is_known)
    return re.compile(" ".join(pieces)), readings


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
