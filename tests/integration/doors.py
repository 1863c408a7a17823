"""This module sends odd things to doors, reads refusals, and counts what is stored."""

import base64
import json
from typing import Any

from feedback.models import Feedback, Quarantined, Reporter
from gateway_ingest.models import Alert, Source
from hypercare.core.models import IdempotencyRecord, Message, TimelineEntry
from triage.models import Decision, Issue

API, NUL, BELL, HALF = "/api/v1/", "\x00", "\x07", "\ud800"
LONG = "x" * 1_000_000
STORED = (Feedback, Reporter, Issue, Decision, Message, TimelineEntry, IdempotencyRecord, Alert, Quarantined, Source)


def counts() -> dict[str, int]:
    """How many rows each table of what people and machines say holds."""
    return {table.__name__: table.objects.count() for table in STORED}


def refused(response: Any, status: int) -> dict[str, Any]:
    """The problem in an answer, after a look at its form."""
    assert response.status_code == status, response.content[:500]
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert len(problem["detail"]) > 8
    return problem


def report(**changes: Any) -> dict[str, Any]:
    """A report as scripts send it."""
    return {"launch": "shop", "channel": "api", "title": "Basket is empty"} | changes


def alert(**changes: Any) -> dict[str, Any]:
    """An alert as Alertmanager sends it."""
    return {"status": "firing", "labels": {"alertname": "High", "severity": "critical"}} | changes


def post(client: Any, path: str, body: Any, **headers: str) -> Any:
    """Posts bytes as they are and anything else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.generic("POST", path, content, content_type="application/json", headers=headers)


def cursor_at(text: str) -> str:
    """A cursor as the lists give them out."""
    return base64.b64encode(text.encode()).decode()
