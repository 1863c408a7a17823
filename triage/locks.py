"""This module holds the one order in which triage takes locks, so that no two transactions ever wait for each other.

First the launch, for whoever changes its issues or which reports belong to them; then issues, in one statement and by
id; then their reports; last the board's counter, which orders the commits.
"""

from collections.abc import Iterable

from hypercare.core import prepared
from triage.models import Issue

_NAMESPACE = 0x48435452


def lock_launch(launch_id: int) -> None:
    """Waits until nobody else changes the launch's issues, until the end of the transaction."""
    with prepared.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_NAMESPACE, launch_id])


def lock_launch_of(issue_id: int) -> None:
    """The same for the launch that an issue belongs to; Issue.DoesNotExist where there is none."""
    lock_launch(Issue.objects.values_list("launch_id", flat=True).get(pk=issue_id))


def lock_issues(ids: Iterable[int]) -> dict[int, Issue]:
    """These issues, locked for change; call it once in a transaction, with all it will touch."""
    return {issue.pk: issue for issue in Issue.objects.select_for_update().filter(pk__in=set(ids)).order_by("pk")}


def lock_ids(ids: Iterable[int]) -> list[int]:
    """The same without reading the issues: which of them there are."""
    with prepared.cursor() as cursor:
        cursor.execute("SELECT id FROM triage_issue WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [list(set(ids))])
        return [issue_id for (issue_id,) in cursor.fetchall()]
