"""This module pages lists by cursor, newest first, so that rows that arrive meanwhile shift nothing."""

from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """`results`, `next`, `previous`; `page_size` up to 200."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
