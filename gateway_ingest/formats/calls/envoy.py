"""This module reads Envoy's default access log, Istio's longer one, and the JSON form of both."""

import re

from django.utils.translation import gettext as _

from gateway_ingest.formats.calls import values
from gateway_ingest.formats.calls.incoming import CallError, ConsumerClass, IncomingCall, Row

_LINE = re.compile(
    r'\[([^\]]{20,40})\] "([^"]*)" (\d{1,3}) (\S+)'
    r'(?: (\S+) (?:\S+) "([^"]*)")?'
    r' (\d+) (\d+) (\d+|-) (\d+|-) "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)"(?: (\S+))?(?: .*)?'
)
_CLUSTER = re.compile(r"(?:in|out)bound\|\d+\|[^|]*\|([^|]*)")


def recognises(row: Row) -> bool:
    """The line's shape, or an object with Envoy's words for status and flags."""
    if isinstance(row, str):
        return _LINE.fullmatch(row) is not None
    return "response_code" in row and "start_time" in row and ("response_flags" in row or "bytes_sent" in row)


def read(row: Row) -> IncomingCall:
    """One line or object as a call; raises CallError."""
    if isinstance(row, str) and (found := _LINE.fullmatch(row)):
        return _from_line(found)
    if isinstance(row, dict) and recognises(row):
        return _from_object(row)
    raise CallError(_("This is no row of Envoy's access log, neither in its default text nor in JSON."))


def _from_line(found: re.Match[str]) -> IncomingCall:
    at, request, status, flags, _details, _failure, _received, sent, duration, upstream = found.groups()[:10]
    forwarded, _agent, request_id, authority, upstream_host, cluster = found.groups()[10:]
    method, path, host = values.request_line(request)
    return IncomingCall(
        at=values.iso_time(at),
        status=values.status(status),
        method=method,
        path=path,
        host=_host(authority) or host,
        duration=values.span(duration, micros=1e3),
        upstream=values.span(upstream, micros=1e3),
        sent_bytes=values.count(sent),
        request_id=values.text(request_id),
        consumer=_client(forwarded),
        consumer_class=ConsumerClass.ADDRESS if _client(forwarded) else "",
        component=_component(cluster or "") or _address(upstream_host),
        error_type=values.text(flags),
    )


def _from_object(row: dict[str, object]) -> IncomingCall:
    path, host = values.path_of(values.first(row, "path", "x_envoy_original_path", "x-envoy-original-path"))
    client = _client(values.text(values.first(row, "x_forwarded_for", "x-forwarded-for", "downstream_remote_address")))
    return IncomingCall(
        at=values.iso_time(row["start_time"]),
        status=values.status(row["response_code"]),
        method=values.method(row.get("method")),
        path=path,
        host=_host(values.text(values.first(row, "authority", ":authority"))) or host,
        duration=values.span(row.get("duration"), micros=1e3),
        upstream=values.span(row.get("upstream_service_time"), micros=1e3),
        first_byte=values.span(values.first(row, "response_duration", "time_to_first_byte"), micros=1e3),
        sent_bytes=values.count(row.get("bytes_sent")),
        request_id=values.text(values.first(row, "request_id", "x_request_id", "x-request-id")),
        trace_id=values.trace_of(values.first(row, "traceparent", "trace_id", "x_b3_traceid")),
        scheme=values.scheme_of(values.first(row, "scheme", "x_forwarded_proto", "x-forwarded-proto")),
        error_format=values.error_format(values.first(row, "content_type", "response_content_type")),
        consumer=client,
        consumer_class=ConsumerClass.ADDRESS if client else "",
        component=_component(values.text(row.get("upstream_cluster")))
        or values.text(values.first(row, "route_name"))
        or _address(values.text(row.get("upstream_host"))),
        error_type=values.text(row.get("response_flags")),
    )


def _component(cluster: str) -> str:
    """The service's name out of `outbound|8080||reviews.default.svc.cluster.local`."""
    found = _CLUSTER.match(cluster)
    return values.text(found[1].partition(".")[0] if found else cluster)


def _address(host: str) -> str:
    return values.text(host.partition("://")[2] or host)


def _host(authority: str) -> str:
    return values.text(authority.partition(":")[0])


def _client(forwarded: str) -> str:
    """The first address of a list, without its port."""
    address = values.text(forwarded.partition(",")[0].strip())
    return address.partition(":")[0] if address.count(":") == 1 else address
