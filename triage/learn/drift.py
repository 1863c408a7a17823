"""This module says whether what comes in, and what is decided of it, has changed: the last week beside the weeks before.

The measure is the population stability index over shares: below 0.1 little moved, above 0.25 much did. Few reports of
many kinds differ by chance alone, and the index with them; what does not go beyond that is little, too.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from hypercare.core.models import Launch

RECENT, BEFORE = timedelta(days=7), timedelta(days=35)
SOME, MUCH = 0.1, 0.25
FEWEST = 30
MOST = 20_000  # the newest; more would only take longer
_LEAST_SHARE = 0.005

_SHARES = """
SELECT what, kind, count(*) FILTER (WHERE received_at >= %(recent)s), count(*) FILTER (WHERE received_at < %(recent)s)
FROM (
    SELECT received_at, unnest(ARRAY['channel', 'language', 'length', 'category']) AS what,
           unnest(ARRAY[channel, language,
                        CASE WHEN length(body) < 80 THEN 'short' WHEN length(body) < 600 THEN 'middle' ELSE 'long' END,
                        coalesce(said.value, '')]) AS kind
    FROM (
        SELECT id, channel, language, body, received_at FROM feedback_feedback
        WHERE launch_id = %(launch)s AND received_at >= %(before)s AND received_at <= %(now)s AND triaged_at IS NOT NULL
            AND NOT set_aside
        ORDER BY received_at DESC LIMIT %(most)s
    ) feedback
    LEFT JOIN LATERAL (
        SELECT value FROM triage_decision decision
        WHERE decision.feedback_id = feedback.id AND decision.field = 'category' AND decision.origin <> 'person'
        ORDER BY decision.id DESC LIMIT 1
    ) said ON true
) facts GROUP BY what, kind
"""

_DAYS = """
SELECT (received_at AT TIME ZONE %(zone)s)::date, count(*), avg(said.confidence), avg(said.applied::int),
       avg(said.corrected::int)
FROM (
    SELECT id, received_at FROM feedback_feedback
    WHERE launch_id = %(launch)s AND received_at >= %(before)s AND received_at <= %(now)s
    ORDER BY received_at DESC LIMIT %(most)s
) feedback
CROSS JOIN LATERAL (
    SELECT decision.confidence, decision.applied, EXISTS (
        SELECT 1 FROM triage_label label WHERE label.feedback_id = feedback.id AND label.field = 'category'
          AND label.way = 'override' AND label.withdrawn_at IS NULL) AS corrected
    FROM triage_decision decision
    WHERE decision.feedback_id = feedback.id AND decision.field = 'category' AND decision.origin = 'model'
    ORDER BY decision.id DESC LIMIT 1
) said
GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True)
class Moved:
    """How far the shares of one thing moved, and which kind moved most."""

    what: str
    index: float
    kind: str
    before: float
    now: float
    chance: float = 0.0

    @property
    def how_far(self) -> str:
        """In a word: little, some or much."""
        if self.index <= self.chance:
            return "little"
        return "much" if self.index >= MUCH else "some" if self.index >= SOME else "little"


@dataclass(frozen=True)
class Day:
    """What the model said on one day."""

    day: date
    reports: int
    confidence: float
    applied: float
    corrected: float


@dataclass(frozen=True)
class Drift:
    """What moved; nothing where either span has too few reports to compare."""

    moved: list[Moved]
    days: list[Day]
    recent: int
    before: int


def drift_of(launch: Launch, *, now: datetime) -> Drift:
    """Reads it from the launch's reports and the decisions about them."""
    spans: dict[str, Any] = {
        "launch": launch.pk,
        "now": now,
        "recent": now - RECENT,
        "before": now - BEFORE,
        "zone": launch.zone,
        "most": MOST,
    }
    counts: dict[str, dict[str, tuple[int, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SHARES, spans)
        for what, kind, recent, before in cursor.fetchall():
            counts.setdefault(what, {})[kind] = (recent, before)
        cursor.execute(_DAYS, spans)
        days = [Day(day, count, *map(float, figures)) for day, count, *figures in cursor.fetchall()]
    recent = sum(one for one, _before in counts.get("channel", {}).values())
    before = sum(one for _recent, one in counts.get("channel", {}).values())
    enough = min(recent, before) >= FEWEST
    moved = [stability(what, kinds) for what, kinds in counts.items()] if enough else []
    return Drift(sorted(moved, key=lambda one: -one.index), days, recent, before)


def stability(what: str, counts: Mapping[str, tuple[int, int]]) -> Moved:
    """The population stability index of counts now and before, by kind."""
    now_in_all, before_in_all = (max(sum(pair[at] for pair in counts.values()), 1) for at in (0, 1))
    shares = {kind: (now / now_in_all, before / before_in_all) for kind, (now, before) in counts.items()}
    parts = {
        kind: (max(now, _LEAST_SHARE) - max(before, _LEAST_SHARE))
        * math.log(max(now, _LEAST_SHARE) / max(before, _LEAST_SHARE))
        for kind, (now, before) in shares.items()
    }
    most = max(parts, key=lambda kind: parts[kind])
    chance = _up_to(len(counts) - 1) * (1 / now_in_all + 1 / before_in_all)
    return Moved(what, sum(parts.values()), most, shares[most][1], shares[most][0], chance)


def _up_to(free: int) -> float:
    """What chi-squared of so many degrees of freedom stays under in nineteen of twenty cases (Wilson and Hilferty)."""
    if not free:
        return 0.0
    spread = 2 / (9 * free)
    return float(free * (1 - spread + 1.645 * math.sqrt(spread)) ** 3)
