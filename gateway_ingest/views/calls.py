"""This module is the door for traffic: call logs of gateways and OpenTelemetry traces; no cookie is read."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from gateway_ingest import admission, batches, shares, signatures
from gateway_ingest.call_rows import plain, too_many_rows
from gateway_ingest.formats.calls import CallError, otlp
from gateway_ingest.models import Source
from gateway_ingest.receive_calls import CallAnswer, CallDelivery, Limits, batch_id_of, receive_calls, store_calls
from gateway_ingest.unpacking import check_values
from gateway_ingest.views import door
from gateway_ingest.views.otlp_status import JSON, PROTOBUF, refused
from hypercare.core import clock
from hypercare.core.problem import Problem


@csrf_exempt
def calls(request: HttpRequest, source_key: str | None = None, format_name: str = "") -> HttpResponse:
    """`POST /ingest/[<source_key>/]calls/[<format>/]`."""

    def take() -> HttpResponse:
        with _admitted(request, source_key, format_name) as (source, delivery, share):
            answer = receive_calls(source, delivery, now=clock.now())
            share.rows = answer.accepted + answer.rejected_rows
        return JsonResponse(answer.as_json(), status=202)

    return door.answered(request, take, away=_away())


@csrf_exempt
def traces(request: HttpRequest, source_key: str | None = None) -> HttpResponse:
    """`POST /ingest/[<source_key>/]otlp/v1/traces`, answered as OTLP's specification says."""
    is_binary = request.content_type != JSON

    def take() -> HttpResponse:
        if request.content_type not in {PROTOBUF, JSON}:
            raise Problem(415, _("Send application/x-protobuf or application/json."))
        with _admitted(request, source_key, "otlp") as (source, delivery, share):
            answer, said = _take_traces(source, delivery, is_binary=is_binary)
            share.rows = answer.accepted + answer.rejected_rows
        return _exported(answer, said, is_binary=is_binary)

    return door.answered(request, take, away=_away(), refused=lambda problem: refused(problem, binary=is_binary))


def _take_traces(source: Source, delivery: CallDelivery, *, is_binary: bool) -> tuple[CallAnswer, str]:
    now = clock.now()
    batches.check_key(delivery.idempotency_key)
    try:
        body = plain(delivery.body, encoding=delivery.encoding)
        found = _traces_of(body, is_binary=is_binary)
    except otlp.TooManyError:
        raise too_many_rows() from None
    except (CallError, msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Problem(400, str(error)[:300] or _("The body is no valid JSON.")) from None
    answer, good, limits = CallAnswer(), [], Limits.of(source, now=now)
    for place, wrong_span in found.errors:
        answer.reject(place, wrong_span)
    for place, call in enumerate(found.calls, 1):
        try:
            limits.check(call)
        except CallError as wrong:
            answer.reject(place, str(wrong))
        else:
            good.append(call)
    said = answer.rejected[0]["error"] if answer.rejected else ""
    if found.others and not said:
        said = _("%(number)d spans are neither served requests nor calls of models and were left out.")
        said %= {"number": found.others}
    known_by = batch_id_of(delivery, [body])
    return store_calls(source, good, answer, to=limits.routing, batch_id=known_by, now=now), said


def _traces_of(body: bytes, *, is_binary: bool) -> otlp.Traces:
    if is_binary:
        return otlp.from_protobuf(body)
    check_values(body)
    return otlp.from_json(msgspec.json.decode(body))


def _away() -> str:
    return _("The calls cannot be stored at the moment; send them again.")


@contextmanager
def _admitted(
    request: HttpRequest, source_key: str | None, format_name: str
) -> Iterator[tuple[Source, CallDelivery, shares.Taken]]:
    """The source that may send, its delivery, and who is to be told how many rows it has."""
    source, now = door.source_of(request, source_key), clock.now()
    caller = door.caller_of(request, door.body_of(request))
    with admission.admitted(source, caller, now=now) as share:
        signatures.check(source, f"calls/{format_name}", caller.body, None, caller.headers, now=now)
        delivery = CallDelivery(
            body=caller.body,
            encoding=caller.headers.get("content-encoding", ""),
            format_name=format_name,
            idempotency_key=caller.headers.get("idempotency-key", ""),
        )
        yield source, delivery, share


def _exported(answer: CallAnswer, said: str, *, is_binary: bool) -> HttpResponse:
    if is_binary:
        message = ExportTraceServiceResponse()
        if answer.rejected_rows or said:
            message.partial_success.rejected_spans = answer.rejected_rows
            message.partial_success.error_message = said
        return HttpResponse(message.SerializeToString(), content_type=PROTOBUF)
    partial = {"rejectedSpans": str(answer.rejected_rows), "errorMessage": said}
    return JsonResponse({"partialSuccess": partial} if answer.rejected_rows or said else {})
