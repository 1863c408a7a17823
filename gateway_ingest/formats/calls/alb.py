"""This module reads the access log of AWS Application Load Balancers."""

import re

from django.utils.translation import gettext as _

from gateway_ingest.formats.calls import values
from gateway_ingest.formats.calls.incoming import CallError, ConsumerClass, IncomingCall, Row

_LINE = re.compile(
    r"(https?|h2|grpcs|wss?) (\S{20,32}) (\S+) (\S+):(\d+|-) (\S+) (-?[\d.]+) (-?[\d.]+) (-?[\d.]+) (\d{3}|-) (\S+) "
    r'(\d+) (\d+) "([^"]*)" "([^"]*)" (\S+) (\S+) (\S+) "([^"]*)" "([^"]*)"(.*)'
)
_REASON = re.compile(r'"[^"]*" (?:\S+) \S+ "[^"]*" "[^"]*" "([^"]*)"')


def recognises(row: Row) -> bool:
    """The line's shape: type, time, balancer, addresses, three times."""
    return isinstance(row, str) and _LINE.fullmatch(row) is not None


def read(row: Row) -> IncomingCall:
    """One line as a call; raises CallError."""
    found = _LINE.fullmatch(row) if isinstance(row, str) else None
    if found is None:
        raise CallError(_("This is no line of an Application Load Balancer's access log."))
    method, path, host = values.request_line(found[14])
    times = [values.span(found[number], micros=1e6) for number in (7, 8, 9)]
    reason = _REASON.match(found[21].strip())
    return IncomingCall(
        at=values.iso_time(found[2]),
        status=values.status(found[10]),
        method=method,
        path=path,
        host=values.text(found[20]) or host,
        duration=sum(times) if min(times) >= 0 else -1,
        upstream=times[1],
        first_byte=times[0] + times[1] if min(times[:2]) >= 0 else -1,
        sent_bytes=values.count(found[13]),
        trace_id=values.trace_of(found[19]),
        scheme=values.scheme_of(found[1]),
        consumer=found[4],
        consumer_class=ConsumerClass.ADDRESS,
        component=_target_group(found[18]) or values.text(found[3]),
        error_type=values.text(reason[1]) if reason else "",
    )


def _target_group(arn: str) -> str:
    """The name in `arn:aws:elasticloadbalancing:eu-north-1:1234:targetgroup/catalog/73e2d6bc24d8a067`."""
    parts = arn.split("/")
    return values.text(parts[1]) if len(parts) == 3 and parts[0].endswith(":targetgroup") else ""
