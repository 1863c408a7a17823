"""This module reads OpenTelemetry traces (OTLP, JSON or protobuf): requests that servers answered, and calls of models."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as TracedSpan

from gateway_ingest.formats.calls import marks, values
from gateway_ingest.formats.calls.incoming import CallError, CallFlag, ConsumerClass, IncomingCall
from gateway_ingest.formats.protobuf_parts import parts_of

_SERVER = (2, "SPAN_KIND_SERVER")
_FAILED = (2, "STATUS_CODE_ERROR")
_EVALUATION = "gen_ai.evaluation.result"
_SCORE = ("name", "score.value", "score.label")
MOST_SPANS = 200_000
_MAX_SPAN = 1024 * 1024
_MAX_EVENTS = 100
_MODEL_OPERATIONS = ("chat", "text_completion", "generate_content", "embeddings", "completion")
# Secrets and contents are never copied out of a span; only these attributes are.
_KEPT = ("gen_ai.", "http.", "url.", "server.", "service.", "error.", "user.id", "enduser.id", "client.address",
    "net.peer.ip", "llm.", "deployment.")  # fmt: skip
_CONTENTS = ("gen_ai.input.", "gen_ai.output.", "gen_ai.prompt", "gen_ai.completion", "gen_ai.system_instructions",
    "http.request.header.", "http.response.header.", "http.request.body", "http.response.body")  # fmt: skip


@dataclass(frozen=True)
class Span:
    """What a span says, without the contents it may carry; times are nanoseconds."""

    trace_id: str
    span_id: str
    kind: object
    begins: object
    ends: object
    failed: bool
    attributes: dict[str, object]
    resource: dict[str, object]
    evaluations: list[dict[str, object]]


@dataclass(frozen=True)
class Traces:
    """What one export held: calls by their place, errors by theirs, and how many spans are something else."""

    calls: list[IncomingCall]
    errors: list[tuple[int, str]]
    others: int


class TooManyError(Exception):
    """The export holds more spans than are taken at once."""


def from_protobuf(body: bytes, *, most: int = MOST_SPANS) -> Traces:
    """Reads a binary export span by span; raises CallError for bytes that are none, TooManyError for more spans than `most`."""
    try:
        return _read(_spans_of_protobuf(body), most=most)
    except DecodeError:
        raise CallError(_("The body is no ExportTraceServiceRequest in protobuf.")) from None


def from_json(payload: object, *, most: int = MOST_SPANS) -> Traces:
    """Reads an export in JSON; raises CallError for an object that is none, TooManyError for more spans than `most`."""
    found = payload.get("resourceSpans") if isinstance(payload, dict) else None
    if not isinstance(found, list):
        raise CallError(_("The body is no ExportTraceServiceRequest: it has no list “resourceSpans”."))
    return _read(_spans_of_json(found), most=most)


def _read(spans: Iterator[Span | None], *, most: int) -> Traces:
    read = Traces([], [], 0)
    others = 0
    for number, span in enumerate(spans, 1):
        if number > most:
            raise TooManyError
        try:
            call = None if span is None else call_of(span)
        except CallError as wrong:
            read.errors.append((number, str(wrong)))
            continue
        if span is None:
            read.errors.append(
                (number, _("A span is an object with “traceId” and “startTimeUnixNano”, of 1 MB at most."))
            )
        elif call is None:
            others += 1
        else:
            read.calls.append(call)
    return Traces(read.calls, read.errors, others)


def call_of(span: Span) -> IncomingCall | None:
    """The span as a call; None where it is neither a model's answer nor a server's."""
    if _first(span, "gen_ai.provider.name", "gen_ai.system", "gen_ai.request.model") is not None:
        operation = span.attributes.get("gen_ai.operation.name")
        return _model_call(span) if operation is None or operation in _MODEL_OPERATIONS else None
    asked = _first(span, "http.request.method", "http.method")
    return _served(span) if asked is not None and span.kind in _SERVER else None


def _model_call(span: Span) -> IncomingCall:
    call = _bare(span)
    given = values.status(_first(span, "http.response.status_code", "http.status_code"))
    call.status = given or (500 if span.failed or call.error_type else 200)
    call.method, call.host = "POST", values.text(_first(span, "server.address"))
    call.provider = values.text(_first(span, "gen_ai.provider.name", "gen_ai.system"))
    call.model = values.text(_first(span, "gen_ai.request.model"))
    call.answered_model = values.text(_first(span, "gen_ai.response.model"))
    call.request_id = values.text(_first(span, "gen_ai.response.id")) or call.request_id
    call.input_tokens = values.count(_first(span, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"))
    call.output_tokens = values.count(_first(span, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"))
    call.cost = values.money(_first(span, "gen_ai.usage.cost"))
    call.first_byte = values.span(_first(span, "gen_ai.response.time_to_first_chunk"), micros=1e6)
    name, version = (values.text(_first(span, f"gen_ai.prompt_{part}")) for part in ("name", "version"))
    call.prompt_version = f"{name}:{version}" if name and version else name or version
    if values.count(_first(span, "gen_ai.usage.cache_read.input_tokens")) > 0:
        call.flags |= CallFlag.CACHED
    reasons = _first(span, "gen_ai.response.finish_reasons")
    call.flags |= _flags(reasons if isinstance(reasons, list) else [reasons])
    for said in (span.attributes, *span.evaluations):
        call.flags |= marks.of_score(*(said.get(f"gen_ai.evaluation.{part}") for part in _SCORE))
    return call


def _flags(reasons: list[object]) -> int:
    flags = 0
    if "content_filter" in reasons or "safety" in reasons:
        flags |= CallFlag.FILTERED
    if "length" in reasons or "max_tokens" in reasons:
        flags |= CallFlag.CUT_SHORT
    return flags


def _served(span: Span) -> IncomingCall:
    call = _bare(span)
    target, host = values.path_of(_first(span, "http.route", "url.path", "http.target", "url.full", "http.url"))
    call.status = values.status(_first(span, "http.response.status_code", "http.status_code"))
    call.method = values.method(_first(span, "http.request.method", "http.method"))
    call.path = target
    call.host = values.text(_first(span, "server.address", "http.host")).partition(":")[0] or host
    call.scheme = values.scheme_of(_first(span, "url.scheme", "http.scheme"), _first(span, "url.full", "http.url"))
    call.sent_bytes = values.count(_first(span, "http.response.body.size", "http.response_content_length"))
    return call


def _bare(span: Span) -> IncomingCall:
    begins, ends = _nanoseconds(span.begins), _nanoseconds(span.ends)
    if begins is None or not span.trace_id:
        raise CallError(_("A span needs a “traceId” of 16 bytes and “startTimeUnixNano”."))
    at = values.checked_time(begins // 1000)
    user, address = (
        values.text(_first(span, *names)) for names in (("user.id", "enduser.id"), ("client.address", "net.peer.ip"))
    )
    return IncomingCall(
        at=at,
        duration=(ends - begins) // 1000 if ends is not None and ends >= begins else -1,
        request_id=span.span_id,
        trace_id=span.trace_id,
        consumer=user or address,
        consumer_class=ConsumerClass.USER if user else ConsumerClass.ADDRESS if address else "",
        component=values.text(span.resource.get("service.name")),
        release=values.text(span.resource.get("service.version")),
        error_type=values.text(_first(span, "error.type")),
    )


def _nanoseconds(value: object) -> int | None:
    """A moment; in JSON its 64 bits stand in quotes, and a float would lose the last of them."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**64 else None


