"""This module describes the bodies of triage's API for the OpenAPI schema, and reads orders to change something."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse

from hypercare.core.problem import FieldError, Problem

_TEXT = {"type": "string"}
_MAYBE_TEXT = {"type": "string", "nullable": True}


def _object(properties: dict[str, Any], *, required: list[str] | None = None) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": "object", "properties": properties}
    return shape | {"required": required} if required else shape


REPORT_OBJECT = _object(
    {
        "launch": _TEXT,
        "channel": _TEXT,
        "title": {"type": "string", "minLength": 1, "maxLength": 300},
        "body": _TEXT,
        "context": {"type": "object"},
        "fields": {"type": "object"},
        "reporter": _object({"email": {"type": "string", "format": "email"}, "name": _TEXT, "external_id": _TEXT}),
        "component": _TEXT,
        "occurred_at": {"type": "string", "format": "date-time"},
        "trace_id": _TEXT,
        "external_id": _TEXT,
        "language": _TEXT,
        "kind": _TEXT,
    },
    required=["launch", "channel", "title"],
)
REPORT = {"application/json": REPORT_OBJECT}
REPORTS = {"type": "array", "items": REPORT_OBJECT, "maxItems": 10_000}
RECEIPT = _object(
    {"id": _TEXT, "status_url": _MAYBE_TEXT, "replayed": {"type": "boolean"}}, required=["id", "status_url"]
)
BULK_ANSWER = _object(
    {
        "accepted": {"type": "integer"},
        "replayed": {"type": "integer"},
        "rejected": {"type": "integer"},
        "results": {"type": "array", "items": {"type": "object"}},
    }
)
FEEDBACK = _object(
    {
        "id": _TEXT,
        "title": _TEXT,
        "issue": _MAYBE_TEXT,
        "ai_failure": _MAYBE_TEXT,
        "governance": _MAYBE_TEXT,
        "spam": _MAYBE_TEXT,
        "set_aside": {"type": "boolean"},
        "returns_at": {"type": "string", "format": "date-time", "nullable": True},
        "decisions": {"type": "array", "items": {"type": "object"}},
    }
)
ISSUE = _object({"id": _TEXT, "title": _TEXT, "status": _TEXT, "version": {"type": "integer"}})


def _page(item: dict[str, Any]) -> dict[str, Any]:
    return _object({"next": _MAYBE_TEXT, "previous": _MAYBE_TEXT, "results": {"type": "array", "items": item}})


FEEDBACK_PAGE = _page(FEEDBACK)
ISSUE_PAGE = _page(ISSUE)
FRAME = _object(
    {
        "type": _TEXT,
        "since": {"type": "integer"},
        "version": {"type": "integer"},
        "issues": {"type": "array", "items": ISSUE},
    }
)
OVERRIDE = {
    "application/json": _object(
        {
            "field": _TEXT,
            "value": {"oneOf": [{"type": "string"}, {"type": "number"}], "nullable": True},
            "reason": _TEXT,
            "version": {"type": "integer"},
            "release": {"type": "boolean"},
        },
        required=["field"],
    )
}
TRANSITION = {
    "application/json": _object(
        {"to": _TEXT, "version": {"type": "integer"}, "reason": _TEXT, "resolution": _TEXT, "noise": _TEXT},
        required=["to"],
    )
}
PROPOSAL = {
    "application/json": _object(
        {"accept": {"type": "boolean"}, "version": {"type": "integer"}, "reason": _TEXT, "resolution": _TEXT},
        required=["accept"],
    )
}
MERGE = {"application/json": _object({"into": _TEXT, "version": {"type": "integer"}}, required=["into"])}
SIMILAR = _object(
    {
        "results": {
            "type": "array",
            "items": _object(
                {
                    "id": _TEXT,
                    "title": _TEXT,
                    "status": _TEXT,
                    "component": _MAYBE_TEXT,
                    "score": {"type": "number", "minimum": 0, "maximum": 1},
                    "reasons": {"type": "array", "items": _TEXT},
                    "evidence": {"type": "object"},
                }
            ),
        }
    }
)
SIMILAR_ANSWER = {
    "application/json": _object(
        {"other": _TEXT, "same": {"type": "boolean"}, "version": {"type": "integer"}}, required=["other", "same"]
    )
}
UNMERGE = {"application/json": _object({"version": {"type": "integer"}})}
BULK = {
    "application/json": _object(
        {
            "ids": {"type": "array", "items": _TEXT},
            "action": _TEXT,
            "to": _TEXT,
            "into": _TEXT,
            "field": _TEXT,
            "value": {},
            "reason": _TEXT,
            "resolution": _TEXT,
            "noise": _TEXT,
            "accept": {"type": "boolean"},
        },
        required=["ids", "action"],
    )
}

_PROBLEM = OpenApiResponse(OpenApiTypes.OBJECT, description="What was wrong, where, and how to put it right.")
_STATUSES = (400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 429)
PROBLEMS = dict.fromkeys(((status, "application/problem+json") for status in _STATUSES), _PROBLEM)


def read_order(data: object, *, texts: tuple[str, ...]) -> dict[str, Any]:
    """The order in a JSON object: the named texts always there, `version` a whole number or None."""
    if not isinstance(data, dict):
        raise Problem(400, _("Send an object in braces."))
    order = dict(data)
    for name in texts:
        value = order.get(name)
        if value is None:
            order[name] = ""
        elif not isinstance(value, str) or len(value) > 2000 or "\x00" in value:
            detail = _("“%(name)s” must be a text of up to 2000 characters.") % {"name": name}
            raise Problem(400, detail, errors=(FieldError(f"/{name}", detail),))
    version = order.get("version")
    if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
        detail = _("“version” must be the whole number that the issue showed.")
        raise Problem(400, detail, errors=(FieldError("/version", detail),))
    order["version"] = version
    return order
