"""This module tells people outside a room how it is, and watches that they are told in time.

An update has the form conditions, actions, needs. The next is due half an hour after the last for a SEV1 and an hour
after it for anything else; the first, as long after the room opened.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from hypercare.core.messages import queue_mail
from hypercare.core.models import MessageKind, TimelineEntry, User
from hypercare.core.problem import wrong
from hypercare.core.roles import Right, Role, roles_with
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from triage.models import Duty, RoomRole, RoomUpdate, WarRoom
from triage.one_by_one import one_by_one
from triage.warroom import words
from triage.warroom.listeners import still_here
from triage.warroom.rooms import lock_live

LONGEST_PART = 1000
EVERY, EVERY_SEV1 = timedelta(minutes=60), timedelta(minutes=30)
# Who may be told, by the roles in the launch.
AUDIENCES = {"team": roles_with(Right.TRIAGE), "stakeholders": [str(Role.STAKEHOLDER)]}
AUDIENCE_WORDS = {"team": gettext_lazy("The team"), "stakeholders": gettext_lazy("Stakeholders")}


@dataclass(frozen=True)
class Due:
    """When the next update is due, and whether that time has passed."""

    at: datetime
    every: timedelta
    is_late: bool

    @property
    def minutes(self) -> int:
        """How often, in minutes."""
        return int(self.every.total_seconds() // 60)


def next_due(room: WarRoom, *, now: datetime) -> Due | None:
    """When the next update of a live room is due; None for a closed one."""
    return dues([room], now=now).get(room.pk)


def dues(rooms: Iterable[WarRoom], *, now: datetime) -> dict[int, Due]:
    """When the next update of each live room is due, by its number; one query."""
    live = [room for room in rooms if room.is_live]
    told = RoomUpdate.objects.filter(room__in=live).values_list("room").annotate(last=Max("told_at"))
    last = dict(told) if live else {}
    return {room.pk: _due(room, last.get(room.pk) or room.opened_at, now=now) for room in live}


def _due(room: WarRoom, last: datetime, *, now: datetime) -> Due:
    every = EVERY_SEV1 if room.issue.severity == 1 else EVERY
    return Due(last + every, every, now > last + every)


@transaction.atomic
def tell(
    room: WarRoom, *, conditions: str, actions: str, needs: str, audiences: Iterable[str], actor: Actor, now: datetime
) -> RoomUpdate:
    """Writes an update and queues it for everyone of the audiences, but not for who wrote it."""
    chosen = [name for name in AUDIENCES if name in set(audiences)]
    if not chosen:
        raise wrong("/audiences", _("Choose who is told: %(known)s.") % {"known": ", ".join(AUDIENCES)})
    kept = {
        "conditions": words.said(conditions, "conditions", longest=LONGEST_PART, has_lines=True),
        "actions": words.said(actions, "actions", longest=LONGEST_PART, has_lines=True),
        "needs": words.said(needs, "needs", longest=LONGEST_PART, has_lines=True, may_lack=True),
    }
    room = lock_live(room)
    people = _people(room, chosen, actor)
    update = RoomUpdate.objects.create(
        room=room, author_name=actor.name, told_at=now, audiences=chosen,
        sent_to=[str(person) for person in people], **kept,
    )  # fmt: skip
    for person in people:
        _mail(update, person, now=now)
    data = {"update": update.pk, "people": len(people)}
    record(room.launch, [Entry(room.key, "room.update", data)], actor=actor, now=now)
    return update


def _people(room: WarRoom, audiences: Iterable[str], actor: Actor) -> list[User]:
    wanted = [role for name in audiences for role in AUDIENCES[name]]
    rows = User.objects.filter(memberships__launch=room.launch, memberships__role__in=wanted, is_active=True)
    others = rows.exclude(pk=actor.user.pk) if actor.user else rows
    return list(others.distinct().order_by("pk"))


def _mail(update: RoomUpdate, person: User, *, now: datetime) -> None:
    room = update.room
    with override(person.language):
        parts = [
            _("%(key)s, SEV%(severity)s: %(title)s") % {
                "key": room.issue.key, "severity": room.issue.severity, "title": room.issue.title},
            _("Conditions: %(text)s") % {"text": update.conditions},
            _("Actions: %(text)s") % {"text": update.actions},
            _("Needs: %(text)s") % {"text": update.needs or _("nothing")},
            _("Told by %(who)s. The room: %(link)s") % {"who": update.author_name, "link": link_to(room)},
        ]  # fmt: skip
        queue_mail(
            launch=room.launch,
            kind=MessageKind.ROOM_UPDATE,
            about=room.key,
            to_address=person.email,
            language=person.language,
            subject=_("[%(launch)s] SEV%(severity)s %(title)s") % {
                "launch": room.launch.name, "severity": room.issue.severity, "title": room.issue.title},
            text="\n\n".join(parts),
            once_key=f"room-update:{update.pk}:{person.pk}",
            now=now,
        )  # fmt: skip


def link_to(room: WarRoom) -> str:
    """The address of a room's page."""
    return settings.PUBLIC_URL + reverse("triage:room", args=[room.launch.slug, room.key])


def chase_due(*, now: datetime) -> int:
    """Says once of every update that is overdue, to who speaks for the room; returns how many were said."""
    live = list(WarRoom.objects.filter(closed_at=None, launch__closed_at=None).select_related("launch", "issue"))
    due_at = dues(live, now=now)
    late = [(room, due_at[room.pk]) for room in live if due_at[room.pk].is_late]
    one_by_one(late, lambda one: _chase(*one, now=now))
    return len(late)


@transaction.atomic
def _chase(room: WarRoom, due: Due, *, now: datetime) -> None:
    once = f"update-late:{room.key}:{due.at.timestamp():.0f}"
    if TimelineEntry.objects.filter(once_key=once).exists():
        return
    entry = Entry(room.key, "room.update_late", {"minutes": due.minutes}, occurred_at=due.at, once_key=once)
    record(room.launch, [entry], actor=SYSTEM, now=now)
    for person in _who_speaks(room):
        with override(person.language):
            queue_mail(
                launch=room.launch,
                kind=MessageKind.REMINDER,
                about=room.key,
                to_address=person.email,
                language=person.language,
                subject=_("The update of %(room)s is overdue") % {"room": room.key},
                text=_("An update of “%(title)s” is due every %(minutes)s minutes, and none came. Write it here: %(link)s") % {
                    "title": room.issue.title, "minutes": due.minutes, "link": link_to(room)},
                once_key=f"{once}:{person.pk}"[:160],
                now=now,
            )  # fmt: skip


def _who_speaks(room: WarRoom) -> list[User]:
    """Comms and the commander; where neither is there any more, those who steer the launch."""
    held = Duty.objects.filter(room=room, ended_at=None, role__in=[RoomRole.COMMS, RoomRole.COMMANDER])
    return still_here(User.objects.filter(pk__in=held.values("user")), room.launch)
