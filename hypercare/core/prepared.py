"""This module lends cursors for statements that come again and again: the database plans each once a connection, not each time.

Django sends parameters inside the text of a statement, so that every one is read and planned anew; for short statements
that costs more than running them.
"""

from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper
from psycopg.pq import Format

# A statement that came so often on one connection is kept as a prepared one.
PLANNED_AFTER = 3


def cursor(*, binary: bool = False) -> CursorWrapper:
    """A cursor of the present connection; used as a context manager it closes itself.

    With `binary`, bytes come as they are, not as twice as many letters; numbers and texts are the same either way.
    """
    connection.ensure_connection()
    if connection.queries_logged:
        return connection.cursor()  # a log of statements knows only those of Django's own cursors
    # Django's own cursors never prepare, whatever this says.
    connection.connection.prepare_threshold = PLANNED_AFTER
    raw: Any = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]  # its stub is of the older driver
    raw.format = Format.BINARY if binary else Format.TEXT
    return connection.make_cursor(raw)
