"""This module reads Amazon CloudWatch alarms: in SNS envelopes, delivered raw, and as EventBridge events."""

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import AlertError, FormatError, Headers, IncomingAlert, Reading, one_by_one
from gateway_ingest.formats.words import known_severity, status_of
from gateway_ingest.models import AlertSeverity, AlertStatus
from hypercare.core.strict_json import JSON

ENVELOPES = ("Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation")
_STATES = {"ALARM": AlertStatus.FIRING, "INSUFFICIENT_DATA": AlertStatus.FIRING, "OK": AlertStatus.RESOLVED}


def is_envelope(payload: JSON) -> bool:
    """Whether this is a message of the Simple Notification Service."""
    return values.has(payload, "TopicArn", "MessageId", "Type") and values.at(payload, "Type") in ENVELOPES


def recognises(payload: JSON) -> bool:
    """Whether this is an SNS message or an alarm without its envelope."""
    return is_envelope(payload) or _is_alarm(values.at(payload, "Message")) or _is_alarm(payload) or _is_event(payload)


def read(payload: JSON) -> Reading:
    """The alarm inside; none in what only manages a subscription. Raises FormatError for any other payload."""
    if is_envelope(payload) and values.at(payload, "Type") != "Notification":
        return []
    if not recognises(payload):
        raise FormatError(
            _("A CloudWatch alarm has “AlarmName” and comes alone or in the “Message” of an SNS envelope.")
        )
    return one_by_one([payload], _from_event if _is_event(payload) else _alarm)


def delivery_id(payload: JSON, _headers: Headers) -> str:
    """The message's number, the same in each of its deliveries."""
    return values.key_of(values.at(payload, "MessageId")) if is_envelope(payload) else ""


def _is_alarm(payload: JSON) -> bool:
    return values.has(payload, "AlarmName")


def _is_event(payload: JSON) -> bool:
    return values.has(payload, "detail-type", "detail") and values.at(payload, "source") == "aws.cloudwatch"


def _alarm(payload: dict[str, JSON]) -> IncomingAlert:
    alarm = values.members(values.parsed(payload.get("Message"))) if "Message" in payload else payload
    if not _is_alarm(alarm):
        raise AlertError(_("The SNS message holds no CloudWatch alarm."))
    trigger = alarm.get("Trigger")
    dimensions = values.labels_of(values.at(trigger, "Dimensions"))
    place = {name: alarm.get(name) for name in ("AWSAccountId", "Region", "Namespace")}
    metric = {name: values.at(trigger, name) for name in ("Namespace", "MetricName")}
    return _built(
        arn=alarm.get("AlarmArn"),
        name=alarm.get("AlarmName"),
        place=place,
        state=values.text(alarm.get("NewStateValue")),
        told=alarm.get("StateChangeTime"),
        texts=[alarm.get("AlarmDescription"), alarm.get("NewStateReason")],
        severity=values.first(alarm.get("Priority"), alarm.get("Severity")),
        dimensions=dimensions,
        metric=metric,
    )


def _from_event(event: dict[str, JSON]) -> IncomingAlert:
    detail = event.get("detail")
    metrics = values.items(values.at(detail, "configuration", "metrics"))
    metric = values.at(metrics[0], "metricStat", "metric") if metrics else None
    resources = values.items(event.get("resources"))
    return _built(
        arn=resources[0] if resources else None,
        name=values.at(detail, "alarmName"),
        place={"AWSAccountId": event.get("account"), "Region": event.get("region")},
        state=values.text(values.at(detail, "state", "value")),
        told=values.at(detail, "state", "timestamp") or event.get("time"),
        texts=[values.at(detail, "configuration", "description"), values.at(detail, "state", "reason")],
        severity="",
        dimensions=values.labels_of(values.at(metric, "dimensions")),
        metric={"Namespace": values.at(metric, "namespace"), "MetricName": values.at(metric, "name")},
    )


def _built(
    *,
    arn: JSON,
    name: JSON,
    place: dict[str, JSON],
    state: str,
    told: JSON,
    texts: list[JSON],
    severity: str,
    dimensions: dict[str, str],
    metric: dict[str, JSON],
) -> IncomingAlert:
    status = _STATES.get(state) or status_of(state, name="NewStateValue")
    loud = AlertSeverity.WARNING if state == "INSUFFICIENT_DATA" else AlertSeverity.HIGH
    changed = values.moment(told, "StateChangeTime")
    return values.alert(
        fingerprint=values.key_of(arn) or values.digest_of([values.text(name), *map(values.text, place.values())]),
        title=values.text(name),
        summary="\n\n".join(filter(None, map(values.text, texts))),
        severity=known_severity(severity) or loud,
        status=status,
        labels=dimensions | values.labels_of(metric, place),
        components=values.component_names(dimensions, *dimensions.values(), metric.get("Namespace")),
        starts_at=None if status == AlertStatus.RESOLVED else changed,
        ends_at=changed,
    )
