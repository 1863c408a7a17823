"""This package holds triage's rows: issues and decisions, exit criteria and reports."""

from .exit import Assessment, Comparator, CriterionState, ExitCriterion, StatusReport
from .issue import (
    ENDED_STATUSES,
    OPEN_STATUSES,
    BoardCounter,
    Decision,
    Issue,
    IssueStatus,
    Match,
    ModelVersion,
    Moscow,
    Origin,
)

__all__ = [
    "ENDED_STATUSES",
    "OPEN_STATUSES",
    "Assessment",
    "BoardCounter",
    "Comparator",
    "CriterionState",
    "Decision",
    "ExitCriterion",
    "Issue",
    "IssueStatus",
    "Match",
    "ModelVersion",
    "Moscow",
    "Origin",
    "StatusReport",
]
