"""This module holds the one way to say no: a problem with a status, a sentence and its fields (RFC 9457)."""

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 10


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


def wrong(pointer: str, detail: str, *, status: int = HTTPStatus.BAD_REQUEST, **extra: Any) -> Problem:
    """The refusal of one field for one reason."""
    return Problem(status, detail, errors=(FieldError(pointer, detail),), **extra)


def not_found(what: str) -> Problem:
    """The 404 of something that is not there or not for this person."""
    return Problem(HTTPStatus.NOT_FOUND, what)


def as_database_away(error: Exception) -> Problem | None:
    """The 503 of a database that is gone, full or too busy, with a time to come again; None for any other error."""
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    log.error("the database did not answer: %s", error)
    detail = _("The database cannot take this at the moment and nothing was stored. Send it again in some seconds.")
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=RETRY_AFTER_SECONDS)
