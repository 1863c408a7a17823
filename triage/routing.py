"""This module names the socket addresses."""

from collections.abc import Awaitable, Callable
from typing import Any

from django.urls import path, re_path

from triage.board.sockets import BoardSocket
from triage.warroom.sockets import RoomSocket

CLOSE_NOT_FOUND = 4404


async def nowhere(scope: dict[str, Any], receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:  # noqa: ARG001 - an ASGI app
    """Refuses a socket at any other address."""
    await send({"type": "websocket.close", "code": CLOSE_NOT_FOUND})


websocket_urlpatterns = [
    path("ws/launches/<str:slug>/board/", BoardSocket.as_asgi()),
    path("ws/launches/<str:slug>/rooms/<str:key>/", RoomSocket.as_asgi()),
    re_path("", nowhere),  # type: ignore[arg-type]  # Channels routes to ASGI apps, not to views
]
