"""This module does what the story's people do together: in a room, in the stand-up, and at the end of a shift."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from hypercare.core.timeline import Actor
from triage.demo.stage import Stage
from triage.models import WarRoom
from triage.warroom import attendance, decided, duties, promises, rooms, shift, standup, talk, updates

Data = Mapping[str, Any]


def in_room(stage: Stage, room: WarRoom, data: Data, *, now: datetime) -> None:
    """What a person does in a room; whoever does anything is there."""
    attendance.be_here(room, person=stage.people[data["who"]], now=now)
    _DOINGS[data["do"]](stage, room, data, stage.actor(data["who"]), now)


def _take(_stage: Stage, room: WarRoom, data: Data, actor: Actor, now: datetime) -> None:
    duties.take(room, role=data["role"], area=data.get("area", ""), actor=actor, now=now)


def _say(_stage: Stage, room: WarRoom, data: Data, actor: Actor, now: datetime) -> None:
    talk.say(room, text=data["text"], actor=actor, now=now)


def _decide(_stage: Stage, room: WarRoom, data: Data, actor: Actor, now: datetime) -> None:
    decided.decide(room.launch, about=room.key, what=data["decided"], why=data["why"], actor=actor, now=now)


def _promise(stage: Stage, room: WarRoom, data: Data, actor: Actor, now: datetime) -> None:
    due_at, owner = now + timedelta(minutes=data["minutes"]), stage.people[data["owner"]]
    promises.promise(
        room.launch, about=room.key, what=data["promised"], owner=owner, due_at=due_at, actor=actor, now=now
    )


def _keep(stage: Stage, room: WarRoom, data: Data, actor: Actor, now: datetime) -> None:
    for one in promises.open_of(room.launch).filter(about=room.key, owner=stage.people[data["who"]]):
        promises.end(one, kept=True, actor=actor, now=now)


def _tell(_stage: Stage, room: WarRoom, data: Data, actor: Actor, now: datetime) -> None:
    said = {name: data[name] for name in ("conditions", "actions", "needs")}
    updates.tell(room, **said, audiences=["team", "stakeholders"], actor=actor, now=now)


def _close(_stage: Stage, room: WarRoom, data: Data, actor: Actor, now: datetime) -> None:
    rooms.close_room(room, words=data["words"], actor=actor, now=now)


_DOINGS: dict[str, Callable[[Stage, WarRoom, Data, Actor, datetime], None]] = {
    "take": _take,
    "say": _say,
    "decide": _decide,
    "promise": _promise,
    "keep": _keep,
    "tell": _tell,
    "close": _close,
}


def hold_standup(stage: Stage, data: Data, now: datetime) -> None:
    """A stand-up with its notes by block."""
    actor = stage.actor(data["who"])
    one = standup.begin(stage.launch, actor=actor, now=now)
    for block, text in data["notes"].items():
        standup.note(one, block=block, text=text, actor=actor, now=now)
    standup.end(one, actor=actor, now=now)


def hand_shift(stage: Stage, data: Data, now: datetime) -> None:
    """A shift goes from one person to the next, who takes it."""
    to = stage.people[data["to"]]
    note = shift.hand_over(stage.launch, to=to, text=data["text"], actor=stage.actor(data["who"]), now=now)
    shift.take_over(note, actor=stage.actor(data["to"]), now=now)
