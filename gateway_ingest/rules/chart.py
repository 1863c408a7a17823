"""This module draws a course as the numbers of an SVG: a line, its limit, what is usual, and when the rule fired."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

WIDTH, HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 8, 10, 24
_MOST_POINTS = 360
_ROWS = 24
_HOURS = timedelta(hours=36)

Line = Sequence[float | None]


@dataclass(frozen=True)
class Mark:
    """A stretch in which the rule fired."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Row:
    """One line of the table that says the same."""

    at: datetime
    value: str
    limit: str
    usual: str
    fires: bool


@dataclass(frozen=True)
class Chart:
    """What the template draws. Each path is for the `d` of an SVG path."""

    line: str
    limit: str
    usual: str
    marks: list[tuple[float, float]]
    y_ticks: list[tuple[float, str]]
    x_ticks: list[tuple[float, str]]
    rows: list[Row] = field(default_factory=list)
    width: int = WIDTH
    height: int = HEIGHT
    bottom: int = HEIGHT - _BOTTOM
    left: int = _LEFT
    plot_height: int = HEIGHT - _BOTTOM - _TOP
    top: int = _TOP


def draw(
    moments: Sequence[datetime],
    values: Line,
    *,
    limits: Line,
    usual: Line,
    marks: Sequence[Mark],
    zone: str,
    amount: Callable[[float | None], str],
) -> Chart | None:
    """The chart of a course; None without any value."""
    if not any(value is not None for value in values):
        return None
    thinned = _thinned(values)
    moments = [moments[place] for place in thinned]
    values, limits, usual = ([line[place] for place in thinned] for line in (values, limits, usual))
    top = _nice(max(value for line in (values, limits, usual) for value in line if value is not None))
    scale = _Scale(moments[0], max(moments[-1], moments[0] + timedelta(minutes=1)), top)
    return Chart(
        line=_path(moments, values, scale),
        limit=_path(moments, limits, scale),
        usual=_path(moments, usual, scale),
        marks=_marks(marks, scale),
        y_ticks=[(scale.y(top * part / 4), amount(top * part / 4)) for part in range(5)],
        x_ticks=_x_ticks(scale, ZoneInfo(zone)),
        rows=_rows(moments, (values, limits, usual), marks, amount),
    )


@dataclass(frozen=True)
class _Scale:
    begins: datetime
    ends: datetime
    top: float

    def x(self, at: datetime) -> float:
        share = (at - self.begins) / (self.ends - self.begins)
        return round(_LEFT + min(max(share, 0.0), 1.0) * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        return round(_TOP + (1 - min(value / self.top, 1.0)) * (HEIGHT - _TOP - _BOTTOM), 1)


def _thinned(values: Line) -> list[int]:
    """Places that are shown: all, or of every few the highest, the lowest and a gap, and both ends."""
    number = len(values)
    if number <= _MOST_POINTS:
        return list(range(number))
    step = math.ceil(2 * number / _MOST_POINTS)
    shown = {0, number - 1}
    for start in range(0, number, step):
        places = range(start, min(start + step, number))
        known = {place: value for place in places if (value := values[place]) is not None}
        if known:
            shown |= {max(known, key=known.__getitem__), min(known, key=known.__getitem__)}
        shown.update([place for place in places if place not in known][:1])
    return sorted(shown)


def _path(moments: Sequence[datetime], line: Line, scale: _Scale) -> str:
    parts, pen_up = [], True
    for at, value in zip(moments, line, strict=True):
        if value is None:
            pen_up = True
            continue
        parts.append(f"{'M' if pen_up else 'L'}{scale.x(at)} {scale.y(value)}")
        pen_up = False
    return "".join(parts)


def _marks(marks: Sequence[Mark], scale: _Scale) -> list[tuple[float, float]]:
    """Where each stretch begins and how wide it is; a short one is still seen."""
    seen = [mark for mark in marks if mark.ends >= scale.begins and mark.begins <= scale.ends]
    return [(scale.x(mark.begins), max(round(scale.x(mark.ends) - scale.x(mark.begins), 1), 2.0)) for mark in seen]


def _x_ticks(scale: _Scale, zone: ZoneInfo) -> list[tuple[float, str]]:
    span = scale.ends - scale.begins
    moments = [scale.begins + span * part / 6 for part in range(1, 6)]
    form = "H:i" if span <= _HOURS else "j M"
    return [(scale.x(at), date_format(at.astimezone(zone), form)) for at in moments]


def _rows(
    moments: Sequence[datetime],
    lines: tuple[Line, Line, Line],
    marks: Sequence[Mark],
    amount: Callable[[float | None], str],
) -> list[Row]:
    values, limits, usual = lines
    step = max(math.ceil(len(moments) / _ROWS), 1)
    places = list(range(0, len(moments), step))
    ends = [moments[place] for place in places[1:]] + [max(moments[-1], moments[places[-1]] + timedelta(minutes=1))]
    return [
        Row(
            moments[place],
            amount(values[place]),
            amount(limits[place]),
            "" if usual[place] is None else amount(usual[place]),
            any(mark.begins <= end and mark.ends >= moments[place] for mark in marks),
        )
        for place, end in zip(places, ends, strict=True)
    ]


def _nice(most: float) -> float:
    """A round number not below the largest value."""
    if most <= 0:
        return 1.0
    power = math.pow(10, math.floor(math.log10(most)))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 8, 10) if step * power >= most * 0.999)
