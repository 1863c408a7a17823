"""This module reads Atlassian Statuspage's webhook: incidents and states of components of a service one depends on."""

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import FormatError, IncomingAlert, Reading, one_by_one
from gateway_ingest.formats.words import severity_of, status_of
from gateway_ingest.models import AlertStatus
from hypercare.core.strict_json import JSON

# Planned work is announced, under way or being checked: nothing is wrong, but people should see it.
_PLANNED = ("scheduled", "in_progress", "verifying")
_OF_COMPONENTS = ("degraded_performance", "partial_outage", "major_outage")


def recognises(payload: JSON) -> bool:
    """Whether this comes from a status page."""
    return isinstance(values.at(payload, "page"), dict) and (
        values.has(values.at(payload, "incident"), "id", "status")
        or (values.has(payload, "component_update") and values.has(values.at(payload, "component"), "id"))
    )


def read(payload: JSON) -> Reading:
    """The incident or the component as an alert; raises FormatError for any other payload."""
    if not recognises(payload):
        raise FormatError(_("A Statuspage notification has “page” with “incident”, or with “component_update”."))
    return one_by_one([payload], _incident if isinstance(values.at(payload, "incident"), dict) else _component)


def _incident(payload: dict[str, JSON]) -> IncomingAlert:
    incident = values.members(payload.get("incident"))
    word = values.text(incident.get("status"))
    updates = values.items(incident.get("incident_updates"))
    affected = [values.at(component, "name") for component in values.items(incident.get("components"))]
    return values.alert(
        fingerprint=values.key_of(incident.get("id")),
        title=values.text(incident.get("name")),
        summary=values.text(values.at(updates[0], "body")) if updates else "",
        severity=severity_of(_impact(values.text(incident.get("impact")))),
        status=AlertStatus.SUPPRESSED if word in _PLANNED else status_of(word, name="incident.status"),
        labels=values.labels_of({"impact": incident.get("impact"), "page": values.at(payload, "page", "id")}),
        components=values.component_names({}, *affected),
        starts_at=values.moment(incident.get("started_at") or incident.get("created_at"), "created_at"),
        ends_at=values.moment(incident.get("resolved_at"), "resolved_at"),
        url=values.link(incident.get("shortlink"), incident.get("url")),
    )


def _impact(word: str) -> str:
    """Statuspage's “major” lies below its “critical” as our high does."""
    return {"major": "high", "minor": "warning", "none": "info"}.get(word, word)


def _component(payload: dict[str, JSON]) -> IncomingAlert:
    component, update = values.members(payload.get("component")), values.members(payload.get("component_update"))
    state = values.first(update.get("new_status"), component.get("status"))
    told = values.moment(update.get("created_at"), "component_update.created_at")
    status = AlertStatus.FIRING if state in _OF_COMPONENTS else status_of(state, name="component_update.new_status")
    name = values.text(component.get("name"))
    return values.alert(
        fingerprint=values.key_of(component.get("id")),
        title=name,
        summary=values.text(component.get("description")),
        severity=severity_of(state),
        status=status,
        labels=values.labels_of({"state": state, "page": values.at(payload, "page", "id")}),
        components=values.component_names({}, name),
        starts_at=None if status == AlertStatus.RESOLVED else told,
        ends_at=told,
        url=values.link(values.at(payload, "meta", "documentation"), values.at(payload, "page", "url")),
    )
