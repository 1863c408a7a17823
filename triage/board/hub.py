"""This module sends board changes to every open socket of this process: one listener and one encoded frame per launch.

Changes are gathered for up to 200 ms, read once, encoded once and handed to all sockets. The channel layer says when
something changed; a look at the counter every second finds what a silent broker did not say.
"""

import asyncio
import json
import logging
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from channels.layers import get_channel_layer

from hypercare.core import clock
from triage.board import feed
from triage.board.changes import board_group, current_version
from triage.board.presence import Person, Presence
from triage.board.reading import in_a_thread
from triage.launch_socket import SEND_SECONDS, for_each, one_per_loop, send_to_all
from triage.models import BoardCounter

if TYPE_CHECKING:
    from triage.board.sockets import BoardSocket

log = logging.getLogger(__name__)

GATHER_SECONDS = 0.1
LOOK_SECONDS = 1.0
RETRY_SECONDS = 2.0
PRESENCE_SECONDS = 15.0
LOOKS_SECONDS = 0.5  # who walks fast is told about twice a second, however many walk
JOIN_SECONDS = 0.25
RIGHTS_GROUP = "board.rights"


class Hub:
    """The open board sockets of one event loop, by launch."""

    def __init__(self) -> None:
        self._sockets: dict[int, set[BoardSocket]] = defaultdict(set)
        self._sent: dict[int, int] = {}
        self._due: set[int] = set()
        self._presence = Presence()
        self._looks: asyncio.Queue[int] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._tasks = [
            asyncio.create_task(work())
            for work in (self._flush, self._look, self._listen, self._tell_lookers, self._remind)
        ]

    async def join(self, launch_id: int, socket: "BoardSocket") -> None:
        """Adds a socket; from now on it gets every frame of the launch."""
        if launch_id not in self._sent:
            self._sent.setdefault(launch_id, await _version(launch_id))
        self._sockets[launch_id].add(socket)

    def leave(self, launch_id: int, socket: "BoardSocket") -> None:
        """Removes a socket."""
        sockets = self._sockets.get(launch_id, set())
        sockets.discard(socket)
        if self._presence.leave(launch_id, socket):
            self._looks.put_nowait(launch_id)
        if not sockets:
            self._sockets.pop(launch_id, None)
            self._sent.pop(launch_id, None)

    def look(self, launch_id: int, socket: "BoardSocket", person: Person) -> None:
        """Somebody looks at an issue; all pages of the launch are told who looks where."""
        if socket in self._sockets.get(launch_id, set()):
            self._presence.look(launch_id, socket, person)
            self._looks.put_nowait(launch_id)

    async def _tell_lookers(self) -> None:
        """Gathers like the flush: many who walk at once make one frame."""
        while True:
            launches = {await self._looks.get()}
            await asyncio.sleep(LOOKS_SECONDS)
            while not self._looks.empty():
                launches.add(self._looks.get_nowait())
            for launch_id in launches:
                await self._show_lookers(launch_id)
                await self._pass_on(launch_id)

    async def _show_lookers(self, launch_id: int) -> None:
        text = encode(self._presence.frame(launch_id, at=time.monotonic()))
        pages = [socket for socket in self._sockets.get(launch_id, ()) if socket.language]
        await send_to_all(dict.fromkeys(pages, text))

    async def _pass_on(self, launch_id: int) -> None:
        try:
            told = get_channel_layer().group_send(board_group(launch_id), self._presence.message(launch_id))
            await asyncio.wait_for(told, SEND_SECONDS)
        except Exception as error:  # noqa: BLE001 - without a broker one sees who is in this process
            log.info("presence was not passed on: %s", type(error).__name__)

    async def _remind(self) -> None:
        """What is not said again is forgotten by the other processes, and by this one."""
        while True:
            await asyncio.sleep(PRESENCE_SECONDS)
            for launch_id in self._presence.launches():
                self._looks.put_nowait(launch_id)

    def _mark(self, launch_id: int) -> None:
        if launch_id in self._sockets:
            self._due.add(launch_id)
            self._wake.set()

    async def _flush(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._wake.clear()
            due, self._due = self._due, set()
            for launch_id in due:
                try:
                    await self._send(launch_id)
                except Exception as error:  # noqa: BLE001 - the database may be away for a moment; the look marks it again
                    log.warning("board %s could not be sent: %s", launch_id, type(error).__name__)

    async def _send(self, launch_id: int) -> None:
        since = self._sent.get(launch_id)
        languages = {socket.language for socket in self._sockets.get(launch_id, ())}
        if since is None:
            return
        frame = await read_feed(launch_id, since, tuple(sorted(languages - {""})))
        # Who joined meanwhile in a language that was not rendered asks for it by its own `hello`.
        sockets = [socket for socket in self._sockets.get(launch_id, ()) if socket.language in languages]
        if frame["version"] == since or not sockets:
            return
        self._sent[launch_id] = frame["version"]
        texts = {language: encode(feed.for_language(frame, language)) for language in languages}
        await send_to_all({socket: texts[socket.language] for socket in sockets})

    async def _look(self) -> None:
        """The slow truth: the counters of launches that have open boards."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self._sockets:
                continue
            try:
                for launch_id, version in await _versions(list(self._sockets)):
                    if version != self._sent.get(launch_id, 0):
                        self._mark(launch_id)
            except Exception as error:  # noqa: BLE001 - the database may be away for a moment; the next look asks again
                log.warning("board versions could not be read: %s", type(error).__name__)

    async def _listen(self) -> None:
        """The fast way: the channel layer tells of versions and of ended rights."""
        while True:
            try:
                layer = get_channel_layer()
                channel = await layer.new_channel()
                await layer.group_add(RIGHTS_GROUP, channel)
                await self._hear(layer, channel)
            except Exception as error:  # noqa: BLE001 - any broker failure: the look goes on, listening is tried again
                log.warning("board listener lost the broker: %s", type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _hear(self, layer: Any, channel: str) -> None:
        """Hears until the broker fails; each wait runs to its end, since the layer drops a channel whose wait is cut."""
        heard: set[int] = set()
        message: asyncio.Future[Any] = asyncio.ensure_future(layer.receive(channel))
        try:
            while True:
                for launch_id in self._sockets.keys() - heard:
                    await layer.group_add(board_group(launch_id), channel)
                    heard.add(launch_id)
                await asyncio.wait({message}, timeout=JOIN_SECONDS)
                if message.done():
                    told, message = message.result(), asyncio.ensure_future(layer.receive(channel))
                    await self._act(told)
        finally:
            message.cancel()

    async def _act(self, message: dict[str, Any]) -> None:
        if message.get("type") == "board.version":
            self._mark(int(message["launch"]))
        elif message.get("type") == "board.looking":
            launch_id = self._presence.hear(message, at=time.monotonic())
            if launch_id is not None:
                await self._show_lookers(launch_id)
        elif message.get("type") == "board.rights":
            every = [socket for sockets in self._sockets.values() for socket in sockets]
            await for_each([one for one in every if one.user_id == message.get("user")], lambda one: one.check_rights())


@in_a_thread
def read_feed(launch_id: int, since: int, languages: tuple[str, ...]) -> dict[str, Any]:
    """The frame from `since`, read in a thread."""
    return feed.catch_up(launch_id, since=since, now=clock.now(), languages=languages)


def encode(frame: dict[str, Any]) -> str:
    """The frame as it goes over the wire."""
    return json.dumps(frame, separators=(",", ":"))


@in_a_thread
def _version(launch_id: int) -> int:
    return current_version(launch_id)


@in_a_thread
def _versions(launch_ids: list[int]) -> list[tuple[int, int]]:
    return list(BoardCounter.objects.filter(launch_id__in=launch_ids).values_list("launch_id", "version"))


hub = one_per_loop(Hub)
