"""This module gives feedback, decisions and issues the shape machines read."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from feedback.models import Feedback
from triage.closing import settles_at
from triage.models import Decision, Issue


def moment(value: datetime | None) -> str | None:
    """ISO 8601 in UTC."""
    return value.isoformat().replace("+00:00", "Z") if value else None


def decision_shape(decision: Decision) -> dict[str, Any]:
    """One decision with origin, confidence and reason."""
    return {
        "field": decision.field,
        "value": decision.value,
        "applied": decision.applied,
        "origin": decision.origin,
        "decider": decision.decider,
        "confidence": decision.confidence,
        "reason": decision.reason,
        "decided_at": moment(decision.decided_at),
        "in_force": decision.ended_at is None,
    }


def proposal_shape(proposal: Decision | None) -> dict[str, Any] | None:
    """The end that a rule proposes for an issue, and when it comes by itself."""
    if proposal is None:
        return None
    return decision_shape(proposal) | {"settles_at": moment(settles_at(proposal))}


def feedback_shape(row: Feedback, *, with_person: bool) -> dict[str, Any]:
    """One report as lists show it."""
    person = row.reporter
    return {
        "id": row.key,
        "launch": row.launch.slug,
        "channel": row.channel,
        "title": row.title,
        "body": row.body,
        "language": row.language,
        "kind": row.kind,
        "component": row.component.slug if row.component else None,
        "team": row.team.name if row.team else None,
        "category": row.category or None,
        "severity": row.severity,
        "sentiment": row.sentiment or None,
        "ai_failure": row.ai_failure or None,
        "governance": row.governance or None,
        "spam": row.spam or None,
        "set_aside": row.set_aside,
        "returns_at": moment(row.returns_at),
        "issue": row.issue_key or None,
        "reply_status": row.reply_status,
        "reporter": {"name": person.name, "email": person.email, "external_id": person.external_id}
        if person and with_person
        else None,
        "context": row.context,
        "fields": row.fields,
        "trace_id": row.trace_id or None,
        "external_id": row.external_id,
        "occurred_at": moment(row.occurred_at),
        "received_at": moment(row.received_at),
        "triaged_at": moment(row.triaged_at),
    }


def issue_shape(issue: Issue) -> dict[str, Any]:
    """One issue as lists show it."""
    return {
        "id": issue.key,
        "launch": issue.launch.slug,
        "title": issue.title,
        "status": issue.status,
        "resolution": issue.resolution or None,
        "severity": issue.severity,
        "category": issue.category or None,
        "component": issue.component.slug if issue.component else None,
        "team": issue.team.name if issue.team else None,
        "owner": issue.owner.email if issue.owner else None,
        "reach": {
            "value": issue.reach_value,
            "guests": issue.reach_guests,
            "at_least": bool(issue.reach_guests),
            "of": issue.reach_of,
            "method": issue.reach_method,
            "at": moment(issue.reach_at),
        },
        "rice": {
            "reach": max(issue.reach_value, 1),
            "impact": issue.rice_impact,
            "confidence": issue.rice_confidence,
            "effort": issue.rice_effort,
            "score": issue.rice_score,
        },
        "formula_score": issue.formula_score,
        "matrix": {"impact": issue.impact_level, "urgency": issue.urgency},
        "risk": {
            "severity": issue.rpn_severity,
            "occurrence": issue.rpn_occurrence,
            "detection": issue.rpn_detection,
            "rpn": issue.rpn,
        },
        "business_value": issue.business_value,
        "blocks_must": issue.blocks_must,
        "blocks": issue.blocks,
        "moscow": issue.moscow,
        "labels": issue.labels,
        "priority": issue.priority,
        "feedback_count": issue.feedback_count,
        "sources": issue.sources,
        "merged_into": f"IS-{issue.merged_into_id}" if issue.merged_into_id else None,
        "snoozed_until": moment(issue.snoozed_until),
        "opened_at": moment(issue.opened_at),
        "last_seen_at": moment(issue.last_seen_at),
        "closed_at": moment(issue.closed_at),
        "version": issue.version,
    }


def decisions_shape(decisions: Iterable[Decision]) -> list[dict[str, Any]]:
    """All decisions, newest first."""
    return [decision_shape(decision) for decision in decisions]
