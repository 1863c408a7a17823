"""This module hands a shift from one person to the next: prefilled from rows, with words, and acknowledged by who takes it."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from hypercare.core import keys
from hypercare.core.access import Principal
from hypercare.core.messages import queue_mail
from hypercare.core.models import Launch, MessageKind, User
from hypercare.core.problem import Problem, wrong
from hypercare.core.roles import Right
from hypercare.core.timeline import Actor, Entry, record
from triage.models import ShiftNote
from triage.warroom import agenda, words
from triage.warroom.agenda import Fact
from triage.warroom.rooms import live_rooms

LONGEST_WORDS = 5000
# A shift began when the last one was handed over, but no longer ago than this.
LONGEST, USUAL = timedelta(hours=24), timedelta(hours=8)
PARTS = {
    "critical": gettext_lazy("Open SEV1 and SEV2"),
    "rooms": gettext_lazy("Live rooms"),
    "promises": gettext_lazy("Promises due"),
    "opened": gettext_lazy("Opened this shift"),
    "ended": gettext_lazy("Ended this shift"),
    "changes": gettext_lazy("Deployed this shift"),
}


def began_at(launch: Launch, *, now: datetime) -> datetime:
    """When the present shift began."""
    last = ShiftNote.objects.filter(launch=launch).order_by("-pk").values_list("handed_at", flat=True).first()
    return last if last and last > now - LONGEST else now - USUAL


def prefilled(launch: Launch, *, now: datetime) -> dict[str, list[Fact]]:
    """What the rows say a shift hands over."""
    since = began_at(launch, now=now)
    rooms = [
        Fact(
            f"{room.key} {room.issue.title}",
            path=reverse("triage:room", args=[launch.slug, room.key]),
            severity=room.issue.severity,
        )
        for room in live_rooms([launch])
    ]
    return {
        "critical": agenda.critical(launch, now),
        "rooms": rooms,
        "promises": agenda.due(launch, now),
        "opened": agenda.opened(launch, now, since),
        "ended": agenda.ended(launch, now, since),
        "changes": agenda.changes(launch, now, since),
    }


@transaction.atomic
def hand_over(launch: Launch, *, to: User, text: str, actor: Actor, now: datetime) -> ShiftNote:
    """Hands the shift to somebody with the facts as they stand now, and tells them by mail."""
    if actor.user is None or to.pk == actor.user.pk:
        raise wrong("/to", _("Hand it to somebody else."))
    kept = words.said(text, "text", longest=LONGEST_WORDS, has_lines=True, may_lack=True)
    with override(launch.language):
        facts: dict[str, Any] = {
            name: [fact.as_json() for fact in found] for name, found in prefilled(launch, now=now).items()
        }
    made = ShiftNote.objects.create(
        launch=launch, begins_at=began_at(launch, now=now), handed_at=now, giver=actor.user, giver_name=actor.name,
        taker=to, taker_name=Actor.person(to).name, words=kept, facts=facts,
    )  # fmt: skip
    record(launch, [Entry(made.key, "shift.handed", {"to": made.taker_name})], actor=actor, now=now)
    with override(to.language):
        parts = [
            _("%(who)s hands you the shift in %(launch)s.") % {"who": actor.name, "launch": launch.name},
            kept,
            _("Read it and take it over: %(link)s")
            % {"link": settings.PUBLIC_URL + reverse("triage:shift", args=[launch.slug])},
        ]
        queue_mail(
            launch=launch, kind=MessageKind.SHIFT, about=made.key, to_address=to.email, language=to.language,
            subject=_("[%(launch)s] The shift is yours") % {"launch": launch.name},
            text="\n\n".join(filter(None, parts)), once_key=f"shift:{made.pk}", now=now,
        )  # fmt: skip
    return made


def access_note(principal: Principal, key: str, *, right: Right) -> ShiftNote:
    """The note named like SN-4."""
    return keys.named(ShiftNote.objects.select_related("launch", "taker"), key, "SN", by=principal, right=right)


@transaction.atomic
def take_over(note: ShiftNote, *, actor: Actor, now: datetime) -> ShiftNote:
    """Acknowledges a note; 403 for anyone but who it was handed to, 409 when it is taken already."""
    row = ShiftNote.objects.select_for_update(of=("self",)).select_related("launch").get(pk=note.pk)
    if actor.user is None or row.taker_id != actor.user.pk:
        raise Problem(403, _("It was handed to %(who)s; only they can take it.") % {"who": row.taker_name})
    if row.acknowledged_at:
        raise Problem(409, _("%(key)s is taken over already.") % {"key": row.key})
    row.acknowledged_at = now
    row.save(update_fields=["acknowledged_at"])
    record(row.launch, [Entry(row.key, "shift.taken")], actor=actor, now=now)
    return row
