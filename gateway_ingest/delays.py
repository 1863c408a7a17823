"""This module knows how late the calls of each source usually come, so that a minute is judged once it is complete."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

from gateway_ingest.feeds import LATELY, NOTED_EVERY, Feeds, feeds_of
from hypercare.core.models import Launch

SETTLES = timedelta(seconds=30)  # what a look waits after a minute anyway
MEASURED_FOR = timedelta(hours=2)
LONGEST = timedelta(hours=1)  # what comes later than that is not waited for
_USUAL = 0.9

# How far behind a source is just before its next delivery: how old its newest call was, and how long it was silent since.
_BEHIND = """
WITH heard AS (
    SELECT source_id, received_at, lag, lead(received_at) OVER (PARTITION BY source_id ORDER BY received_at) AS next
    FROM gateway_ingest_batch WHERE received_at >= %(since)s AND received_at < %(until)s AND lag IS NOT NULL
    AND batch_id LIKE 'calls:%%' AND source_id IN (
        SELECT id FROM gateway_ingest_source WHERE launch_id = %(launch)s AND revoked_at IS NULL
        UNION SELECT source_id FROM gateway_ingest_sourceroute WHERE launch_id = %(launch)s
        EXCEPT SELECT source_id FROM gateway_ingest_backfill WHERE until > %(until)s
    )
)
SELECT source_id, greatest(
    percentile_cont(%(usual)s) WITHIN GROUP (ORDER BY 1000 * extract(epoch FROM next - received_at)::float8 + lag),
    (array_agg(lag ORDER BY received_at DESC))[1]
) FROM heard GROUP BY source_id
"""


@dataclass(frozen=True)
class Delays:
    """By how many whole minutes each source is usually behind, and which of them feed a component."""

    by_source: Mapping[int, timedelta] = field(default_factory=dict)
    feeds: Feeds = field(default_factory=Feeds)
    since: datetime | None = None

    def of(self, component: str) -> timedelta:
        """How late the slowest of a component's own sources is; of all, where nobody knows which are its own."""
        if not self.by_source or self.since is None:
            return timedelta()
        own = self.feeds.sources_of(component, since=self.since)
        return max(
            (late for source, late in self.by_source.items() if own is None or source in own), default=timedelta()
        )

    @property
    def longest(self) -> timedelta:
        """The longest that anything is waited for."""
        return max((late for late in self.by_source.values() if late <= LONGEST), default=timedelta())


def delays_of(launch: Launch, *, until: datetime) -> Delays:
    """How late each source of a launch's calls usually is, beyond what a look waits anyway; those in time are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND, {"since": until - MEASURED_FOR, "until": until, "launch": launch.pk, "usual": _USUAL})
        behind = {source: _whole_minutes(float(millis)) for source, millis in cursor.fetchall()}
    late = {source: delay for source, delay in behind.items() if delay}
    return Delays(late, feeds_of(launch.pk), until - LATELY - NOTED_EVERY) if late else Delays()


def _whole_minutes(millis: float) -> timedelta:
    late = timedelta(milliseconds=millis) - SETTLES
    return timedelta(minutes=max(math.ceil(late / timedelta(minutes=1)), 0))
