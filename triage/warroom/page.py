"""This module gathers what a room's page and its API show."""

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import caches

from hypercare.core.models import Commitment, RecordedDecision
from triage.models import Attendance, Duty, RoomRole, RoomUpdate, WarRoom
from triage.warroom import attendance, duties, updates
from triage.warroom.axis import PAGE_SIZE, axis
from triage.warroom.calling_out import Said, said_of
from triage.warroom.decided import decisions_about
from triage.warroom.moments import Moments, moments_of
from triage.warroom.telling import Told, tell

KEPT_SECONDS = 5
SHOWN_DECISIONS, SHOWN_PROMISES, SHOWN_UPDATES = 50, 100, 20


@dataclass(frozen=True)
class Timeline:
    """A page of the timeline in words; `older` is where the next page begins."""

    lines: list[Told]
    older: str


@dataclass(frozen=True)
class RoomPage:
    """All of a room."""

    room: WarRoom
    duties: list[Duty]
    free_roles: list[tuple[str, str]]
    here: list[Attendance]
    gone: list[Attendance]
    due: updates.Due | None
    decisions: list[RecordedDecision]
    promises: list[Commitment]
    updates: list[RoomUpdate]
    call_outs: list[Said]
    timeline: Timeline

    @property
    def last_update(self) -> RoomUpdate | None:
        """What was told last."""
        return self.updates[0] if self.updates else None


def kept_moments(room: WarRoom, *, now: datetime) -> Moments:
    """The moments, at most a few seconds old: every open page of a room asks for them again and again."""
    key = f"moments:{room.pk}"
    kept = caches["memory"].get(key)
    if not isinstance(kept, Moments):
        kept = moments_of(room, now=now)
        caches["memory"].set(key, kept, KEPT_SECONDS)
    return kept


def timeline(room: WarRoom, found: Moments, *, now: datetime, before: str = "", size: int = PAGE_SIZE) -> Timeline:
    """A page of a room's timeline."""
    page = axis(room, found, now=now, before=before, size=size)
    return Timeline(tell(room, page.rows), page.older)


def room_page(room: WarRoom, *, now: datetime, with_timeline: bool = True) -> RoomPage:
    """The room as it stands."""
    found = kept_moments(room, now=now)
    held = duties.in_force(room)
    taken = {duty.role for duty in held}
    return RoomPage(
        room=room,
        duties=held,
        free_roles=[(role.value, str(role.label)) for role in RoomRole if role not in taken or role == RoomRole.LEAD],
        here=attendance.here(room, now=now) if room.is_live else [],
        gone=attendance.came_and_went(room, now=now),
        due=updates.next_due(room, now=now),
        decisions=list(decisions_about(room.launch, room.key)[:SHOWN_DECISIONS]),
        promises=promises_about(room),
        updates=list(RoomUpdate.objects.filter(room=room).order_by("-pk")[:SHOWN_UPDATES]),
        call_outs=said_of(found),
        timeline=timeline(room, found, now=now) if with_timeline else Timeline([], ""),
    )


def promises_about(room: WarRoom) -> list[Commitment]:
    """The actions of a room: what is open first, the first due first."""
    rows = (
        Commitment.objects.filter(launch=room.launch, about=room.key).select_related("owner").order_by("due_at", "pk")
    )
    return sorted(rows[:SHOWN_PROMISES], key=lambda one: (one.ended_at is not None, one.due_at))
