"""This module is the door for OpenTelemetry metrics: it answers as the protocol says, protobuf to protobuf, JSON to JSON."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse

from gateway_ingest.receive_metrics import MetricsAnswer, receive_metrics
from gateway_ingest.views import door
from gateway_ingest.views.ingest import admitted
from gateway_ingest.views.otlp_status import JSON, PROTOBUF, refused
from hypercare.core import clock
from hypercare.core.problem import Problem


@csrf_exempt
def metrics(request: HttpRequest, source_key: str | None = None) -> HttpResponse:
    """`POST /ingest/[<source_key>/]otlp/v1/metrics`."""
    is_binary = request.content_type == PROTOBUF

    def take() -> HttpResponse:
        if request.content_type not in {PROTOBUF, JSON}:
            raise Problem(415, _("Send application/x-protobuf or application/json."))
        with admitted(request, source_key, "otlp") as (source, delivery, share):
            answer = receive_metrics(source, delivery, protobuf=is_binary, now=clock.now())
            share.rows = answer.accepted + answer.rejected
        return _exported(answer, is_binary=is_binary)

    away = _("The metrics cannot be stored at the moment; send them again.")
    return door.answered(request, take, away=away, refused=lambda problem: refused(problem, binary=is_binary))


def _exported(answer: MetricsAnswer, *, is_binary: bool) -> HttpResponse:
    if is_binary:
        message = ExportMetricsServiceResponse()
        if answer.rejected:
            message.partial_success.rejected_data_points = answer.rejected
            message.partial_success.error_message = answer.message
        return HttpResponse(message.SerializeToString(), content_type=PROTOBUF)
    partial = {"rejectedDataPoints": str(answer.rejected), "errorMessage": answer.message}
    return JsonResponse({"partialSuccess": partial} if answer.rejected else {})
