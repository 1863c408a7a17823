"""This module tells the open pages of a war room that somebody did something there, so that they look at once.

A page looks every few seconds by itself, which finds what machines add; a frame says only that there is something to see.
"""

import asyncio
import logging
from collections.abc import Sequence

from django.db.models import Max, Q

from hypercare.core.access import Principal
from hypercare.core.models import Launch, TimelineEntry
from hypercare.core.problem import not_found
from hypercare.core.roles import Right
from triage import tree
from triage.board.reading import in_a_thread
from triage.launch_socket import LaunchSocket, one_per_loop, send_to_all
from triage.warroom.rooms import access_room

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
_LOOK = '{"type":"look"}'


class Watch:
    """The open room sockets of one event loop, told by one look for all of them at the newest entries of the timeline.

    An entry that is committed later than a newer one is not told of; the page's own look finds it.
    """

    def __init__(self) -> None:
        self._sockets: set[RoomSocket] = set()
        self._fresh: set[RoomSocket] = set()
        self._seen: dict[int, int] = {}
        self._task = asyncio.create_task(self._look())

    async def join(self, launch_id: int, socket: "RoomSocket") -> None:
        """Adds a socket, which is told first that there may be something that came while it joined."""
        newest = await _newest(launch_id)
        self._seen.setdefault(launch_id, newest)
        self._sockets.add(socket)
        self._fresh.add(socket)

    def leave(self, launch_id: int, socket: "RoomSocket") -> None:  # noqa: ARG002 - as a board's hub is told
        """Removes a socket."""
        self._sockets.discard(socket)
        self._fresh.discard(socket)
        self._seen = {one.launch_id: self._seen[one.launch_id] for one in self._sockets}

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                for launch_id, seen in list(self._seen.items()):
                    await self._tell(launch_id, await _entries_since(launch_id, seen))
            except Exception as error:  # noqa: BLE001 - the database may be away for a moment; the next look asks again
                log.warning("rooms could not be looked at: %s", type(error).__name__)

    async def _tell(self, launch_id: int, entries: Sequence[tuple[int, str]]) -> None:
        subjects = {subject for _number, subject in entries}
        if entries and launch_id in self._seen:
            self._seen[launch_id] = entries[-1][0]
        here = [one for one in self._sockets if one.launch_id == launch_id]
        told = [one for one in here if one in self._fresh or not subjects.isdisjoint(one.subjects)]
        self._fresh.difference_update(told)
        await send_to_all(dict.fromkeys(told, _LOOK))


class RoomSocket(LaunchSocket):
    """One open page of a room; `subjects` are the room and its issues, as the timeline names them."""

    hub = staticmethod(one_per_loop(Watch))
    subjects: frozenset[str] = frozenset()

    def fetch(self, principal: Principal) -> Launch:
        """The launch of a room that the person may read."""
        launch = super().fetch(principal)
        room = access_room(principal, self.scope["url_route"]["kwargs"]["key"], right=Right.READ)
        if room.launch_id != launch.pk:
            raise not_found("")  # a socket closes without words
        self.subjects = frozenset({room.key, *tree.keys_of(room.issue_id)})
        return launch


@in_a_thread
def _newest(launch_id: int) -> int:
    return TimelineEntry.objects.filter(launch=launch_id).aggregate(newest=Max("id"))["newest"] or 0


@in_a_thread
def _entries_since(launch_id: int, seen: int) -> list[tuple[int, str]]:
    by_people = Q(actor__isnull=False) | Q(subject__startswith="WR-")
    rows = TimelineEntry.objects.filter(by_people, launch=launch_id, pk__gt=seen)
    return list(rows.order_by("pk").values_list("pk", "subject"))
