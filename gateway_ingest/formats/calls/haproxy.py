"""This module reads HAProxy's HTTP log, with or without what syslog puts before it."""

import re

from django.utils.translation import gettext as _

from gateway_ingest.formats.calls import values
from gateway_ingest.formats.calls.incoming import CallError, ConsumerClass, IncomingCall, Row

_LINE = re.compile(
    r"(?:.{0,200}?haproxy\[\d+\]: )?(\S+):(\d+) \[([^\]]{20,26})\] (\S+) ([^/\s]+)/(\S+) "
    r"(-?\d+)/(-?\d+)/(-?\d+)/(-?\d+)/\+?(-?\d+) (-?\d{1,3}) \+?(\d+) (\S+) (\S+) (\S{4}) "
    r'\d+/\d+/\d+/\d+/\+?\d+ \d+/\d+(?: \{[^}]*\}){0,2} "([^"]*)"(.*)'
)
_ENDED_WELL = "----"


def recognises(row: Row) -> bool:
    """The line's five timers and its termination state."""
    return isinstance(row, str) and _LINE.fullmatch(row) is not None


def read(row: Row) -> IncomingCall:
    """One line as a call; raises CallError. A session that ended badly has its termination state as error type."""
    found = _LINE.fullmatch(row) if isinstance(row, str) else None
    if found is None:
        raise CallError(_("This is no line of HAProxy's HTTP log (option httplog)."))
    address, _port, at, _frontend, backend, _server = found.groups()[:6]
    received, waited, connected, answered, total = (int(each) for each in found.groups()[6:11])
    state, request = found[16], found[17]
    method, path, host = values.request_line(request)
    to_first = (received, waited, connected, answered)
    return IncomingCall(
        at=values.clf_time(at),
        status=values.status(found[12]),
        method=method,
        path=path,
        host=host,
        duration=values.span(total, micros=1e3),
        upstream=values.span(answered, micros=1e3),
        first_byte=sum(to_first) * 1000 if min(to_first) >= 0 else -1,
        sent_bytes=values.count(found[13]),
        trace_id=values.trace_of(*found[18].split()[:8]),
        consumer=address,
        consumer_class=ConsumerClass.ADDRESS,
        component=values.text(backend),
        error_type="" if state.startswith("--") or state == _ENDED_WELL else state,
    )
