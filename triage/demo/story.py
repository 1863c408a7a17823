"""This module reads the sample story from the files in `story/`: who takes part, what they say and do, and when."""

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from hypercare.core import clock

FOLDER = Path(__file__).with_name("story")
_ON_A_DAY = re.compile(r"day (?P<day>\d+) (?P<at>\d\d:\d\d)")
_AROUND_THE_OPENING = re.compile(r"(?P<number>\d+) (?P<unit>s|min) (?P<side>before|after)")


@dataclass(frozen=True)
class When:
    """A time as the story tells it: on a day of the launch, or seconds from the opening of the demo."""

    day: int = 0
    at: time = time(0)
    seconds: int = 0

    def moment(self, opening: datetime, *, first_day: date, zone: str) -> datetime:
        """The moment on a real calendar."""
        if self.day:
            return clock.local_moment(first_day + timedelta(days=self.day - 1), self.at, zone)
        return opening + timedelta(seconds=self.seconds)


@dataclass(frozen=True)
class Event:
    """One thing that happens: a report, a deployment, an alert, a turn on an issue, a note in the daily report."""

    when: When
    what: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Person:
    """Somebody of the team; `sees` tells what their sign-in is good for, and is empty for those who have none."""

    key: str
    name: str
    email: str
    role: str
    sees: str = ""


@dataclass(frozen=True)
class Story:
    """Everything: the launch, its people, its alerts, what happened, its causes, what was learnt, and what will be."""

    launch: Mapping[str, Any]
    people: tuple[Person, ...]
    alerts: Mapping[str, Any]
    causes: Mapping[str, Any]
    past: tuple[Event, ...]
    live: tuple[Event, ...]
    lessons: tuple[Event, ...] = ()

    @property
    def sign_ins(self) -> list[Person]:
        """The people a visitor may be."""
        return [person for person in self.people if person.sees]


def read_story() -> Story:
    """The story as its files tell it; what comes in a file first comes first at the same moment."""
    launch = _json("launch.json")
    return Story(
        launch=launch,
        people=tuple(Person(**fields) for fields in [*launch["people"], *launch["team"]]),
        alerts=_json("alerts.json"),
        causes=_json("causes.json"),
        past=tuple(_reports("past_reports.csv") + _events("past_events.json")),
        live=tuple(
            sorted(_reports("live_reports.csv") + _events("live_events.json"), key=lambda event: event.when.seconds)
        ),
        lessons=tuple(_events("lessons.json")),
    )


def read_when(words: str) -> When:
    """A time such as `day 3 09:40`, `6 min before` or `12 s after`; raises ValueError for anything else."""
    if found := _ON_A_DAY.fullmatch(words):
        return When(day=int(found["day"]), at=time.fromisoformat(found["at"]))
    if found := _AROUND_THE_OPENING.fullmatch(words):
        seconds = int(found["number"]) * (60 if found["unit"] == "min" else 1)
        return When(seconds=-seconds if found["side"] == "before" else seconds)
    raise ValueError(f"{words!r} is no time of the story")


def _reports(name: str) -> list[Event]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return [Event(read_when(row.pop("when")), "report", row) for row in csv.DictReader(file, strict=True)]


def _events(name: str) -> list[Event]:
    return [Event(read_when(data.pop("when")), data.pop("what"), data) for data in _json(name)]


def _json(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))
