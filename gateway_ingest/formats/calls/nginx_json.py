"""This module reads nginx access logs written with `escape=json`, under the variable names nginx itself uses."""

from django.utils.translation import gettext as _

from gateway_ingest.formats.calls import values
from gateway_ingest.formats.calls.incoming import CallError, ConsumerClass, IncomingCall, Row

_TIMES = ("time_iso8601", "msec", "time_local", "@timestamp", "timestamp", "time")
_TARGETS = ("request_uri", "uri", "path", "request")
# What rows of other gateways have and those of nginx have not.
_OF_OTHERS = frozenset(
    {"route_id", "service_id", "proxy_status", "ai_provider", "strategy", "httpMethod", "response_code", "latencies"}
)


def recognises(row: Row) -> bool:
    """A time, a status and what was asked for, and nothing that only other gateways write."""
    return (
        isinstance(row, dict)
        and "status" in row
        and not isinstance(row["status"], dict)
        and any(name in row for name in _TIMES)
        and any(isinstance(row.get(name), str) for name in _TARGETS)
        and _OF_OTHERS.isdisjoint(row)
    )


def read(row: Row) -> IncomingCall:
    """One object as a call; raises CallError."""
    if not isinstance(row, dict) or not recognises(row):
        raise CallError(_refusal(row))
    method, path, host = values.method(values.first(row, "request_method", "method")), "", ""
    target = values.first(row, *_TARGETS)
    if isinstance(target, str) and " " in target:
        asked, path, host = values.request_line(target)
        method = method or asked
    else:
        path, host = values.path_of(target)
    user = values.text(row.get("remote_user"))
    return IncomingCall(
        at=values.any_time(values.first(row, *_TIMES)),
        status=values.status(row["status"]),
        method=method,
        path=path,
        host=values.text(values.first(row, "host", "http_host", "server_name")) or host,
        duration=values.span(row.get("request_time"), micros=1e6),
        upstream=values.span(row.get("upstream_response_time"), micros=1e6),
        first_byte=values.span(row.get("upstream_header_time"), micros=1e6),
        sent_bytes=values.count(values.first(row, "body_bytes_sent", "bytes_sent")),
        request_id=values.text(values.first(row, "request_id", "http_x_request_id")),
        trace_id=values.trace_of(values.first(row, "http_traceparent", "traceparent", "trace_id")),
        consumer=user or values.text(values.first(row, "remote_addr", "client_ip", "http_x_forwarded_for")),
        consumer_class=ConsumerClass.USER if user else ConsumerClass.ADDRESS,
        scheme=values.scheme_of(row.get("scheme")),
        error_format=values.error_format(values.first(row, "sent_http_content_type", "content_type")),
        component=values.text(values.first(row, "service", "component", "upstream_name", "proxy_host")),
        release=values.text(values.first(row, "release", "version")),
    )


def _refusal(row: Row) -> str:
    if isinstance(row, dict) and "nginx_version" in row and "connections" in row:
        return _("This is a status dump of NGINX Plus, which counts but names no call; post the access log.")
    return _(
        "An nginx row needs “status”, a time such as “time_iso8601”, and “request_uri”; see the recommended format."
    )
