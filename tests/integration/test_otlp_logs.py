"""These tests export logs as an OpenTelemetry exporter does, in both encodings, and read the answers as it would."""

import gzip
import json

import pytest
import time_machine
from django.test import Client
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse

from gateway_ingest import sources
from gateway_ingest.models import Alert
from hypercare.core.timeline import SYSTEM

PROTOBUF = "application/x-protobuf"


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def address(launch, now):
    _source, key = sources.create(launch, name="Collector", actor=SYSTEM, now=now)
    return f"/ingest/{key}/otlp/v1/logs"


def record(body="Cart is broken", **changes):
    return {"timeUnixNano": "1779970800000000000", "severityNumber": 17, "body": {"stringValue": body}} | changes


def export(*records):
    service = [{"key": "service.name", "value": {"stringValue": "checkout"}}]
    return {"resourceLogs": [{"resource": {"attributes": service}, "scopeLogs": [{"logRecords": list(records)}]}]}


def binary(*records):
    return ParseDict(export(*records), ExportLogsServiceRequest()).SerializeToString()


def test_json_export_is_taken_with_an_empty_answer(address):
    answer = Client().post(address, json.dumps(export(record())), content_type="application/json")
    assert (answer.status_code, answer["Content-Type"], answer.json()) == (200, "application/json", {})
    alert = Alert.objects.get()
    assert (alert.title, alert.severity, alert.component.slug) == ("Cart is broken", "high", "checkout")


def test_protobuf_export_is_answered_in_protobuf(address):
    packed = gzip.compress(binary(record()))
    answer = Client().post(address, packed, content_type=PROTOBUF, headers={"content-encoding": "gzip"})
    assert (answer.status_code, answer["Content-Type"]) == (200, PROTOBUF)
    assert not ExportLogsServiceResponse.FromString(answer.content).HasField("partial_success")
    assert Alert.objects.get().title == "Cart is broken"


def test_record_that_cannot_be_read_is_told_as_partial_success(address):
    body = binary(record(), record(body=""), record(severityNumber=5))
    answer = Client().post(address, body, content_type=PROTOBUF)
    partial = ExportLogsServiceResponse.FromString(answer.content).partial_success
    assert partial.rejected_log_records == 1
    assert "no title" in partial.error_message
    assert "1 record is below a warning" in partial.error_message
    as_json = Client().post(address, json.dumps(export(record(body=""))), content_type="application/json").json()
    assert as_json["partialSuccess"]["rejectedLogRecords"] == "1"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"logs": []}', "application/json", 400),
        (b"\xff\xff\xff", PROTOBUF, 400),
        (b"text", "text/plain", 415),
    ],
)
def test_unreadable_export_is_refused_with_a_status_message(address, body, content_type, status):
    answer = Client().post(address, body, content_type=content_type)
    assert answer.status_code == status
    if content_type == PROTOBUF:
        assert answer["Content-Type"] == PROTOBUF
        assert answer.content.startswith(b"\x08\x03\x12")
    else:
        assert answer.json()["code"] == 3


def test_unknown_key_is_told_as_not_found(address):
    answer = Client().post("/ingest/hcs_nobody/otlp/v1/logs", binary(record()), content_type=PROTOBUF)
    assert (answer.status_code, answer.content[:2]) == (404, b"\x08\x05")


def test_key_may_come_as_bearer(address):
    key = address.split("/")[2]
    headers = {"authorization": f"Bearer {key}"}
    answer = Client().post("/ingest/otlp/v1/logs", binary(record()), content_type=PROTOBUF, headers=headers)
    assert answer.status_code == 200


def test_character_that_no_database_takes_is_replaced(address):
    assert Client().post(address, binary(record(body="a\x00b")), content_type=PROTOBUF).status_code == 200
    assert Alert.objects.get().title == "a\N{REPLACEMENT CHARACTER}b"
