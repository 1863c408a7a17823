"""This module holds the one way to say no: a problem with a status, a sentence and its fields (RFC 9457)."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field: `pointer` is a JSON pointer such as `/reporter/email`."""

    pointer: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """The shape machines read."""
        return {"pointer": self.pointer, "detail": self.detail}


class Problem(Exception):
    """A refusal that says what was wrong, where, and how to put it right."""

    def __init__(self, status: int, detail: str, *, errors: tuple[FieldError, ...] = (), **extra: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.extra = extra

    def as_json(self, *, instance: str = "") -> dict[str, Any]:
        """The body of an application/problem+json answer."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if instance:
            body["instance"] = instance
        if self.errors:
            body["errors"] = [error.as_json() for error in self.errors]
        return body | self.extra


def not_found(what: str) -> Problem:
    """The 404 of something that is not there or not for this person."""
    return Problem(HTTPStatus.NOT_FOUND, what)
