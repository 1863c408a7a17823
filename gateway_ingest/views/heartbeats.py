"""This module is the door for signs of life: the key is in the address or in Authorization, no cookie is read."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from gateway_ingest import admission, heartbeats, signatures
from gateway_ingest.views import door
from hypercare.core import clock


@csrf_exempt
def heartbeat(request: HttpRequest, source_key: str | None = None) -> HttpResponse:
    """`POST /ingest/[<source_key>/]heartbeat/`."""

    def take() -> HttpResponse:
        source, now = door.source_of(request, source_key), clock.now()
        caller = door.caller_of(request, door.body_of(request))
        admission.admit(source, caller, now=now)
        signatures.check(source, "heartbeat", caller.body, None, caller.headers, now=now)
        name, interval = heartbeats.read(caller.body)
        noted = heartbeats.note(source, name, interval, now=now)
        return JsonResponse(heartbeats.as_json(noted), status=202)

    return door.answered(request, take, away=_("The heartbeat cannot be stored at the moment; send it again."))
