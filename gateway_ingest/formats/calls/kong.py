"""This module reads Kong's http-log, file-log and tcp-log rows, with the figures of its AI plugins."""

from django.utils.translation import gettext as _

from gateway_ingest.formats.calls import values
from gateway_ingest.formats.calls.incoming import CallError, CallFlag, ConsumerClass, IncomingCall, Row


def recognises(row: Row) -> bool:
    """Kong's envelope: request and response with latencies and the moment it began."""
    return (
        isinstance(row, dict)
        and isinstance(row.get("request"), dict)
        and isinstance(row.get("response"), dict)
        and isinstance(row.get("latencies"), dict)
        and "started_at" in row
    )


def read(row: Row) -> IncomingCall:
    """One object as a call; raises CallError."""
    if not isinstance(row, dict) or not recognises(row):
        raise CallError(_("A Kong row has “request”, “response”, “latencies” and “started_at”."))
    request, response = values.members(row["request"]), values.members(row["response"])
    latencies = values.members(row["latencies"])
    headers = values.headers_of(request.get("headers"))
    path, host = values.path_of(values.first(request, "uri", "url"))
    consumer, consumer_class = _consumer(row)
    call = IncomingCall(
        at=values.any_time(row["started_at"]),
        status=values.status(response.get("status")),
        method=values.method(request.get("method")),
        path=path,
        host=values.text(headers.get("host")) or host or values.path_of(request.get("url"))[1],
        duration=values.span(latencies.get("request"), micros=1e3),
        upstream=values.span(latencies.get("proxy"), micros=1e3),
        sent_bytes=values.count(response.get("size")),
        request_id=values.text(request.get("id") or headers.get("x-request-id")),
        trace_id=values.trace_of(headers.get("traceparent"), _trace(row), headers.get("x-b3-traceid")),
        scheme=values.scheme_of(request.get("url")),
        error_format=values.error_format(values.headers_of(response.get("headers")).get("content-type")),
        consumer=consumer,
        consumer_class=consumer_class,
        component=_name(row.get("service")) or _name(row.get("route")),
    )
    _read_ai(call, values.members(row.get("ai")))
    return call


def _name(thing: object) -> str:
    return values.text(values.first(values.members(thing), "name", "id"))


def _consumer(row: dict[str, object]) -> tuple[str, str]:
    known = values.members(row.get("consumer"))
    if name := values.text(values.first(known, "username", "custom_id", "id")):
        return name, ConsumerClass.APPLICATION
    return values.text(row.get("client_ip")), ConsumerClass.ADDRESS


def _trace(row: dict[str, object]) -> object:
    trace = row.get("trace_id")
    return values.first(values.members(trace), "w3c", "b3", "datadog") if isinstance(trace, dict) else trace


def _read_ai(call: IncomingCall, plugins: dict[str, object]) -> None:
    """Each AI plugin that took part writes its own figures; the last one that counted tokens is what the call cost."""
    for figures in map(values.members, plugins.values()):
        usage, meta = values.members(figures.get("usage")), values.members(figures.get("meta"))
        call.provider = values.text(meta.get("provider_name")) or call.provider
        call.model = values.text(meta.get("request_model")) or call.model
        call.answered_model = values.text(meta.get("response_model")) or call.answered_model
        call.input_tokens = _known(
            values.count(values.first(usage, "prompt_tokens", "prompt_token")), call.input_tokens
        )
        call.output_tokens = _known(
            values.count(values.first(usage, "completion_tokens", "completion_token")), call.output_tokens
        )
        call.cost = _known(values.money(usage.get("cost")), call.cost)
        call.upstream = _known(values.span(meta.get("llm_latency"), micros=1e3), call.upstream)
        if str(values.members(figures.get("cache")).get("cache_status", "")).lower() == "hit":
            call.flags |= CallFlag.CACHED


def _known(new: int, old: int) -> int:
    return new if new >= 0 else old
