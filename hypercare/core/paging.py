"""This module cuts long lists into pages by id, newest first, so that rows that arrive meanwhile shift nothing."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    """The rows of one page, and the query strings of the pages beside it; empty where there is none."""

    rows: list[Any]
    newer: str = ""
    older: str = ""


def page_of(rows: QuerySet[Any], query: QueryDict, *, size: int = PAGE_SIZE) -> Page:
    """The page that `before` or `after` in the query asks for; any other value shows the newest."""
    before, after = _id(query.get("before")), _id(query.get("after"))
    if after is not None:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
        more_newer, found = len(found) > size, found[size - 1 :: -1] if len(found) > size else found[::-1]
        return Page(found, _link(query, "after", found[0].pk) if more_newer else "", _older(query, found, more=True))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: size + 1])
    newer = _link(query, "after", found[0].pk) if before is not None and found else ""
    return Page(found[:size], newer, _older(query, found[:size], more=len(found) > size))


def _older(query: QueryDict, rows: list[Any], *, more: bool) -> str:
    return _link(query, "before", rows[-1].pk) if rows and more else ""


def _link(query: QueryDict, name: str, pk: int) -> str:
    link = query.copy()
    for other in ("before", "after"):
        link.pop(other, None)
    link[name] = str(pk)
    return f"?{link.urlencode()}"


def _id(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
