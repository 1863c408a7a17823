"""This module brings ratings that come after a model's answer to the windows of the call they speak of.

A rating may overtake its call, so one of no known call waits a day for it; what never finds its call is counted as lost.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F

from gateway_ingest import flags, windows
from gateway_ingest.batches import first_time
from gateway_ingest.call_columns import id_bytes
from gateway_ingest.calls import STORE
from gateway_ingest.models import Source, WaitingRating
from gateway_ingest.routing import Routing

KEPT_FOR = timedelta(hours=24)
# Of one source; each is looked for with decreasing zeal, so that a sender whose ids never match costs little.
MOST_WAITING = 20_000
_SOONEST, _LATEST = timedelta(minutes=1), timedelta(minutes=30)
_AT_ONCE, _IN_ONE_LOOK = 1000, 50_000
# The rating counts in the minute it was given; one from a broken clock counts now.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Rating:
    """What was said of one answer, as the flags of a call; `response_id` is the request id its call was stored under."""

    response_id: str
    flags: int
    at: datetime | None


@dataclass(frozen=True)
class WithoutCall:
    """How many ratings of a delivery wait for their call, and how many are given up."""

    waiting: int = 0
    lost: int = 0


def store(source: Source, ratings: Sequence[Rating], *, batch_id: str, now: datetime) -> WithoutCall:
    """Counts ratings once, however often their delivery comes; those of calls that are not known yet wait for them."""
    if not ratings:
        return WithoutCall()
    name = f"ratings:{batch_id}"
    with transaction.atomic():
        is_new = first_time(source, name, accepted=len(ratings), now=now)
        kinds = _kinds_of(source, {rating.response_id for rating in ratings}, now=now)
        unknown = [rating for rating in ratings if rating.response_id not in kinds]
        if not is_new:
            return _as_it_stands(source, name, unknown)
        known = (rating for rating in ratings if rating.response_id in kinds)
        _count(((kinds[one.response_id], _minute(one, now), one.flags) for one in known), now=now)
        return _wait(source, name, unknown, now=now) if unknown else WithoutCall()


def settle(*, now: datetime) -> int:
    """Counts what waited and whose call has come, gives up what waited too long; says how many were counted."""
    rows = WaitingRating.objects.filter(look_at__lte=now).order_by("look_at", "pk")
    due = list(rows.values_list("pk", flat=True)[:_IN_ONE_LOOK])
    return sum(_settle(due[start : start + _AT_ONCE], now=now) for start in range(0, len(due), _AT_ONCE))


@transaction.atomic
def _settle(ids: Sequence[int], *, now: datetime) -> int:
    due = WaitingRating.objects.select_for_update(of=("self",), skip_locked=True).filter(pk__in=ids, look_at__lte=now)
    by_source: dict[Source, list[WaitingRating]] = defaultdict(list)
    for row in due.select_related("source__launch"):
        by_source[row.source].append(row)
    return sum(_settle_of(source, rows, now=now) for source, rows in by_source.items())


def _settle_of(source: Source, rows: Sequence[WaitingRating], *, now: datetime) -> int:
    kinds = _kinds_of(source, {row.response.hex for row in rows}, now=now)
    found = [row for row in rows if row.response.hex in kinds]
    _count(((kinds[row.response.hex], row.at, row.flags) for row in found), now=now)
    rest = [row for row in rows if row.response.hex not in kinds]
    still = [row for row in rest if row.received_at > now - KEPT_FOR]
    for row in still:
        row.look_at = now + min(max(now - row.received_at, _SOONEST), _LATEST)
    WaitingRating.objects.bulk_update(still, ["look_at"])
    WaitingRating.objects.filter(pk__in={row.pk for row in rows} - {row.pk for row in still}).delete()
    _note_lost(source, len(rest) - len(still))
    return len(found)


def _count(given: Iterable[tuple[int, datetime, int]], *, now: datetime) -> None:
    """Counts flags that were given to a kind in a minute."""
    counted = Counter(given)
    windows.add(windows.of_ratings(counted))
    flags.note_ratings(counted, now=now)


def _as_it_stands(source: Source, name: str, unknown: Sequence[Rating]) -> WithoutCall:
    """What is left of a delivery that came before."""
    rows = WaitingRating.objects.filter(source=source, delivery=name, response__in={_number(one) for one in unknown})
    waiting = min(rows.count(), len(unknown))
    return WithoutCall(waiting, len(unknown) - waiting)


def _wait(source: Source, name: str, unknown: Sequence[Rating], *, now: datetime) -> WithoutCall:
    """Keeps as many as may wait; deliveries of one source take their turn."""
    Source.objects.select_for_update(of=("self",), no_key=True).get(pk=source.pk)
    room = max(0, MOST_WAITING - WaitingRating.objects.filter(source=source).count())
    WaitingRating.objects.bulk_create(
        [
            WaitingRating(
                source=source,
                response=_number(rating),
                flags=rating.flags,
                at=_minute(rating, now),
                delivery=name,
                received_at=now,
                look_at=now + _SOONEST,
            )
            for rating in unknown[:room]
        ],
        batch_size=1000,
    )
    _note_lost(source, len(unknown[room:]))
    return WithoutCall(len(unknown[:room]), len(unknown[room:]))


def _note_lost(source: Source, number: int) -> None:
    if number:
        Source.objects.filter(pk=source.pk).update(lost_ratings=F("lost_ratings") + number)


def _kinds_of(source: Source, response_ids: Iterable[str], *, now: datetime) -> dict[str, int]:
    wanted, kinds = sorted(response_ids), dict[str, int]()
    for launch in Routing.of(source).launches:
        kinds |= STORE.kinds_of_requests(launch, wanted, now=now)
    return kinds


def _number(rating: Rating) -> uuid.UUID:
    return uuid.UUID(bytes=id_bytes(rating.response_id))


def _minute(rating: Rating, now: datetime) -> datetime:
    at = rating.at if rating.at and _EARLIEST < rating.at <= now else now
    return at.astimezone(UTC).replace(second=0, microsecond=0)
