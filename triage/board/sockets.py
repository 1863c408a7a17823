"""This module is the board's socket: what it answers, and in which language a page gets its cards."""

import json
import re
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings

from triage.board import feed
from triage.board.hub import encode, hub, read_feed
from triage.launch_socket import LaunchSocket

MAX_FRAME_BYTES = 4096
_KEY = re.compile(r"IS-[0-9]{1,18}")


class BoardSocket(LaunchSocket):
    """One open board."""

    hub = staticmethod(hub)
    language: str = ""

    async def connect(self) -> None:
        """A page says in which language it wants cards, a script wants none."""
        self.language = _cards_language(self.scope.get("query_string", b""))
        self.shows_rights = bool(self.language)
        await super().connect()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answers `hello` with what came since, notes where somebody looks; to anything else says what it understands."""
        frame = _frame(text_data, bytes_data)
        if frame.get("type") == "looking" and self.is_joined:
            at = frame.get("at")
            named = at if isinstance(at, str) and _KEY.fullmatch(at) else ""
            hub().look(self.launch_id, self, {"id": str(self.user_id), **self.person, "at": named})
            return
        since = _since(frame)
        if since is None:
            await self.send_encoded('{"type":"error","detail":"Send {\\"type\\": \\"hello\\", \\"since\\": 11}."}')
            return
        missed = await read_feed(self.launch_id, since, (self.language,) if self.language else ())
        await self.send_encoded(encode(feed.for_language(missed, self.language)))


def _frame(text: str | None, binary: bytes | None) -> dict[str, Any]:
    """What was sent, or nothing where it is no object of a fit size."""
    if binary is not None or text is None or len(text) > MAX_FRAME_BYTES:
        return {}
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return frame if isinstance(frame, dict) else {}


def _since(frame: dict[str, Any]) -> int | None:
    if frame.get("type") != "hello":
        return None
    since = frame.get("since", 0)
    return since if isinstance(since, int) and not isinstance(since, bool) and 0 <= since < 2**62 else None


def _cards_language(query: bytes) -> str:
    """The language a page wants cards in (`?cards=sv`); scripts ask for none."""
    wanted = parse_qs(query.decode("latin-1")).get("cards", [""])[0]
    return wanted if wanted in dict(settings.LANGUAGES) else ""
