"""This module names the events that rules and webhooks may wait for, keeps who waits, and hands over what happened.

A timeline entry that somebody waits for becomes a `Happening` by a trigger, in the transaction of the change itself. So
nothing is lost while a worker or the broker is away, and nothing is passed over because it was committed late.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hypercare.core import wake
from hypercare.core.models import Happening, Launch, Listener, Wish


@dataclass(frozen=True)
class Event:
    """One thing that may happen: its words, and the timeline entries that tell of it.

    `about` is how their subject begins, `moved` the figure that a change of score must name, `has` what their data must.
    """

    words: str | Promise
    kinds: tuple[str, ...]
    about: str = ""
    moved: str = ""
    has: str = ""

    def is_told_by(self, kind: str, subject: str, data: Mapping[str, Any]) -> bool:
        """Whether an entry tells of it."""
        return (
            kind in self.kinds
            and subject.startswith(self.about)
            and (not self.moved or self.moved in data.get("moved", {}))
            and (not self.has or self.has in data)
        )


EVENTS: dict[str, Event] = {
    "feedback.received": Event(_("Feedback arrived"), ("feedback.received",)),
    "feedback.triaged": Event(_("Feedback was triaged"), ("feedback.triaged",)),
    "feedback.set_aside": Event(_("Feedback was set aside and waits for review"), ("feedback.set_aside",)),
    "issue.opened": Event(_("An issue was opened"), ("issue.opened",)),
    "issue.joined": Event(_("A report joined an issue"), ("issue.joined",)),
    "issue.status_changed": Event(_("The status of an issue changed"), ("issue.status",)),
    "issue.severity_changed": Event(_("The severity of an issue changed"), ("issue.scored",), moved="severity"),
    "issue.scored": Event(_("A score of an issue changed"), ("issue.scored",)),
    "issue.changed": Event(_("A field of an issue was set"), ("issue.field",), about="IS-"),
    "issue.merged": Event(_("An issue was merged into another"), ("issue.merged",), has="new"),
    "issue.commented": Event(_("A note was written on an issue"), ("issue.note",)),
    "issue.snoozed": Event(_("An issue was snoozed"), ("issue.snoozed",)),
    "alert.opened": Event(_("An alert fired"), ("alert.fired", "alert.fired_again"), about="AL-"),
    "alert.resolved": Event(_("An alert was resolved"), ("alert.resolved", "alert.ended"), about="AL-"),
    "deployment.recorded": Event(_("Something was deployed"), ("deployment.recorded",)),
    "fix.judged": Event(_("Live traffic judged a fix"), ("fix.judged",)),
    "fix.fires": Event(_("Something fires although it is fixed"), ("fix.fires",)),
    "promise.overdue": Event(_("A promise is overdue"), ("promise.late",)),
    "room.opened": Event(_("A war room was opened"), ("room.opened",)),
    "room.closed": Event(_("A war room was closed"), ("room.closed",)),
    "room.update_overdue": Event(_("An update of a war room is overdue"), ("room.update_late",)),
    "report.sent": Event(_("The daily report was sent"), ("report.sent",)),
}
_NAMESPACE = 0x48435757
TOLD_AT_ONCE = 500
GIVEN_UP_AFTER = 5
AGAIN_AFTER = timedelta(seconds=30)
HEARD_AT_ONCE, HEARD_FOR = 200, timedelta(seconds=2)


def events_told_by(kind: str, subject: str, data: Mapping[str, Any]) -> list[str]:
    """The names of the events that an entry tells of."""
    return [name for name, event in EVENTS.items() if event.is_told_by(kind, subject, data)]


def kinds_of(events: Iterable[str]) -> set[str]:
    """The kinds of entries that tell of these events."""
    return {kind for name in events if name in EVENTS for kind in EVENTS[name].kinds}


def hold_wishes(launch_id: int) -> None:
    """Waits until nobody else changes what the launch listens for, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_NAMESPACE, launch_id])


def listen(launch: Launch, listener: Listener, events: Iterable[str]) -> None:
    """From this transaction's commit on the listener hears of these events, and of no others.

    Whoever calls held the wishes before reading what they are.
    """
    wanted = kinds_of(events)
    wishes = Wish.objects.filter(launch=launch, listener=listener)
    wishes.exclude(kind__in=wanted).delete()
    rows = [Wish(launch=launch, listener=listener, kind=kind) for kind in sorted(wanted)]
    Wish.objects.bulk_create(rows, ignore_conflicts=True)


def next_for(listener: Listener, *, now: datetime, most: int = 1) -> list[Happening]:
    """The oldest things of one launch that nobody else holds, the oldest first.

    They are locked for the caller's transaction, which deletes those that it heard.
    """
    rows = Happening.objects.select_for_update(skip_locked=True, of=("self",)).select_related("launch")
    oldest = list(rows.filter(listener=listener, not_before__lte=now).order_by("pk")[:most])
    return [row for row in oldest if row.launch_id == oldest[0].launch_id]


def hear(some: Callable[[], int], *, task: str) -> int:
    """Hears some after the other until nothing waits; says how many. With many, a worker's other tasks have their turn."""
    begun, heard = time.monotonic(), 0
    while heard < HEARD_AT_ONCE and time.monotonic() - begun < HEARD_FOR.total_seconds():
        more = some()
        if not more:
            return heard
        heard += more
    wake.worker_after_commit(task)
    return heard


def put_off(happening: Happening, *, now: datetime) -> bool:
    """Lets the others go first after somebody stumbled over it, longer each time; whether it was tried often enough."""
    happening.attempts += 1
    happening.not_before = now + AGAIN_AFTER * 2**happening.attempts
    happening.save(update_fields=["attempts", "not_before"])
    return happening.attempts >= GIVEN_UP_AFTER


@contextmanager
def caused_by(run: int) -> Iterator[None]:
    """What happens inside, in the caller's transaction, names the run of a rule as its cause."""
    _say_cause(str(run))
    try:
        yield
    finally:
        _say_cause("")


def _say_cause(cause: str) -> None:
    if connection.needs_rollback:
        return  # the transaction takes the setting back with everything else
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('hypercare.cause', %s, true)", [cause])
