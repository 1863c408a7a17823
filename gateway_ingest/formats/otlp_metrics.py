"""This module reads OpenTelemetry metrics, in JSON and protobuf: points of gauges and sums, and what no single figure is."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.utils.translation import gettext as _
from google.protobuf.json_format import Error as JsonFormatError
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import FormatError
from gateway_ingest.formats.otlp_attributes import attributes_of
from gateway_ingest.formats.protobuf_parts import holds_more_than
from hypercare.core.strict_json import JSON

# Ten thousand points of some attributes hold half of these.
MOST_PARTS = 400_000
_DELTA = (1, "AGGREGATION_TEMPORALITY_DELTA")
_CUMULATIVE = (2, "AGGREGATION_TEMPORALITY_CUMULATIVE")
_SHAPES = ("histogram", "exponentialHistogram", "summary")
_NO_VALUE = 1
_WHOLE = re.compile(r"-?\d{1,19}")
_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,3})?")
# Beyond it sums would lose their last digits, and a few more all of them.
_LARGEST = 1e15


class Why(StrEnum):
    """Why a point is not taken, as far as the point itself says."""

    SHAPE = "shape"
    COUNTS_UP = "counts_up"
    TEMPORALITY = "temporality"
    VALUE = "value"
    TIME = "time"


@dataclass(frozen=True)
class Point:
    """One value of a metric; what `adds` is a part of its time, everything else how it stood. `why` says what is wrong."""

    name: str
    value: float = 0.0
    at: datetime | None = None
    adds: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    resource: dict[str, str] = field(default_factory=dict)
    why: Why | None = None

    @property
    def series(self) -> tuple[tuple[str, str], ...]:
        """What tells it from other values of the same name."""
        return (*sorted(self.resource.items()), *sorted(self.attributes.items()))


def payload_of(body: bytes) -> JSON:
    """A protobuf request in the shape of the JSON one; raises FormatError, also for one of too many parts."""
    try:
        is_too_many = holds_more_than(MOST_PARTS, body, ExportMetricsServiceRequest.DESCRIPTOR)
        found = {} if is_too_many else MessageToDict(
            ExportMetricsServiceRequest.FromString(body), use_integers_for_enums=True
        )  # fmt: skip
    except (DecodeError, JsonFormatError, ValueError, RecursionError) as error:
        raise FormatError(_("This is no ExportMetricsServiceRequest in protobuf.")) from error
    if is_too_many:
        raise FormatError(_("The export holds more than 400,000 values; send smaller groups."))
    return values.storable(found)


def read(payload: JSON) -> list[Point]:
    """Every point of an export; raises FormatError for any other payload."""
    if not isinstance(payload, dict) or not isinstance(payload.get("resourceMetrics", []), list):
        raise FormatError(_("An export of metrics is an object with a list “resourceMetrics”."))
    if payload and "resourceMetrics" not in payload:
        raise FormatError(_("An export of metrics is an object with a list “resourceMetrics”."))
    return [
        point
        for of_resource in values.items(values.at(payload, "resourceMetrics"))
        for point in _of_resource(of_resource)
    ]


def _of_resource(given: JSON) -> Iterator[Point]:
    resource = values.labels_of(attributes_of(values.at(given, "resource", "attributes")))
    for scope in values.items(values.at(given, "scopeMetrics")):
        for metric in values.items(values.at(scope, "metrics")):
            yield from _of_metric(metric, resource)


def _of_metric(metric: JSON, resource: dict[str, str]) -> Iterator[Point]:
    name = values.text(values.at(metric, "name"))[:200]
    for shape in _SHAPES:
        for _point in values.items(values.at(metric, shape, "dataPoints")):
            yield Point(name, why=Why.SHAPE)
    for given in values.items(values.at(metric, "gauge", "dataPoints")):
        yield _point_of(name, given, resource)
    summed = values.at(metric, "sum")
    why = _why_not_summed(summed)
    adds = values.at(summed, "aggregationTemporality") in _DELTA
    for given in values.items(values.at(summed, "dataPoints")):
        yield Point(name, why=why) if why else _point_of(name, given, resource, adds=adds)


def _why_not_summed(summed: JSON) -> Why | None:
    """What counts up for ever tells nothing by itself: how far it was, somebody would have to remember for each series."""
    temporality = values.at(summed, "aggregationTemporality")
    if temporality in _DELTA:
        return None
    if temporality not in _CUMULATIVE:
        return Why.TEMPORALITY
    return Why.COUNTS_UP if values.at(summed, "isMonotonic") is True else None


def _point_of(name: str, given: JSON, resource: dict[str, str], *, adds: bool = False) -> Point:
    value, at = _value_of(given), _moment_of(values.at(given, "timeUnixNano"))
    if value is None:
        return Point(name, why=Why.VALUE)
    if at is None:
        return Point(name, why=Why.TIME)
    attributes = values.labels_of(attributes_of(values.at(given, "attributes")))
    return Point(name, value, at, adds, attributes, resource)


def _value_of(given: JSON) -> float | None:
    """64-bit whole numbers stand in quotes; a point may also say that it has no value."""
    flags, whole, number = (values.at(given, name) for name in ("flags", "asInt", "asDouble"))
    if isinstance(flags, int) and flags & _NO_VALUE:
        return None
    if isinstance(whole, int | str) and _WHOLE.fullmatch(str(whole)):
        number = int(whole)
    # Numbers may stand in quotes too, by the rules of protobuf in JSON.
    if isinstance(number, str) and _NUMBER.fullmatch(number):
        number = float(number)
    if not isinstance(number, int | float) or isinstance(number, bool):
        return None
    return float(number) if math.isfinite(number) and abs(number) <= _LARGEST else None


def _moment_of(given: JSON) -> datetime | None:
    text = values.text(given)
    if not re.fullmatch(r"\d{16,19}", text):
        return None
    seconds, rest = divmod(int(text), 1_000_000_000)
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=rest // 1000)
