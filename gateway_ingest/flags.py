"""This module notes when we hear that an answer was flagged, for it may be told long after the answer was given.

Windows count by when answers were given, and minutes that are over are not looked at again: so what must never be missed
is kept by when it came.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.db import connection

from gateway_ingest.call_columns import Columns
from gateway_ingest.models import CallRetention, HeardFlag
from gateway_ingest.windows import FLAGGED

KEPT_FOR = timedelta(days=7)
_MINUTE = 60_000_000

# What is older than its launch keeps calls comes by a backfill of the past, which is no news.
_NOTE = """
INSERT INTO gateway_ingest_heardflag (launch_id, kind_id, at, heard_at, flagged)
SELECT kind.launch_id, told.kind_id, told.at, %s, told.flagged
FROM unnest(%s::integer[], %s::timestamptz[], %s::integer[]) AS told (kind_id, at, flagged)
JOIN gateway_ingest_callkind kind ON kind.id = told.kind_id
LEFT JOIN gateway_ingest_callretention kept ON kept.launch_id = kind.launch_id
WHERE told.at >= %s - make_interval(days => coalesce(kept.keep_days, %s))
"""


def note_calls(columns: Columns, *, now: datetime) -> None:
    """Notes the flagged ones among some calls, inside the transaction that stores them."""
    chosen = (columns.column("flags") & int(FLAGGED)) > 0
    if chosen.any():
        kinds, minutes = columns.column("kind")[chosen].tolist(), (columns.column("at")[chosen] // _MINUTE).tolist()
        found = Counter(zip(kinds, minutes, strict=True))
        _note({(kind, datetime.fromtimestamp(60 * at, UTC)): times for (kind, at), times in found.items()}, now=now)


def note_ratings(counted: Mapping[tuple[int, datetime, int], int], *, now: datetime) -> None:
    """The same for ratings that came without a call: how often these flags were given to a kind in a minute."""
    found: Counter[tuple[int, datetime]] = Counter()
    for (kind, at, flags), times in counted.items():
        if flags & int(FLAGGED):
            found[kind, at] += times
    _note(found, now=now)


def _note(found: Mapping[tuple[int, datetime], int], *, now: datetime) -> None:
    if found:
        kinds, minutes = zip(*found, strict=True)
        with connection.cursor() as cursor:
            given = [list(kinds), list(minutes), list(found.values())]
            cursor.execute(_NOTE, [now, *given, now, CallRetention.DAYS])


def forget_old(*, now: datetime) -> int:
    """Deletes what every look has seen long ago; says how many."""
    return HeardFlag.objects.filter(heard_at__lt=now - KEPT_FOR).delete()[0]
