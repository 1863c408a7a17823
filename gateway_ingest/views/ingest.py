"""This module is the door machines post alerts to: the key is in the address or in Authorization, no cookie is read."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from gateway_ingest.receive import Delivery, receive
from gateway_ingest.views import door
from hypercare.core import clock


@csrf_exempt
def by_key(request: HttpRequest, source_key: str, format_name: str = "") -> HttpResponse:
    """`POST /ingest/<source_key>/` and `/ingest/<source_key>/<format>/`."""
    return _answered(request, source_key, format_name=format_name)


@csrf_exempt
def by_bearer(request: HttpRequest, format_name: str = "") -> HttpResponse:
    """`POST /ingest/` and `/ingest/<format>/` with the key as `Authorization: Bearer`."""
    return _answered(request, None, format_name=format_name)


def _answered(request: HttpRequest, key: str | None, *, format_name: str) -> HttpResponse:
    def take() -> HttpResponse:
        source = door.source_of(request, key)
        answer = receive(source, delivery_of(request, format_name), now=clock.now())
        return JsonResponse(answer.as_json(), status=202)

    return door.answered(request, take, away=_("The alerts cannot be stored at the moment; send them again."))


def delivery_of(request: HttpRequest, format_name: str) -> Delivery:
    """The request's body and what its headers say of it; raises Problem 400 for one that broke off."""
    return Delivery(
        body=door.body_of(request),
        encoding=request.headers.get("Content-Encoding", ""),
        format_name=format_name,
        idempotency_key=request.headers.get("Idempotency-Key", ""),
        headers={name.lower(): value for name, value in request.headers.items()},
    )
