"""This module gives rules the figures that are no counts of some minutes: spend, silence, lost context and drift."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection

from gateway_ingest.detect.drift import Drift, foresee
from gateway_ingest.models import Baseline, Heartbeat, TrafficTarget
from gateway_ingest.rules.defaults import LATENCY_TARGET_MS
from gateway_ingest.rules.keys import Key, from_text
from gateway_ingest.rules.rule import Per, Rule
from gateway_ingest.rules.span import MINUTE, Span, span_of
from gateway_ingest.rules.stored import HOUR
from gateway_ingest.rules.traffic import Traffic
from gateway_ingest.rules.watching import Figures
from gateway_ingest.silences import Quiet, interval_of, silent_for
from hypercare.core import clock
from hypercare.core.models import Launch

DRIFTS_FOR = timedelta(days=14)
NEVER = 3650.0  # days left where nothing drifts
_LARGEST_POWER = 50.0
_OF_MODELS = (
    "w.kind_id IN (SELECT id FROM gateway_ingest_callkind WHERE launch_id = %s "
    "AND (model <> '' OR provider <> '' OR prompt_version <> ''))"
)
Course = list[tuple[datetime, Traffic]]


@dataclass(frozen=True)
class Targets:
    """What a team wants of its components, and of the launch where a component has no target of its own."""

    p95_ms: dict[str, float]
    budgets: dict[str, float]

    @classmethod
    def of(cls, launch: Launch) -> "Targets":
        """The targets of a launch; the launch's own stand under no name."""
        rows = list(TrafficTarget.objects.filter(launch=launch).select_related("component"))
        names = [row.component.slug if row.component else "" for row in rows]
        return cls(
            {name: row.p95_ms for name, row in zip(names, rows, strict=True) if row.p95_ms},
            {name: row.daily_budget for name, row in zip(names, rows, strict=True) if row.daily_budget},
        )

    def p95_of(self, component: str) -> float:
        """The limit of a component's 95th percentile in milliseconds."""
        return self.p95_ms.get(component) or self.p95_ms.get("") or LATENCY_TARGET_MS


def spending(launch: Launch, targets: Targets, ends: Sequence[datetime]) -> Figures:
    """The spend of the day so far at each minute's end, of the launch and of each component with a budget."""
    if not targets.budgets or not ends:
        return {}
    begins = _day_of(launch, ends[0])
    rows = by_minute(launch.pk, "sum(w.cost)", begins, ends[-1])
    return {
        (name,) if name else (): _spent(launch, rows, name, budget, ends) for name, budget in targets.budgets.items()
    }


def _spent(
    launch: Launch, rows: list[tuple[str, datetime, int]], name: str, budget: float, ends: Sequence[datetime]
) -> Course:
    """One budget's course; it begins anew at midnight by the launch's clock."""
    own = [(at, cost) for component, at, cost in rows if name in {"", component}]
    course: Course = []
    day, spent, place = _day_of(launch, ends[0]), 0, 0
    for end in ends:
        if _day_of(launch, end) != day:
            day, spent = _day_of(launch, end), 0
        while place < len(own) and own[place][0] < end:
            spent += int(own[place][1]) if own[place][0] >= day else 0
            place += 1
        course.append((end, Traffic(1, spent=spent / 1e9, budget=budget)))
    return course


def _day_of(launch: Launch, end: datetime) -> datetime:
    """When the day of the minute that ends then began; the minute that ends at midnight is still of the day before."""
    return clock.day_bounds(clock.local_day(end - MINUTE, launch.zone), launch.zone)[0]


