"""This module reads what APISIX's loggers send: the built-in object, or the flat one of a `log_format`."""

from django.utils.translation import gettext as _

from gateway_ingest.formats.calls import values
from gateway_ingest.formats.calls.incoming import CallError, CallFlag, ConsumerClass, IncomingCall, Row

_TIMES = ("start_time", "@timestamp", "time_iso8601", "timestamp", "msec")


def recognises(row: Row) -> bool:
    """The built-in object knows its route or service; the flat one names them beside a time."""
    if not isinstance(row, dict) or not ("route_id" in row or "service_id" in row or "apisix_latency" in row):
        return False
    return "latencies" not in row and any(name in row for name in _TIMES)


def read(row: Row) -> IncomingCall:
    """One object as a call; raises CallError. A `log_format` without a status gives a call without one."""
    if not isinstance(row, dict) or not recognises(row):
        raise CallError(
            _("An APISIX row has “route_id” and a time such as “start_time”; see the recommended log_format.")
        )
    request, response = values.members(row.get("request")), values.members(row.get("response"))
    headers = values.headers_of(request.get("headers"))
    path, host = values.path_of(values.first(request, "uri", "url") or values.first(row, "uri", "request_uri", "path"))
    consumer, consumer_class = _consumer(row)
    call = IncomingCall(
        at=values.any_time(values.first(row, *_TIMES)),
        status=values.status(response.get("status", row.get("status"))),
        method=values.method(request.get("method") or values.first(row, "request_method", "method")),
        path=path,
        host=values.text(headers.get("host") or values.first(row, "host", "http_host")) or host,
        duration=_duration(row),
        upstream=_upstream(row),
        sent_bytes=values.count(response.get("size", values.first(row, "body_bytes_sent", "bytes_sent"))),
        request_id=values.text(headers.get("x-request-id") or row.get("request_id")),
        trace_id=values.trace_of(
            headers.get("traceparent"), values.first(row, "traceparent", "opentelemetry_trace_id", "trace_id")
        ),
        scheme=values.scheme_of(request.get("url"), row.get("scheme")),
        error_format=values.error_format(
            values.headers_of(response.get("headers")).get("content-type") or row.get("sent_http_content_type")
        ),
        consumer=consumer,
        consumer_class=consumer_class,
        component=values.text(values.first(row, "service_name", "route_name", "service_id", "route_id")),
        release=values.text(row.get("release")),
    )
    _read_ai(call, row)
    return call


def _duration(row: dict[str, object]) -> int:
    built_in = values.span(row.get("latency"), micros=1e3)
    return built_in if built_in >= 0 else values.span(row.get("request_time"), micros=1e6)


def _upstream(row: dict[str, object]) -> int:
    built_in = values.span(row.get("upstream_latency"), micros=1e3)
    return built_in if built_in >= 0 else values.span(row.get("upstream_response_time"), micros=1e6)


def _consumer(row: dict[str, object]) -> tuple[str, str]:
    name = values.text(values.members(row.get("consumer")).get("username") or row.get("consumer_name"))
    if name:
        return name, ConsumerClass.APPLICATION
    return values.text(values.first(row, "client_ip", "remote_addr")), ConsumerClass.ADDRESS


def _read_ai(call: IncomingCall, row: dict[str, object]) -> None:
    """The variables of ai-proxy, where the `log_format` names them."""
    call.model = values.text(values.first(row, "request_llm_model", "llm_model"))
    call.answered_model = values.text(row.get("llm_model")) if call.model else ""
    call.input_tokens = values.count(row.get("llm_prompt_tokens"))
    call.output_tokens = values.count(row.get("llm_completion_tokens"))
    call.first_byte = values.span(row.get("llm_time_to_first_token"), micros=1e3)
    if row.get("request_type") == "ai_stream":
        call.flags |= CallFlag.STREAMED
