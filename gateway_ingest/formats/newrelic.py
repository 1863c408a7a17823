"""This module reads New Relic: issues as its workflows send them, and incidents of the older notification channels."""

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import FormatError, IncomingAlert, Reading, one_by_one
from gateway_ingest.formats.words import severity_of, status_of
from hypercare.core.strict_json import JSON

_OF_WORKFLOWS = frozenset({"workflowName", "impactedEntities", "alertPolicyNames", "alertConditionNames"})


def recognises(payload: JSON) -> bool:
    """Whether this is an issue or an incident."""
    return _is_issue(payload) or values.has(payload, "incident_id", "condition_name", "current_state")


def read(payload: JSON) -> Reading:
    """The one alert of the notification; raises FormatError for any other payload."""
    if not recognises(payload):
        raise FormatError(
            _("A New Relic notification has “issueUrl” and “state”, or “incident_id” and “current_state”.")
        )
    return one_by_one([payload], _issue if _is_issue(payload) else _incident)


def _is_issue(payload: JSON) -> bool:
    return isinstance(payload, dict) and "state" in payload and not _OF_WORKFLOWS.isdisjoint(payload)


def _issue(issue: dict[str, JSON]) -> IncomingAlert:
    policies = ", ".join(map(values.text, values.items(issue.get("alertPolicyNames"))))
    conditions = ", ".join(map(values.text, values.items(issue.get("alertConditionNames"))))
    return values.alert(
        fingerprint=values.key_of(values.first(issue.get("id"), issue.get("issueId"), issue.get("issueUrl"))),
        title=_title(issue.get("title")),
        summary=values.text(values.at(issue, "alertConditionDescriptions")),
        severity=severity_of(values.text(issue.get("priority"))),
        status=status_of(values.text(issue.get("state")), name="state"),
        labels=values.labels_of({"policy": policies, "condition": conditions, "workflow": issue.get("workflowName")}),
        components=values.component_names({}, *map(_entity_name, values.items(issue.get("impactedEntities")))),
        starts_at=values.moment(issue.get("activatedAt") or issue.get("createdAt"), "createdAt"),
        ends_at=values.moment(issue.get("closedAt") or issue.get("updatedAt"), "closedAt"),
        url=values.link(issue.get("issueUrl"), issue.get("issuePageUrl")),
    )


def _title(given: JSON) -> str:
    """An issue of several incidents has a list of titles."""
    return values.first(*given) if isinstance(given, list) else values.text(given)


def _entity_name(entity: JSON) -> str:
    return values.first(entity, values.at(entity, "name"))


def _incident(incident: dict[str, JSON]) -> IncomingAlert:
    targets = values.items(incident.get("targets"))
    labels = values.labels_of(*(values.at(target, "labels") for target in targets))
    told = values.moment(incident.get("timestamp"), "timestamp")
    duration = incident.get("duration")
    return values.alert(
        fingerprint=values.key_of(incident.get("incident_id")),
        title=values.text(incident.get("condition_name")),
        summary=values.text(incident.get("details")),
        severity=severity_of(values.text(incident.get("severity"))),
        status=status_of(values.text(incident.get("current_state")), name="current_state"),
        labels=labels | values.labels_of({"policy": incident.get("policy_name"), "duration": duration}),
        components=values.component_names(labels, *map(_entity_name, targets)),
        starts_at=told if values.text(incident.get("current_state")).lower() == "open" else None,
        ends_at=told,
        url=values.link(incident.get("incident_url"), incident.get("violation_chart_url")),
    )
