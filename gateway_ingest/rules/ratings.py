"""This module compares how people rate each component's version in use with how they rated the version before it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

from gateway_ingest.rules.keys import Key
from gateway_ingest.rules.stored import hour_of
from gateway_ingest.rules.traffic import Traffic
from gateway_ingest.rules.watching import Figures
from hypercare.core.models import Launch

RATED_FOR = timedelta(days=14)
OUT_OF_USE_AFTER = timedelta(hours=1)  # without a call, while another version of the component is called

_VERSION = "coalesce(nullif(k.prompt_version, ''), k.release)"
_COMPONENT = "coalesce(c.slug, k.hint)"
_RATED = f"""
SELECT {_COMPONENT}, {_VERSION}, w.at, sum(coalesce(w.helpful, 0)), sum(coalesce(w.unhelpful, 0))
FROM gateway_ingest_window w JOIN gateway_ingest_callkind k ON k.id = w.kind_id
LEFT JOIN core_component c ON c.id = k.component_id
WHERE w.at >= %s AND w.at < %s AND (w.helpful IS NOT NULL OR w.unhelpful IS NOT NULL)
    AND k.launch_id = %s AND (k.prompt_version <> '' OR k.release <> '') GROUP BY 1, 2, 3 ORDER BY w.at
"""  # noqa: S608 - our own words
# When each version was last called before each of some moments; one look into the index for each kind and moment.
_CALLED = f"""
SELECT moment.at, {_COMPONENT}, {_VERSION}, max(latest.at) FROM gateway_ingest_callkind k
LEFT JOIN core_component c ON c.id = k.component_id CROSS JOIN unnest(%s::timestamptz[]) AS moment (at)
CROSS JOIN LATERAL (
    SELECT w.at FROM gateway_ingest_window w WHERE w.kind_id = k.id AND w.at < moment.at AND w.at >= %s AND w.calls > 0
    ORDER BY w.at DESC LIMIT 1
) latest
WHERE k.launch_id = %s AND {_VERSION} = ANY(%s) AND {_COMPONENT} = ANY(%s) GROUP BY 1, 2, 3
"""  # noqa: S608 - our own words

Course = list[tuple[datetime, Traffic]]


@dataclass(frozen=True)
class _Rating:
    """What people said of one version in one minute."""

    component: str
    version: str
    at: datetime
    helpful: int
    unhelpful: int


def ratings(launch: Launch, ends: Sequence[datetime]) -> Figures:
    """The chance that each component's version in use is rated no lower than the version before, at each of some ends.

    A pair that was compared before and is not any more, as after a rollback, is certain to be no lower.
    """
    if not ends:
        return {}
    rows = _rated(launch.pk, ends[0] - RATED_FOR, ends[-1])
    by_component: dict[str, list[_Rating]] = {}
    for row in rows:
        by_component.setdefault(row.component, []).append(row)
    of_several = {name: own for name, own in by_component.items() if len({row.version for row in own}) > 1}
    called = _called(launch.pk, of_several, ends)
    found: dict[Key, Course] = {}
    for component, own in of_several.items():
        for key, at, traffic in _compared(component, own, called, ends):
            found.setdefault(key, []).append((at, traffic))
    return found


@dataclass
class _Counts:
    """The ratings of a component's versions so far, in the order in which they were first rated."""

    rows: Sequence[_Rating]
    counts: dict[str, list[int]] = field(default_factory=dict)
    taken: int = 0
    dropped: int = 0

    def move_to(self, end: datetime) -> None:
        """Takes what was rated before a moment, and drops what is too long ago."""
        while self.taken < len(self.rows) and self.rows[self.taken].at < end:
            self._add(self.rows[self.taken], 1)
            self.taken += 1
        while self.dropped < self.taken and self.rows[self.dropped].at < end - RATED_FOR:
            self._add(self.rows[self.dropped], -1)
            self.dropped += 1

    def _add(self, row: _Rating, times: int) -> None:
        counts = self.counts.setdefault(row.version, [0, 0])
        counts[0] += times * row.helpful
        counts[1] += times * row.unhelpful

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Each version with the one before it."""
        rated = [version for version, counts in self.counts.items() if sum(counts)]
        return zip(rated[1:], rated, strict=False)


def _compared(
    component: str, rows: Sequence[_Rating], called: "_Called", ends: Sequence[datetime]
) -> Iterator[tuple[Key, datetime, Traffic]]:
    """The course of each pair: the newest version in use counts, all others are over."""
    so_far = _Counts(rows)
    for end in ends:
        so_far.move_to(end)
        in_use = called.in_use(component, end)
        pairs = list(so_far.pairs())
        newest = next((pair for pair in reversed(pairs) if in_use is None or pair[0] in in_use), None)
        for version, earlier in pairs:
            new, old = so_far.counts[version], so_far.counts[earlier]
            chance = chance_no_lower(new, old) if (version, earlier) == newest else 1.0
            yield (component, version, earlier), end, Traffic(1, calls=min(sum(new), sum(old)), figure=chance)


@dataclass(frozen=True)
class _Called:
    """When versions were last called, by component and moment; versions change seldom, so the past is asked by the hour."""

    latest: dict[tuple[str, datetime], dict[str, datetime]]
    by_hour: bool

    def in_use(self, component: str, end: datetime) -> set[str] | None:
        """The versions called lately, by the measure of the one called last; None where no call is known."""
        known = self.latest.get((component, hour_of(end) if self.by_hour else end))
        if not known:
            return None
        return {version for version, at in known.items() if at >= max(known.values()) - OUT_OF_USE_AFTER}


def _called(launch_id: int, rated: dict[str, list[_Rating]], ends: Sequence[datetime]) -> _Called:
    latest: dict[tuple[str, datetime], dict[str, datetime]] = {}
    by_hour = len(ends) > 1
    if rated:
        moments = sorted({hour_of(end) if by_hour else end for end in ends})
        versions = {row.version for rows in rated.values() for row in rows}
        with connection.cursor() as cursor:
            cursor.execute(_CALLED, [moments, ends[0] - RATED_FOR, launch_id, list(versions), list(rated)])
            for moment, component, version, at in cursor.fetchall():
                latest.setdefault((component, moment), {})[version] = at
    return _Called(latest, by_hour)


def _rated(launch_id: int, begins: datetime, ends: datetime) -> list[_Rating]:
    with connection.cursor() as cursor:
        cursor.execute(_RATED, [begins, ends, launch_id])
        return [_Rating(*row) for row in cursor.fetchall()]


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
