"""This module reads Dynatrace's problem notifications."""

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import FormatError, IncomingAlert, Reading, one_by_one
from gateway_ingest.formats.words import severity_of, status_of
from gateway_ingest.models import AlertSeverity, AlertStatus
from hypercare.core.strict_json import JSON

_SEVERITIES = {
    "AVAILABILITY": AlertSeverity.CRITICAL,
    "ERROR": AlertSeverity.HIGH,
    "PERFORMANCE": AlertSeverity.WARNING,
    "RESOURCE_CONTENTION": AlertSeverity.WARNING,
    "MONITORING_UNAVAILABLE": AlertSeverity.WARNING,
    "CUSTOM_ALERT": AlertSeverity.WARNING,
}


def recognises(payload: JSON) -> bool:
    """Whether this has the names of Dynatrace's placeholders."""
    return values.has(payload, "ProblemTitle", "State") and (
        values.has(payload, "ProblemID") or values.has(payload, "PID")
    )


def read(payload: JSON) -> Reading:
    """The problem as an alert; raises FormatError for any other payload."""
    if not recognises(payload):
        raise FormatError(_("A Dynatrace notification has “ProblemID”, “ProblemTitle” and “State”."))
    return one_by_one([payload], _alert)


def _alert(problem: dict[str, JSON]) -> IncomingAlert:
    details = values.members(values.parsed(problem.get("ProblemDetailsJSON")))
    kind = values.first(problem.get("ProblemSeverity"), details.get("severityLevel")).upper()
    state = values.text(problem.get("State"))
    labels = values.labels_of(values.text(problem.get("Tags")))
    entities = [values.at(entity, "name") for entity in values.items(values.parsed(problem.get("ImpactedEntities")))]
    facts = {"impact": problem.get("ProblemImpact"), "kind": kind, "problem": problem.get("ProblemID")}
    return values.alert(
        fingerprint=values.key_of(problem.get("PID")) or values.key_of(problem.get("ProblemID")),
        title=values.text(problem.get("ProblemTitle")),
        summary=values.first(problem.get("ProblemDetailsText"), problem.get("ImpactedEntity")),
        severity=_SEVERITIES.get(kind) or severity_of(kind),
        # A problem that became part of another is told there from now on.
        status=AlertStatus.RESOLVED if state == "MERGED" else status_of(state, name="State"),
        labels=labels | values.labels_of(facts),
        components=values.component_names(labels, *entities, problem.get("ImpactedEntity")),
        starts_at=values.moment(details.get("startTime"), "startTime"),
        ends_at=values.end_moment(None if details.get("endTime") == -1 else details.get("endTime"), "endTime"),
        url=values.link(problem.get("ProblemURL")),
    )
