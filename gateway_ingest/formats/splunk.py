"""This module reads Splunk: the search alert's webhook, detectors of Splunk Observability, and On-Call messages."""

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import FormatError, IncomingAlert, Reading, one_by_one
from gateway_ingest.formats.words import severity_of, status_of
from gateway_ingest.models import AlertStatus
from hypercare.core.strict_json import JSON

_OF_ON_CALL = {
    "acknowledgement": AlertStatus.ACKNOWLEDGED,
    "recovery": AlertStatus.RESOLVED,
    "critical": AlertStatus.FIRING,
    "warning": AlertStatus.FIRING,
    "info": AlertStatus.FIRING,
}


def recognises(payload: JSON) -> bool:
    """Whether this is a search's result, a detector's event or an On-Call message."""
    return _is_search(payload) or _is_detector(payload) or _is_on_call(payload)


def read(payload: JSON) -> Reading:
    """The one alert of the payload; raises FormatError for any other payload."""
    if _is_search(payload):
        return one_by_one([payload], _search)
    if _is_detector(payload):
        return one_by_one([payload], _detector)
    if _is_on_call(payload):
        return one_by_one([payload], _on_call)
    raise FormatError(
        _("A Splunk payload has “search_name” and “sid”, “detectorId”, or “message_type” and “entity_id”.")
    )


def _is_search(payload: JSON) -> bool:
    return values.has(payload, "search_name") and (values.has(payload, "sid") or values.has(payload, "results_link"))


def _is_detector(payload: JSON) -> bool:
    return values.has(payload, "detectorId", "incidentId")


def _is_on_call(payload: JSON) -> bool:
    return values.has(payload, "message_type", "entity_id")


def _search(payload: dict[str, JSON]) -> IncomingAlert:
    """A search only fires; one that looks for the end says so in a field `status` of its result."""
    result = values.members(payload.get("result"))
    status = status_of(values.text(result.get("status")), name="result.status")
    told = values.moment(result.get("_time"), "result._time")
    host = values.text(result.get("host"))
    own = values.key_of(values.first(result.get("fingerprint"), result.get("alert_key")))
    parts = [payload.get("app"), payload.get("search_name"), host]
    return values.alert(
        fingerprint=own or values.key_of(*(part for part in parts if part)),
        title=values.text(payload.get("search_name")),
        summary=values.first(result.get("message"), result.get("description"), result.get("_raw")),
        severity=severity_of(*(values.text(result.get(name)) for name in ("severity", "urgency", "level"))),
        status=status,
        labels=values.labels_of({name: value for name, value in result.items() if not name.startswith("_")}),
        components=values.component_names(values.labels_of(result), host),
        starts_at=None if status == AlertStatus.RESOLVED else told,
        ends_at=told,
        url=values.link(payload.get("results_link")),
    )


def _detector(payload: dict[str, JSON]) -> IncomingAlert:
    dimensions = values.labels_of(payload.get("dimensions"))
    status = status_of(values.first(payload.get("statusExtended"), payload.get("status")), name="statusExtended")
    told = values.moment(payload.get("timestampISO8601") or payload.get("timestamp"), "timestamp")
    return values.alert(
        fingerprint=values.key_of(payload.get("incidentId")),
        title=values.first(payload.get("messageTitle"), payload.get("rule"), payload.get("detector")),
        summary=values.first(payload.get("messageBody"), payload.get("description")),
        severity=severity_of(values.text(payload.get("severity"))),
        status=status,
        labels=dimensions | values.labels_of({"detector": payload.get("detector"), "rule": payload.get("rule")}),
        components=values.component_names(dimensions, *dimensions.values()),
        starts_at=None if status == AlertStatus.RESOLVED else told,
        ends_at=told,
        url=values.link(payload.get("detectorUrl")),
    )


def _on_call(payload: dict[str, JSON]) -> IncomingAlert:
    kind = values.text(payload.get("message_type")).lower()
    status = _OF_ON_CALL.get(kind) or status_of(kind, name="message_type")
    started = values.moment(payload.get("state_start_time") or payload.get("timestamp"), "state_start_time")
    labels = values.labels_of({name: payload.get(name) for name in ("service", "host_name", "monitoring_tool")})
    return values.alert(
        fingerprint=values.key_of(payload.get("entity_id")),
        title=values.first(payload.get("entity_display_name"), payload.get("entity_id")),
        summary=values.text(payload.get("state_message")),
        severity=severity_of(kind),
        status=status,
        labels=labels,
        components=values.component_names(labels, payload.get("host_name")),
        starts_at=None if status == AlertStatus.RESOLVED else started,
        ends_at=started,
        url=values.link(payload.get("alert_url")),
    )
