"""This module leads a team through its daily stand-up, block by block; what is noted and decided goes into the report."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from hypercare.core import clock
from hypercare.core.models import Launch, RecordedDecision
from hypercare.core.problem import Problem, wrong
from hypercare.core.timeline import Actor, Entry, record
from triage.models import Standup, StandupNote, StatusReport
from triage.warroom import words

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

LONGEST_NOTE = 1000


@dataclass(frozen=True)
class Block:
    """One part of the stand-up and the time it has."""

    name: str
    label: "_StrPromise"
    seconds: int


# A quarter of an hour in all.
BLOCKS = (
    Block("exit", gettext_lazy("Exit progress"), 90),
    Block("new", gettext_lazy("New since yesterday"), 120),
    Block("critical", gettext_lazy("SEV1 and SEV2"), 180),
    Block("ageing", gettext_lazy("What is getting old"), 90),
    Block("themes", gettext_lazy("Rising themes"), 60),
    Block("traffic", gettext_lazy("Gateway and AI"), 90),
    Block("changes", gettext_lazy("Changes"), 60),
    Block("decisions", gettext_lazy("Decisions"), 120),
    Block("promises", gettext_lazy("Promises due"), 90),
)
_ORDER = [block.name for block in BLOCKS]


def block_named(name: str) -> Block:
    """The block of that name; 400 for no such block."""
    if name not in _ORDER:
        raise wrong("/block", _("Use one of %(known)s.") % {"known": ", ".join(_ORDER)})
    return BLOCKS[_ORDER.index(name)]


def of_today(launch: Launch, *, now: datetime) -> Standup | None:
    """Today's stand-up, where the launch lives."""
    return Standup.objects.filter(launch=launch, day=clock.local_day(now, launch.zone)).select_related("launch").first()


def running(launch: Launch, *, now: datetime) -> Standup:
    """Today's stand-up while it runs; 409 where none does."""
    one = of_today(launch, now=now)
    if one is None or one.ended_at:
        raise Problem(409, _("No stand-up is running; begin one."))
    return one


@transaction.atomic
def begin(launch: Launch, *, actor: Actor, now: datetime) -> Standup:
    """Begins today's stand-up at its first block; the one that runs where there is one, 409 where it is over."""
    day = clock.local_day(now, launch.zone)
    first = {"begun_at": now, "begun_by_name": actor.name, "block": _ORDER[0], "block_begun_at": now}
    one, made = Standup.objects.get_or_create(launch=launch, day=day, defaults=first)
    if one.ended_at:
        raise Problem(409, _("Today's stand-up is over; its notes are in the report's draft."))
    if made:
        record(launch, [Entry(one.key, "standup.begun", {"day": day.isoformat()})], actor=actor, now=now)
    return one


@transaction.atomic
def go_to(one: Standup, *, block: str, now: datetime) -> Standup:
    """Goes to a block, whose time begins anew."""
    one = _running(one)
    one.block, one.block_begun_at = block_named(block).name, now
    one.save(update_fields=["block", "block_begun_at"])
    return one


@transaction.atomic
def note(one: Standup, *, block: str, text: str, actor: Actor, now: datetime) -> StandupNote:
    """Notes a sentence in a block."""
    kept = words.said(text, "text", longest=LONGEST_NOTE)
    one = _running(one)
    return StandupNote.objects.create(
        standup=one, block=block_named(block).name, text=kept, author_name=actor.name, noted_at=now
    )


@transaction.atomic
def end(one: Standup, *, actor: Actor, now: datetime) -> Standup:
    """Ends the stand-up; a report that is drafted already gets its notes, one that is not will."""
    one = _running(one)
    one.ended_at = now
    one.save(update_fields=["ended_at"])
    record(one.launch, [Entry(one.key, "standup.ended", {"day": one.day.isoformat()})], actor=actor, now=now)
    report = StatusReport.objects.select_for_update().filter(launch=one.launch, day=one.day, sent_at=None).first()
    if report:
        told = words_of(one.launch, one.day)
        report.note = "\n\n".join(filter(None, (report.note, told if told not in report.note else "")))
        report.save(update_fields=["note"])
        data = {"report": report.pk, "standup": one.key}
        record(one.launch, [Entry(f"report:{one.day.isoformat()}", "report.edited", data)], actor=actor, now=now)
    return one


def _running(one: Standup) -> Standup:
    row = Standup.objects.select_for_update(of=("self",)).select_related("launch").get(pk=one.pk)
    if row.ended_at:
        raise Problem(409, _("This stand-up is over."))
    return row


def words_of(launch: Launch, day: date) -> str:
    """What a day's stand-up noted and decided, for the report; empty where there was none."""
    one = Standup.objects.filter(launch=launch, day=day).first()
    if one is None:
        return ""
    with override(launch.language):
        notes = sorted(one.notes.order_by("pk"), key=lambda said: _ORDER.index(said.block))
        lines = [f"{block_named(said.block).label}: {said.text} ({said.author_name})" for said in notes]
        decided = RecordedDecision.objects.filter(launch=launch, about=one.key, superseded_by=None).order_by("pk")
        lines += [_("Decided: %(what)s (%(who)s)") % {"what": row.what, "who": row.decider_name} for row in decided]
        return "\n".join(lines)


def left(one: Standup, *, now: datetime) -> timedelta:
    """How much of the present block's time is left; less than nothing when it is over."""
    return timedelta(seconds=block_named(one.block).seconds) - (now - one.block_begun_at)


def next_block(one: Standup) -> Block | None:
    """The block after the present one."""
    at = _ORDER.index(one.block) + 1
    return BLOCKS[at] if at < len(BLOCKS) else None
