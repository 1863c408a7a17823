"""This module reads Traefik's access log, in its extended common form and in JSON."""

import re

from django.utils.translation import gettext as _

from gateway_ingest.formats.calls import values
from gateway_ingest.formats.calls.incoming import CallError, ConsumerClass, IncomingCall, Row

_LINE = re.compile(
    r'(\S+) - (\S+) \[([^\]]{20,32})\] "([^"]*)" (\d{3}|-) (\d+|-) "([^"]*)" "([^"]*)" '
    r'\d+ "([^"]*)" "([^"]*)" (\d+)ms'
)
_PROVIDER = re.compile(r"@[a-z0-9-]+$")


def recognises(row: Row) -> bool:
    """The line's ending in milliseconds, or an object with Traefik's capital letters."""
    if isinstance(row, str):
        return _LINE.fullmatch(row) is not None
    return "RequestMethod" in row and ("DownstreamStatus" in row or "OriginStatus" in row)


def read(row: Row) -> IncomingCall:
    """One line or object as a call; raises CallError."""
    if isinstance(row, str) and (found := _LINE.fullmatch(row)):
        return _from_line(found)
    if isinstance(row, dict) and recognises(row):
        return _from_object(row)
    raise CallError(_("This is no row of Traefik's access log, neither in its common form nor in JSON."))


def _from_line(found: re.Match[str]) -> IncomingCall:
    address, user, at, request, status, size, _referer, _agent, router, _server, duration = found.groups()
    method, path, host = values.request_line(request)
    return IncomingCall(
        at=values.clf_time(at),
        status=values.status(status),
        method=method,
        path=path,
        host=host,
        duration=values.span(duration, micros=1e3),
        sent_bytes=values.count(size),
        consumer=address if user == "-" else user,
        consumer_class=ConsumerClass.ADDRESS if user == "-" else ConsumerClass.USER,
        component=_bare(router),
    )


def _from_object(row: dict[str, object]) -> IncomingCall:
    path, host = values.path_of(row.get("RequestPath"))
    user = values.text(row.get("ClientUsername"))
    return IncomingCall(
        at=values.iso_time(values.first(row, "StartUTC", "StartLocal", "time")),
        status=values.status(values.first(row, "DownstreamStatus", "OriginStatus")),
        method=values.method(row["RequestMethod"]),
        path=path,
        host=values.text(values.first(row, "RequestHost", "RequestAddr")).partition(":")[0] or host,
        duration=values.span(row.get("Duration"), micros=1e-3),
        upstream=values.span(row.get("OriginDuration"), micros=1e-3),
        sent_bytes=values.count(row.get("DownstreamContentSize")),
        scheme=values.scheme_of(row.get("RequestScheme")),
        error_format=values.error_format(row.get("downstream_Content-Type")),
        request_id=values.text(row.get("request_X-Request-Id")),
        trace_id=values.trace_of(row.get("TraceId"), row.get("request_Traceparent")),
        consumer=user or values.text(row.get("ClientHost")),
        consumer_class=ConsumerClass.USER if user else ConsumerClass.ADDRESS,
        component=_bare(values.text(values.first(row, "ServiceName", "RouterName"))),
    )


def _bare(name: str) -> str:
    """The name without the provider it comes from, as in `shop@docker`."""
    return values.text(_PROVIDER.sub("", name))
