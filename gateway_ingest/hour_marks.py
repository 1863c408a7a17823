"""This module marks hours whose minutes changed, so that they are added up (again)."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

_MARK = """
INSERT INTO gateway_ingest_hourmark (launch_id, at)
SELECT DISTINCT kind.launch_id, touched.at FROM unnest(%s::integer[], %s::timestamptz[]) AS touched (kind_id, at)
JOIN gateway_ingest_callkind kind ON kind.id = touched.kind_id
"""


def mark(minutes: Iterable[tuple[int, datetime]]) -> None:
    """Marks the hours of these kinds' minutes, inside the transaction that changes them."""
    touched = {(kind, at.replace(minute=0)) for kind, at in minutes}
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [[kind for kind, _at in touched], [at for _kind, at in touched]])
