"""This module reads flagged answers by when they were told of, so that none is missed because it came late."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection

from gateway_ingest import distinct
from gateway_ingest.models import HeardFlag
from gateway_ingest.rules.keys import Key, KindOfCalls, key_of
from gateway_ingest.rules.rule import Per
from gateway_ingest.rules.span import MINUTE, Span, with_keys
from gateway_ingest.rules.stored import kinds_of


@dataclass(frozen=True)
class HeardFlags:
    """What was told in some minutes: of which kind, when the answers were given, in which minute it counts, how many."""

    rows: Sequence[tuple[int, datetime, int, int]] = ()
    kinds: dict[int, KindOfCalls] = field(default_factory=dict)

    def counted_in(self, span: Span, per: Per) -> Span:
        """The span with these flags instead of those that its minutes had, and with their keys."""
        keyed = [(key, minute, number) for kind, _at, minute, number in self.rows
            if (key := key_of(per, self.kinds[kind])) is not None]  # fmt: skip
        span = with_keys(span, sorted({key for key, _minute, _number in keyed}))
        places = {key: place for place, key in enumerate(span.keys)}
        table = np.zeros((len(span.keys), span.minutes + 1), dtype=np.int64)
        for key, minute, number in keyed:
            table[places[key], minute + 1] += number
        return Span(span.begins, span.minutes, span.keys, span.sums | {"flagged": np.cumsum(table, axis=1)})

    def facts(self, per: Per, key: Key, minutes: range) -> dict[str, Any]:
        """Who called, by which releases and routes, and from when the oldest answer is, of what counts in some minutes."""
        own = [row for row in self.rows if row[2] in minutes and key_of(per, self.kinds[row[0]]) == key]
        kinds = [self.kinds[row[0]] for row in sorted(own, key=lambda row: -row[3])]
        sketches = _consumers([(kind, at) for kind, at, _minute, _number in own])
        return {
            "consumers": distinct.count(distinct.union(sketches)).number,
            "releases": list(dict.fromkeys(kind.release for kind in kinds if kind.release))[:10],
            "routes": list(dict.fromkeys(f"{kind.method} {kind.route}".strip() for kind in kinds))[:10],
            "oldest_call_at": min(at for _kind, at, _minute, _number in own).isoformat() if own else None,
        }


def heard_flags(launch_id: int, span: Span, *, first: int, looked_until: datetime) -> HeardFlags:
    """The flags told in a span. What nobody has looked at yet counts in its minutes from `first` on.

    The newest count in the last minute, though it is not over; they count in their own at the next look.
    """
    looks_from = span.begins + first * MINUTE
    rows = HeardFlag.objects.filter(launch=launch_id, heard_at__gte=min(span.begins, looked_until)).order_by("pk")
    found = []
    for kind, at, heard_at, number in rows.values_list("kind_id", "at", "heard_at", "flagged"):
        is_new = looked_until <= heard_at < looks_from
        minute = first if is_new else int((heard_at - span.begins) // MINUTE)
        if minute >= 0:
            found.append((kind, at, min(minute, span.minutes - 1), number))
    return HeardFlags(found, kinds_of({row[0] for row in found}))


def _consumers(minutes: Sequence[tuple[int, datetime]]) -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w.consumers FROM gateway_ingest_window w JOIN (SELECT DISTINCT * FROM "
            "unnest(%s::integer[], %s::timestamptz[])) AS told (kind_id, at) USING (kind_id, at) "
            "WHERE w.consumers IS NOT NULL",
            [[kind for kind, _at in minutes], [at for _kind, at in minutes]],
        )
        return [bytes(sketch) for (sketch,) in cursor.fetchall()]
