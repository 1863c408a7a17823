"""This package holds triage's rows: issues, decisions, pairs, words, themes, what people teach, exit, reports, rooms, shifts."""

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
from .shift import ShiftNote, Standup, StandupNote
from .sieve import Sieve
from .theme import Course, Theme, ThemeReport, ThemesRun
from .warroom import Attendance, Duty, LineKind, RoomLine, RoomRole, RoomUpdate, WarRoom
from .wording import Unread, WordCount, Wording, WordsInAll

__all__ = [
    "ENDED_STATUSES",
    "OPEN_STATUSES",
    "Answer",
    "Assessment",
    "Attendance",
    "BoardCounter",
    "Comparator",
    "Course",
    "CriterionState",
    "Decision",
    "EvidenceAnswer",
    "Duty",
    "ExitCriterion",
    "Firing",
    "Fix",
    "FixNotice",
    "How",
    "Issue",
    "IssueStatus",
    "Label",
    "Lane",
    "LineKind",
    "Match",
    "Meaning",
    "MeasuredReach",
    "ModelVersion",
    "Moscow",
    "OldTicket",
    "Origin",
    "Pair",
    "ProofRules",
    "RoomLine",
    "RoomRole",
    "RoomUpdate",
    "Score",
    "ScoringRules",
    "SecondOpinion",
    "ShiftNote",
    "Sieve",
    "Standing",
    "Standup",
    "StandupNote",
    "StatusReport",
    "Theme",
    "ThemeReport",
    "ThemesRun",
    "TicketImport",
    "Training",
    "Unread",
    "Verdict",
    "WarRoom",
    "Way",
    "Word",
    "WordCount",
    "Wording",
    "WordsInAll",
]
