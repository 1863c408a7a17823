"""This module says for how long a heartbeat is silent, and learns its interval and the hours of the week without it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q

from gateway_ingest.absences import Absences, Stretch
from gateway_ingest.models import CallDetail, Heartbeat, Source
from gateway_ingest.office_hours import is_office_hour
from hypercare.core.models import Launch

LEAST_SILENCE = 300.0  # seconds, below which no learned interval counts
LONG_SILENCE = timedelta(hours=1)  # what is shorter only makes the interval longer
MISSED_AFTER = 2  # intervals
DEFAULT_INTERVAL = 60.0
_FORGETS = 0.98
_WEEK = 7 * 24
_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
_OF_REST = [place for place in range(_WEEK) if not is_office_hour(_MONDAY + timedelta(hours=place))]
_LONGEST_WALK = timedelta(days=8)
_HOUR = timedelta(hours=1)
HEARD, SILENT, UNKNOWN = "h", "s", "?"

# When nothing was to be heard of a source, given by its number.
Quiet = Callable[[int], Absences]


def heartbeats_of(launch: Launch, quiet: Quiet, *, learns: bool) -> list[Heartbeat]:
    """All signs of life of a launch as they are now; a source that sends calls has one of its own."""
    living = Source.objects.filter(launch=launch, revoked_at=None, last_event_at__isnull=False, traffic_watch=None)
    senders = {source.pk: source for source in living.filter(Exists(CallDetail.objects.filter(source=OuterRef("pk"))))}
    known = list(Heartbeat.objects.filter(Q(source__launch=launch), source__revoked_at=None).select_related("source"))
    own = {one.source_id for one in known if not one.name}
    for one in known:
        if not one.name and one.source.last_event_at:
            beat(one, one.source.last_event_at, zone=launch.zone, away=quiet(one.source_id), learns=learns)
    return known + [
        Heartbeat(source=source, last_at=source.last_event_at, interval=DEFAULT_INTERVAL)
        for source in senders.values()
        if source.pk not in own and source.last_event_at
    ]


def silent_for(heartbeat: Heartbeat, at: datetime, *, zone: str, away: Absences) -> float:
    """Seconds since its last sign of life, without those in which we were away.

    A learned heartbeat is not waited for in hours of the week in which nothing is to be expected of it.
    """
    begins = heartbeat.last_at if heartbeat.declared else max(heartbeat.last_at, at - _LONGEST_WALK)
    parts = away.without(begins, at)
    if not heartbeat.declared:
        parts = [part for part in _by_hour(parts) if _is_waited_for(heartbeat, part[0], zone)]
    return sum((ends - begins).total_seconds() for begins, ends in parts)


def _is_waited_for(heartbeat: Heartbeat, begins: datetime, zone: str) -> bool:
    """Whoever was heard in an hour that was never silent is missed in the rest of it."""
    is_heard_now = _hour_of(begins) == _hour_of(heartbeat.last_at)
    letters, place = heartbeat.hours or UNKNOWN * _WEEK, _place(begins, zone)
    return not is_silent_hour(letters, begins, zone) or (is_heard_now and SILENT not in _same(letters, place))


def interval_of(heartbeat: Heartbeat) -> float | None:
    """The interval it is held to, in seconds; None where it is neither declared nor learned yet."""
    if heartbeat.declared:
        return heartbeat.interval
    return max(heartbeat.interval, LEAST_SILENCE / MISSED_AFTER) if heartbeat.gaps >= Heartbeat.LEARNED_GAPS else None


def is_silent_hour(hours: str, moment: datetime, zone: str) -> bool:
    """Whether nothing is to be expected in this hour of the week.

    It was silent in it the last time. Where that is not known, it was silent in it on all days that are; or nobody is
    at work then, and either it was never heard in that hour of any day, or it is mostly silent when nobody is at work.
    """
    letters, place = hours or UNKNOWN * _WEEK, _place(moment, zone)
    if letters[place] != UNKNOWN:
        return letters[place] == SILENT
    same = _same(letters, place)
    if is_office_hour(moment.astimezone(ZoneInfo(zone))):
        return same == {SILENT}
    of_rest = [letters[each] for each in _OF_REST]
    return HEARD not in same or of_rest.count(SILENT) >= of_rest.count(HEARD)


def _same(letters: str, place: int) -> set[str]:
    """What is known of an hour on all days."""
    return {letters[24 * day + place % 24] for day in range(7)} - {UNKNOWN}


def _place(moment: datetime, zone: str) -> int:
    local = moment.astimezone(ZoneInfo(zone))
    return 24 * local.weekday() + local.hour


def beat(
    heartbeat: Heartbeat, at: datetime, *, zone: str = "UTC", away: Absences | None = None, learns: bool = True
) -> Heartbeat:
    """The heartbeat after one more sign of life; a learned interval follows the longest gaps and forgets them slowly.

    A silence of hours makes no interval: its hours of the week are noted instead.
    """
    last_at = heartbeat.last_at
    if at <= last_at:
        return heartbeat
    heartbeat.last_at = at
    if not heartbeat.declared and learns:
        _learn(heartbeat, (away or Absences()).without(last_at, at), zone)
    return heartbeat


def _learn(heartbeat: Heartbeat, parts: list[Stretch], zone: str) -> None:
    gap = sum((ends - begins).total_seconds() for begins, ends in parts)
    interval = interval_of(heartbeat)
    if interval is not None and gap > max(MISSED_AFTER * interval, LONG_SILENCE.total_seconds()):
        heartbeat.hours = _with(heartbeat.hours or UNKNOWN * _WEEK, _by_hour(parts), SILENT, zone)
        heartbeat.steady_since = heartbeat.last_at
        return
    if gap > 0:
        heartbeat.gaps += 1
        heartbeat.interval = max(gap, _FORGETS * heartbeat.interval)
    heartbeat.hours = _with(heartbeat.hours or UNKNOWN * _WEEK, _whole_hours(heartbeat, parts), HEARD, zone)


def _whole_hours(heartbeat: Heartbeat, parts: list[Stretch]) -> Iterator[Stretch]:
    """The hours that ended with this sign of life and were heard from their beginning on."""
    for begins, ends in _by_hour(parts):
        hour = _hour_of(begins)
        if hour + _HOUR <= heartbeat.last_at and (heartbeat.steady_since or hour) <= hour:
            yield begins, ends


def _with(hours: str, parts: Iterator[Stretch], letter: str, zone: str) -> str:
    letters = list(hours)
    for begins, _ends in parts:
        letters[_place(begins, zone)] = letter
    return "".join(letters)


def _by_hour(parts: list[Stretch]) -> Iterator[Stretch]:
    """The same stretches, cut at the hours; what is longer ago than some days repeats the week."""
    for start, ends in parts:
        begins = max(start, ends - _LONGEST_WALK)
        while begins < ends:
            until = min(_hour_of(begins) + _HOUR, ends)
            yield begins, until
            begins = until


def _hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
