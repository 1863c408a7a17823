"""This module is the door machines post alerts to: the key is in the address or in Authorization, no cookie is read."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from gateway_ingest import admission, shares
from gateway_ingest.models import Source
from gateway_ingest.receive import Delivery, receive
from gateway_ingest.views import door
from hypercare.core import clock

# A plain body up to this size takes little room whatever it holds.
SMALL = 64 * 1024


@csrf_exempt
def alerts(request: HttpRequest, source_key: str | None = None, format_name: str = "") -> HttpResponse:
    """`POST /ingest/[<source_key>/][<format>/]`."""

    def take() -> HttpResponse:
        with admitted(request, source_key, format_name) as (source, delivery, share):
            answer = receive(source, delivery, now=clock.now())
            share.rows = answer.accepted + len(answer.rejected)
        return JsonResponse(answer.as_json(), status=202)

    return door.answered(request, take, away=_("The alerts cannot be stored at the moment; send them again."))


@contextmanager
def admitted(
    request: HttpRequest, key: str | None, format_name: str
) -> Iterator[tuple[Source, Delivery, shares.Taken]]:
    """The source that may send, its delivery, and who is to be told how many rows it has.

    Raises Problem 400 for a body that broke off, and as `admission`.
    """
    source = door.source_of(request, key)
    caller = door.caller_of(request, door.body_of(request))
    with admission.admitted(source, caller, now=clock.now(), small=SMALL) as share:
        delivery = Delivery(
            body=caller.body,
            encoding=caller.headers.get("content-encoding", ""),
            format_name=format_name,
            idempotency_key=caller.headers.get("idempotency-key", ""),
            headers=caller.headers,
        )
        yield source, delivery, share
