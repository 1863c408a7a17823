"""These tests read OpenTelemetry log records of both encodings as alerts."""

import base64

import pytest
from google.protobuf.json_format import ParseDict
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from gateway_ingest.formats import FormatError, IncomingAlert, Unreadable
from gateway_ingest.formats.otlp_logs import payload_of, read

TRACE = "5b8efff798038103d269b633813fc60c"


def text(value):
    return {"stringValue": value}


def attributes(**given):
    return [{"key": name.replace("__", "."), "value": text(value)} for name, value in given.items()]


def record(body="Order 4711 failed after 30 s", **changes):
    return {
        "timeUnixNano": "1779970800000000000",
        "severityNumber": 17,
        "body": text(body),
        "traceId": TRACE,
        "attributes": attributes(alert__url="https://logs.example/1"),
    } | changes


def export(*records):
    scope = {"scope": {"name": "orders.log"}, "logRecords": list(records)}
    resource = {"attributes": attributes(service__name="orders")}
    return {"resourceLogs": [{"resource": resource, "scopeLogs": [scope]}]}


def as_protobuf(payload):
    for logs in payload["resourceLogs"][0]["scopeLogs"][0]["logRecords"]:
        logs["traceId"] = base64.b64encode(bytes.fromhex(logs["traceId"])).decode()
    return ParseDict(payload, ExportLogsServiceRequest()).SerializeToString()


def only(payload):
    (found,) = read(payload).reading
    return found


def test_error_record_is_an_alert_with_its_seven_facts():
    found = only(export(record()))
    assert (found.title, found.severity, found.status) == ("Order 4711 failed after 30 s", "high", "firing")
    assert (found.component_names[0], found.starts_at.isoformat()) == ("orders", "2026-05-28T12:20:00+00:00")
    assert (found.url, found.labels["trace_id"], len(found.fingerprint)) == ("https://logs.example/1", TRACE, 32)


def test_protobuf_says_the_same_as_json():
    assert only(payload_of(as_protobuf(export(record())))) == only(export(record()))


def test_records_that_differ_in_numbers_alone_are_one_alert():
    one, same, other = (
        only(export(record(body))).fingerprint for body in ("Order 1 failed", "Order 2 failed", "Cart failed")
    )
    assert one == same != other


@pytest.mark.parametrize(
    ("level", "severity"), [(13, "warning"), (16, "warning"), (17, "high"), (21, "critical"), (24, "critical")]
)
def test_level_gives_the_severity(level, severity):
    assert only(export(record(severityNumber=level))).severity == severity


def test_record_below_a_warning_is_counted_as_quiet():
    found = read(export(record(), record(severityNumber=9), record(severityNumber=0, severityText="DEBUG")))
    assert (len(found.reading), found.quiet) == (1, 2)


def test_record_may_end_its_alert_by_an_attribute():
    named = attributes(alert__fingerprint="orders-fail", alert__status="resolved")
    found = only(export(record(severityNumber=9, attributes=named)))
    assert (found.fingerprint, found.status) == ("orders-fail", "resolved")


@pytest.mark.parametrize("payload", [None, [], {"logs": []}, {"resourceLogs": 7}])
def test_another_payload_is_refused(payload):
    with pytest.raises(FormatError):
        read(payload)


def test_empty_export_is_fine():
    assert read({}).reading == read({"resourceLogs": []}).reading == []


def test_bytes_that_are_no_protobuf_are_refused():
    with pytest.raises(FormatError):
        payload_of(b"\xff\xff nonsense")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
RECORD = st.fixed_dictionaries(
    {"severityNumber": st.just(17) | JSON, "body": st.fixed_dictionaries({"stringValue": JSON}) | JSON},
    optional={"attributes": JSON | st.just(attributes(alert__status="odd")), "timeUnixNano": JSON, "eventName": JSON},
)


@settings(max_examples=200, deadline=None)
@given(JSON | st.lists(RECORD, max_size=3).map(lambda records: export(*records)))
def test_any_json_is_read_or_refused(payload):
    try:
        found = read(payload)
    except FormatError:
        return
    assert all(isinstance(one, IncomingAlert | Unreadable) for one in found.reading)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body):
    try:
        read(payload_of(body))
    except FormatError:
        return
