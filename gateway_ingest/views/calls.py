"""This module is the door for traffic: call logs of gateways and OpenTelemetry traces; no cookie is read."""

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from gateway_ingest.call_rows import plain
from gateway_ingest.formats.calls import CallError, otlp
from gateway_ingest.models import Source
from gateway_ingest.receive_calls import CallAnswer, CallDelivery, Span, batch_id_of, receive_calls, store_calls
from gateway_ingest.shares import share_of
from gateway_ingest.views import door
from hypercare.core import clock
from hypercare.core.problem import Problem

_PROTOBUF = "application/x-protobuf"


@csrf_exempt
def by_key(request: HttpRequest, source_key: str, format_name: str = "") -> HttpResponse:
    """`POST /ingest/<source_key>/calls/` and `/calls/<format>/`."""

    def take() -> HttpResponse:
        source = door.source_of(request, source_key or None)
        with share_of(source.pk) as share:
            answer = receive_calls(source, _delivery(request, format_name), now=clock.now())
            share.rows = answer.accepted + answer.rejected_rows
        return JsonResponse(answer.as_json(), status=202)

    return door.answered(request, take, away=_away())


@csrf_exempt
def by_bearer(request: HttpRequest, format_name: str = "") -> HttpResponse:
    """`POST /ingest/calls/` and `/ingest/calls/<format>/` with the key as `Authorization: Bearer`."""
    return by_key(request, "", format_name)


@csrf_exempt
def traces(request: HttpRequest, source_key: str = "") -> HttpResponse:
    """`POST /ingest/<source_key>/otlp/v1/traces` and `/ingest/otlp/v1/traces`, answered as OTLP's specification says."""
    is_binary = request.content_type != "application/json"

    def take() -> HttpResponse:
        if request.content_type not in {_PROTOBUF, "application/json"}:
            raise Problem(415, _("Send application/x-protobuf or application/json."))
        source = door.source_of(request, source_key or None)
        with share_of(source.pk) as share:
            answer, said = _take_traces(source, _delivery(request, "otlp"), is_binary=is_binary)
            share.rows = answer.accepted + answer.rejected_rows
        return _exported(answer, said, is_binary=is_binary)

    return door.answered(request, take, away=_away(), refused=lambda problem: _status(problem, is_binary=is_binary))


def _take_traces(source: Source, delivery: CallDelivery, *, is_binary: bool) -> tuple[CallAnswer, str]:
    now = clock.now()
    body = plain(delivery.body, encoding=delivery.encoding)
    try:
        found = otlp.from_protobuf(body) if is_binary else otlp.from_json(msgspec.json.decode(body))
    except (CallError, msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Problem(400, str(error)[:300] or _("The body is no valid JSON.")) from None
    answer, good, span = CallAnswer(), [], Span.of(source, now=now)
    for place, wrong_span in found.errors:
        answer.reject(place, wrong_span)
    for place, call in enumerate(found.calls, 1):
        try:
            span.check(call)
        except CallError as wrong:
            answer.reject(place, str(wrong))
        else:
            good.append(call)
    said = answer.rejected[0]["error"] if answer.rejected else ""
    if found.others and not said:
        said = _("%(number)d spans are neither served requests nor calls of models and were left out.")
        said %= {"number": found.others}
    return store_calls(source, good, answer, batch_id=batch_id_of(delivery), now=now), said


def _away() -> str:
    return _("The calls cannot be stored at the moment; send them again.")


def _delivery(request: HttpRequest, format_name: str) -> CallDelivery:
    return CallDelivery(
        body=door.body_of(request),
        encoding=request.headers.get("Content-Encoding", ""),
        format_name=format_name,
        idempotency_key=request.headers.get("Idempotency-Key", ""),
    )


def _exported(answer: CallAnswer, said: str, *, is_binary: bool) -> HttpResponse:
    if is_binary:
        message = ExportTraceServiceResponse()
        if answer.rejected_rows or said:
            message.partial_success.rejected_spans = answer.rejected_rows
            message.partial_success.error_message = said
        return HttpResponse(message.SerializeToString(), content_type=_PROTOBUF)
    partial = {"rejectedSpans": str(answer.rejected_rows), "errorMessage": said}
    return JsonResponse({"partialSuccess": partial} if answer.rejected_rows or said else {})


def _status(problem: Problem, *, is_binary: bool) -> HttpResponse:
    """OTLP wants a google.rpc.Status in the form of the request."""
    wait = problem.extra.get("retry_after")
    headers = {"Retry-After": str(wait)} if wait else None
    if is_binary:
        return HttpResponse(
            _status_message(problem.detail), status=problem.status, content_type=_PROTOBUF, headers=headers
        )
    return JsonResponse({"code": 0, "message": problem.detail}, status=problem.status, headers=headers)


def _status_message(detail: str) -> bytes:
    """The one field we set of google.rpc.Status, number 2, with its length in groups of seven bits."""
    text = detail.encode()[:2000]
    length = bytes([len(text)]) if len(text) < 128 else bytes([len(text) % 128 + 128, len(text) // 128])
    return b"\x12" + length + text
