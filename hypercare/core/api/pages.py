"""This module pages lists by cursor, newest first, so that rows that arrive meanwhile shift nothing."""

from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from hypercare.core.problem import Problem

# What fits into the key of a row.
_MOST_DIGITS = 18


class NewestFirst(CursorPagination):
    """`results`, `next`, `previous`; `page_size` up to 200."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Any:
        """The place a cursor names; raises Problem 404 for one that we did not give out."""
        try:
            cursor = super().decode_cursor(request)
        except NotFound as error:
            raise _no_such_page() from error
        position: Any = cursor.position if cursor else None  # the stubs call it a number; it is the cursor's text
        if position is not None and not (position.isascii() and position.isdecimal() and len(position) <= _MOST_DIGITS):
            raise _no_such_page()
        return cursor


def _no_such_page() -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, _("This page of the list does not exist; begin at the newest."))
