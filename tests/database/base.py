"""This module empties only the tables that hold rows: truncating all hundred takes longer than most tests."""

from django.db.backends.postgresql import base, operations

from tests.database.creation import DatabaseCreation

FEW = 200  # rows of one table, beyond which truncating is quicker than deleting
APPEND_ONLY = {"core_timelineentry", "triage_statusreport"}  # their rows may not be deleted one by one
UNCHANGING = {
    "django_content_type",
    "auth_permission",
}  # filled anew after each emptying, and always with the same rows


class DatabaseOperations(operations.DatabaseOperations):
    """Django's, but for the way tables are emptied."""

    def sql_flush(self, style, tables, *, reset_sequences=False, allow_cascade=False):
        """Statements that delete what there is; Django's TRUNCATE of all where that is much."""
        with self.connection.cursor() as cursor:
            filled = _holding(cursor, set(tables) - UNCHANGING, more_than=0)
            if filled and _holding(cursor, filled, more_than=FEW):
                return super().sql_flush(style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade)
        return [*map(self._emptying, filled)]

    def _emptying(self, table):
        emptying = "TRUNCATE" if table in APPEND_ONLY else "DELETE FROM"
        return f"{emptying} {self.quote_name(table)}"


def _holding(cursor, tables, *, more_than):
    one = "SELECT '{0}' WHERE EXISTS (SELECT 1 FROM \"{0}\" OFFSET {1})"
    cursor.execute(" UNION ALL ".join(one.format(name, more_than) for name in sorted(tables)))
    return [name for (name,) in cursor.fetchall()]


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with these parts."""

    creation_class = DatabaseCreation
    ops_class = DatabaseOperations
