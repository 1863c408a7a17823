"""This module says by what a delivery is known again, and for how long: its sender's key, else the body itself."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import connection
from django.utils.translation import gettext as _

from gateway_ingest.models import Batch, Source
from hypercare.core import prepared
from hypercare.core.problem import Problem

BODY_KEPT_FOR = timedelta(hours=1)
KEY_KEPT_FOR = timedelta(hours=24)
_MAX_KEY = 200


def check_key(key: str) -> None:
    """Raises Problem 400 for an Idempotency-Key that cannot be kept."""
    if len(key) > _MAX_KEY or not key.isprintable():
        raise Problem(400, _("Idempotency-Key must be printable and at most 200 characters."))


def batch_id(key: str, body: Iterable[bytes]) -> str:
    """`key:` or `body:` with the hash of what the delivery is known by; the body in pieces, as it reads unpacked.

    Who packs a body anew for each try, with the time in its header, sends other bytes each time.
    """
    if key:
        return f"key:{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"
    content = hashlib.sha256()
    for piece in body:
        content.update(piece)
    return f"body:{content.hexdigest()}"


def forget_old(*, now: datetime) -> int:
    """Deletes what no delivery is compared with any more; says how many."""
    return Batch.objects.filter(received_at__lte=now - KEY_KEPT_FOR).delete()[0]


def came_before(source: Source, name: str, *, now: datetime) -> bool:
    """Whether a batch of this name is in, and not too long ago to count."""
    return bool(seen_of([(source.pk, name)], now=now))


# Name after name by the index: a table that was never analysed would else be read whole.
_SEEN = """SELECT known.source_id, known.batch_id, known.received_at
FROM unnest(%s::bigint[], %s::text[]) AS wanted(source_id, batch_id), LATERAL (
    SELECT * FROM gateway_ingest_batch WHERE source_id = wanted.source_id AND batch_id = wanted.batch_id LIMIT 1
) AS known"""
_KEEP = """INSERT INTO gateway_ingest_batch (source_id, batch_id, accepted, rejected, lag, received_at)
SELECT *, %s FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::int[], %s::bigint[])
ON CONFLICT (source_id, batch_id) DO UPDATE SET accepted = EXCLUDED.accepted, rejected = EXCLUDED.rejected,
    lag = EXCLUDED.lag, received_at = EXCLUDED.received_at"""


@dataclass(frozen=True)
class Came:
    """A delivery that came in: its source's number, its name, how many of its rows were taken and not, how old it was."""

    source_id: int
    name: str
    accepted: int
    rejected: int
    lag: int | None


def seen_of(wanted: Collection[tuple[int, str]], *, now: datetime) -> set[tuple[int, str]]:
    """Which of these batches, each a source's number and a name, came before and not too long ago to count."""
    columns = [[pair[column] for pair in wanted] for column in (0, 1)]
    with prepared.cursor() as cursor:
        cursor.execute(_SEEN, columns)
        return {(source, name) for source, name, at in cursor.fetchall() if at > now - kept_for(name)}


def keep(came: Sequence[Came], *, now: datetime) -> None:
    """Notes deliveries that came in, each name of a source once."""
    if came:
        columns = zip(*((one.source_id, one.name, one.accepted, one.rejected, one.lag) for one in came), strict=True)
        with prepared.cursor() as cursor:
            cursor.execute(_KEEP, [now, *map(list, columns)])


def rejected_name() -> str:
    """What a delivery is called of which nothing was taken: none is like it, so that the same one may come again."""
    return f"rejected:{uuid4().hex}"


def note_rejected(source: Source, *, now: datetime) -> None:
    """Notes a delivery that could not be read at all, and that the source spoke."""
    keep([Came(source.pk, rejected_name(), accepted=0, rejected=1, lag=None)], now=now)
    Source.objects.filter(pk=source.pk).update(last_event_at=now)


def first_time(
    source: Source, name: str, *, accepted: int, now: datetime, rejected: int = 0, lag: int | None = None
) -> bool:
    """Takes the batch's place, in the caller's transaction; whoever brings it too meanwhile waits here for the commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO gateway_ingest_batch AS known (source_id, batch_id, accepted, rejected, lag, received_at) "
            "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (source_id, batch_id) DO UPDATE "
            "SET accepted = EXCLUDED.accepted, rejected = EXCLUDED.rejected, lag = EXCLUDED.lag, "
            "received_at = EXCLUDED.received_at WHERE known.received_at <= %s",
            [source.pk, name, accepted, rejected, lag, now, now - kept_for(name)],
        )
        return bool(cursor.rowcount == 1)


def kept_for(name: str) -> timedelta:
    """How long a batch of this name is known; one that its sender named longer than one known by its body."""
    return KEY_KEPT_FOR if "key:" in name[:16] else BODY_KEPT_FOR
