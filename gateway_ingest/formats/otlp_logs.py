"""This module reads OpenTelemetry log records, in JSON and protobuf, as alerts: what is a warning or worse."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from google.protobuf.json_format import Error as JsonFormatError
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import AlertError, FormatError, IncomingAlert, Reading, Unreadable
from gateway_ingest.formats.otlp_attributes import attributes_of, plain
from gateway_ingest.formats.protobuf_parts import holds_more_than
from gateway_ingest.formats.words import known_severity, severity_of, status_of
from gateway_ingest.models import AlertSeverity, AlertStatus
from hypercare.core.strict_json import JSON

_EVALUATION = "gen_ai.evaluation.result"
# Ten thousand records of a dozen attributes hold three quarters of these.
MOST_PARTS = 400_000
_WARN, _ERROR, _FATAL = 13, 17, 21
_LOUD = {AlertSeverity.CRITICAL, AlertSeverity.HIGH, AlertSeverity.WARNING}
# What differs from one record to the next of the same kind.
_CHANGING = re.compile(r"\b(?:0x)?[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{4,})*\b|\d+(?:[.:]\d+)*")


@dataclass(frozen=True)
class Evaluation:
    """What a record says of a model's answer: its name, number and label, and the answer's id."""

    response_id: str
    name: str
    number: JSON
    label: str
    at: datetime | None


@dataclass(frozen=True)
class Logs:
    """The records that are alerts, those that rate answers, and how many are too quiet to be anything."""

    reading: Reading
    evaluations: list[Evaluation]
    quiet: int


def recognises(payload: JSON) -> bool:
    """Whether this is an export of logs, posted where any format may be."""
    return isinstance(payload, dict) and isinstance(payload.get("resourceLogs"), list)


def payload_of(body: bytes) -> JSON:
    """A protobuf request in the shape of the JSON one; raises FormatError, also for one of too many parts."""
    try:
        is_too_many = holds_more_than(MOST_PARTS, body, ExportLogsServiceRequest.DESCRIPTOR)
        found = (
            {} if is_too_many else MessageToDict(ExportLogsServiceRequest.FromString(body), use_integers_for_enums=True)
        )
    except (DecodeError, JsonFormatError, ValueError, RecursionError) as error:
        raise FormatError(_("This is no ExportLogsServiceRequest in protobuf.")) from error
    if is_too_many:
        raise FormatError(_("The export holds more than 400,000 values; send smaller groups."))
    payload = values.storable(found)
    for _resource, _scope, record in _records(payload):
        for name in ("traceId", "spanId"):
            if name in record:
                record[name] = base64.b64decode(values.text(record[name])).hex()
    return payload


def read(payload: JSON) -> Logs:
    """Reads each record that is loud enough; raises FormatError for any other payload."""
    if not isinstance(payload, dict) or not isinstance(payload.get("resourceLogs", []), list):
        raise FormatError(_("An export of logs is an object with a list “resourceLogs”."))
    if payload and "resourceLogs" not in payload:
        raise FormatError(_("An export of logs is an object with a list “resourceLogs”."))
    reading: Reading = []
    evaluations: list[Evaluation] = []
    quiet = 0
    for resource, scope, record in _records(payload):
        attributes = attributes_of(record.get("attributes"))
        if _EVALUATION in (record.get("eventName"), attributes.get("event.name")):
            try:
                evaluations.append(_evaluation(record, attributes))
            except AlertError as wrong:
                reading.append(Unreadable(str(wrong)))
        elif _is_loud(record, attributes):
            reading.append(_read_or_say_why(resource, scope, record, attributes))
        else:
            quiet += 1
    return Logs(reading, evaluations, quiet)


def _evaluation(record: dict[str, JSON], attributes: dict[str, JSON]) -> Evaluation:
    return Evaluation(
        response_id=values.text(attributes.get("gen_ai.response.id"))[:200],
        name=values.text(attributes.get("gen_ai.evaluation.name")),
        number=attributes.get("gen_ai.evaluation.score.value"),
        label=values.text(attributes.get("gen_ai.evaluation.score.label")),
        at=values.moment(record.get("timeUnixNano") or record.get("observedTimeUnixNano"), "timeUnixNano"),
    )


def _records(payload: JSON) -> Iterator[tuple[dict[str, JSON], str, dict[str, JSON]]]:
    for of_resource in values.items(values.at(payload, "resourceLogs")):
        resource = attributes_of(values.at(of_resource, "resource", "attributes"))
        for of_scope in values.items(values.at(of_resource, "scopeLogs")):
            scope = values.text(values.at(of_scope, "scope", "name"))
            for record in values.items(values.at(of_scope, "logRecords")):
                if isinstance(record, dict):
                    yield resource, scope, record


def _is_loud(record: dict[str, JSON], attributes: dict[str, JSON]) -> bool:
    """A record that tells the state of an alert counts at any level."""
    return "alert.status" in attributes or _severity(record) in _LOUD


def _severity(record: dict[str, JSON]) -> AlertSeverity:
    number = values.text(record.get("severityNumber"))
    level = int(number) if re.fullmatch(r"\d{1,2}", number) else 0
    if level == 0:
        return known_severity(values.text(record.get("severityText"))) or AlertSeverity.INFO
    if level >= _FATAL:
        return AlertSeverity.CRITICAL
    return AlertSeverity.HIGH if level >= _ERROR else AlertSeverity.WARNING if level >= _WARN else AlertSeverity.INFO


def _read_or_say_why(
    resource: dict[str, JSON], scope: str, record: dict[str, JSON], attributes: dict[str, JSON]
) -> IncomingAlert | Unreadable:
    try:
        return _alert(resource, scope, record, attributes)
    except AlertError as wrong:
        return Unreadable(str(wrong))


def _alert(
    resource: dict[str, JSON], scope: str, record: dict[str, JSON], attributes: dict[str, JSON]
) -> IncomingAlert:
    said = values.text(plain(record.get("body")))
    kind = values.first(record.get("eventName"), attributes.get("event.name"), attributes.get("exception.type"))
    title = values.first(attributes.get("alert.title"), said, attributes.get("exception.message"), kind)
    status = status_of(values.text(attributes.get("alert.status")), name="alert.status")
    told = values.moment(record.get("timeUnixNano") or record.get("observedTimeUnixNano"), "timeUnixNano")
    labels = values.labels_of(resource, attributes, {"scope": scope, "trace_id": record.get("traceId")})
    first_line = title.partition("\n")[0]
    made = values.digest_of([resource.get("service.name"), scope, kind, _CHANGING.sub("#", first_line)])
    own = severity_of(values.text(attributes.get("alert.severity")))
    return values.alert(
        fingerprint=values.key_of(attributes.get("alert.fingerprint")) or (made if title else ""),
        title=first_line,
        summary="\n\n".join(filter(None, (said, values.text(attributes.get("exception.stacktrace"))))),
        severity=own if "alert.severity" in attributes else _severity(record),
        status=status,
        labels={name: value for name, value in labels.items() if name != "exception.stacktrace"},
        components=values.component_names(labels, resource.get("service.name"), resource.get("k8s.deployment.name")),
        starts_at=None if status == AlertStatus.RESOLVED else told,
        ends_at=told,
        url=values.link(attributes.get("alert.url"), attributes.get("url")),
    )
