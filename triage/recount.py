"""This module recounts issues whose reports changed: whose they are, how bad, and what comes first."""

from collections.abc import Iterable
from datetime import datetime

from triage.route import route
from triage.score.scoring import score
from triage.score.tally import count


def recount(root_ids: Iterable[int], *, now: datetime) -> None:
    """Routes and scores these root issues; the caller holds their locks and publishes the board."""
    counted = count(root_ids)
    route(counted, now=now)  # before the score: the component says what an issue is worth
    score(counted, now=now)
