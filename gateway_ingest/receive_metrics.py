"""This module takes one export of OpenTelemetry metrics: what a launch has defined becomes measurements, the rest is told.

A metric that no launch knows, or that is no single figure, is counted and named to its sender, and once in the list of
dead letters for each reason. Nothing is made up for a name that nobody asked for, so no sender can fill a table.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gateway_ingest import batches, dead_letters, signatures, sources
from gateway_ingest.calls import keep_days
from gateway_ingest.formats import FormatError, otlp_metrics
from gateway_ingest.formats.otlp_metrics import Point, Why
from gateway_ingest.models import Source
from gateway_ingest.receive import Delivery
from gateway_ingest.routing import Routing, Traits, refusal
from gateway_ingest.unpacking import MAX_WHOLE, check_values, unpack
from hypercare.core import measurements
from hypercare.core.measurements import Figure
from hypercare.core.models import Launch, MetricDefinition
from hypercare.core.problem import Problem
from hypercare.core.strict_json import JSON, BadJson, parse

MOST_POINTS = 20_000
AHEAD = timedelta(minutes=5)
_NAMED = 5
_HOSTS = ("host.name", "server.address", "net.host.name")


@dataclass
class MetricsAnswer:
    """How many points became figures, and by reason the names of those that did not."""

    accepted: int = 0
    refused: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """How many points were not taken."""
        return sum(names.total() for names in self.refused.values())

    def refuse(self, point: Point, why: str) -> None:
        """Notes a point that is not taken."""
        self.refused.setdefault(why, Counter())[point.name or "?"] += 1

    @property
    def message(self) -> str:
        """Each reason with how many it kept out, and the first of their names."""
        return " ".join(_said(why, names) for why, names in self.refused.items())


@dataclass(frozen=True)
class _Wanted:
    """Which metrics each launch has defined, and how old their points may be."""

    by_name: Mapping[tuple[int, str], MetricDefinition]
    oldest: Mapping[int, datetime]
    newest: datetime

    @classmethod
    def of(cls, launches: Sequence[Launch], *, now: datetime) -> "_Wanted":
        rows = MetricDefinition.objects.filter(launch__in=launches)
        kept = keep_days(launches)
        oldest = {number: now - timedelta(days=days) for number, days in kept.items()}
        return cls({(row.launch_id, row.name): row for row in rows}, oldest, now + AHEAD)


def receive_metrics(source: Source, delivery: Delivery, *, protobuf: bool, now: datetime) -> MetricsAnswer:
    """Stores the points that are asked for, once for each delivery, and says of the others why not.

    Raises Problem 400, 413 or 415 for a body that cannot be read, 403 for an unsigned one where signatures are asked for.
    """
    signatures.refuse_unsigned(source, "otlp", now=now)
    batches.check_key(delivery.idempotency_key)
    try:
        body = unpack(delivery.body, encoding=delivery.encoding)
        points = _points(body, protobuf=protobuf)
    except (Problem, FormatError, BadJson) as error:
        problem = Problem(400, str(error)) if isinstance(error, FormatError) else error
        raise dead_letters.refused(source, b"", problem, format_name="otlp", now=now) from error
    name = f"metrics:{batches.batch_id(delivery.idempotency_key, [body])}"
    return _stored(source, points, batch_id=name, now=now)


def _points(body: bytes, *, protobuf: bool) -> list[Point]:
    points = otlp_metrics.read(otlp_metrics.payload_of(body) if protobuf else _parsed(body))
    if len(points) > MOST_POINTS:
        raise Problem(413, _("More than 20,000 points came at once; send smaller groups."))
    return points


def _parsed(body: bytes) -> JSON:
    check_values(body)
    return parse(body, max_bytes=MAX_WHOLE)


@transaction.atomic
def _stored(source: Source, points: Sequence[Point], *, batch_id: str, now: datetime) -> MetricsAnswer:
    """The source's row lock comes first, so that one delivery that comes twice at once is one."""
    source = sources.locked_living(source.pk)
    if batches.came_before(source, batch_id, now=now):
        Source.objects.filter(pk=source.pk).update(repeats=F("repeats") + 1, last_event_at=now)
        return MetricsAnswer()
    answer = MetricsAnswer()
    figures = _figures(Routing.of(source), points, answer, now=now)
    measurements.take(figures)
    answer.accepted = len(figures)
    newest = max((figure.at for figure in figures), default=None)
    lag = max(0, int((now - newest) / timedelta(milliseconds=1))) if newest else None
    # What nobody wanted may come again once somebody does.
    name = batch_id if figures or not points else batches.rejected_name()
    batches.first_time(source, name, accepted=len(figures), rejected=answer.rejected, lag=lag, now=now)
    for why in answer.refused:
        dead_letters.keep(source, b"", reason=_in_letter(why), format_name="otlp", now=now)
    first = source.first_event_at or (now if figures else None)
    Source.objects.filter(pk=source.pk).update(last_event_at=now, first_event_at=first)
    return answer


