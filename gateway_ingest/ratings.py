"""This module brings ratings that come after a model's answer to the windows of the call they speak of."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from gateway_ingest import windows
from gateway_ingest.batches import first_time
from gateway_ingest.calls import STORE
from gateway_ingest.models import Source
from gateway_ingest.routing import Routing

# The rating counts in the minute it was given; one from a broken clock counts now.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Rating:
    """What was said of one answer, as the flags of a call; `response_id` is the request id its call was stored under."""

    response_id: str
    flags: int
    at: datetime | None


def store(source: Source, ratings: Sequence[Rating], *, batch_id: str, now: datetime) -> int:
    """Counts ratings once, however often their delivery comes; says how many speak of no call that is known.

    A delivery with none that is known is not remembered, so that it counts when it is sent again after its calls.
    """
    if not ratings:
        return 0
    with transaction.atomic():
        wanted = {rating.response_id for rating in ratings}
        kinds: dict[str, int] = {}
        for launch in Routing.of(source).launches:
            kinds |= STORE.kinds_of_requests(launch, sorted(wanted), now=now)
        known = [rating for rating in ratings if rating.response_id in kinds]
        if not known:
            return len(ratings)
        if not first_time(source, f"ratings:{batch_id}", accepted=len(ratings), now=now):
            return 0
        counted = Counter((kinds[rating.response_id], _minute(rating, now), rating.flags) for rating in known)
        windows.add(windows.of_ratings(counted))
    return len(ratings) - len(known)


def _minute(rating: Rating, now: datetime) -> datetime:
    at = rating.at if rating.at and _EARLIEST < rating.at <= now else now
    return at.astimezone(UTC).replace(second=0, microsecond=0)
