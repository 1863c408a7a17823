"""This module finds the port to serve on and keeps it: `up` listens, and each web process in turn gets the socket.

Because `up` holds the socket, a restarted web process refuses nobody: connections wait in the queue meanwhile.
"""

import socket

from hypercare.embedded import ServiceProblem

LIKED = 8000
WAITING = 1024


def listen(wanted: str) -> socket.socket:
    """A listening socket on the wanted port, or where none is wanted on 8000 or any free one; raises ServiceProblem."""
    if not wanted:
        return _bound(LIKED) or _any()
    port = _number(wanted)
    listener = _any() if port == 0 else _bound(port)
    if listener is None:
        raise ServiceProblem(
            f"Port {port} is in use or not allowed: set PORT to a free one, or unset it to have one chosen."
        )
    return listener


def _number(wanted: str) -> int:
    if not wanted.isdecimal() or int(wanted) > 65535:
        raise ServiceProblem(f"PORT is {wanted!r}: write a number up to 65535.")
    return int(wanted)


def _any() -> socket.socket:
    listener = _bound(0)
    if listener is None:
        raise ServiceProblem("No port is free on 127.0.0.1: end some of the programs that listen there.")
    return listener


def _bound(port: int) -> socket.socket | None:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(WAITING)
    except OSError:
        listener.close()
        return None
    return listener
