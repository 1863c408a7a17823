"""This module knows how late the calls of a launch usually come, so that a minute is missed only once it is complete."""

import math
from datetime import datetime, timedelta

from django.db import connection

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
SELECT max(greatest(usual, newest)) FROM (
    SELECT percentile_cont(%(usual)s) WITHIN GROUP (ORDER BY 1000 * extract(epoch FROM next - received_at)::float8 + lag)
        AS usual, (array_agg(lag ORDER BY received_at DESC))[1] AS newest
    FROM heard GROUP BY source_id
) AS by_source
"""


def delay_of(launch: Launch, *, until: datetime) -> timedelta:
    """By how many whole minutes the slowest source of calls is usually behind, beyond what a look waits anyway."""
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND, {"since": until - MEASURED_FOR, "until": until, "launch": launch.pk, "usual": _USUAL})
        (behind,) = cursor.fetchone()
    late = timedelta(milliseconds=float(behind or 0)) - SETTLES
    return timedelta(minutes=max(math.ceil(late / timedelta(minutes=1)), 0))
