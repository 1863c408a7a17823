"""This module chooses keys by their traffic before anything else of them is read, so that memory holds only these."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from gateway_ingest.rules.keys import Key, key_of
from gateway_ingest.rules.rule import Measure, Per, Rule
from gateway_ingest.rules.stored import hour_of, kinds_of

BY_HOURS_FROM = timedelta(hours=12)  # of a longer span the hours tell well enough who is busy

_BY_MINUTES = """
SELECT w.kind_id, sum(w.calls), coalesce(sum(w.refused), 0) FROM gateway_ingest_window w
WHERE w.at >= %(begins)s AND w.at < %(ends)s
    AND w.kind_id IN (SELECT id FROM gateway_ingest_callkind WHERE launch_id = %(launch)s) GROUP BY 1
"""
_BY_HOURS = """
WITH whole AS (
    SELECT coalesce(max(at) + interval '1 hour', %(begins)s) AS until FROM gateway_ingest_houroflaunch
    WHERE launch_id = %(launch)s AND at >= %(begins)s AND at < %(ends)s
), told AS (
    SELECT h.kind_id, h.calls, h.refused FROM gateway_ingest_hour h, whole WHERE h.at >= %(begins)s AND h.at < whole.until
    UNION ALL
    SELECT w.kind_id, w.calls, w.refused FROM gateway_ingest_window w, whole WHERE w.at >= whole.until AND w.at < %(ends)s
)
SELECT kind_id, sum(calls), coalesce(sum(refused), 0) FROM told
WHERE kind_id IN (SELECT id FROM gateway_ingest_callkind WHERE launch_id = %(launch)s) GROUP BY 1
"""


@dataclass(frozen=True)
class Busiest:
    """The keys of a launch in a span, the busiest first, each with its kinds of calls."""

    kinds: dict[Key, list[int]]

    def kinds_of(self, keys: Collection[Key]) -> list[int]:
        """The kinds of calls of some keys."""
        return [kind for key in keys for kind in self.kinds.get(key, ())]

    def first(self, most: int, *, before: Sequence[Key] = ()) -> list[Key]:
        """So many keys: those that come before all others, then the busiest."""
        return list(dict.fromkeys([*before, *self.kinds]))[: max(most, len(before))]


def busiest(launch_id: int, rule: Rule, begins: datetime, ends: datetime, *, exact: bool) -> Busiest:
    """The keys of a rule by their calls; two queries. Consumers are not counted in windows: all kinds that refused them."""
    by_hours = not exact and ends - begins >= BY_HOURS_FROM
    with connection.cursor() as cursor:
        start = hour_of(begins) if by_hours else begins
        sums = _BY_HOURS if by_hours else _BY_MINUTES
        cursor.execute(sums, {"launch": launch_id, "begins": start, "ends": ends})
        rows = sorted(cursor.fetchall(), key=lambda row: -row[1])
    if rule.per is Per.CONSUMER:
        return Busiest({(): [kind for kind, _calls, refused in rows if refused]})
    per = Per.COMPONENT if rule.measure is Measure.SURPRISE else rule.per
    described = kinds_of(kind for kind, _calls, _refused in rows)
    totals: dict[Key, int] = {}
    kinds: dict[Key, list[int]] = {}
    for kind, calls, _refused in rows:
        key = key_of(per, described[kind])
        if key is not None:
            totals[key] = totals.get(key, 0) + calls
            kinds.setdefault(key, []).append(kind)
    return Busiest({key: kinds[key] for key in sorted(kinds, key=lambda key: (-totals[key], key))})


def in_parts(keys: Sequence[Key], size: int) -> Iterator[Sequence[Key]]:
    """The keys, some at a time."""
    return (keys[place : place + size] for place in range(0, len(keys), size))
