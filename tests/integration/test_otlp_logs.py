"""These tests export logs as an OpenTelemetry exporter does, in both encodings, and read the answers as it would."""

import gzip
import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse

from gateway_ingest import ratings, sources, windows
from gateway_ingest.calls import STORE
from gateway_ingest.models import Alert, Source, WaitingRating, Window
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


def evaluation(response="chatcmpl-7", value=0):
    said = {"gen_ai.evaluation.name": "user_feedback", "gen_ai.response.id": response}
    attributes = [{"key": key, "value": {"stringValue": text}} for key, text in said.items()]
    attributes.append({"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": value}})
    return {"timeUnixNano": "1779970800000000000", "eventName": "gen_ai.evaluation.result", "attributes": attributes}


@pytest.fixture
def answered_call(address, now):
    """A model call that was stored under the id that ratings name."""
    send_call(address, now, "chatcmpl-7")


def rated():
    windows.fold()
    rows = Window.objects.values_list("calls", "helpful", "unhelpful")
    return [sum(each or 0 for each in column) for column in zip(*rows, strict=True)]


def test_rating_that_comes_later_counts_in_the_windows_of_its_call_once(address, answered_call):
    body = json.dumps(export(evaluation(value=0), evaluation(value=1)))
    for _time in range(2):
        answer = Client().post(address, body, content_type="application/json")
        assert (answer.status_code, answer.json()) == (200, {})
    assert rated() == [1, 1, 1]
    assert not Alert.objects.exists()


def test_rating_of_an_unknown_call_is_told(address, answered_call):
    answer = Client().post(address, json.dumps(export(evaluation("another"))), content_type="application/json")
    assert "1 rating speaks of no call" in answer.json()["partialSuccess"]["errorMessage"]
    assert rated() == [1, 0, 0]


def send_call(address, now, name):
    row = {
        "call_type": "acompletion", "startTime": now.timestamp() - 60, "endTime": now.timestamp() - 59,
        "status": "success", "id": name, "model": "large", "custom_llm_provider": "openai",
    }  # fmt: skip
    calls = address.replace("/otlp/v1/logs", "/calls/litellm/")
    assert Client().post(calls, json.dumps(row), content_type="application/json").json()["accepted"] == 1


def send_ratings(address, *records):
    """What the general door answers, which also says how many ratings have no call."""
    general = address.replace("/otlp/v1/logs", "/")
    return Client().post(general, json.dumps(export(*records)), content_type="application/json").json()


def test_ratings_that_overtake_their_call_wait_for_it_and_count_once(address, answered_call, now):
    sent = (evaluation(value=1), evaluation("late", value=0), evaluation("never", value=0))
    for _time in range(2):
        answer = send_ratings(address, *sent)
        assert (answer["waiting_ratings"], "lost_ratings" in answer) == (2, False)
    assert rated() == [1, 1, 0]
    send_call(address, now, "late")
    assert ratings.settle(now=now) == 0
    assert ratings.settle(now=now + timedelta(minutes=1)) == 1
    assert ratings.settle(now=now + timedelta(hours=2)) == 0
    assert rated() == [2, 1, 1]
    assert send_ratings(address, *sent)["waiting_ratings"] == 1


def test_rating_whose_call_never_comes_is_counted_as_lost(address, answered_call, now):
    send_ratings(address, evaluation(), evaluation("never"))
    ratings.settle(now=now + timedelta(hours=23))
    assert (Source.objects.get().lost_ratings, WaitingRating.objects.count()) == (0, 1)
    ratings.settle(now=now + timedelta(hours=24))
    assert (Source.objects.get().lost_ratings, WaitingRating.objects.count()) == (1, 0)
    assert send_ratings(address, evaluation(), evaluation("never"))["lost_ratings"] == 1
    assert rated() == [1, 0, 1]


def test_no_more_ratings_wait_than_may_and_the_others_are_counted(address, answered_call, monkeypatch):
    monkeypatch.setattr(ratings, "MOST_WAITING", 2)
    sent = [evaluation(f"late-{number}") for number in range(5)]
    for _time in range(2):
        answer = send_ratings(address, *sent)
        assert (answer["waiting_ratings"], answer["lost_ratings"]) == (2, 3)
    assert (Source.objects.get().lost_ratings, WaitingRating.objects.count()) == (3, 2)
    said = Client().post(address, json.dumps(export(*sent)), content_type="application/json").json()
    assert "3 ratings are lost" in said["partialSuccess"]["errorMessage"]


def test_rating_of_a_day_that_is_over_finds_its_call(address, answered_call, now):
    STORE.close_days(now=now + timedelta(days=3))
    assert Client().post(address, json.dumps(export(evaluation())), content_type="application/json").json() == {}
    assert rated() == [1, 0, 1]
