"""This module counts the board's versions: the last statement of a changing transaction raises the launch's counter.

The counter's row lock orders commits, so versions have no gaps; each issue carries the version of its last change,
and "everything after version n" is one indexed query.
"""

from collections.abc import Iterable

from hypercare.core import prepared, wake
from triage.models import BoardCounter, Issue


def board_group(launch_id: int) -> str:
    """The channel group that hears of a launch's new versions."""
    return f"board.{launch_id}"


def publish(launch_id: int, issue_ids: Iterable[int]) -> int:
    """Raises the launch's version, stamps the issues with it and tells open boards after commit; call it last."""
    version = raise_version(launch_id)
    Issue.objects.filter(pk__in=list(issue_ids)).update(board_version=version)
    return version


def raise_version(launch_id: int) -> int:
    """The same for who stamps the issues as they are written; call it when all they need is locked."""
    with prepared.cursor() as cursor:
        cursor.execute(
            "INSERT INTO triage_boardcounter (launch_id, version) VALUES (%s, 1)"
            " ON CONFLICT (launch_id) DO UPDATE SET version = triage_boardcounter.version + 1 RETURNING version",
            [launch_id],
        )
        version = int(cursor.fetchone()[0])
    wake.group_after_commit(board_group(launch_id), {"type": "board.version", "launch": launch_id, "version": version})
    return version


def current_version(launch_id: int) -> int:
    """The launch's newest committed version; 0 before the first change."""
    return BoardCounter.objects.filter(launch_id=launch_id).values_list("version", flat=True).first() or 0
