"""This module turns points in time into the paths of small charts; words and figures stand beside them in HTML."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway_ingest.evidence.signature import Span

WIDTH, HEIGHT = 1000, 100
SPARK_WIDTH, SPARK_HEIGHT = 88, 24
_EDGE = 2.0


@dataclass(frozen=True)
class Mark:
    """A vertical line at a moment."""

    x: str
    name: str
    at: datetime


@dataclass(frozen=True)
class Chart:
    """A line over a span from nought, or the lowest value below it, to `highest`; gaps are where there was no value."""

    path: str
    area: str
    highest: float
    begins: datetime
    middle: datetime
    ends: datetime
    marks: list[Mark]


def chart(
    points: Sequence[tuple[datetime, float | None]], span: Span, *, marks: Iterable[tuple[datetime, str]] = ()
) -> Chart | None:
    """The chart of some points; None before there are two values."""
    values = [value for _at, value in points if value is not None]
    if len(values) < 2:
        return None
    highest, lowest = max(*values, 0.0), min(*values, 0.0)

    def x(at: datetime) -> float:
        return min(max((at - span.begins) / span.length, 0.0), 1.0) * WIDTH

    above = [(x(at), None if value is None else value - lowest) for at, value in points]
    stretches = list(_stretches(above, highest - lowest))
    return Chart(
        path="".join("M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in one) for one in stretches),
        area="".join(_closed(one) for one in stretches),
        highest=max(values),
        begins=span.begins,
        middle=span.begins + span.length / 2,
        ends=span.ends,
        marks=[Mark(f"{x(at):.1f}", name, at) for at, name in marks],
    )


def _stretches(places: Sequence[tuple[float, float | None]], highest: float) -> Iterable[list[tuple[float, float]]]:
    """The line without its gaps; a value alone becomes a short dash."""
    run: list[tuple[float, float]] = []
    for px, value in [*places, (0.0, None)]:
        if value is not None:
            run.append((px, HEIGHT - _EDGE - (value / highest if highest else 0.0) * (HEIGHT - 2 * _EDGE)))
        elif run:
            yield run if len(run) > 1 else [run[0], (run[0][0] + 2, run[0][1])]
            run = []


def _closed(run: Sequence[tuple[float, float]]) -> str:
    line = "L".join(f"{px:.1f} {py:.1f}" for px, py in run)
    return f"M{run[0][0]:.1f} {HEIGHT}L{line}L{run[-1][0]:.1f} {HEIGHT}Z"


def spark(values: Sequence[float]) -> str:
    """The path of a line as wide as a word; empty before there are two values."""
    if len(values) < 2:
        return ""
    highest, step = max(values), (SPARK_WIDTH - 4) / (len(values) - 1)
    share = (SPARK_HEIGHT - 6) / highest if highest else 0.0
    places = ((2 + place * step, SPARK_HEIGHT - 3 - value * share) for place, value in enumerate(values))
    return "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in places)
