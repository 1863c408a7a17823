"""This module reads Elastic: Kibana's rules by their connectors' usual fields, alert documents, and Elasticsearch Watcher."""

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import FormatError, IncomingAlert, Reading, one_by_one
from gateway_ingest.formats.words import known_status, severity_of, status_of
from gateway_ingest.models import AlertStatus
from hypercare.core.strict_json import JSON

_DOCUMENT = "kibana.alert."


def recognises(payload: JSON) -> bool:
    """Whether this is a rule's action, an alert document or a watch."""
    return _is_rule(payload) or _is_document(payload) or _is_watch(payload)


def read(payload: JSON) -> Reading:
    """The one alert of the payload; raises FormatError for any other payload."""
    if _is_rule(payload):
        return one_by_one([payload], _rule)
    if _is_document(payload):
        return one_by_one([payload], _document)
    if _is_watch(payload):
        return one_by_one([payload], _watch)
    raise FormatError(_("An Elastic payload has a “rule” with an “alert”, names in “kibana.alert.”, or a “watch_id”."))


def _is_rule(payload: JSON) -> bool:
    nested = values.has(values.at(payload, "rule"), "id") and isinstance(values.at(payload, "alert"), dict)
    flat = isinstance(payload, dict) and "ruleId" in payload and ("alertId" in payload or "alertActionGroup" in payload)
    return nested or flat


def _is_document(payload: JSON) -> bool:
    return values.has(payload, f"{_DOCUMENT}uuid") or values.has(payload, f"{_DOCUMENT}instance.id")


def _is_watch(payload: JSON) -> bool:
    return values.has(payload, "watch_id") and not values.has(payload, "rule")


def _rule(payload: dict[str, JSON]) -> IncomingAlert:
    """Connectors are filled by hand from `rule.*`, `alert.*` and `context.*`; flat names are the older ones."""
    rule, alert = values.members(payload.get("rule")), values.members(payload.get("alert"))
    context = values.members(payload.get("context"))
    group = values.first(
        alert.get("actionGroup"), payload.get("alertActionGroup"), alert.get("actionGroupName"), payload.get("status")
    )
    labels = values.labels_of(rule.get("tags") or payload.get("tags"), alert.get("labels"))
    name = values.first(rule.get("name"), payload.get("ruleName"))
    told = values.moment(payload.get("date"), "date")
    over = group.lower() == "recovered"
    return values.alert(
        fingerprint=values.key_of(
            values.first(rule.get("id"), payload.get("ruleId")),
            values.first(alert.get("id"), alert.get("uuid"), payload.get("alertId"), "*"),
        ),
        title=values.first(payload.get("title"), context.get("title"), name),
        summary=values.first(context.get("message"), context.get("reason"), payload.get("message")),
        severity=severity_of(
            *map(values.text, (payload.get("severity"), context.get("severity"), labels.get("severity"))),
            *map(str.lower, group.split(".")),
        ),
        status=AlertStatus.RESOLVED if over else known_status(group) or AlertStatus.FIRING,
        labels=labels | values.labels_of({"rule": name, "group": group, "instance": alert.get("id")}),
        components=values.component_names(
            labels, values.at(context, "serviceName"), values.at(context, "service", "name"), alert.get("id")
        ),
        starts_at=None if over else told,
        ends_at=told,
        url=values.link(context.get("alertDetailsUrl"), rule.get("url"), context.get("link"), payload.get("url")),
    )


def _document(payload: dict[str, JSON]) -> IncomingAlert:
    said = {name.removeprefix(_DOCUMENT): value for name, value in payload.items() if name.startswith(_DOCUMENT)}
    name = values.text(said.get("rule.name"))
    tags = values.labels_of(said.get("rule.tags"), {"service": payload.get("service.name")})
    return values.alert(
        fingerprint=values.key_of(said.get("rule.uuid"), said.get("instance.id")) or values.key_of(said.get("uuid")),
        title=values.first(name, said.get("reason")),
        summary=values.text(said.get("reason")),
        severity=severity_of(values.text(said.get("severity")), values.text(said.get("rule.severity"))),
        status=status_of(values.text(said.get("status")), name="kibana.alert.status"),
        labels=tags | values.labels_of({"instance": said.get("instance.id"), "host": payload.get("host.name")}),
        components=values.component_names(tags, payload.get("service.name"), payload.get("host.name")),
        starts_at=values.moment(said.get("start") or payload.get("@timestamp"), "kibana.alert.start"),
        ends_at=values.moment(said.get("end"), "kibana.alert.end"),
        url=values.link(said.get("url")),
    )


def _watch(payload: dict[str, JSON]) -> IncomingAlert:
    """A watch has no end of its own: its author says one as `status`."""
    metadata = values.labels_of(payload.get("metadata"))
    triggered = values.at(payload, "trigger", "triggered_time") or payload.get("execution_time")
    told = values.moment(triggered or payload.get("timestamp"), "trigger.triggered_time")
    word = values.first(payload.get("status"), payload.get("state"))
    status = status_of(word, name="status")
    return values.alert(
        fingerprint=values.key_of(payload.get("watch_id")),
        title=values.first(payload.get("title"), metadata.get("name"), payload.get("watch_id")),
        summary=values.first(payload.get("message"), payload.get("text"), metadata.get("description")),
        severity=severity_of(
            *map(values.text, (payload.get("severity"), metadata.get("severity"), metadata.get("priority")))
        ),
        status=status,
        labels=metadata,
        components=values.component_names(metadata),
        starts_at=None if status == AlertStatus.RESOLVED else told,
        ends_at=told,
        url=values.link(payload.get("url"), metadata.get("url")),
    )
