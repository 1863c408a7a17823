"""These tests feed the reader of OpenTelemetry metrics every shape there is, and more than may be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from gateway_ingest.formats import otlp_metrics
from gateway_ingest.formats.incoming import FormatError
from gateway_ingest.formats.otlp_metrics import Why

NAMES = (
    *("resourceMetrics", "resource", "attributes", "scopeMetrics", "metrics", "name", "gauge", "sum", "histogram"),
    *(
        "dataPoints",
        "asInt",
        "asDouble",
        "timeUnixNano",
        "flags",
        "aggregationTemporality",
        "isMonotonic",
        "key",
        "value",
    ),
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(["9" * 25, "-7", "1e9"])
)
SHAPES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)),
    max_leaves=25,
)


@settings(max_examples=50, deadline=None)
@given(metrics=SHAPES, points=SHAPES)
def test_any_shape_is_read_or_refused(metrics, points):
    whole = {
        "resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "a", "gauge": {"dataPoints": points}}, metrics]}]}]
    }
    for payload in (metrics, whole):
        try:
            found = otlp_metrics.read(payload)
        except FormatError:
            continue
        assert all(point.why or (point.at is not None and abs(point.value) <= 1e15) for point in found)


def test_protobuf_reads_as_json_does():
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="orders")
    metric.sum.aggregation_temporality = 1
    metric.sum.data_points.add(as_int=0, time_unix_nano=1_779_970_800_000_000_000)
    metric.sum.data_points.add(as_double=float("nan"), time_unix_nano=1_779_970_800_000_000_000)
    first, second = otlp_metrics.read(otlp_metrics.payload_of(request.SerializeToString()))
    assert (first.name, first.value, first.adds, first.why) == ("orders", 0.0, True, None)
    assert second.why is Why.VALUE


@pytest.mark.parametrize(
    ("given", "value"),
    [("1.5", 1.5), ("-2e3", -2000.0), ("NaN", None), ("Infinity", None), ("1_0", None), ("9e999", None)],
)
def test_number_in_quotes_is_one(given, value):
    point = {"asDouble": given, "timeUnixNano": "1779970800123456789"}
    metric = {"name": "a", "gauge": {"dataPoints": [point]}}
    (found,) = otlp_metrics.read({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]})
    assert (None if found.why else found.value) == value
    assert found.why or found.at.microsecond == 123456


def test_export_of_too_many_parts_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(otlp_metrics, "MOST_PARTS", 1000)
    request = ExportMetricsServiceRequest()
    gauge = request.resource_metrics.add().scope_metrics.add().metrics.add(name="w" * 600_000).gauge
    for _number in range(1001):
        gauge.data_points.add()
    with pytest.raises(FormatError, match="more than 400,000 values"):
        otlp_metrics.payload_of(request.SerializeToString())