def _first(span: Span, *names: str) -> object:
    return values.first(span.attributes, *names)


def _is_kept(name: object) -> bool:
    return isinstance(name, str) and name.startswith(_KEPT) and (
        not name.startswith(_CONTENTS) or name in {"gen_ai.prompt_name", "gen_ai.prompt_version"})  # fmt: skip


def _spans_of_protobuf(body: bytes) -> Iterator[Span | None]:
    """Decodes one span at a time, for the whole would take many times the room of its bytes."""
    for group in parts_of(body, ExportTraceServiceRequest.RESOURCE_SPANS_FIELD_NUMBER):
        resource = {
            each.key: _plain(each.value)
            for said in parts_of(group, ResourceSpans.RESOURCE_FIELD_NUMBER)
            if len(said) <= _MAX_SPAN
            for each in Resource.FromString(said).attributes
            if _is_kept(each.key)
        }
        for scope in parts_of(group, ResourceSpans.SCOPE_SPANS_FIELD_NUMBER):
            for said in parts_of(scope, ScopeSpans.SPANS_FIELD_NUMBER):
                yield _span_of(TracedSpan.FromString(said), resource) if len(said) <= _MAX_SPAN else None


def _span_of(span: TracedSpan, resource: dict[str, object]) -> Span:
    return Span(
        trace_id=values.trace_of(span.trace_id.hex()),
        span_id=span.span_id.hex(),
        kind=span.kind,
        begins=span.start_time_unix_nano or None,
        ends=span.end_time_unix_nano or None,
        failed=span.status.code in _FAILED,
        attributes={each.key: _plain(each.value) for each in span.attributes if _is_kept(each.key)},
        resource=resource,
        evaluations=[
            {each.key: _plain(each.value) for each in event.attributes if _is_kept(each.key)}
            for event in span.events[:_MAX_EVENTS]
            if event.name == _EVALUATION
        ],
    )


