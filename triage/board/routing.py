"""This module names the socket addresses."""

from django.urls import path

from triage.board.sockets import BoardSocket

websocket_urlpatterns = [path("ws/launches/<str:slug>/board/", BoardSocket.as_asgi())]
