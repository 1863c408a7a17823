"""This module looks after all rooms: what is due is opened, who went is noted, what is overdue is said."""

from datetime import datetime

from triage.one_by_one import one_by_one
from triage.warroom import attendance, promises, rooms, updates


def look_after(*, now: datetime) -> None:
    """One round; each part has its turn whatever becomes of the others, and a round that comes late or twice does no harm."""
    parts = (rooms.open_due, attendance.sweep, updates.chase_due, promises.chase_due)
    one_by_one(parts, lambda part: part(now=now))
