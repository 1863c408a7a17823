"""This module decides who does what in a room: commander, scribe, comms, and a lead for each area."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hypercare.core.models import Launch, User
from hypercare.core.one_line import one_line
from hypercare.core.problem import Problem, wrong
from hypercare.core.redaction import redact
from hypercare.core.roles import Right, roles_with
from hypercare.core.strict_json import clean_text
from hypercare.core.timeline import Actor, Entry, record
from triage.models import Duty, RoomRole, WarRoom
from triage.warroom.rooms import lock_live

LONGEST_AREA = 60


@transaction.atomic
def take(room: WarRoom, *, role: str, actor: Actor, now: datetime, area: str = "", person: User | None = None) -> Duty:
    """Gives a role to `person`, or to who asks; whoever had it gives it up by that."""
    if role not in RoomRole.values:
        raise wrong("/role", _("Use one of %(known)s.") % {"known": ", ".join(RoomRole.values)})
    area = _area(role, area)
    room = lock_live(room)
    who = person or actor.user
    if who is None:
        raise wrong("/person", _("Say who takes it."))
    before = Duty.objects.filter(room=room, role=role, area=area, ended_at=None).first()
    if before and before.user_id == who.pk:
        return before
    if before:
        before.ended_at = now
        before.save(update_fields=["ended_at"])
    name = Actor.person(who).name
    duty = Duty.objects.create(room=room, role=role, area=area, user=who, user_name=name, taken_at=now)
    data = {"role": role, "area": area, "who": name, "before": before.user_name if before else ""}
    record(room.launch, [Entry(room.key, "room.role", data)], actor=actor, now=now)
    return duty


@transaction.atomic
def give_up(room: WarRoom, *, role: str, actor: Actor, now: datetime, area: str = "") -> None:
    """Leaves a role without anyone; 409 where nobody has it."""
    room = lock_live(room)
    held = Duty.objects.filter(room=room, role=role[:10], area=one_line(area)[:LONGEST_AREA], ended_at=None).first()
    if held is None:
        raise Problem(409, _("Nobody has this role."))
    held.ended_at = now
    held.save(update_fields=["ended_at"])
    data = {"role": held.role, "area": held.area, "who": "", "before": held.user_name}
    record(room.launch, [Entry(room.key, "room.role", data)], actor=actor, now=now)


def in_force(room: WarRoom) -> list[Duty]:
    """Who does what now, the commander first; of a closed room, who did at its end."""
    rows = Duty.objects.filter(room=room, ended_at=room.closed_at).select_related("user")
    order = list(RoomRole)
    return sorted(rows, key=lambda duty: (order.index(RoomRole(duty.role)), duty.area))


def who_may(launch: Launch) -> Sequence[User]:
    """The people of the launch who may take a role or an action."""
    rows = User.objects.filter(
        memberships__launch=launch, memberships__role__in=roles_with(Right.TRIAGE), is_active=True
    )
    return list(rows.distinct().order_by("name", "pk"))


def person_of(launch: Launch, email: str) -> User | None:
    """The person of that address who may take part; None for an empty address, 400 for anyone else's."""
    if not email.strip():
        return None
    asked = email.strip().lower()[:254].replace("\x00", "")
    found = next((person for person in who_may(launch) if person.email == asked), None)
    if found is None:
        raise wrong("/person", _("Nobody of that address works in this launch."))
    return found


def _area(role: str, area: str) -> str:
    if role != RoomRole.LEAD:
        return ""
    said = one_line(area)
    if list(clean_text(area)) or not said or len(said) > LONGEST_AREA:
        raise wrong("/area", _("Say in %(limit)s characters what this lead leads.") % {"limit": LONGEST_AREA})
    return redact(said).text[:LONGEST_AREA]
