"""This module reads PagerDuty: events of version 2 as programs send them, and its webhooks of versions 3, 2 and 1."""

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import FormatError, IncomingAlert, Reading, one_by_one
from gateway_ingest.formats.words import known_status, severity_of, status_of
from gateway_ingest.models import AlertStatus
from hypercare.core.strict_json import JSON

_ACTIONS = {"trigger", "acknowledge", "resolve"}
# What changes who knows or who works, but not the incident's state.
_LEAVES_STATE = ("incident.annotated", "incident.responder", "incident.status_update", "incident.conference", "pagey.")


def recognises(payload: JSON) -> bool:
    """Whether this is an event or one of the webhooks."""
    return _is_event(payload) or _is_version_3(payload) or _is_messages(payload)


def read(payload: JSON) -> Reading:
    """The alerts of an event or a webhook; raises FormatError for any other payload."""
    if _is_event(payload):
        return one_by_one([payload], _event)
    if _is_version_3(payload):
        event = values.members(values.at(payload, "event"))
        leaves_state = values.text(event.get("event_type")).startswith(_LEAVES_STATE)
        return [] if leaves_state else one_by_one([event], _version_3)
    if _is_messages(payload):
        return one_by_one(values.items(values.at(payload, "messages")), _message)
    raise FormatError(_("A PagerDuty payload has “event_action”, an “event” with “event_type”, or “messages”."))


def _is_event(payload: JSON) -> bool:
    return values.has(payload, "event_action") and (
        values.has(payload, "routing_key") or values.has(payload, "payload")
    )


def _is_version_3(payload: JSON) -> bool:
    event = values.at(payload, "event")
    return values.has(event, "event_type", "data") and values.text(values.at(event, "event_type")).startswith(
        ("incident.", "pagey.")
    )


def _is_messages(payload: JSON) -> bool:
    messages = values.items(values.at(payload, "messages"))
    return bool(messages) and all(_incident(values.members(message)) for message in messages)


def _event(event: dict[str, JSON]) -> IncomingAlert:
    """The routing key is a secret of the sender's and goes nowhere."""
    said = values.members(event.get("payload"))
    action = values.text(event.get("event_action"))
    status = status_of(action if action in _ACTIONS else action or "?", name="event_action")
    made = values.digest_of([said.get(name) for name in ("source", "component", "summary")]) if said else ""
    links = [values.at(entry, "href") for entry in values.items(event.get("links"))]
    told = values.moment(said.get("timestamp"), "payload.timestamp")
    return values.alert(
        fingerprint=values.key_of(event.get("dedup_key")) or made,
        title=values.first(said.get("summary"), event.get("dedup_key")),
        summary=values.text(values.at(said, "custom_details", "description")),
        severity=severity_of(values.text(said.get("severity"))),
        status=status,
        labels=values.labels_of(said.get("custom_details"), _only(said, "source", "component", "group", "class")),
        components=values.component_names(
            values.labels_of(said.get("custom_details")), said.get("component"), said.get("group"), said.get("source")
        ),
        starts_at=None if status == AlertStatus.RESOLVED else told,
        ends_at=told,
        url=values.link(event.get("client_url"), *links),
    )


def _version_3(event: dict[str, JSON]) -> IncomingAlert:
    incident = values.members(event.get("data"))
    kind = values.text(event.get("event_type")).removeprefix("incident.")
    return _of_incident(
        incident,
        status=known_status(kind) or status_of(values.text(incident.get("status")), name="event.data.status"),
        told_at=event.get("occurred_at"),
        let_go=kind == "unacknowledged",
        reopened=kind == "reopened",
    )


def _message(message: dict[str, JSON]) -> IncomingAlert:
    incident = _incident(message)
    kind = values.first(message.get("event"), message.get("type")).removeprefix("incident.")
    return _of_incident(
        incident,
        status=known_status(kind) or status_of(values.text(incident.get("status")), name="incident.status"),
        told_at=message.get("created_on"),
        let_go=kind == "unacknowledge",
        reopened=kind == "reopen",
    )


def _incident(message: dict[str, JSON]) -> dict[str, JSON]:
    return values.members(message.get("incident")) or values.members(values.at(message, "data", "incident"))


def _of_incident(
    incident: dict[str, JSON], *, status: AlertStatus, told_at: JSON, let_go: bool, reopened: bool
) -> IncomingAlert:
    trigger = incident.get("trigger_summary_data")
    service = incident.get("service")
    told = values.moment(told_at, "occurred_at")
    return values.alert(
        fingerprint=values.key_of(incident.get("id")),
        title=values.first(
            incident.get("title"),
            values.at(trigger, "subject"),
            values.at(trigger, "description"),
            incident.get("summary"),
        ),
        summary=values.first(incident.get("description"), values.at(incident, "body", "details")),
        severity=severity_of(
            values.first(values.at(incident, "priority", "summary")).lower(), values.text(incident.get("urgency"))
        ),
        status=AlertStatus.FIRING if let_go else status,
        labels=values.labels_of(_only(incident, "incident_key", "urgency", "number", "incident_number")),
        components=values.component_names({}, values.at(service, "summary"), values.at(service, "name")),
        starts_at=told
        if reopened
        else values.moment(incident.get("created_at") or incident.get("created_on"), "created_at"),
        ends_at=told,
        url=values.link(incident.get("html_url")),
        let_go=let_go,
    )


def _only(given: dict[str, JSON], *names: str) -> dict[str, JSON]:
    return {name: given.get(name) for name in names}
