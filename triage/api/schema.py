"""This module describes the bodies of triage's API for the OpenAPI schema, and reads orders to change something."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse

from hypercare.core.problem import Problem, wrong

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
        "rights": {"type": "array", "items": _TEXT},
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
OPENING = {
    "application/json": _object(
        {
            "launch": _TEXT,
            "title": {"type": "string", "minLength": 1, "maxLength": 300},
            "severity": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            "component": _TEXT,
            "text": _TEXT,
            "once": {"type": "string", "description": "The same twice opens one issue."},
        },
        required=["launch", "title"],
    )
}
REPORTERS = _object(
    {
        "count": {"type": "integer"},
        "reached": _TEXT,
        "results": {"type": "array", "items": _object({"report": _TEXT, "name": _TEXT})},
        "unreached": {"type": "array", "items": _TEXT},
    }
)
LABELS = _object({"results": {"type": "array", "items": _object({"label": _TEXT, "issues": {"type": "integer"}})}})
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
            raise wrong(f"/{name}", detail)
    version = order.get("version")
    if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
        detail = _("“version” must be the whole number that the issue showed.")
        raise wrong("/version", detail)
    order["version"] = version
    return order


VERDICT = _object(
    {
        "word": {
            "type": "string",
            "enum": ["verified", "not_fixed", "too_little", "side_effect", "taken_back", "unseen"],
        },
        "origin": _TEXT,
        "decider": _TEXT,
        "confidence": {"type": "number", "minimum": 0, "maximum": 1, "nullable": True},
        "reason": _TEXT,
        "figures": {"type": "object"},
        "decided_at": {"type": "string", "format": "date-time"},
        "checked_at": {"type": "string", "format": "date-time"},
    }
) | {"nullable": True}
FIX = _object(
    {
        "deployment": _TEXT,
        "version": _TEXT,
        "environment": _TEXT,
        "component": _MAYBE_TEXT,
        "deployed_at": {"type": "string", "format": "date-time"},
        "how": {"type": "string", "enum": ["fixes", "field", "said", "hand"]},
        "verdict": VERDICT,
        "suggested": VERDICT,
    }
)
FIXES = _object(
    {
        "lane": _object(
            {"value": {"type": "string", "enum": ["hotfix", "sprint", "roadmap"]}, "origin": _TEXT, "reason": _TEXT}
        ),
        "message_waits": {"type": "boolean"},
        "results": {"type": "array", "items": FIX},
    }
)
LAUNCH_FIXES = _object(
    {
        "verifies": {"type": "boolean"},
        "tells": {"type": "boolean"},
        "lanes": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "object"}}},
        "still_firing": {
            "type": "array",
            "items": _object(
                {"issue": _TEXT, "why": _TEXT, "reason": _TEXT, "since": {"type": "string", "format": "date-time"}}
            ),
        },
    }
)
ERRORS = _object(
    {
        "signature": {"type": "array", "items": {"type": "object", "additionalProperties": _TEXT}},
        "results": {
            "type": "array",
            "items": _object(
                {
                    "component": _TEXT,
                    "route": _TEXT,
                    "by": _TEXT,
                    "score": {"type": "number", "minimum": 0, "maximum": 1},
                    "reasons": {"type": "array", "items": _TEXT},
                    "calls": {"type": "integer"},
                    "errors": {"type": "integer"},
                    "reports": {"type": "integer"},
                    "answer": _object({"belongs": {"type": "boolean"}, "by": _TEXT, "at": _TEXT}) | {"nullable": True},
                }
            ),
        },
    }
)
_POINTS = {
    "type": "array",
    "items": _object(
        {
            "name": _TEXT,
            "about": _TEXT,
            "errors": {"type": "integer"},
            "calls": {"type": "integer"},
            "reports": {"type": "integer"},
            "reached": {"type": "integer", "nullable": True},
            "url": _TEXT,
            "issue": _MAYBE_TEXT,
        }
    ),
}
BLIND_SPOTS = _object(
    {
        "both": _POINTS,
        "silent": _POINTS,
        "blind": _POINTS,
        "gaps": _POINTS,
        "from": {"type": "string", "format": "date-time"},
        "to": {"type": "string", "format": "date-time"},
        "quiet_routes": {"type": "integer"},
        "problems": {"type": "integer"},
        "monitored_first": {"type": "integer"},
        "lead_minutes": {"type": "number", "nullable": True},
    }
)