def _figures(routing: Routing, points: Iterable[Point], answer: MetricsAnswer, *, now: datetime) -> list[Figure]:
    wanted = _Wanted.of(routing.launches, now=now)
    found: dict[int, list[tuple[MetricDefinition, Point]]] = defaultdict(list)
    for point in points:
        launch = routing.launch_of(_traits_of(point))
        definition = wanted.by_name.get((launch.pk, point.name)) if launch else None
        if why := _why_not(point, launch, definition, wanted):
            answer.refuse(point, why)
        elif definition:
            found[definition.pk].append((definition, point))
    return [figure for group in found.values() for figure in _of_one_metric(group, answer)]


def _why_not(point: Point, launch: Launch | None, definition: MetricDefinition | None, wanted: _Wanted) -> str:
    """Why a point is not taken; empty where it is."""
    if launch is None:
        return refusal()
    if launch.closed_at:
        return _("%(launch)s was closed and takes nothing more.") % {"launch": launch.name}
    if definition is None:
        return _("no such metric is defined in the launch; define it under Settings, Metrics, or do not send it")
    if point.why or point.at is None:
        return _REASONS[point.why or Why.TIME]()
    if not set(definition.only) <= {f"{name}={value}" for name, value in (point.resource | point.attributes).items()}:
        return _("it does not have the attributes that the metric is limited to")
    is_in_time = wanted.oldest[launch.pk] <= point.at <= wanted.newest
    return "" if is_in_time else _("its time is older than what is kept, or more than 5 minutes ahead")


def _shape() -> str:
    return _("a histogram or summary is no single figure; send a gauge or a sum instead")


def _counts_up() -> str:
    return _(
        "it counts up for ever; send it as deltas, by OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta "
        "or the Collector's cumulativetodelta"
    )


def _temporality() -> str:
    return _("its sum does not say its temporality")


def _value() -> str:
    return _("it has no value, or one that is no finite number of at most 15 digits")


def _time() -> str:
    return _("it does not say its time in nanoseconds since 1970")


_REASONS = {
    Why.SHAPE: _shape,
    Why.COUNTS_UP: _counts_up,
    Why.TEMPORALITY: _temporality,
    Why.VALUE: _value,
    Why.TIME: _time,
}


def _of_one_metric(group: list[tuple[MetricDefinition, Point]], answer: MetricsAnswer) -> list[Figure]:
    """Parts are added up whatever they are of; how several things stand is no one figure, nor beside parts."""
    series = {() if point.adds else (point.series,) for _definition, point in group}
    figures = []
    for definition, point in group:
        if not point.adds and len(series) > 1:
            answer.refuse(point, _("several series of it came at once; limit the metric to one by an attribute"))
        elif point.at:
            figures.append(Figure(definition.launch_id, definition.measured_as, point.at, point.value, point.adds))
    return figures


def _traits_of(point: Point) -> Traits:
    """What routes look at in a point."""
    labels = point.resource | point.attributes
    hosts = tuple(labels[name] for name in _HOSTS if name in labels)
    return Traits((labels["service.name"],) if "service.name" in labels else (), hosts, labels=labels)


def _said(why: str, names: Counter[str]) -> str:
    first = ", ".join(sorted(names)[:_NAMED])
    if len(names) > _NAMED:
        first = _("%(names)s and %(number)d more") % {"names": first, "number": len(names) - _NAMED}
    return ngettext(
        "%(number)d point was not taken (%(names)s): %(why)s.",
        "%(number)d points were not taken (%(names)s): %(why)s.",
        names.total(),
    ) % {"number": names.total(), "names": first, "why": why.rstrip(".")}


def _in_letter(why: str) -> str:
    return f"{_('Metrics')}: {why}"
