"""This module says for how long a heartbeat is silent, and learns its interval and the hours of the week without it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q

from gateway_ingest.absences import Absences, Stretch
from gateway_ingest.models import CallDetail, Heartbeat, Source
from hypercare.core.models import Launch

LEAST_SILENCE = 300.0  # seconds, below which no learned interval counts
LONG_SILENCE = timedelta(hours=1)  # what is shorter only makes the interval longer
MISSED_AFTER = 2  # intervals
DEFAULT_INTERVAL = 60.0
_FORGETS = 0.98
_WEEK = 7 * 24
_LONGEST_WALK = timedelta(days=8)
_HOUR = timedelta(hours=1)
HEARD, SILENT, UNKNOWN = "h", "s", "?"


def heartbeats_of(launch: Launch, away: Absences, *, learns: bool) -> list[Heartbeat]:
    """All signs of life of a launch as they are now; a source that sends calls has one of its own."""
    living = Source.objects.filter(launch=launch, revoked_at=None, last_event_at__isnull=False, traffic_watch=None)
    senders = {source.pk: source for source in living.filter(Exists(CallDetail.objects.filter(source=OuterRef("pk"))))}
    known = list(Heartbeat.objects.filter(Q(source__launch=launch), source__revoked_at=None).select_related("source"))
    own = {one.source_id for one in known if not one.name}
    for one in known:
        if not one.name and one.source.last_event_at:
            beat(one, one.source.last_event_at, zone=launch.zone, away=away, learns=learns)
    return known + [
        Heartbeat(source=source, last_at=source.last_event_at, interval=DEFAULT_INTERVAL)
        for source in senders.values()
        if source.pk not in own and source.last_event_at
    ]


def silent_for(heartbeat: Heartbeat, at: datetime, *, zone: str, away: Absences) -> float:
    """Seconds since its last sign of life, without those in which we were away.

    A learned heartbeat is not waited for in hours of the week in which it was silent before.
    """
    begins = heartbeat.last_at if heartbeat.declared else max(heartbeat.last_at, at - _LONGEST_WALK)
    parts = away.without(begins, at)
    if not heartbeat.declared and heartbeat.hours:
        parts = [part for part in _by_hour(parts) if not is_silent_hour(heartbeat.hours, part[0], zone)]
    return sum((ends - begins).total_seconds() for begins, ends in parts)


def interval_of(heartbeat: Heartbeat) -> float | None:
    """The interval it is held to, in seconds; None where it is neither declared nor learned yet."""
    if heartbeat.declared:
        return heartbeat.interval
    return max(heartbeat.interval, LEAST_SILENCE / MISSED_AFTER) if heartbeat.gaps >= Heartbeat.LEARNED_GAPS else None


def is_silent_hour(hours: str, moment: datetime, zone: str) -> bool:
    """Whether it was silent in this hour of the week before; where that is not known, on all days that are."""
    local = moment.astimezone(ZoneInfo(zone))
    known = hours[24 * local.weekday() + local.hour]
    same = {hours[24 * day + local.hour] for day in range(7)} - {UNKNOWN}
    return known == SILENT or (known == UNKNOWN and same == {SILENT})


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
    if heartbeat.hours:
        heartbeat.hours = _with(heartbeat.hours, _whole_hours(heartbeat, parts), HEARD, zone)


def _whole_hours(heartbeat: Heartbeat, parts: list[Stretch]) -> Iterator[Stretch]:
    """The hours that ended with this sign of life and were heard from their beginning on."""
    for begins, ends in _by_hour(parts):
        hour = _hour_of(begins)
        if hour + _HOUR <= heartbeat.last_at and (heartbeat.steady_since or hour) <= hour:
            yield begins, ends


def _with(hours: str, parts: Iterator[Stretch], letter: str, zone: str) -> str:
    letters = list(hours)
    for begins, _ends in parts:
        local = begins.astimezone(ZoneInfo(zone))
        letters[24 * local.weekday() + local.hour] = letter
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
