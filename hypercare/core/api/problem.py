"""This module answers every API error as application/problem+json."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from hypercare.core.problem import FieldError, Problem, as_database_away


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """The response to an exception raised in an API view; None lets Django answer 500."""
    problem = as_problem(error)
    if problem is None:
        return None
    set_rollback()
    response = Response(
        problem.as_json(instance=context["request"].path),
        status=problem.status,
        content_type="application/problem+json",
    )
    header = getattr(error, "auth_header", None)
    if header:
        response["WWW-Authenticate"] = header
    wait = getattr(error, "wait", None) or problem.extra.get("retry_after")
    if wait:
        response["Retry-After"] = str(int(wait))
    return response


def as_problem(error: Exception) -> Problem | None:
    """The problem an exception stands for, or None for a defect."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Http404):
        return Problem(404, str(error) or _("There is nothing here."))
    if isinstance(error, PermissionDenied):
        return Problem(403, str(error) or _("You may not do this."))
    if isinstance(error, exceptions.ValidationError):
        errors = tuple(_fields(error.detail, ""))
        return Problem(400, errors[0].detail if errors else _("The input is not valid."), errors=errors)
    if isinstance(error, exceptions.APIException):
        return Problem(error.status_code, str(error.detail))
    return as_database_away(error)


def _fields(detail: Any, pointer: str) -> Iterator[FieldError]:
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from _fields(value, pointer if key == "non_field_errors" else f"{pointer}/{key}")
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, dict | list)
            yield from _fields(value, f"{pointer}/{index}" if nested else pointer)
    else:
        yield FieldError(pointer, str(detail))
