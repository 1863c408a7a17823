"""This module draws what came and went, and how long it took: places for SVG, all of them in whole tenths."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from triage.times.page import Day, Part

WIDTH, HEIGHT, MIDDLE = 840.0, 220.0, 110.0
_REACH = 96.0
BAR_WIDTH = 240.0


@dataclass(frozen=True)
class Bars:
    """One day: what came stands above the middle, what went below it."""

    day: Day
    x: str
    width: str
    opened_y: str
    opened_height: str
    ended_height: str
    label_x: str
    is_labelled: bool


@dataclass(frozen=True)
class Bar:
    """The middle and the ninth tenth of one group, along one scale."""

    part: Part
    median: str
    p90: str


def flow_bars(flow: Sequence[Day]) -> list[Bars]:
    """The days side by side; at most about ten are named."""
    most = max((max(day.opened, day.ended) for day in flow), default=0) or 1
    step = WIDTH / max(len(flow), 1)
    every = max(-(-len(flow) // 10), 1)
    bars = []
    for number, day in enumerate(flow):
        up, down = _REACH * day.opened / most, _REACH * day.ended / most
        bars.append(
            Bars(
                day,
                f"{number * step + step * 0.15:.1f}",
                f"{step * 0.7:.1f}",
                f"{MIDDLE - up:.1f}",
                f"{up:.1f}",
                f"{down:.1f}",
                f"{number * step + step / 2:.1f}",
                is_labelled=(len(flow) - 1 - number) % every == 0,
            )
        )
    return bars


def part_bars(parts: Sequence[Part]) -> list[Bar]:
    """The groups on one scale that ends at the longest ninth tenth."""
    longest = max((part.spread.p90 for part in parts if part.spread.p90), default=timedelta(0))
    return [Bar(part, _along(part.spread.median, longest), _along(part.spread.p90, longest)) for part in parts]


def _along(length: timedelta | None, longest: timedelta) -> str:
    return f"{BAR_WIDTH * (length / longest):.1f}" if length is not None and longest else ""
