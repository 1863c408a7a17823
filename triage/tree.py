"""This module reads merged issues as one tree: counts, voters and replies are those of the root."""

from collections.abc import Iterable

from hypercare.core import prepared

_ROOTS = """
WITH RECURSIVE up(start, id, merged_into_id) AS (
    SELECT id, id, merged_into_id FROM triage_issue WHERE id = ANY(%s)
    UNION ALL
    SELECT up.start, parent.id, parent.merged_into_id
    FROM up JOIN triage_issue parent ON parent.id = up.merged_into_id
)
SELECT start, id FROM up WHERE merged_into_id IS NULL
"""

_MEMBERS = """
WITH RECURSIVE down(root, id) AS (
    SELECT id, id FROM triage_issue WHERE id = ANY(%s)
    UNION ALL
    SELECT down.root, child.id FROM down JOIN triage_issue child ON child.merged_into_id = down.id
)
SELECT root, id FROM down
"""


def roots_of(issue_ids: Iterable[int]) -> dict[int, int]:
    """The root issue's id of each issue."""
    with prepared.cursor() as cursor:
        cursor.execute(_ROOTS, [list(issue_ids)])
        return dict(cursor.fetchall())


def members_of(root_ids: Iterable[int]) -> dict[int, list[int]]:
    """The ids of each root's tree, the root among them."""
    members: dict[int, list[int]] = {}
    with prepared.cursor() as cursor:
        cursor.execute(_MEMBERS, [list(root_ids)])
        for root, issue in cursor.fetchall():
            members.setdefault(root, []).append(issue)
    return members
