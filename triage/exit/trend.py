"""This module draws how criteria stood: a line over the last days, a bar of days held."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg
from django.db.models.functions import TruncHour

from hypercare.core.models import Launch, Measurement
from triage.exit.assess import Standing
from triage.models import CriterionState

DAYS_SHOWN = 9
WIDTH, HEIGHT, EDGE = 88.0, 24.0, 3.0
BAR_WIDTH, BAR_GAP = 112.0, 2.0

Point = tuple[datetime, float]


@dataclass(frozen=True)
class Spark:
    """A small line chart, ready for SVG: the line, where it ends, and the height of the target."""

    path: str
    end_x: str
    end_y: str
    limit_y: str


@dataclass(frozen=True)
class Cell:
    """One day of a window: where it stands in the bar and whether it is held (`y`, `h`) or still to come (`n`)."""

    x: str
    width: str
    css: str


def points_of(launch: Launch, metrics: set[str], *, now: datetime) -> dict[str, list[Point]]:
    """The hourly means of each metric over the last days, oldest first."""
    rows = (
        Measurement.objects.filter(launch=launch, metric__in=metrics, measured_at__gt=now - timedelta(days=DAYS_SHOWN))
        .filter(measured_at__lte=now)
        .annotate(hour=TruncHour("measured_at"))
        .values_list("metric", "hour")
        .annotate(mean=Avg("value"))
        .order_by("hour")
    )
    points: dict[str, list[Point]] = {metric: [] for metric in metrics}
    for metric, hour, mean in rows:
        points[metric].append((hour, mean))
    return points


def spark(points: list[Point], limit: float, *, now: datetime) -> Spark | None:
    """The line of a metric against its target; None before there are two points."""
    if len(points) < 2:
        return None
    values = [value for _moment, value in points] + [limit]
    low, high = min(values), max(values)
    begin = now - timedelta(days=DAYS_SHOWN)

    def x(moment: datetime) -> str:
        share = max((moment - begin) / timedelta(days=DAYS_SHOWN), 0.0)
        return f"{2 + share * (WIDTH - 4):.1f}"

    def y(value: float) -> str:
        share = (value - low) / (high - low) if high > low else 0.0
        return f"{HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE):.1f}"

    path = "M" + "L".join(f"{x(moment)} {y(value)}" for moment, value in points)
    moment, value = points[-1]
    return Spark(path, x(moment), y(value), y(limit))


def window(standing: Standing) -> list[Cell]:
    """One cell for each day the criterion must hold."""
    days = standing.criterion.hold_days
    if not days:
        return []
    width = (BAR_WIDTH - BAR_GAP * (days - 1)) / days
    held = "y" if standing.state == CriterionState.MET else "h"
    return [
        Cell(f"{day * (width + BAR_GAP):.1f}", f"{width:.1f}", held if day < standing.days_held else "n")
        for day in range(days)
    ]
