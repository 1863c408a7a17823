"""This module says by what a delivery is known again, and for how long: its sender's key, else the body itself."""

import hashlib
from datetime import datetime, timedelta

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


def forget_old(*, now: datetime) -> int:
    """Deletes what no delivery is compared with any more; says how many."""
    return Batch.objects.filter(received_at__lte=now - KEY_KEPT_FOR).delete()[0]
