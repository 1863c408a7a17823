"""This module is the door for signs of life: the key is in the address or in Authorization, no cookie is read."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from gateway_ingest import heartbeats
from gateway_ingest.views import door
from hypercare.core import clock


@csrf_exempt
def by_key(request: HttpRequest, source_key: str) -> HttpResponse:
    """`POST /ingest/<source_key>/heartbeat/`."""
    return _answered(request, source_key)


@csrf_exempt
def by_bearer(request: HttpRequest) -> HttpResponse:
    """`POST /ingest/heartbeat/` with the key as `Authorization: Bearer`."""
    return _answered(request, None)


def _answered(request: HttpRequest, key: str | None) -> HttpResponse:
    def take() -> HttpResponse:
        source = door.source_of(request, key)
        name, interval = heartbeats.read(door.body_of(request))
        noted = heartbeats.note(source, name, interval, now=clock.now())
        return JsonResponse(heartbeats.as_json(noted), status=202)

    return door.answered(request, take, away=_("The heartbeat cannot be stored at the moment; send it again."))
