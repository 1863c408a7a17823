"""This module reads a severity off impact and urgency, by ITIL's matrix or by the launch's own."""

from collections.abc import Sequence

LEVELS = (1, 2, 3)
# Rows are impact 1 to 3, columns urgency 1 to 3; ITIL's default priorities.
DEFAULT = ((1, 2, 3), (2, 3, 4), (3, 4, 5))

Matrix = Sequence[Sequence[int]]

_URGENCY_OF_WORDS = {1: 1, 2: 1, 3: 2, 4: 3, 5: 3}
# Shares of the active people at which an impact is wide or noticeable.
WIDE_AT, NOTICEABLE_AT = 0.25, 0.05


def is_matrix(value: object) -> bool:
    """Whether this is three rows of three severities."""
    return (
        isinstance(value, list | tuple)
        and len(value) == len(LEVELS)
        and all(isinstance(row, list | tuple) and len(row) == len(LEVELS) for row in value)
        and all(
            isinstance(cell, int) and not isinstance(cell, bool) and 1 <= cell <= 5 for row in value for cell in row
        )
    )


def severity_at(matrix: Matrix, *, impact: int, urgency: int) -> int:
    """The severity of a cell; both levels are 1 (most) to 3 (least)."""
    return matrix[impact - 1][urgency - 1]


def impact_of(*, reach: int, active: int | None, severity: int) -> int:
    """How wide a problem is, by the share of active people it reaches; by its severity where nobody knows how many there are."""
    if not active:
        return {1: 1, 2: 2}.get(severity, 3)
    share = reach / active
    return 1 if share >= WIDE_AT else 2 if share >= NOTICEABLE_AT else 3


def urgency_of(severity: int) -> int:
    """How soon it must be looked at, by how bad its reports say it is."""
    return _URGENCY_OF_WORDS[severity]
