"""These tests export metrics as an OpenTelemetry exporter does, in both encodings, and look at the figures they become."""

import gzip
import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from gateway_ingest import sources
from gateway_ingest.models import DeadLetter, Source, SourceRoute
from hypercare.core import measurements
from hypercare.core.models import Launch, Measurement, MetricDefinition
from hypercare.core.timeline import SYSTEM

PROTOBUF, JSON = "application/x-protobuf", "application/json"
DELTA, CUMULATIVE = 1, 2


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def source_and_key(launch, now):
    return sources.create(launch, name="Collector", actor=SYSTEM, now=now)


@pytest.fixture
def address(launch, source_and_key):
    for name, only in (("queue_length", []), ("orders.paid", []), ("lag", ["queue=orders"])):
        MetricDefinition.objects.create(launch=launch, name=name, only=only)
    return f"/ingest/{source_and_key[1]}/otlp/v1/metrics"


@pytest.fixture
def point(now):
    def made(value=7, *, back=0, **attributes):
        at = int((now - timedelta(seconds=back)).timestamp()) * 10**9
        pairs = [{"key": key, "value": {"stringValue": text}} for key, text in attributes.items()]
        number = {"asInt": str(value)} if isinstance(value, int) else {"asDouble": value}
        return {"timeUnixNano": str(at), "attributes": pairs} | number

    return made


def gauge(name, *points):
    return {"name": name, "gauge": {"dataPoints": list(points)}}


def summed(name, *points, temporality=DELTA, monotonic=True):
    told = {"dataPoints": list(points), "aggregationTemporality": temporality, "isMonotonic": monotonic}
    return {"name": name, "sum": told}


def export(*metrics):
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "checkout"}}]}
    return {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": list(metrics)}]}]}


def send(address, *metrics, **headers):
    return Client().post(address, json.dumps(export(*metrics)), content_type=JSON, headers=headers)


def figures():
    rows = Measurement.objects.order_by("metric", "measured_at")
    return [(row.metric, row.measured_at.second, row.value) for row in rows]


def test_gauges_and_deltas_of_the_launch_become_its_figures(address, point):
    answer = send(address, gauge("queue_length", point(7)), summed("orders.paid", point(3), point(2, region="eu")))
    assert (answer.status_code, answer["Content-Type"], answer.json()) == (200, JSON, {})
    assert figures() == [("own:orders.paid", 0, 5.0), ("own:queue_length", 0, 7.0)]


def test_protobuf_is_answered_in_protobuf_with_what_was_not_taken(address, point):
    metrics = (gauge("queue_length", point(0.5)), gauge("unheard.of", point(), point()))
    body = gzip.compress(ParseDict(export(*metrics), ExportMetricsServiceRequest()).SerializeToString())
    answer = Client().post(address, body, content_type=PROTOBUF, headers={"content-encoding": "gzip"})
    partial = ExportMetricsServiceResponse.FromString(answer.content).partial_success
    assert (answer.status_code, answer["Content-Type"], partial.rejected_data_points) == (200, PROTOBUF, 2)
    assert "2 points were not taken (unheard.of): no such metric is defined" in partial.error_message
    assert figures() == [("own:queue_length", 0, 0.5)]


@pytest.mark.parametrize(
    ("metric", "why"),
    [
        (lambda p: summed("orders.paid", p(9), temporality=CUMULATIVE), "cumulativetodelta"),
        (lambda p: summed("orders.paid", p(9), temporality=0), "does not say its temporality"),
        (lambda _p: {"name": "orders.paid", "histogram": {"dataPoints": [{"count": "1"}]}}, "no single figure"),
        (lambda _p: {"name": "orders.paid", "summary": {"dataPoints": [{"count": "1"}]}}, "no single figure"),
        (lambda p: gauge("queue_length", p("NaN")), "no finite number"),
        (lambda p: gauge("queue_length", p(1e300)), "no finite number"),
        (lambda p: gauge("queue_length", p() | {"flags": 1}), "no value"),
        (lambda p: gauge("queue_length", p() | {"timeUnixNano": "0"}), "does not say its time"),
        (lambda p: gauge("queue_length", p(back=-600)), "5 minutes ahead"),
        (lambda p: gauge("queue_length", p(back=40 * 86_400)), "older than what is kept"),
        (lambda p: gauge("lag", p(queue="mail")), "attributes that the metric is limited to"),
    ],
)
def test_point_that_is_no_figure_is_told_with_its_reason_and_counted(address, point, metric, why):
    partial = send(address, metric(point), gauge("pad", point())).json()["partialSuccess"]
    assert (partial["rejectedDataPoints"], why in partial["errorMessage"]) == ("2", True)
    assert (Measurement.objects.count(), DeadLetter.objects.count()) == (0, 2)


def test_sum_that_goes_up_and_down_is_taken_as_it_stands(address, point):
    assert send(address, summed("queue_length", point(4), temporality=CUMULATIVE, monotonic=False)).json() == {}
    assert figures() == [("own:queue_length", 0, 4.0)]


def test_several_series_of_a_gauge_are_one_figure_only_by_an_attribute(address, point):
    both = (point(4, queue="orders"), point(9, queue="mail"))
    partial = send(address, gauge("queue_length", *both), gauge("lag", *both)).json()["partialSuccess"]
    assert partial["rejectedDataPoints"] == "3"
    assert "several series of it came at once" in partial["errorMessage"]
    assert figures() == [("own:lag", 0, 4.0)]


def test_export_sent_again_counts_once_and_further_parts_of_a_minute_are_added(address, point, source_and_key):
    for _time in range(2):
        assert send(address, summed("orders.paid", point(3))).json() == {}
    assert send(address, summed("orders.paid", point(4))).json() == {}
    assert figures() == [("own:orders.paid", 0, 7.0)]
    source = Source.objects.get(pk=source_and_key[0].pk)
    assert (source.repeats, source.first_event_at is not None) == (1, True)


def test_export_of_which_nothing_was_taken_may_come_again_once_its_metric_is_defined(address, point, launch):
    assert "partialSuccess" in send(address, gauge("later", point(3))).json()
    MetricDefinition.objects.create(launch=launch, name="later")
    assert (send(address, gauge("later", point(3))).json(), figures()) == ({}, [("own:later", 0, 3.0)])


def test_gauge_beside_parts_of_the_same_name_is_refused(address, point):
    partial = send(address, gauge("queue_length", point(2)), summed("queue_length", point(5))).json()["partialSuccess"]
    assert ("several series" in partial["errorMessage"], figures()) == (True, [("own:queue_length", 0, 5.0)])


def test_figures_are_one_a_minute_and_the_newest_of_it_stands(address, point):
    given = [point(value, back=back) for value, back in ((1, 130), (2, 125), (3, 10), (4, 5))]
    assert send(address, gauge("queue_length", *reversed(given))).json() == {}
    assert figures() == [("own:queue_length", 0, 2.0), ("own:queue_length", 0, 4.0)]


def test_reasons_stand_once_among_the_dead_letters(address, point):
    for number in range(3):
        send(address, gauge("unheard.of", point(number)), gauge("lag", point(number)))
    assert [(one.count, one.format) for one in DeadLetter.objects.order_by("pk")] == [(3, "otlp"), (3, "otlp")]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", JSON, 400),
        (b'{"metrics": []}', JSON, 400),
        (b"[1]", JSON, 400),
        (b"\xff\xff\xff", PROTOBUF, 400),
        (gzip.compress(b"{}", mtime=0)[:-9], JSON, 400),
        (gzip.compress(b" " * 200_000, mtime=0), JSON, 413),
        (b"text", "text/plain", 415),
    ],
)
def test_unreadable_export_is_refused_as_the_protocol_says_and_counted(address, body, content_type, status):
    packed = {"content-encoding": "gzip"} if body.startswith(b"\x1f\x8b") else {}
    answer = Client().post(address, body, content_type=content_type, headers=packed)
    assert (answer.status_code, DeadLetter.objects.count()) == (status, int(content_type != "text/plain"))
    if content_type == PROTOBUF:
        assert answer.content.startswith(b"\x08\x03\x12")
    else:
        assert answer.json()["code"] == 3


