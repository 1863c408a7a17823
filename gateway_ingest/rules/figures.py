"""This module gives rules the figures that are no counts of some minutes: spend, ratings, silence, surprise and drift."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from gateway_ingest.detect.drift import Drift, foresee
from gateway_ingest.models import Baseline, Heartbeat, TrafficTarget
from gateway_ingest.rules.defaults import LATENCY_TARGET_MS
from gateway_ingest.rules.keys import Key, from_text
from gateway_ingest.rules.rule import Per
from gateway_ingest.rules.span import MINUTE
from gateway_ingest.rules.stored import HOUR
from gateway_ingest.rules.traffic import Traffic
from gateway_ingest.rules.watching import Figures
from hypercare.core import clock
from hypercare.core.models import Launch

RATED_FOR = timedelta(days=14)
DRIFTS_FOR = timedelta(days=14)
NEVER = 3650.0  # days left where nothing drifts
_LARGEST_POWER = 50.0
LEAST_SILENCE = 300.0  # seconds, below which no learned interval counts
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


@dataclass(frozen=True)
class _Rated:
    """What people said of one version in one minute."""

    component: str
    version: str
    at: datetime
    helpful: int
    unhelpful: int


def ratings(launch: Launch, ends: Sequence[datetime]) -> Figures:
    """The chance that each component's newest version is rated no lower than the version before."""
    if not ends:
        return {}
    rows = _rated(launch.pk, ends[0] - RATED_FOR, ends[-1])
    versions: dict[str, list[str]] = {}
    for row in rows:
        seen = versions.setdefault(row.component, [])
        if row.version not in seen:
            seen.append(row.version)
    found: dict[Key, Course] = {}
    for component, seen in versions.items():
        if len(seen) > 1:
            earlier, version = seen[-2:]
            found[component, version, earlier] = _chances(rows, component, version, earlier, ends)
    return found


def _chances(rows: list[_Rated], component: str, version: str, earlier: str, ends: Sequence[datetime]) -> Course:
    """The course of one pair."""
    of_pair = [row for row in rows if row.component == component and row.version in {version, earlier}]
    course: Course = []
    counts = {version: [0, 0], earlier: [0, 0]}
    place = 0
    for end in ends:
        while place < len(of_pair) and of_pair[place].at < end:
            row = of_pair[place]
            counts[row.version][0] += row.helpful
            counts[row.version][1] += row.unhelpful
            place += 1
        new, old = counts[version], counts[earlier]
        course.append((end, Traffic(1, calls=min(sum(new), sum(old)), figure=chance_no_lower(new, old))))
    return course


def _rated(launch_id: int, begins: datetime, ends: datetime) -> list[_Rated]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(c.slug, k.hint), coalesce(nullif(k.prompt_version, ''), k.release), w.at, "
            "sum(coalesce(w.helpful, 0)), sum(coalesce(w.unhelpful, 0)) FROM gateway_ingest_window w "
            "JOIN gateway_ingest_callkind k ON k.id = w.kind_id LEFT JOIN core_component c ON c.id = k.component_id "
            "WHERE w.at >= %s AND w.at < %s AND (w.helpful IS NOT NULL OR w.unhelpful IS NOT NULL) "
            "AND k.launch_id = %s AND (k.prompt_version <> '' OR k.release <> '') "
            "GROUP BY 1, 2, 3 ORDER BY w.at",
            [begins, ends, launch_id],
        )
        return [_Rated(*row) for row in cursor.fetchall()]


def chance_no_lower(new: Sequence[int], old: Sequence[int]) -> float:
    """The chance, at most, that a version rated no lower shows such counts of helpful and unhelpful at any time at all.

    Looking every minute is allowed: for each version the likelihood of its course, mixed over all shares (Jeffreys'
    weights), is held against the best that "no lower" could make of both. Under "no lower" that ratio is a wager with
    no gain in the mean, so it ever reaches 1/p in a share p of cases at most (Ville).
    """
    if _share(new) >= _share(old):
        return 1.0
    helpful, unhelpful = new[0] + old[0], new[1] + old[1]
    best = _log_power(helpful, helpful + unhelpful) + _log_power(unhelpful, helpful + unhelpful)
    return min(1.0, math.exp(min(best - _log_mixed(*new) - _log_mixed(*old), 0.0)))


def _share(counts: Sequence[int]) -> float:
    return counts[0] / max(sum(counts), 1)


def _log_power(part: int, whole: int) -> float:
    return part * math.log(part / whole) if part else 0.0


def _log_mixed(helpful: int, unhelpful: int) -> float:
    def log_beta(one: float, two: float) -> float:
        return math.lgamma(one) + math.lgamma(two) - math.lgamma(one + two)

    return log_beta(helpful + 0.5, unhelpful + 0.5) - log_beta(0.5, 0.5)


def silences(heartbeats: Iterable[Heartbeat], at: datetime) -> Figures:
    """How many times its interval each heartbeat is silent; nothing of one whose interval is neither told nor learned."""
    found: dict[Key, Course] = {}
    for one in heartbeats:
        if one.declared or one.gaps >= Heartbeat.LEARNED_GAPS:
            interval = one.interval if one.declared else max(one.interval, LEAST_SILENCE / 2)
            silent = max((at - one.last_at).total_seconds(), 0.0) / interval
            found[str(one.source), one.name] = [(at, Traffic(1, figure=silent))]
    return found


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
        place = (from_text(key)[0], day)
        weight, total = sums.get(place, (0.0, 0.0))
        sums[place] = weight + calls, total + calls * (p95_ms or 0.0)
    found: dict[str, list[tuple[datetime, float]]] = {}
    for (component, day), (weight, total) in sorted(sums.items()):
        if weight and total > 0:
            found.setdefault(component, []).append((day + 12 * HOUR, total / weight))
    return found
