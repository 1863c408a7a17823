"""This module notes who is in a room: whoever has its page open came, and left when the page was not heard of for a while."""

from datetime import datetime, timedelta

from django.db import transaction

from hypercare.core.models import User
from hypercare.core.timeline import Actor, Entry, record
from triage.models import Attendance, WarRoom

AWAY_AFTER = timedelta(seconds=90)
_WRITTEN_EVERY = timedelta(seconds=20)


def be_here(room: WarRoom, *, person: User, now: datetime) -> None:
    """Notes that somebody has the room before them; a closed room takes no note."""
    held = Attendance.objects.filter(room=room, user=person, left_at=None).first()
    if held is not None:
        if now - held.seen_at >= _WRITTEN_EVERY:
            Attendance.objects.filter(pk=held.pk, seen_at__lt=now).update(seen_at=now)
        return
    with transaction.atomic():
        live = WarRoom.objects.select_for_update(of=("self",)).filter(pk=room.pk, closed_at=None).first()
        if live is None or Attendance.objects.filter(room=room, user=person, left_at=None).exists():
            return
        Attendance.objects.create(room=room, user=person, came_at=now, seen_at=now)
        record(room.launch, [Entry(room.key, "room.came")], actor=Actor.person(person), now=now)


def leave(room: WarRoom, *, person: User, now: datetime) -> None:
    """Notes that somebody left by their own word."""
    held = (
        Attendance.objects.filter(room=room, user=person, left_at=None).select_related("room__launch", "user").first()
    )
    if held is not None:
        _end(held, at=now, now=now)


def sweep(*, now: datetime) -> int:
    """Notes who was not heard of any more, as having left when they were last seen; says how many."""
    gone = Attendance.objects.filter(left_at=None, seen_at__lt=now - AWAY_AFTER).select_related("room__launch", "user")
    found = list(gone.order_by("pk"))
    for held in found:
        _end(held, at=held.seen_at, now=now)
    return len(found)


@transaction.atomic
def _end(held: Attendance, *, at: datetime, now: datetime) -> None:
    ended = Attendance.objects.filter(pk=held.pk, left_at=None, seen_at=held.seen_at).update(left_at=at)
    if ended:
        entry = Entry(held.room.key, "room.left", occurred_at=at)
        record(held.room.launch, [entry], actor=Actor.person(held.user), now=now)


def here(room: WarRoom, *, now: datetime) -> list[Attendance]:
    """Who is in the room now, the first to come first."""
    seen = Attendance.objects.filter(room=room, left_at=None, seen_at__gte=now - AWAY_AFTER)
    return list(seen.select_related("user").order_by("came_at", "pk"))


def came_and_went(room: WarRoom, *, now: datetime) -> list[Attendance]:
    """Who was there before and is not now, the last to leave first."""
    present = [held.user_id for held in here(room, now=now)]
    rows = Attendance.objects.filter(room=room).exclude(user__in=present).select_related("user")
    newest: dict[int, Attendance] = {}
    for held in rows.order_by("-seen_at")[:200]:
        newest.setdefault(held.user_id, held)
    return list(newest.values())
