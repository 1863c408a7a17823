"""This package holds triage's rows: issues, decisions and measured reach, pairs, words, themes, exit criteria and reports."""

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
from .meaning import Meaning
from .opinion import SecondOpinion
from .pair import Answer, Pair
from .reach import MeasuredReach
from .score import Score, ScoringRules
from .theme import Course, Theme, ThemeReport, ThemesRun
from .wording import Unread, WordCount, Wording, WordsInAll

__all__ = [
    "ENDED_STATUSES",
    "OPEN_STATUSES",
    "Answer",
    "Assessment",
    "BoardCounter",
    "Comparator",
    "Course",
    "CriterionState",
    "Decision",
    "ExitCriterion",
    "Issue",
    "IssueStatus",
    "Match",
    "Meaning",
    "MeasuredReach",
    "ModelVersion",
    "Moscow",
    "Origin",
    "Pair",
    "Score",
    "ScoringRules",
    "SecondOpinion",
    "StatusReport",
    "Theme",
    "ThemeReport",
    "ThemesRun",
    "Unread",
    "WordCount",
    "Wording",
    "WordsInAll",
]
