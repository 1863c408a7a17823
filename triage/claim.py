"""This module claims untriaged feedback by lease: no two workers hold a row, and a dead one loses its rows.

One committed UPDATE over a SKIP LOCKED subquery takes the rows; the work happens outside any transaction; the write
takes only rows still claimed by this claim and still untriaged.
"""

import os
import socket
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from hypercare.core import prepared

LEASE = timedelta(seconds=float(os.environ.get("HYPERCARE_LEASE_SECONDS", "30")))
BATCH_ROWS = 200
_ANY = 2**63 - 1

# A lease that ends later than two leases from now was written by a clock that has since been set back. The rows are taken
# as an array, which is made once: a plan may run a subquery of IN again for each row, and so take more than asked for.
_CLAIM = """
UPDATE feedback_feedback SET claimed_by = %(name)s, claimed_until = %(until)s
WHERE id = ANY (ARRAY(
    SELECT id FROM feedback_feedback
    WHERE triaged_at IS NULL AND id > %(after)s AND id <= %(newest)s
        AND (claimed_until IS NULL OR claimed_until < %(now)s OR claimed_until > %(implausible)s)
    ORDER BY id LIMIT %(rows)s FOR UPDATE SKIP LOCKED
))
RETURNING id
"""


@dataclass(frozen=True)
class Claim:
    """A name no other claim has, and the rows it took."""

    name: str
    ids: list[int]


def newest_waiting() -> int | None:
    """The number of the newest waiting row; None when nothing waits."""
    with prepared.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM feedback_feedback WHERE triaged_at IS NULL")
        found: int | None = cursor.fetchone()[0]
        return found


def claim(*, now: datetime, rows: int = BATCH_ROWS, after: int = 0, newest: int = _ANY) -> Claim:
    """Takes up to `rows` waiting rows numbered above `after`, up to `newest`, oldest first; empty when none waits."""
    name = f"{socket.gethostname()[:24]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
    with prepared.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {
                "name": name,
                "now": now,
                "until": now + LEASE,
                "implausible": now + 2 * LEASE,
                "rows": rows,
                "after": after,
                "newest": newest,
            },
        )
        ids = sorted(number for (number,) in cursor.fetchall())
    return Claim(name, ids)
