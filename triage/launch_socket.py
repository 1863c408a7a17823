"""This module is a socket of a launch's page: who may open one, and when it must close.

A cookie socket needs an Origin of this host or of HYPERCARE_ORIGINS; a Bearer socket needs none. Rights are read when
it opens, every 30 seconds, and whenever its hub asks (close code 4403). A page is told when they became others.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from importlib import import_module
from typing import Any, TypeVar
from urllib.parse import urlsplit

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
from hypercare.core.models import ApiToken, Launch, User
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from triage.board.reading import in_a_thread

log = logging.getLogger(__name__)

CLOSE_NO_RIGHT = 4403
CLOSE_NOT_SIGNED_IN = 4401
CLOSE_TOO_SLOW = 1013
RIGHTS_SECONDS = 30.0
SEND_SECONDS = 2.0

Scope = dict[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]
Hub = TypeVar("Hub")


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


def one_per_loop(make: Callable[[], Hub]) -> Callable[[], Hub]:
    """Gives that of the running event loop, which is made when it is first asked for."""
    made: dict[int, Hub] = {}

    def of_this_loop() -> Hub:
        number = id(asyncio.get_running_loop())
        if number not in made:
            made[number] = make()
        return made[number]

    return of_this_loop


class LaunchSocket(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels ships no types
    """One open page of a launch. Its `hub` listens for all of them, so none needs the broker for itself."""

    hub: Callable[[], Any]
    channel_layer_alias = ""
    user_id: int = 0
    launch_id: int = 0
    person: dict[str, str] = {}
    is_joined = False
    shows_rights = False
    _rights: frozenset[Right] = frozenset()
    _watch: asyncio.Task[None] | None = None
    _closing: asyncio.Task[None] | None = None

    def fetch(self, principal: Principal) -> Launch:
        """The launch of its address; Problem where the person may not read it."""
        return access_launch(principal, self.scope["url_route"]["kwargs"]["slug"], right=Right.READ)

    async def connect(self) -> None:
        """Accepts, then closes with a code that says why, since a refused handshake tells a browser nothing."""
        await self.accept()
        self.user_id = getattr(self.scope.get("user"), "pk", None) or 0
        if not self.user_id:
            await self.close(CLOSE_NOT_SIGNED_IN)
            return
        if not await self.check_rights():
            return
        await self.hub().join(self.launch_id, self)
        self.is_joined = True
        self._watch = asyncio.create_task(self._watch_rights())

    async def disconnect(self, code: int) -> None:  # noqa: ARG002 - the framework's interface
        """Leaves the hub."""
        if self._watch:
            self._watch.cancel()
        self._go()

    async def send_encoded(self, text: str) -> None:
        """Sends a frame that is encoded already."""
        await self.send(text_data=text)

    def cut_off(self) -> None:
        """Ends a socket whose reader does not keep up; it catches up when it comes back."""
        self._go()
        self._closing = asyncio.create_task(self.close(CLOSE_TOO_SLOW))

    async def check_rights(self) -> bool:
        """Closes the socket when its person may no longer read the launch; True while they may.

        A page whose person may do more or less than when it was shown is told, so that it shows itself anew.
        """
        before = self._rights
        launch_id = await in_a_thread(self._readable_launch)()
        if launch_id is None:
            self._go()
            await self.close(CLOSE_NO_RIGHT)
            return False
        self.launch_id = launch_id
        if self.shows_rights and before not in (frozenset(), self._rights):
            await self.send_encoded('{"type":"rights"}')
        return True

    def _go(self) -> None:
        if self.is_joined:
            self.hub().leave(self.launch_id, self)
            self.is_joined = False

    async def _watch_rights(self) -> None:
        """Looks again and again; while the database is away nothing can be read, so nothing can leak either."""
        may = True
        while may:
            try:
                may = await self.check_rights()  # at once, for rights that ended while the socket joined
            except DatabaseError as error:
                log.warning("rights of a socket could not be read: %s", type(error).__name__)
            await asyncio.sleep(RIGHTS_SECONDS)

    def _readable_launch(self) -> int | None:
        user = User.objects.filter(pk=self.user_id, is_active=True).first()
        token: ApiToken | None = self.scope.get("token")
        if user:
            self.person = {"name": str(user), "initials": user.initials}
        if user is None or not (_is_live(token) if token else _is_signed_in(self.scope.get("session"), user)):
            return None
        principal = Principal(user, token)
        try:
            launch = self.fetch(principal)
        except Problem:
            return None
        self._rights = principal.rights_in(launch)
        return launch.pk


Socket = TypeVar("Socket", bound=LaunchSocket)


async def send_to_all(texts: dict[LaunchSocket, str]) -> None:
    """Each socket its own frame."""
    await for_each(texts, lambda socket: socket.send_encoded(texts[socket]))


async def for_each(sockets: Iterable[Socket], work: Callable[[Socket], Coroutine[Any, Any, object]]) -> None:
    """One slow reader must not hold up the others: it is cut off, and catches up when it comes back."""
    doing = {asyncio.ensure_future(work(socket)): socket for socket in sockets}
    if not doing:
        return
    await asyncio.wait(doing, timeout=SEND_SECONDS)
    for task, socket in doing.items():
        if failure := _failure(task):
            log.info("a socket was cut off: %s", failure)
            socket.cut_off()


def _failure(task: asyncio.Future[object]) -> str:
    """Why a frame did not go out; a socket that cannot be written to is gone, whatever the server calls it."""
    if task.cancel():
        return "too slow"
    if task.cancelled():
        return "cancelled"
    error = task.exception()
    return type(error).__name__ if error else ""


def _is_live(token: ApiToken) -> bool:
    unended = Q(expires_at=None) | Q(expires_at__gt=clock.now())
    return ApiToken.objects.filter(unended, pk=token.pk, revoked_at=None).exists()


def _is_signed_in(session: Any, user: User) -> bool:
    """Whether the session is still there and the password it was opened with still holds."""
    if session is None or not session.session_key:
        return False
    kept = import_module(settings.SESSION_ENGINE).SessionStore(session.session_key).load()
    return constant_time_compare(kept.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
