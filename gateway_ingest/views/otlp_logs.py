"""This module is the door for OpenTelemetry logs: it answers as the protocol says, protobuf to protobuf, JSON to JSON."""

import json

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsPartialSuccess, ExportLogsServiceResponse

from gateway_ingest.receive import receive_logs
from gateway_ingest.storing import Answer
from gateway_ingest.views import door
from gateway_ingest.views.ingest import admitted
from gateway_ingest.views.otlp_status import JSON, PROTOBUF, refused
from hypercare.core import clock
from hypercare.core.problem import Problem


@csrf_exempt
def logs(request: HttpRequest, source_key: str | None = None) -> HttpResponse:
    """`POST /ingest/[<source_key>/]otlp/v1/logs`."""
    content_type = request.content_type or ""

    def take() -> HttpResponse:
        _check_type(content_type)
        with admitted(request, source_key, "otlp") as (source, delivery, share):
            taken = receive_logs(source, delivery, protobuf=content_type == PROTOBUF, now=clock.now())
            share.rows = taken.accepted + taken.quiet
        return _success(taken, content_type)

    away = _("The alerts cannot be stored at the moment; send them again.")
    return door.answered(
        request, take, away=away, refused=lambda problem: refused(problem, binary=content_type == PROTOBUF)
    )


def _check_type(content_type: str) -> None:
    if content_type not in {PROTOBUF, JSON}:
        raise Problem(415, _("Send the logs as application/x-protobuf or application/json."))


def _success(taken: Answer, content_type: str) -> HttpResponse:
    rejected, message = len(taken.rejected), _message(taken)
    if content_type == PROTOBUF:
        response = ExportLogsServiceResponse()
        if message:
            partial = ExportLogsPartialSuccess(rejected_log_records=rejected, error_message=message)
            response.partial_success.CopyFrom(partial)
        return HttpResponse(response.SerializeToString(), content_type=PROTOBUF)
    partial_json = {"rejectedLogRecords": str(rejected), "errorMessage": message}
    return HttpResponse(json.dumps({"partialSuccess": partial_json} if message else {}), content_type=JSON)


def _message(taken: Answer) -> str:
    """Why records were refused, and that quiet ones make no alert: the protocol calls the latter a warning."""
    parts = [entry["error"] for entry in taken.rejected[:1]]
    if taken.quiet:
        detail = ngettext(
            "%(number)d record is below a warning and made no alert.",
            "%(number)d records are below a warning and made no alert.",
            taken.quiet,
        )
        parts.append(detail % {"number": taken.quiet})
    if taken.waiting_ratings:
        detail = ngettext(
            "%(number)d rating speaks of no call that we know yet by its gen_ai.response.id; it waits for 24 hours.",
            "%(number)d ratings speak of no calls that we know yet by their gen_ai.response.id; they wait for 24 hours.",
            taken.waiting_ratings,
        )
        parts.append(detail % {"number": taken.waiting_ratings})
    if taken.lost_ratings:
        detail = ngettext(
            "%(number)d rating is lost, as its call did not come or too many wait.",
            "%(number)d ratings are lost, as their calls did not come or too many wait.",
            taken.lost_ratings,
        )
        parts.append(detail % {"number": taken.lost_ratings})
    return " ".join(parts)
