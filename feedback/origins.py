"""This module decides which web pages may send with a widget's key, and answers browsers across origins."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from hypercare.core.models import LaunchKey
from hypercare.core.problem import Problem

_DEFAULT_PORTS = {"http": 80, "https": 443}


def check(request: HttpRequest, key: LaunchKey) -> None:
    """Raises Problem 403 for a page that may not send with this key; without a browser's Origin there is no page to check."""
    origin = request.headers.get("Origin", "")
    if origin and not is_allowed(request, key):
        detail = _("Pages at %(origin)s may not send with this key. A lead can add that address to the key's origins.")
        raise Problem(403, detail % {"origin": origin[:200]})


def is_allowed(request: HttpRequest, key: LaunchKey) -> bool:
    """Whether the page's origin is this host or one the key names."""
    own = {_plain(settings.PUBLIC_URL), _plain(f"{request.scheme}://{request.get_host()}")}
    named = {_plain(origin) for origin in key.origins}
    return _plain(request.headers.get("Origin", "")) in (own | named) - {""}


def allow(request: HttpRequest, response: HttpResponse, key: LaunchKey | None) -> HttpResponse:
    """Lets the page read the answer where it may send."""
    patch_vary_headers(response, ["Origin"])
    if key is not None and is_allowed(request, key):
        response["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response["Access-Control-Expose-Headers"] = "Retry-After"
    return response


def preflight() -> HttpResponse:
    """What a browser asks before it sends JSON to another origin."""
    return HttpResponse(
        status=204,
        headers={
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "content-type",
            "Access-Control-Max-Age": "600",
        },
    )


def _plain(address: str) -> str:
    """Scheme, host and port of an address, the port left out where it is the scheme's own; empty for anything else."""
    try:
        parts = urlsplit(address.strip().lower())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}")
