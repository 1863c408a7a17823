"""This package holds triage's rows: issues, decisions and measured reach, exit criteria and reports."""

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
from .opinion import SecondOpinion
from .reach import MeasuredReach
from .score import Score, ScoringRules

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
    "MeasuredReach",
    "ModelVersion",
    "Moscow",
    "Origin",
    "Score",
    "ScoringRules",
    "SecondOpinion",
    "StatusReport",
]
