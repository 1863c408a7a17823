"""This module keeps the daily reports going: first what is due is drafted, then what is due is sent."""

from datetime import datetime

from triage.reports.draft import draft_due
from triage.reports.send import send_due


def keep_up(*, now: datetime) -> None:
    """One round over all launches; a round that comes late or twice does no harm."""
    try:
        draft_due(now=now)
    finally:
        send_due(now=now)