def by_minute(launch_id: int, what: str, begins: datetime, ends: datetime) -> list[tuple[str, datetime, int]]:
    """A sum by component and minute, of calls that went to a model."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(c.slug, k.hint), w.at, {what} FROM gateway_ingest_window w "  # noqa: S608 - our own words
            "JOIN gateway_ingest_callkind k ON k.id = w.kind_id LEFT JOIN core_component c ON c.id = k.component_id "
            f"WHERE w.at >= %s AND w.at < %s AND {_OF_MODELS} GROUP BY 1, 2 HAVING {what} > 0 ORDER BY w.at",
            [begins, ends, launch_id],
        )
        return [(component, at, number) for component, at, number in cursor.fetchall()]


def forgotten(
    launch: Launch, rule: Rule, begins: datetime, ends: datetime, *, most: int | None = None
) -> tuple[Span, int]:
    """How many answers forgot the context, by component and minute, over as many minutes as the rule looks at.

    With `most`, only of so many components, those that forgot most.
    """
    start = begins - rule.minutes * MINUTE
    told = by_minute(launch.pk, "sum(w.forgot)", start, ends)
    if most is not None:
        totals: Counter[str] = Counter()
        for component, _at, number in told:
            totals[component] += number
        worst = {component for component, _number in totals.most_common(most)}
        told = [row for row in told if row[0] in worst]
    minute = np.array([int((at - start) / MINUTE) for _component, at, _number in told], dtype=np.int64)
    numbers = np.array([number for _component, _at, number in told], dtype=np.int64)
    keys = [(component,) for component, _at, _number in told]
    return span_of(start, int((ends - start) / MINUTE), keys, minute, {"forgot": numbers})[0], rule.minutes


def silences(heartbeats: Iterable[Heartbeat], at: datetime, *, zone: str, quiet: Quiet) -> Figures:
    """How many times its interval each heartbeat is silent; nothing of one whose interval is neither told nor learned."""
    found: dict[Key, Course] = {}
    for one in heartbeats:
        if (interval := interval_of(one)) is not None:
            silent = silent_for(one, at, zone=zone, away=quiet(one.source_id)) / interval
            found[key_of_heartbeat(one)] = [(at, Traffic(1, figure=silent))]
    return found


def key_of_heartbeat(one: Heartbeat) -> Key:
    """By what a rule knows it."""
    return str(one.source), one.name


def facts_of_heartbeat(one: Heartbeat) -> dict[str, Any]:
    """What a finding tells of who is silent."""
    return {"last_heard_at": one.last_at.isoformat(), "interval_seconds": round(interval_of(one) or 0.0)}


@dataclass(frozen=True)
class Foreseen:
    """A component's latency by day, its drift if there are days enough, and the target it may cross.

    The drift is of the logarithms: what rises by a share every day is a straight line there.
    """

    moments: list[datetime]
    values: list[float]
    target: float
    drift: Drift | None

    @property
    def warns(self) -> bool:
        """Whether it will cross, as far as one can tell."""
        return self.drift is not None and self.drift.warns()

    def at(self, moment: datetime) -> float | None:
        """Where the drift is at a moment, before or ahead; None without one."""
        if self.drift is None:
            return None
        days = (moment - self.drift.newest_at) / timedelta(days=1)
        return math.exp(min(self.drift.level + self.drift.slope_per_day * days, _LARGEST_POWER))


def foreseen(launch: Launch, targets: Targets, at: datetime) -> dict[str, Foreseen]:
    """Where the latency of each component drifts, from the days before a moment."""
    found = {}
    for component, course in daily_p95(launch, at).items():
        moments, values = [moment for moment, _value in course], [value for _moment, value in course]
        target = targets.p95_of(component)
        drift = foresee(moments, [math.log(value) for value in values], limit=math.log(target))
        found[component] = Foreseen(moments, values, target, drift)
    return found


def days_left(found: Mapping[str, Foreseen], at: datetime) -> Figures:
    """In how many days each component's latency crosses its target, if it goes on drifting as in the last two weeks."""
    return {(component, "p95"): [(at, Traffic(60, figure=_days_of(one, at)))] for component, one in found.items()}


def _days_of(one: Foreseen, at: datetime) -> float:
    if one.drift is None or not one.warns or one.drift.crosses_at is None:
        return NEVER
    return max((one.drift.crosses_at - at) / timedelta(days=1), 0.0)


def daily_p95(launch: Launch, at: datetime) -> dict[str, list[tuple[datetime, float]]]:
    """Each component's 95th percentile by day: the mean of its routes' hours, by their calls; full days only."""
    today = clock.day_bounds(clock.local_day(at, launch.zone), launch.zone)[0]
    rows = Baseline.objects.filter(
        launch=launch, per=Per.ROUTE, hour__gte=today - DRIFTS_FOR, hour__lt=today, p95_ms__isnull=False
    ).values_list("key", "hour", "calls", "p95_ms")
    sums: dict[tuple[str, datetime], tuple[float, float]] = {}
    for key, hour, calls, p95_ms in rows:
        day = clock.day_bounds(clock.local_day(hour, launch.zone), launch.zone)[0]
        place = (from_text(key, Per.ROUTE)[0], day)
        weight, total = sums.get(place, (0.0, 0.0))
        sums[place] = weight + calls, total + calls * (p95_ms or 0.0)
    found: dict[str, list[tuple[datetime, float]]] = {}
    for (component, day), (weight, total) in sorted(sums.items()):
        if weight and total > 0:
            found.setdefault(component, []).append((day + 12 * HOUR, total / weight))
    return found
