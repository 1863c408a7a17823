"""This module lends cursors for statements that come again and again: the database plans each once a connection, not each time.

Django sends parameters inside the text of a statement, so that every one is read and planned anew; for short statements
that costs more than running them.
"""

from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper

# A statement that came so often on one connection is kept as a prepared one.
PLANNED_AFTER = 3


def cursor() -> CursorWrapper:
    """A cursor of the present connection; used as a context manager it closes itself."""
    connection.ensure_connection()
    if connection.queries_logged:
        return connection.cursor()  # a log of statements knows only those of Django's own cursors
    # Django's own cursors never prepare, whatever this says.
    connection.connection.prepare_threshold = PLANNED_AFTER
    raw: Any = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]  # its stub is of the older driver
    return connection.make_cursor(raw)
