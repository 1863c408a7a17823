"""This module is the door machines post alerts to: the key is in the address or in Authorization, no cookie is read."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from gateway_ingest import admission
from gateway_ingest.models import Source
from gateway_ingest.receive import Delivery, receive
from gateway_ingest.views import door
from hypercare.core import clock


@csrf_exempt
def alerts(request: HttpRequest, source_key: str | None = None, format_name: str = "") -> HttpResponse:
    """`POST /ingest/[<source_key>/][<format>/]`."""

    def take() -> HttpResponse:
        source, delivery = admitted(request, source_key, format_name)
        answer = receive(source, delivery, now=clock.now())
        admission.charge(source, answer.accepted + len(answer.rejected) - 1)
        return JsonResponse(answer.as_json(), status=202)

    return door.answered(request, take, away=_("The alerts cannot be stored at the moment; send them again."))


def admitted(request: HttpRequest, key: str | None, format_name: str) -> tuple[Source, Delivery]:
    """The source that may send, with its delivery; raises Problem 400 for a body that broke off, and as `admission`."""
    source = door.source_of(request, key)
    caller = door.caller_of(request, door.body_of(request))
    admission.admit(source, caller, now=clock.now())
    delivery = Delivery(
        body=caller.body,
        encoding=caller.headers.get("content-encoding", ""),
        format_name=format_name,
        idempotency_key=caller.headers.get("idempotency-key", ""),
        headers=caller.headers,
    )
    return source, delivery
