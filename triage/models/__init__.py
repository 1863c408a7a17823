"""This package holds triage's rows: issues, decisions, words, lessons, exit, reports, rooms, shifts, fixes, board work."""

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
from .working import BoardChange, ChangedIssue, LaneLimit, SavedView, Snooze, Visibility

__all__ = [
    "ENDED_STATUSES",
    "OPEN_STATUSES",
    "Answer",
    "Assessment",
    "Attendance",
    "BoardChange",
    "BoardCounter",
    "ChangedIssue",
    "Comparator",
    "Course",
    "CriterionState",
    "Decision",
    "Duty",
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
    "LaneLimit",
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
    "SavedView",
    "Score",
    "ScoringRules",
    "SecondOpinion",
    "ShiftNote",
    "Sieve",
    "Snooze",
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
    "Visibility",
    "WarRoom",
    "Way",
    "Word",
    "WordCount",
    "Wording",
    "WordsInAll",
]
