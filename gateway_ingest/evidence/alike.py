"""This module weighs the calls before a deployment as if routes had been called then as they are now.

Whoever calls a slow route more often makes the whole slower, and no deployment did.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gateway_ingest import latencies
from gateway_ingest.evidence.chance import Ratio, Table, Weighed, chance_in_strata, ratio_of_quantiles
from gateway_ingest.evidence.reading import Figures

# Component, method and route.
Route = tuple[str, str, str]

_OWN_FROM = 0.01  # of the calls on both sides a route has to be, to be held against itself
_UNLIKE = 0.1  # from so much on it is said that other routes were called


@dataclass(frozen=True)
class Alike:
    """Both sides part by part: the routes called on both, and with the busiest of them whatever else was called."""

    parts: list[tuple[Figures, Figures]]

    @classmethod
    def of(cls, old: Mapping[Route, Figures], new: Mapping[Route, Figures]) -> "Alike":
        """The parts of what was counted by route."""
        before, after = (sum(each.calls for each in side.values()) for side in (old, new))
        own = [
            route
            for route in sorted(old.keys() & new.keys())
            if old[route].calls >= _OWN_FROM * before and new[route].calls >= _OWN_FROM * after
        ]
        own.sort(key=lambda route: -new[route].calls)
        places = {route: place for place, route in enumerate(own)}
        parts = [(Figures(), Figures()) for _place in range(max(len(own), 1))]
        for side, figures in enumerate((old, new)):
            for route in sorted(figures):
                parts[places.get(route, 0)][side].add(figures[route])
        return cls(parts)

    @property
    def chance_of_errors(self) -> float:
        """How likely chance alone makes errors differ as much within the same routes."""
        tables: list[Table] = [(old.errors, old.calls, new.errors, new.calls) for old, new in self.parts]
        return chance_in_strata(tables)

    @property
    def error_share(self) -> float | None:
        """The share of the calls before that would have failed."""
        told = [(new.calls, share) for old, new in self.parts if (share := old.error_share) is not None]
        calls = sum(each for each, _share in told)
        return sum(each * share for each, share in told) / calls if calls else None

    @property
    def p95_ms(self) -> float | None:
        """What p95 would have been before."""
        micros = latencies.quantile_of(self._weighed()[0], 0.95)
        return None if micros is None else micros / 1000

    def latency(self, *, least: int) -> Ratio | None:
        """How p95 changed within the same routes; None where fewer calls of a side were timed than `least`."""
        before = sum(int(old.durations.sum()) for old, _new in self.parts)
        after = sum((new.durations for _old, new in self.parts), np.zeros(latencies.BUCKETS, dtype=np.int64))
        if min(before, int(after.sum())) < least:
            return None
        weighed, number = self._weighed()
        return ratio_of_quantiles(weighed, after, 0.95, number=number)

    def _weighed(self) -> tuple[Weighed, int]:
        """The durations before, each route as often as it is called now, and how many unweighed ones tell as much."""
        weighed, squares = np.zeros(latencies.BUCKETS), 0.0
        for old, new in self.parts:
            before, after = old.durations, int(new.durations.sum())
            if number := int(before.sum()):
                weighed += before * (after / number)
                squares += after * after / number
        total = float(weighed.sum())
        return weighed, max(round(total * total / squares), 1) if squares else 0

    def is_unlike(self, error_share: float | None, p95_ms: float | None) -> bool:
        """Whether what is called now would have made a difference before."""
        return _differs(self.error_share, error_share) or _differs(self.p95_ms, p95_ms)


def _differs(value: float | None, other: float | None) -> bool:
    return value is not None and other is not None and not math.isclose(value, other, rel_tol=_UNLIKE, abs_tol=1e-4)
