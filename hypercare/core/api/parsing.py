"""This module reads JSON bodies strictly: no duplicate keys, no NaN, no deep nesting, a stated size."""

from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from hypercare.core.problem import Problem, wrong
from hypercare.core.strict_json import BadJson, BodyTooLarge, parse, parse_rows

MAX_BODY_BYTES = 8 * 1024 * 1024


def read_limited(stream: IO[bytes], limit: int) -> bytes:
    """The whole body, or a 413 Problem that states the limit."""
    body = stream.read(limit + 1)
    if len(body) > limit:
        raise Problem(
            413,
            _("The body is larger than %(limit)s MiB; send less at once.") % {"limit": limit // 1024 // 1024},
        )
    return body


def parse_json(body: bytes, *, max_bytes: int = MAX_BODY_BYTES) -> Any:
    """The parsed JSON, or a 400 Problem that says where it breaks."""
    try:
        return parse(body, max_bytes=max_bytes)
    except BadJson as error:
        raise _problem(error) from error


def parse_json_rows(body: bytes, *, max_bytes: int) -> list[Any]:
    """The elements of a JSON array, a Problem in place of each that is refused; raises Problem where all of it is."""
    try:
        rows = parse_rows(body, max_bytes=max_bytes)
    except BadJson as error:
        raise _problem(error) from error
    return [_problem(row) if isinstance(row, BadJson) else row for row in rows]


def _problem(error: BadJson) -> Problem:
    if isinstance(error, BodyTooLarge):
        return Problem(413, error.detail)
    pointer = error.where if error.where.startswith("/") else ""
    return wrong(pointer, error.detail)


class RawBody(BaseParser):
    """Hands the view the bytes of the body, at most `limit`, so that its own limits and answers apply."""

    media_type = "*/*"
    limit = MAX_BODY_BYTES

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,  # noqa: ARG002 - the framework's interface
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        """The body; raises Problem 413."""
        return read_limited(stream, self.limit)


class StrictJsonParser(RawBody):
    """JSON as `hypercare.core.strict_json` accepts it."""

    media_type = "application/json"

    def parse(self, *given: Any, **more: Any) -> Any:
        """The parsed body; raises Problem 400 or 413."""
        return parse_json(super().parse(*given, **more))
