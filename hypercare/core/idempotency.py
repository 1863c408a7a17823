"""This module gives the first answer again to a request that repeats its Idempotency-Key within 24 hours."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hypercare.core.models import IdempotencyRecord
from hypercare.core.problem import Problem

KEPT_FOR = timedelta(hours=24)
MAX_KEY_LENGTH = 200

Answer = tuple[int, Any]


def answer_once(
    key: str, *, owner: str, method: str, path: str, body: bytes, now: datetime, run: Callable[[], Answer]
) -> tuple[Answer, bool]:
    """Runs `run` once per (owner, method, path, key) and keeps its answer in the same transaction.

    Returns ((status, JSON), replayed). Another body under the same key is 422; a key still at work is 409.
    """
    if not key:
        return run(), False
    if len(key) > MAX_KEY_LENGTH or not key.isprintable():
        raise Problem(400, _("Idempotency-Key must be printable and at most 200 characters."))
    body_digest = hashlib.sha256(body).hexdigest()
    with transaction.atomic():
        _claim(f"{owner}|{method}|{path}|{key}")
        record = IdempotencyRecord.objects.filter(owner=owner, method=method, path=path, key=key).first()
        if record and record.created_at > now - KEPT_FOR:
            if record.body_digest != body_digest:
                raise Problem(
                    422,
                    _("This Idempotency-Key was used with another body; use a new key for a new request."),
                )
            return (record.status, record.answer), True
        status, answer = run()
        IdempotencyRecord.objects.update_or_create(
            owner=owner,
            method=method,
            path=path,
            key=key,
            defaults={"body_digest": body_digest, "status": status, "answer": answer, "created_at": now},
        )
        return (status, answer), False


def forget_old(*, now: datetime) -> int:
    """Deletes answers older than 24 hours; returns how many."""
    return IdempotencyRecord.objects.filter(created_at__lt=now - KEPT_FOR).delete()[0]


def _claim(name: str) -> None:
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        row = cursor.fetchone()
    if not row or not row[0]:
        raise Problem(409, _("A request with this Idempotency-Key is still running; ask again in a moment."))
