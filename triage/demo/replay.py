"""This module plays the live part of the story in real time, and goes on at the right place after a restart."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections

from hypercare.core.problem import Problem
from triage.demo.acts import NotYet, perform
from triage.demo.stage import Stage
from triage.demo.story import Event

TRY_AGAIN_AFTER = 2.0
PATIENCE = 30.0


@dataclass(frozen=True)
class Place:
    """How far the story was played for a launch: a number in a file of this copy."""

    path: Path
    launch: int

    @classmethod
    def of(cls, stage: Stage) -> "Place":
        """The place of a stage."""
        return cls(Path(settings.HYPERCARE_HOME) / "run" / "demo.json", stage.launch.pk)

    def read(self) -> int:
        """How many events are done."""
        known = json.loads(self.path.read_text()) if self.path.exists() else {}
        return int(known["done"]) if known.get("launch") == self.launch else 0

    def write(self, done: int) -> None:
        """Notes how many are done; a kill leaves the old note or the new one."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps({"launch": self.launch, "done": done}))
        os.replace(new, self.path)  # noqa: PTH105 - the atomic one


def replay(
    stage: Stage,
    *,
    place: Place,
    clock: Callable[[], datetime],
    say: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Plays what is left, event by event, each after the pause the story gives it."""
    events = stage.story.live
    for number in range(place.read(), len(events)):
        before = events[number - 1].when.seconds if number else 0
        sleep(events[number].when.seconds - before)
        _play(stage, events[number], clock=clock, say=say, sleep=sleep)
        place.write(number + 1)


def _play(
    stage: Stage,
    event: Event,
    *,
    clock: Callable[[], datetime],
    say: Callable[[str], None],
    sleep: Callable[[float], None],
) -> None:
    """Performs one event; waits for triage or the database, and passes over what a visitor has made impossible."""
    waited = 0.0
    while True:
        try:
            perform(stage, event, now=clock())
        except Problem as problem:
            say(f"Passed over {named(event)}: {problem.detail}")
        except (NotYet, OperationalError, InterfaceError) as reason:
            if not isinstance(reason, NotYet):
                close_old_connections()
            if waited < PATIENCE:
                sleep(TRY_AGAIN_AFTER)
                waited += TRY_AGAIN_AFTER
                continue
            say(f"Passed over {named(event)}: {type(reason).__name__} {reason}")
        else:
            say(f"Played {named(event)}")
        return


def named(event: Event) -> str:
    """An event in a few words, for the log."""
    data = event.data
    about = data.get("id") or data.get("issue") or data.get("alerts") or data.get("version") or ""
    return f"{event.what} {about}".strip()