def test_odd_shapes_are_no_fault_of_ours(address):
    odd = [
        {"name": 7, "gauge": []},
        {"gauge": {"dataPoints": [None, 1, {}]}},
        {"sum": 5},
        None,
        {"name": "lag", "sum": {}},
    ]
    assert send(address, *odd).status_code == 200
    assert Client().post(address, b'{"resourceMetrics": [1, {"scopeMetrics": 3}]}', content_type=JSON).json() == {}


def test_metrics_go_to_the_launch_that_a_route_names(address, point, source_and_key, now):
    day = now.date()
    other = Launch.objects.create(slug="other", name="Other", go_live_on=day, planned_end_on=day, created_at=now)
    MetricDefinition.objects.create(launch=other, name="queue_length")
    SourceRoute.objects.create(source=source_and_key[0], launch=other, field="component", value="checkout", made_at=now)
    assert send(address, gauge("queue_length", point())).json() == {}
    assert Measurement.objects.get().launch == other


def test_figures_from_outside_go_after_ninety_days_and_our_own_stay(launch, now):
    old = now - timedelta(days=91)
    for metric, at in (("own:lag", old), ("inflow", old), ("own:lag", now)):
        Measurement.objects.create(launch=launch, metric=metric, measured_at=at, value=1)
    assert measurements.forget_old(now=now) == 1
    assert set(Measurement.objects.values_list("metric", "measured_at")) == {("inflow", old), ("own:lag", now)}


def test_metric_is_named_read_and_removed_by_the_api(api, point, source_and_key):
    named = api.post("/api/v1/metrics/", {"launch": "shop", "name": "lag", "only": ["queue=orders"]}, format="json")
    assert (named.status_code, named.json()["measured_as"]) == (201, "own:lag")
    for wrong in (
        {"name": "7up"},
        {"name": "lag"},
        {"name": "x", "only": ["queue"]},
        {"name": "x", "only": ["a=b,c=d"]},
    ):
        assert api.post("/api/v1/metrics/", {"launch": "shop"} | wrong, format="json").status_code == 400
    send(f"/ingest/{source_and_key[1]}/otlp/v1/metrics", gauge("lag", point(3, queue="orders")))
    shown = api.get("/api/v1/measurements/?launch=shop&metric=own:lag").json()["results"]
    assert [row["value"] for row in shown] == [3.0]
    assert api.delete(f"/api/v1/metrics/{named.json()['id']}/").status_code == 204
    assert not MetricDefinition.objects.exists()


def test_course_of_a_metric_is_drawn(launch, people, now):
    MetricDefinition.objects.create(launch=launch, name="temperature", unit="°C")
    for number, value in enumerate((-3.5, 0.2, 0.0042)):
        at = now - timedelta(minutes=30 - 10 * number)
        Measurement.objects.create(launch=launch, metric="own:temperature", measured_at=at, value=value)
    client = Client()
    client.force_login(people["lead"])
    page = client.get("/launches/shop/traffic/metrics/").content.decode()
    assert "<code>temperature</code>" in page
    assert "0.0042 °C" in page
    assert 'class="line"' in page
