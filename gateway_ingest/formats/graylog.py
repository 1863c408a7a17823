"""This module reads Graylog: event notifications, and the alarm callbacks of versions before 3.1."""

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import FormatError, IncomingAlert, Reading, one_by_one
from gateway_ingest.formats.words import severity_of, status_of
from gateway_ingest.models import AlertSeverity, AlertStatus
from hypercare.core.strict_json import JSON

_PRIORITIES = {
    "1": AlertSeverity.LOW,
    "2": AlertSeverity.WARNING,
    "3": AlertSeverity.HIGH,
    "4": AlertSeverity.CRITICAL,
}


def recognises(payload: JSON) -> bool:
    """Whether this is an event or an alarm callback."""
    return _is_event(payload) or _is_callback(payload)


def read(payload: JSON) -> Reading:
    """The one alert of the notification; raises FormatError for any other payload."""
    if _is_event(payload):
        return one_by_one([payload], _event)
    if _is_callback(payload):
        return one_by_one([payload], _callback)
    raise FormatError(_("A Graylog notification has “event_definition_id” and “event”, or a “check_result”."))


def _is_event(payload: JSON) -> bool:
    return values.has(payload, "event_definition_id") and isinstance(values.at(payload, "event"), dict)


def _is_callback(payload: JSON) -> bool:
    return isinstance(values.at(payload, "check_result", "triggered_condition"), dict)


def _event(payload: dict[str, JSON]) -> IncomingAlert:
    """Graylog tells of no end; a definition that looks for one says so in a field `status`."""
    event = values.members(payload.get("event"))
    fields = values.labels_of(event.get("group_by_fields"), event.get("fields"))
    status = status_of(fields.get("status", ""), name="event.fields.status")
    told = values.moment(event.get("timestamp"), "event.timestamp")
    key = values.first(event.get("key"))
    definition = values.text(payload.get("event_definition_id"))
    return values.alert(
        fingerprint=values.key_of(definition, key) or values.key_of(definition),
        title=values.first(payload.get("event_definition_title"), event.get("message")),
        summary=values.first(event.get("message"), payload.get("event_definition_description")),
        severity=_PRIORITIES.get(values.text(event.get("priority"))) or severity_of(fields.get("severity", "")),
        status=status,
        labels=fields,
        components=values.component_names(fields, event.get("source")),
        starts_at=None if status == AlertStatus.RESOLVED else told,
        ends_at=told,
        url=values.link(fields.get("url"), values.at(event, "replay_info", "url")),
    )


def _callback(payload: dict[str, JSON]) -> IncomingAlert:
    result = values.members(payload.get("check_result"))
    condition = values.members(result.get("triggered_condition"))
    stream = payload.get("stream")
    over = result.get("triggered") is False
    told = values.moment(result.get("triggered_at"), "check_result.triggered_at")
    return values.alert(
        fingerprint=values.key_of(condition.get("id")),
        title=values.first(condition.get("title"), result.get("result_description")),
        summary=values.text(result.get("result_description")),
        severity=AlertSeverity.WARNING,
        status=AlertStatus.RESOLVED if over else AlertStatus.FIRING,
        labels=values.labels_of({"stream": values.at(stream, "title"), "type": condition.get("type")}),
        components=values.component_names({}, values.at(stream, "title")),
        starts_at=None if over else told,
        ends_at=told,
        url=values.link(payload.get("stream_url")),
    )
