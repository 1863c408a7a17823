"""This package holds triage's rows: issues, decisions, pairs, words, themes, lessons, exit criteria, reports, board work."""

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
from .meaning import Meaning
from .opinion import SecondOpinion
from .pair import Answer, Pair
from .reach import MeasuredReach
from .score import Score, ScoringRules
from .sieve import Sieve
from .theme import Course, Theme, ThemeReport, ThemesRun
from .wording import Unread, WordCount, Wording, WordsInAll
from .working import BoardChange, ChangedIssue, LaneLimit, SavedView, Snooze, Visibility

__all__ = [
    "ENDED_STATUSES",
    "OPEN_STATUSES",
    "Answer",
    "Assessment",
    "BoardChange",
    "BoardCounter",
    "ChangedIssue",
    "Comparator",
    "Course",
    "CriterionState",
    "Decision",
    "ExitCriterion",
    "Issue",
    "IssueStatus",
    "Label",
    "LaneLimit",
    "Match",
    "Meaning",
    "MeasuredReach",
    "ModelVersion",
    "Moscow",
    "OldTicket",
    "Origin",
    "Pair",
    "SavedView",
    "Score",
    "ScoringRules",
    "SecondOpinion",
    "Sieve",
    "Snooze",
    "Standing",
    "StatusReport",
    "Theme",
    "ThemeReport",
    "ThemesRun",
    "TicketImport",
    "Training",
    "Unread",
    "Visibility",
    "Way",
    "WordCount",
    "Wording",
    "WordsInAll",
]
