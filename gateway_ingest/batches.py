"""This module says by what a delivery is known again, and for how long: its sender's key, else the body itself."""

import hashlib
from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _

from gateway_ingest.models import Source
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


def came_before(source: Source, name: str, *, now: datetime) -> bool:
    """Whether a batch of this name is in, and not too long ago to count."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM gateway_ingest_batch WHERE source_id = %s AND batch_id = %s AND received_at > %s",
            [source.pk, name, now - kept_for(name)],
        )
        return cursor.fetchone() is not None


def first_time(source: Source, name: str, *, accepted: int, now: datetime) -> bool:
    """Takes the batch's place, in the caller's transaction; whoever brings it too meanwhile waits here for the commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO gateway_ingest_batch AS known (source_id, batch_id, accepted, received_at) "
            "VALUES (%s, %s, %s, %s) ON CONFLICT (source_id, batch_id) DO UPDATE "
            "SET accepted = EXCLUDED.accepted, received_at = EXCLUDED.received_at WHERE known.received_at <= %s",
            [source.pk, name, accepted, now, now - kept_for(name)],
        )
        return bool(cursor.rowcount == 1)


def kept_for(name: str) -> timedelta:
    """How long a batch of this name is known; one that its sender named longer than one known by its body."""
    return KEY_KEPT_FOR if "key:" in name[:16] else BODY_KEPT_FOR