def _plain(value: AnyValue) -> object:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_plain(each) for each in value.array_value.values[:20] if each.WhichOneof("value") == "string_value"]
    return getattr(value, kind) if kind in {"string_value", "int_value", "double_value", "bool_value"} else None


def _spans_of_json(groups: list[Any]) -> Iterator[Span | None]:
    for group in map(values.members, groups):
        resource = _attributes(values.members(group.get("resource")).get("attributes"))
        scopes = group.get("scopeSpans") or group.get("instrumentationLibrarySpans")
        for scope in map(values.members, scopes if isinstance(scopes, list) else []):
            spans = scope.get("spans")
            for span in spans if isinstance(spans, list) else []:
                yield _span(span, resource) if isinstance(span, dict) else None


def _span(span: dict[str, object], resource: dict[str, object]) -> Span:
    events = span.get("events")
    return Span(
        trace_id=values.trace_of(span.get("traceId")),
        span_id=values.text(span.get("spanId")),
        kind=span.get("kind"),
        begins=span.get("startTimeUnixNano"),
        ends=span.get("endTimeUnixNano"),
        failed=values.members(span.get("status")).get("code") in _FAILED,
        attributes=_attributes(span.get("attributes")),
        resource=resource,
        evaluations=[
            _attributes(event.get("attributes"))
            for event in map(values.members, events[:_MAX_EVENTS] if isinstance(events, list) else [])
            if event.get("name") == _EVALUATION
        ],
    )


def _attributes(given: object) -> dict[str, object]:
    pairs = map(values.members, given if isinstance(given, list) else [])
    return {str(pair["key"]): _value(pair.get("value")) for pair in pairs if _is_kept(pair.get("key"))}


def _value(given: object) -> object:
    """The one member of `{"stringValue": "..."}`; numbers stand in quotes there."""
    wrapped = values.members(given)
    if "arrayValue" in wrapped:
        inner = values.members(wrapped["arrayValue"]).get("values")
        return [values.members(each).get("stringValue") for each in (inner if isinstance(inner, list) else [])[:20]]
    return next(
        (wrapped[name] for name in ("stringValue", "intValue", "doubleValue", "boolValue") if name in wrapped), None
    )
