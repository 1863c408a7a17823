"""This module reads the access log of AWS API Gateway: the JSON of its `$context` names, and its common-log form."""

import re

from django.utils.translation import gettext as _

from gateway_ingest.formats.calls import values
from gateway_ingest.formats.calls.incoming import CallError, ConsumerClass, IncomingCall, Row

_LINE = re.compile(
    r'(\S+) (\S+) (\S+) \[([^\]]{20,32})\] "(\S+) (\S+) (\S+)" (\d{3}|-) (\d+|-) '
    r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[\w-]{15}=)"
)


def recognises(row: Row) -> bool:
    """The object's request id, method and time, or a common line that ends in a request id."""
    if isinstance(row, str):
        return _LINE.fullmatch(row) is not None
    asked = "httpMethod" in row or "routeKey" in row
    return "requestId" in row and asked and ("requestTime" in row or "requestTimeEpoch" in row)


def read(row: Row) -> IncomingCall:
    """One line or object as a call; raises CallError."""
    if isinstance(row, str) and (found := _LINE.fullmatch(row)):
        return _from_line(found)
    if isinstance(row, dict) and recognises(row):
        return _from_object(row)
    raise CallError(_("An API Gateway row has “requestId”, “httpMethod” or “routeKey”, and “requestTime”."))


def _from_line(found: re.Match[str]) -> IncomingCall:
    address, _caller, user, at, method, target, _protocol, status, size, request_id = found.groups()
    path, host = values.path_of(target)
    return IncomingCall(
        at=values.clf_time(at),
        status=values.status(status),
        method=values.method(method),
        path=path,
        host=host,
        sent_bytes=values.count(size),
        request_id=request_id,
        consumer=address if user == "-" else user,
        consumer_class=ConsumerClass.ADDRESS if user == "-" else ConsumerClass.USER,
    )


def _from_object(row: dict[str, object]) -> IncomingCall:
    key_method, _space, key_path = values.text(row.get("routeKey")).partition(" ")
    path, _host = values.path_of(values.first(row, "resourcePath", "path") or key_path)
    consumer, consumer_class = _consumer(row)
    return IncomingCall(
        at=values.any_time(values.first(row, "requestTimeEpoch", "requestTime")),
        status=values.status(row.get("status")),
        method=values.method(row.get("httpMethod")) or values.method(key_method),
        path=path,
        host=values.text(row.get("domainName")),
        duration=values.span(row.get("responseLatency"), micros=1e3),
        upstream=values.span(values.first(row, "integrationLatency", "integration_latency"), micros=1e3),
        sent_bytes=values.count(row.get("responseLength")),
        request_id=values.text(row.get("requestId")),
        trace_id=values.trace_of(row.get("xrayTraceId")),
        consumer=consumer,
        consumer_class=consumer_class,
        component=values.text(values.first(row, "apiName", "apiId")),
        release=values.text(values.first(row, "release", "deploymentId")),
        error_type=values.text(values.first(row, "responseType", "errorResponseType")),
    )


def _consumer(row: dict[str, object]) -> tuple[str, str]:
    if key := values.text(values.first(row, "apiKeyId")):
        return key, ConsumerClass.KEY
    if user := values.text(values.first(row, "user", "caller", "principalId")):
        return user, ConsumerClass.USER
    return values.text(values.first(row, "ip", "sourceIp")), ConsumerClass.ADDRESS
