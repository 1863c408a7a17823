"""This module reads Google Cloud Monitoring's webhook: an incident that is open or closed."""

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import FormatError, IncomingAlert, Reading, one_by_one
from gateway_ingest.formats.words import severity_of, status_of
from hypercare.core.strict_json import JSON

_SIGNS = ("policy_name", "condition_name", "resource_name", "scoping_project_id", "resource_id")


def recognises(payload: JSON) -> bool:
    """Whether this holds an incident as Google writes it."""
    incident = values.at(payload, "incident")
    return values.has(incident, "incident_id", "state") and any(name in values.members(incident) for name in _SIGNS)


def read(payload: JSON) -> Reading:
    """The incident as an alert; raises FormatError for any other payload."""
    if not recognises(payload):
        raise FormatError(_("A Google Cloud notification has an “incident” with “incident_id” and “state”."))
    return one_by_one([values.at(payload, "incident")], _alert)


def _alert(incident: dict[str, JSON]) -> IncomingAlert:
    labels = values.labels_of(
        incident.get("policy_user_labels"),
        values.at(incident, "metadata", "user_labels"),
        values.at(incident, "metadata", "system_labels"),
        values.at(incident, "resource", "labels"),
        values.at(incident, "metric", "labels"),
        {name: incident.get(name) for name in ("policy_name", "condition_name", "observed_value", "threshold_value")},
    )
    return values.alert(
        fingerprint=values.key_of(incident.get("incident_id")),
        title=values.first(
            incident.get("summary"),
            values.at(incident, "documentation", "subject"),
            incident.get("condition_name"),
            incident.get("policy_name"),
        ),
        summary=values.text(values.at(incident, "documentation", "content")),
        severity=severity_of(values.text(incident.get("severity")), labels.get("severity", "")),
        status=status_of(values.text(incident.get("state")), name="incident.state"),
        labels=labels,
        components=values.component_names(
            labels, incident.get("resource_display_name"), incident.get("resource_name"), incident.get("resource_id")
        ),
        starts_at=values.moment(incident.get("started_at"), "started_at"),
        ends_at=values.end_moment(incident.get("ended_at"), "ended_at"),
        url=values.link(incident.get("url")),
    )
