"""This module is the widget's door: its script, and the address it sends to; no cookie is read here."""

import hashlib
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from feedback import origins, quarantine, rates
from feedback.channels import widget
from feedback.report import Report
from feedback.uploads import files_in, read_form, refuse_large
from hypercare.core import clock
from hypercare.core.api.parsing import parse_json
from hypercare.core.middleware import problem_response
from hypercare.core.models import LaunchKey
from hypercare.core.problem import Problem, wrong

MAX_JSON_BYTES = 1024 * 1024
_SCRIPT_AGE_SECONDS = 300
_ENCODINGS = {"br": ".br", "gzip": ".gz"}
_JSON_FIELDS = frozenset({"context", "fields"})


@require_safe
def script(request: HttpRequest, key: str) -> HttpResponse:
    """The built bundle, open to every page: what it may do is decided where it sends."""
    widget.live_key(key, now=clock.now())
    path = _bundle()
    accepted = [part.partition(";")[0].strip() for part in request.headers.get("Accept-Encoding", "").split(",")]
    encoding = next(
        (name for name, end in _ENCODINGS.items() if name in accepted and Path(f"{path}{end}").exists()), ""
    )
    content = Path(f"{path}{_ENCODINGS.get(encoding, '')}").read_bytes()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response = HttpResponse(content, content_type="text/javascript; charset=utf-8")
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={_SCRIPT_AGE_SECONDS}"
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    if encoding:
        response["Content-Encoding"] = encoding
    patch_vary_headers(response, ["Accept-Encoding"])
    return get_conditional_response(request, etag=etag, response=response) or response


def _bundle() -> Path:
    found = finders.find("vendor/widget.js")
    if not found:
        raise Problem(503, _("The widget is not built yet; an administrator builds it with “make up”."))
    return Path(str(found))


@csrf_exempt
@require_http_methods(["POST", "OPTIONS"])
def reports(request: HttpRequest, key: str) -> HttpResponse:
    """Takes a report; whatever comes of it, the page that sent it may read the answer."""
    found = None
    try:
        now = clock.now()
        found = widget.live_key(key, now=now)
        origins.check(request, found)
        response = origins.preflight() if request.method == "OPTIONS" else _take(request, found, now=now)
    except Problem as problem:
        response = problem_response(problem, instance=request.path)
    return origins.allow(request, response, found)


def _take(request: HttpRequest, key: LaunchKey, *, now: datetime) -> HttpResponse:
    seconds = rates.seconds_over(f"key:{key.pk}", sender=rates.sender_of(request), now=now)
    data, carries_files = _data_of(request)
    report = widget.read(data, key=key)
    if seconds:
        raise _set_aside(request, key, report, seconds=seconds, now=now)
    if carries_files:
        files, errors = files_in(request)
        if errors:
            raise Problem(400, errors[0].detail, errors=tuple(errors))
        report = report.with_files(files)
    receipt = widget.receive(key, report, now=now)
    url = settings.PUBLIC_URL + receipt.status_path if receipt.status_path else None
    answer: dict[str, Any] = {"id": receipt.key, "status_url": url}
    if receipt.replayed:
        return JsonResponse(answer | {"replayed": True})
    return JsonResponse(answer, status=HTTPStatus.CREATED)


def _set_aside(request: HttpRequest, key: LaunchKey, report: Report, *, seconds: int, now: datetime) -> Problem:
    files = len(request.FILES) if request.content_type == "multipart/form-data" else 0
    kept = quarantine.keep(key.launch, report, reason=quarantine.OVER_RATE, files_left_out=files, now=now)
    detail = (
        _(
            "Many reports came at once. The text of this one is kept aside until a person lets it in; nothing more is needed."
        )
        if kept
        else _("Too many reports came at once and this one was not kept. Send it again in %(seconds)s seconds.")
    )
    return Problem(429, detail % {"seconds": seconds}, kept=kept, retry_after=seconds)


def _data_of(request: HttpRequest) -> tuple[Any, bool]:
    """What was sent, and whether files may have come with it."""
    if request.content_type == "application/json":
        refuse_large(request, limit=MAX_JSON_BYTES)
        try:
            return parse_json(request.body, max_bytes=MAX_JSON_BYTES), False
        except UnreadablePostError as error:
            raise Problem(400, _("The request broke off; send it again.")) from error
    if request.content_type == "multipart/form-data":
        read_form(request)
        return {name: _value(name, request.POST.getlist(name)) for name in request.POST}, True
    raise Problem(415, _("Send the report as application/json, or as multipart/form-data when it carries a file."))


def _value(name: str, values: list[Any]) -> Any:
    if len(values) > 1:
        detail = _("“%(name)s” came more than once; send it once.") % {"name": name[:40]}
        raise wrong(f"/{name[:40]}", detail)
    value = str(values[0])
    if name not in _JSON_FIELDS or not value:
        return value or None
    try:
        return parse_json(value.encode("utf-8", "replace"), max_bytes=MAX_JSON_BYTES)
    except Problem as problem:
        raise wrong(f"/{name}", problem.detail) from problem
