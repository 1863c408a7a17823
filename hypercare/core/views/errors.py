"""This module answers what no view answered: with a problem for machines, with a page for people."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views import defaults

from hypercare.core.middleware import is_for_machines, problem_response
from hypercare.core.problem import Problem


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request the framework refused, such as one for a host that is not ours."""
    if not is_for_machines(request):
        return defaults.bad_request(request, exception)
    return _problem(HTTPStatus.BAD_REQUEST, _("This request cannot be read; check its host, its headers and its form."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that is none."""
    if not is_for_machines(request):
        return defaults.page_not_found(request, exception)
    return _problem(HTTPStatus.NOT_FOUND, _("There is no such address; /api/v1/schema/ names those of the API."))


def server_error(request: HttpRequest) -> HttpResponse:
    """A defect of ours."""
    if not is_for_machines(request):
        return defaults.server_error(request)
    detail = _(
        "Something broke on our side and is written in the log. Nothing was stored by half; send it again later."
    )
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail)


def _problem(status: int, detail: str) -> HttpResponse:
    # Without the address: it may carry a key.
    return problem_response(Problem(status, detail))
