"""This module takes what people say and note in a room; the words stand beside the timeline, which holds their number."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from hypercare.core.problem import wrong
from hypercare.core.timeline import Actor, Entry, record
from triage.models import LineKind, RoomLine, WarRoom
from triage.warroom import words
from triage.warroom.rooms import lock_live

LONGEST_LINE = 4000
_KINDS = {LineKind.CHAT: "room.said", LineKind.NOTE: "room.noted"}
_EARLIEST = timedelta(days=31)


@transaction.atomic
def say(
    room: WarRoom, *, text: str, actor: Actor, now: datetime, kind: str = LineKind.CHAT, at: datetime | None = None
) -> RoomLine:
    """Writes a line; a note may tell of something `at` an earlier time, and then stands there on the timeline."""
    if kind not in LineKind.values:
        raise wrong("/kind", _("Use one of %(known)s.") % {"known": ", ".join(LineKind.values)})
    if at is not None and not now - _EARLIEST <= at <= now:
        raise wrong("/at", _("Name a time of the last 31 days."))
    kept = words.said(text, "text", longest=LONGEST_LINE, has_lines=True)
    room = lock_live(room)
    line = RoomLine.objects.create(
        room=room, kind=kind, text=kept, author=actor.user, author_name=actor.name, said_at=at or now
    )
    entry = Entry(room.key, _KINDS[LineKind(kind)], {"line": line.pk}, occurred_at=at)
    record(room.launch, [entry], actor=actor, now=now)
    return line
