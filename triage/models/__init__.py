"""This package holds triage's rows: issues, decisions, pairs, words, themes, what people teach, exit criteria and reports."""

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
from .proof import EvidenceAnswer, Firing, Fix, FixNotice, How, Lane, ProofRules, Verdict, Word
from .reach import MeasuredReach
from .score import Score, ScoringRules
from .sieve import Sieve
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
    "EvidenceAnswer",
    "ExitCriterion",
    "Firing",
    "Fix",
    "FixNotice",
    "How",
    "Issue",
    "IssueStatus",
    "Label",
    "Lane",
    "Match",
    "Meaning",
    "MeasuredReach",
    "ModelVersion",
    "Moscow",
    "OldTicket",
    "Origin",
    "Pair",
    "ProofRules",
    "Score",
    "ScoringRules",
    "SecondOpinion",
    "Sieve",
    "Standing",
    "StatusReport",
    "Theme",
    "ThemeReport",
    "ThemesRun",
    "TicketImport",
    "Training",
    "Unread",
    "Verdict",
    "Way",
    "Word",
    "WordCount",
    "Wording",
    "WordsInAll",
]
