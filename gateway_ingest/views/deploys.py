"""This module is the door for deploy webhooks: `POST /ingest/[<source_key>/]deploys/<format>/`."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from gateway_ingest import admission, signatures
from gateway_ingest.receive_deploys import receive_deploy
from gateway_ingest.views import door
from hypercare.core import clock


@csrf_exempt
def deploys(request: HttpRequest, format_name: str, source_key: str | None = None) -> HttpResponse:
    """The key stands in the address, as the platforms' webhook pages have it, or is sent as a pipeline would."""

    def take() -> HttpResponse:
        source, now = door.source_of(request, source_key), clock.now()
        caller = door.caller_of(request, door.body_of(request))
        admission.admit(source, caller, now=now)
        signatures.check(source, f"deploys/{format_name}", caller.body, None, caller.headers, now=now)
        answer = receive_deploy(
            source,
            caller.body,
            encoding=caller.headers.get("content-encoding", ""),
            format_name=format_name,
            headers=caller.headers,
            now=now,
        )
        return JsonResponse(answer.as_json(), status=202)

    return door.answered(request, take, away=_("This cannot be stored at the moment; send it again."))
