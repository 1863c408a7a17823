"""This package holds triage's rows: issues, decisions and measured reach, what people teach, exit criteria, reports."""

from .exit import Assessment, Comparator, CriterionState, ExitCriterion, StatusReport
from .issue import (
    ENDED_STATUSES,
    OPEN_STATUSES,
    BoardCounter,
    Decision,
    Issue,
    IssueStatus,
    Match,
    Moscow,
    Origin,
)
from .learning import Label, ModelVersion, OldTicket, Standing, TicketImport, Training, Way
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
    "Label",
    "Match",
    "MeasuredReach",
    "ModelVersion",
    "Moscow",
    "OldTicket",
    "Origin",
    "Score",
    "ScoringRules",
    "SecondOpinion",
    "Standing",
    "StatusReport",
    "TicketImport",
    "Training",
    "Way",
]
