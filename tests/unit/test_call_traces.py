"""These tests hold which spans of OpenTelemetry are calls and what is read out of them, in JSON and in protobuf."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from gateway_ingest.formats.calls import CallError, CallFlag
from gateway_ingest.formats.calls.otlp import from_json, from_protobuf
from tests.unit.call_samples import SECRET, TRACE
from tests.unit.test_call_formats import JSON, broken

BEGINS = 1_779_971_460_000_000_000
NEW = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "large",
    "gen_ai.response.model": "large-0613",
    "gen_ai.response.id": "chatcmpl-7",
    "gen_ai.usage.input_tokens": 89,
    "gen_ai.usage.output_tokens": 26,
    "gen_ai.response.time_to_first_chunk": 0.4,
    "gen_ai.response.finish_reasons": ["content_filter"],
    "gen_ai.input.messages": SECRET,
}
OLD = {"gen_ai.system": "openai", "gen_ai.request.model": "large", "gen_ai.usage.prompt_tokens": 89,
    "gen_ai.usage.completion_tokens": 26, "gen_ai.prompt.0.content": SECRET}  # fmt: skip
SERVED = {"http.request.method": "GET", "url.path": "/products/7", "http.route": "/products/{id}",
    "http.response.status_code": 503, "server.address": "shop.example", "client.address": "198.51.100.7",
    "http.request.header.authorization": SECRET}  # fmt: skip


def wrapped(value):
    if isinstance(value, list):
        return {"arrayValue": {"values": [wrapped(each) for each in value]}}
    kinds = {str: "stringValue", int: "intValue", float: "doubleValue"}
    return {kinds[type(value)]: str(value) if isinstance(value, int) else value}


def span(attributes, **changes):
    given_ = [{"key": key, "value": wrapped(value)} for key, value in attributes.items()]
    return {"traceId": TRACE, "spanId": "00f067aa0ba902b7", "kind": 2, "attributes": given_,
        "startTimeUnixNano": str(BEGINS), "endTimeUnixNano": str(BEGINS + 1_250_000_000)} | changes  # fmt: skip


def export(*spans):
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "assistant"}},
        {"key": "service.version", "value": {"stringValue": "4.2"}}]}  # fmt: skip
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}


def binary(attributes, **changes):
    message = ExportTraceServiceRequest()
    group = message.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "assistant"
    one = group.scope_spans.add().spans.add(
        trace_id=bytes.fromhex(TRACE), span_id=bytes.fromhex("00f067aa0ba902b7"), kind=2, start_time_unix_nano=BEGINS,
        end_time_unix_nano=BEGINS + 1_250_000_000)  # fmt: skip
    for key, value in attributes.items():
        place = one.attributes.add(key=key).value
        if isinstance(value, list):
            for each in value:
                place.array_value.values.add(string_value=each)
        else:
            setattr(place, {str: "string_value", int: "int_value", float: "double_value"}[type(value)], value)
    return message.SerializeToString()


def test_model_call_is_read_with_its_tokens_and_times():
    traces = from_json(export(span(NEW)))
    (call,) = traces.calls
    assert (call.provider, call.model, call.answered_model) == ("openai", "large", "large-0613")
    assert (call.input_tokens, call.output_tokens, call.duration, call.first_byte) == (89, 26, 1_250_000, 400_000)
    assert (call.trace_id, call.request_id, call.component, call.release) == (TRACE, "chatcmpl-7", "assistant", "4.2")
    assert (call.status, call.flags, f"{call.moment:%H:%M:%S}") == (200, 2, "12:31:00")
    assert SECRET not in repr(traces)


def test_older_names_mean_the_same():
    (call,) = from_json(export(span(OLD))).calls
    assert (call.provider, call.model, call.input_tokens, call.output_tokens) == ("openai", "large", 89, 26)


@pytest.mark.parametrize("attributes", [NEW, OLD, SERVED])
def test_protobuf_says_the_same_as_json(attributes):
    of_json, of_protobuf = from_json(export(span(attributes))).calls[0], from_protobuf(binary(attributes)).calls[0]
    of_json.release = ""
    assert of_json == of_protobuf


def test_served_request_is_a_call_and_its_headers_stay_behind():
    traces = from_json(export(span(SERVED)))
    (call,) = traces.calls
    assert (call.method, call.path, call.status, call.host) == ("GET", "/products/{id}", 503, "shop.example")
    assert SECRET not in repr(traces)


def test_other_spans_are_left_out_and_counted():
    traces = from_json(export(span({"db.system": "postgresql"}), span(SERVED, kind=3)))
    assert (traces.calls, traces.errors, traces.others) == ([], [], 2)


def test_failed_model_call_has_a_status_of_failure():
    (call,) = from_json(export(span(NEW | {"error.type": "timeout"}, status={"code": 2}))).calls
    assert (call.status, call.error_type) == (500, "timeout")


def test_span_without_a_trace_is_refused_by_its_place():
    traces = from_json(export(span(NEW), span(NEW, traceId="")))
    assert (len(traces.calls), traces.errors[0][0]) == (1, 2)


@pytest.mark.parametrize("payload", [None, [], {}, {"resourceSpans": {}}, {"alerts": []}])
def test_another_object_is_no_export(payload):
    with pytest.raises(CallError):
        from_json(payload)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body):
    with contextlib.suppress(CallError):
        from_protobuf(body)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_json_is_read_or_refused(data):
    whole = export(span(data.draw(st.sampled_from([NEW, OLD, SERVED]))))
    scope = whole["resourceSpans"][0]["scopeSpans"][0]
    scope["spans"] = [broken(scope["spans"][0], data.draw), data.draw(JSON)]
    from_json(whole)
    with contextlib.suppress(CallError):
        from_json(broken(whole, data.draw))


def test_evaluation_of_an_answer_rates_its_call():
    said = {"gen_ai.evaluation.name": "user_feedback", "gen_ai.evaluation.score.value": 0}
    event = {
        "name": "gen_ai.evaluation.result",
        "attributes": [{"key": key, "value": wrapped(value)} for key, value in said.items()],
    }
    (call,) = from_json(export(span(NEW | {"gen_ai.response.finish_reasons": ["stop"]}, events=[event]))).calls
    assert call.flags == CallFlag.UNHELPFUL
    (other,) = from_json(export(span(NEW, events=[{"name": "exception"}, None]))).calls
    assert other.flags == CallFlag.FILTERED
