"""This module gives a measure of traffic over time, in so many points that a chart can show them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway_ingest.evidence import reading
from gateway_ingest.evidence.reading import Figures, Wanted
from gateway_ingest.evidence.signature import HOUR, MINUTE, Signature, Span, kinds_of
from hypercare.core.models import Launch

MOST_POINTS = 400
_STEPS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 24 * HOUR)
_WANTED_POINTS = 120


def _share(part: str) -> Callable[[Figures], float | None]:
    return lambda figures: getattr(figures, part) / figures.calls if figures.calls else None


def _count(part: str) -> Callable[[Figures], float | None]:
    return lambda figures: float(getattr(figures, part))


_EVERY_CALL = Signature()
# Each measure with the sketches it needs.
MEASURES: dict[str, tuple[Callable[[Figures], float | None], tuple[str, ...]]] = {
    "calls": (_count("calls"), ()),
    "errors": (_count("errors"), ()),
    "error_share": (_share("errors"), ()),
    "unavailable": (_count("unavailable"), ()),
    "malformed": (_count("malformed"), ()),
    "rate_limited": (_count("limited"), ()),
    "auth_failures": (_count("refused"), ()),
    "provider_errors": (_count("provider_errors"), ()),
    "flagged": (_count("flagged"), ()),
    "p50_ms": (lambda figures: figures.p(0.5), ("latencies",)),
    "p95_ms": (lambda figures: figures.p(0.95), ("latencies",)),
    "p99_ms": (lambda figures: figures.p(0.99), ("latencies",)),
    "first_token_p50_ms": (lambda figures: figures.first_byte(0.5), ("first_bytes",)),
    "consumers": (lambda figures: float(figures.consumers.number), ("consumers",)),
    "tokens": (lambda figures: float(figures.input_tokens + figures.output_tokens), ()),
    "tokens_a_call": (
        lambda figures: (figures.input_tokens + figures.output_tokens) / figures.calls if figures.calls else None,
        (),
    ),
    "cost": (lambda figures: figures.cost / 1e9, ()),
}
# Where nothing was called these are nought; the others have no value there.
_COUNTS = frozenset(MEASURES) - {
    *("error_share", "p50_ms", "p95_ms", "p99_ms", "first_token_p50_ms", "tokens_a_call"),
}  # fmt: skip


@dataclass(frozen=True)
class Point:
    """The measure from `at` until the next point; None where it has no value."""

    at: datetime
    value: float | None


@dataclass(frozen=True)
class Series:
    """A measure at equal steps, without gaps."""

    measure: str
    step: timedelta
    points: list[Point]


def series(
    launch: Launch, measure: str, span: Span, *, signature: Signature | Sequence[Signature] = _EVERY_CALL,
    step: timedelta | None = None,
) -> Series:  # fmt: skip
    """The measure of calls that fit; the step is the finest that a chart can show, unless one is given."""
    value, sketches = MEASURES[measure]
    step = _step(span, step)
    kinds = kinds_of(launch, signature).values_list("pk", flat=True)
    found = reading.read(launch.pk, Wanted(dict.fromkeys(kinds, 0), span, step=step, sketches=sketches))
    by_time = {at: figures for (_group, at), figures in found.items() if at}
    empty = 0.0 if measure in _COUNTS else None
    moments = steps_of(span, step)
    return Series(measure, step, [Point(at, value(by_time[at]) if at in by_time else empty) for at in moments])


@dataclass(frozen=True)
class Course:
    """Calls of some routes, those among them that fail, and how many consumers failures reach, at the same steps."""

    calls: Series
    failures: Series
    consumers: Series


def course(launch: Launch, span: Span, signatures: Sequence[Signature]) -> Course:
    """The course of the routes that signatures name; what was counted is read once, whatever it is shown as."""
    places = [Signature(component=one.component, route=one.route, method=one.method) for one in signatures]
    failing = set(kinds_of(launch, signatures).values_list("pk", flat=True))
    others = set(kinds_of(launch, places).values_list("pk", flat=True)) - failing
    step = usual_step(span)
    whole = reading.whole_hours(launch.pk, span, step=step)
    bad, good = (
        {at: figures for (_group, at), figures in reading.read(launch.pk, wanted, whole=whole).items() if at}
        for wanted in (
            Wanted(dict.fromkeys(failing, 0), span, step=step, sums=("calls",), sketches=("consumers",)),
            Wanted(dict.fromkeys(others, 0), span, step=step, sums=("calls",)),
        )
    )
    nothing, moments = Figures(), steps_of(span, step)
    counted = [(at, bad.get(at, nothing), good.get(at, nothing)) for at in moments]
    return Course(
        Series("calls", step, [Point(at, float(failed.calls + other.calls)) for at, failed, other in counted]),
        Series("calls", step, [Point(at, float(failed.calls)) for at, failed, _other in counted]),
        Series("consumers", step, [Point(at, float(failed.consumers.number)) for at, failed, _other in counted]),
    )


def steps_of(span: Span, step: timedelta) -> list[datetime]:
    """Where the points of a span stand."""
    first = reading.ORIGIN + (span.begins - reading.ORIGIN) // step * step
    return [first + number * step for number in range(-((first - span.ends) // step))]


def usual_step(span: Span) -> timedelta:
    """The finest step that gives about a hundred points."""
    return next((step for step in _STEPS if span.length / step <= _WANTED_POINTS), _STEPS[-1])


def _step(span: Span, asked: timedelta | None) -> timedelta:
    if asked is None:
        return usual_step(span)
    return next((step for step in _STEPS if step >= asked and span.length / step <= MOST_POINTS), _STEPS[-1])
