"""This module reads merged issues as one tree: counts, voters and replies are those of the root."""

from collections.abc import Iterable, Mapping, Sequence

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

# The live reports of trees as `tree.root` and `match.feedback_id`, for statements that are given `columns_of` the trees.
# OFFSET 0 keeps the planner at looking up row by row, also while the tables are young and their statistics are wrong.
LIVE_REPORTS = """
FROM unnest(%(members)s::bigint[], %(roots)s::bigint[]) AS tree(issue_id, root)
CROSS JOIN LATERAL (
    SELECT feedback_id FROM triage_match WHERE issue_id = tree.issue_id AND ended_at IS NULL OFFSET 0
) match
"""


def columns_of(members_of: Mapping[int, Sequence[int]]) -> dict[str, list[int]]:
    """The trees as two columns of equal length: each member, and its root beside it."""
    pairs = [(member, root) for root, members in members_of.items() for member in members]
    return {"members": [member for member, _root in pairs], "roots": [root for _member, root in pairs]}


def roots_of(issue_ids: Iterable[int]) -> dict[int, int]:
    """The root issue's id of each issue."""
    with prepared.cursor() as cursor:
        cursor.execute(_ROOTS, [list(issue_ids)])
        return dict(cursor.fetchall())


def keys_of(root_id: int) -> list[str]:
    """The keys of one root's tree, its own among them: what its reports and its timeline name it by."""
    return [f"IS-{member}" for member in members_of([root_id])[root_id]]


def members_of(root_ids: Iterable[int]) -> dict[int, list[int]]:
    """The ids of each root's tree, the root among them."""
    members: dict[int, list[int]] = {}
    with prepared.cursor() as cursor:
        cursor.execute(_MEMBERS, [list(root_ids)])
        for root, issue in cursor.fetchall():
            members.setdefault(root, []).append(issue)
    return members
