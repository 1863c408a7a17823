"""This module says by what a delivery is known again, and for how long: its sender's key, else the body itself."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _

from gateway_ingest.models import Batch
from hypercare.core.problem import Problem

BODY_KEPT_FOR = timedelta(hours=1)
KEY_KEPT_FOR = timedelta(hours=24)
_MAX_KEY = 200


def check_key(key: str) -> None:
    """Raises Problem 400 for an Idempotency-Key that cannot be kept."""
    if len(key) > _MAX_KEY or not key.isprintable():
        raise Problem(400, _("Idempotency-Key must be printable and at most 200 characters."))


def batch_id(key: str, body: bytes) -> str:
    """`key:` or `body:` with the hash of what the delivery is known by."""
    kind, content = ("key", key.encode("utf-8", "surrogatepass")) if key else ("body", body)
    return f"{kind}:{hashlib.sha256(content).hexdigest()}"


_KNOWN = """SELECT source_id, batch_id FROM gateway_ingest_batch
WHERE (source_id, batch_id) IN (SELECT * FROM unnest(%s::bigint[], %s::text[]))
  AND received_at > CASE WHEN batch_id LIKE 'body:%%' THEN %s ELSE %s END"""
_KEEP = """INSERT INTO gateway_ingest_batch (source_id, batch_id, accepted, received_at)
SELECT *, %s FROM unnest(%s::bigint[], %s::text[], %s::int[])
ON CONFLICT (source_id, batch_id) DO UPDATE SET accepted = EXCLUDED.accepted, received_at = EXCLUDED.received_at"""


def came_before(wanted: Collection[tuple[int, str]], *, now: datetime) -> set[tuple[int, str]]:
    """Which of these batches, each a source's number and a batch id, are in and not too old to count."""
    with connection.cursor() as cursor:
        columns = [[pair[column] for pair in wanted] for column in (0, 1)]
        cursor.execute(_KNOWN, [*columns, now - BODY_KEPT_FOR, now - KEY_KEPT_FOR])
        return set(cursor.fetchall())


def keep(accepted: Sequence[tuple[int, str, int]], *, now: datetime) -> None:
    """Notes batches that came in, each once: its source's number, its id and how much of it was taken."""
    if accepted:
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, [now, *([row[column] for row in accepted] for column in (0, 1, 2))])


def forget_old(*, now: datetime) -> None:
    """Removes what is too old to be known again."""
    Batch.objects.filter(received_at__lte=now - BODY_KEPT_FOR, batch_id__startswith="body:").delete()
    Batch.objects.filter(received_at__lte=now - KEY_KEPT_FOR).delete()
