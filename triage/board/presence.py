"""This module knows who has a launch's board open and which issue each looks at, in this process and in the others.

Nothing of it is stored. Each process tells the others by the channel layer; without a broker one sees who is here.
"""

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

FORGET_SECONDS = 40.0
MOST = 50

Person = dict[str, str]


@dataclass
class Presence:
    """Who looks, by launch: here by socket, elsewhere by the name of the process with the time it spoke last."""

    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    _here: dict[int, dict[object, Person]] = field(default_factory=lambda: defaultdict(dict))
    _elsewhere: dict[int, dict[str, tuple[float, list[Person]]]] = field(default_factory=lambda: defaultdict(dict))

    def look(self, launch_id: int, socket: object, person: Person) -> None:
        """Somebody here looks at an issue, or at the whole board."""
        self._here[launch_id][socket] = person

    def leave(self, launch_id: int, socket: object) -> bool:
        """A socket went; says whether anybody knew of it."""
        known = self._here.get(launch_id, {}).pop(socket, None) is not None
        if not self._here.get(launch_id):
            self._here.pop(launch_id, None)
            self._elsewhere.pop(launch_id, None)
        return known

    def hear(self, message: dict[str, Any], *, at: float) -> int | None:
        """What another process says; the launch it is about, or None for what this one said itself."""
        launch_id = int(message["launch"])
        if message["of"] == self.name or launch_id not in self._here:
            return None
        self._elsewhere[launch_id][message["of"]] = (at, message["people"])
        return launch_id

    def message(self, launch_id: int) -> dict[str, Any]:
        """What the others are told."""
        here = list(self._here.get(launch_id, {}).values())[:MOST]
        return {"type": "board.looking", "launch": launch_id, "of": self.name, "people": here}

    def frame(self, launch_id: int, *, at: float) -> dict[str, Any]:
        """Who looks, each person and issue once; who fell silent is forgotten."""
        people = list(self._here.get(launch_id, {}).values())
        for heard_at, others in self._elsewhere.get(launch_id, {}).values():
            people += others if at - heard_at < FORGET_SECONDS else []
        once = {(person["id"], person["at"]): person for person in people}
        return {"type": "looking", "people": [once[key] for key in sorted(once)][:MOST]}

    def launches(self) -> list[int]:
        """The launches somebody here looks at."""
        return list(self._here)
