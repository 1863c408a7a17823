"""This module is the board's socket: who may open it, what it answers, and when it must close.

A cookie socket needs an Origin of this host or of HYPERCARE_ORIGINS; a Bearer socket needs none. Rights are read when
it opens, every 30 seconds and at once when they end (close code 4403). A page is told when they became others.
"""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.db import DatabaseError
from django.db.models import Q
from django.utils.crypto import constant_time_compare
from rest_framework.exceptions import AuthenticationFailed

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.authentication import token_of
from hypercare.core.models import ApiToken, User
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from triage.board import feed
from triage.board.hub import encode, hub, read_feed
from triage.board.reading import in_a_thread

log = logging.getLogger(__name__)

CLOSE_NO_RIGHT = 4403
CLOSE_NOT_SIGNED_IN = 4401
CLOSE_TOO_SLOW = 1013
RIGHTS_SECONDS = 30.0
MAX_FRAME_BYTES = 4096
_KEY = re.compile(r"IS-[0-9]{1,18}")

Scope = dict[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


def allow_known_callers(app: App) -> App:
    """Lets Bearer sockets through by token, and cookie sockets only from known origins."""
    with_session = AuthMiddlewareStack(app)

    async def guard(scope: Scope, receive: Any, send: Any) -> None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        scheme, _space, secret = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            scope["token"] = await _token(secret.strip())
            scope["user"] = scope["token"].user if scope["token"] else None
            await app(scope, receive, send)
        elif _known_origin(headers.get("origin", ""), headers.get("host", "")):
            await with_session(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": CLOSE_NO_RIGHT})

    return guard


def _known_origin(origin: str, host: str) -> bool:
    try:
        place = urlsplit(origin).netloc
    except ValueError:
        return False
    return bool(place) and (place == host or origin in settings.HYPERCARE_ORIGINS)


@in_a_thread
def _token(secret: str) -> ApiToken | None:
    try:
        return token_of(secret)
    except AuthenticationFailed:
        return None


class BoardSocket(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels ships no types
    """One open board. The hub listens for all of them, so none needs the broker for itself."""

    channel_layer_alias = ""
    user_id: int = 0
    language: str = ""
    _launch_id: int = 0
    _rights: frozenset[Right] = frozenset()
    _person: dict[str, str] = {}
    _joined = False
    _watch: asyncio.Task[None] | None = None
    _closing: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Accepts, then closes with a code that says why, since a refused handshake tells a browser nothing."""
        await self.accept()
        self.user_id = getattr(self.scope.get("user"), "pk", None) or 0
        if not self.user_id:
            await self.close(CLOSE_NOT_SIGNED_IN)
            return
        self.language = _cards_language(self.scope.get("query_string", b""))
        if not await self.check_rights():
            return
        await hub().join(self._launch_id, self)
        self._joined = True
        self._watch = asyncio.create_task(self._watch_rights())

    async def disconnect(self, code: int) -> None:  # noqa: ARG002 - the framework's interface
        """Leaves the hub."""
        if self._watch:
            self._watch.cancel()
        self._leave()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answers `hello` with what came since, notes where somebody looks; to anything else says what it understands."""
        frame = _frame(text_data, bytes_data)
        if frame.get("type") == "looking" and self._joined:
            at = frame.get("at")
            named = at if isinstance(at, str) and _KEY.fullmatch(at) else ""
            hub().look(self._launch_id, self, {"id": str(self.user_id), **self._person, "at": named})
            return
        since = _since(frame)
        if since is None:
            await self.send_encoded('{"type":"error","detail":"Send {\\"type\\": \\"hello\\", \\"since\\": 11}."}')
            return
        missed = await read_feed(self._launch_id, since, (self.language,) if self.language else ())
        await self.send_encoded(encode(feed.for_language(missed, self.language)))

    async def send_encoded(self, text: str) -> None:
        """Sends a frame that is encoded already."""
        await self.send(text_data=text)

    def cut_off(self) -> None:
        """Ends a socket whose reader does not keep up; it catches up when it comes back."""
        self._leave()
        self._closing = asyncio.create_task(self.close(CLOSE_TOO_SLOW))

    def _leave(self) -> None:
        if self._joined:
            hub().leave(self._launch_id, self)
            self._joined = False

    async def check_rights(self) -> bool:
        """Closes the socket when its person may no longer read the launch; True while they may.

        A page whose person may do more or less than when it was shown is told, so that it shows itself anew.
        """
        before = self._rights
        launch_id = await in_a_thread(self._readable_launch)()
        if launch_id is None:
            self._leave()
            await self.close(CLOSE_NO_RIGHT)
            return False
        self._launch_id = launch_id
        if self.language and before not in (frozenset(), self._rights):
            await self.send_encoded('{"type":"rights"}')
        return True

    async def _watch_rights(self) -> None:
        """Looks again and again; while the database is away nothing can be read, so nothing can leak either."""
        may = True
        while may:
            try:
                may = await self.check_rights()  # at once, for rights that ended while the socket joined
            except DatabaseError as error:
                log.warning("rights of a board socket could not be read: %s", type(error).__name__)
            await asyncio.sleep(RIGHTS_SECONDS)

    def _readable_launch(self) -> int | None:
        user = User.objects.filter(pk=self.user_id, is_active=True).first()
        token: ApiToken | None = self.scope.get("token")
        if user:
            self._person = {"name": str(user), "initials": user.initials}
        if user is None or not (_is_live(token) if token else _is_signed_in(self.scope.get("session"), user)):
            return None
        principal = Principal(user, token)
        try:
            launch = access_launch(principal, self.scope["url_route"]["kwargs"]["slug"], right=Right.READ)
        except Problem:
            return None
        self._rights = principal.rights_in(launch)
        return launch.pk


def _is_live(token: ApiToken) -> bool:
    unended = Q(expires_at=None) | Q(expires_at__gt=clock.now())
    return ApiToken.objects.filter(unended, pk=token.pk, revoked_at=None).exists()


def _is_signed_in(session: Any, user: User) -> bool:
    """Whether the session is still there and the password it was opened with still holds."""
    if session is None or not session.session_key:
        return False
    kept = import_module(settings.SESSION_ENGINE).SessionStore(session.session_key).load()
    return constant_time_compare(kept.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())


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
