"""This package holds triage's rows: issues, decisions, words, lessons, exit, rooms, fixes, causes, reviews, knowledge."""

from .automation import AutomationRule, AutomationRun, Matching, Outcome
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
from .knowledge import Article, ArticleKind, ArticleState, RunbookUse
from .learning import Label, ModelVersion, OldTicket, Standing, TicketImport, Training, Way
from .meaning import Meaning
from .opinion import SecondOpinion
from .pair import Answer, Pair
from .proof import EvidenceAnswer, Firing, Fix, FixNotice, How, Lane, ProofRules, Verdict, Word
from .reach import MeasuredReach
from .review import Passage, Review
from .rootcause import Bone, CauseCode, Risk, RootCause, Sureness, Suspicion, Twig, Why, WhyMissed
from .score import Score, ScoringRules
from .shift import ShiftNote, Standup, StandupNote
from .sieve import Sieve
from .theme import Course, Theme, ThemeReport, ThemesRun
from .voting import Ballot, Candidate, Method, VotingRound
from .warroom import Attendance, Duty, LineKind, RoomLine, RoomRole, RoomUpdate, WarRoom
from .watching import HowOften, SeenInView, ViewReader
from .wording import Unread, WordCount, Wording, WordsInAll
from .working import BoardChange, ChangedIssue, LaneLimit, SavedView, Snooze, Visibility

__all__ = [
    "ENDED_STATUSES",
    "OPEN_STATUSES",
    "Answer",
    "Article",
    "ArticleKind",
    "ArticleState",
    "Assessment",
    "Attendance",
    "AutomationRule",
    "AutomationRun",
    "Ballot",
    "BoardChange",
    "BoardCounter",
    "Bone",
    "Candidate",
    "CauseCode",
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
    "HowOften",
    "Issue",
    "IssueStatus",
    "Label",
    "Lane",
    "LaneLimit",
    "LineKind",
    "Match",
    "Matching",
    "Meaning",
    "MeasuredReach",
    "Method",
    "ModelVersion",
    "Moscow",
    "OldTicket",
    "Origin",
    "Outcome",
    "Pair",
    "Passage",
    "ProofRules",
    "Review",
    "Risk",
    "RoomLine",
    "RoomRole",
    "RoomUpdate",
    "RootCause",
    "RunbookUse",
    "SavedView",
    "Score",
    "ScoringRules",
    "SecondOpinion",
    "SeenInView",
    "ShiftNote",
    "Sieve",
    "Snooze",
    "Standing",
    "Standup",
    "StandupNote",
    "StatusReport",
    "Sureness",
    "Suspicion",
    "Theme",
    "ThemeReport",
    "ThemesRun",
    "TicketImport",
    "Training",
    "Twig",
    "Unread",
    "Verdict",
    "ViewReader",
    "Visibility",
    "VotingRound",
    "WarRoom",
    "Way",
    "Why",
    "WhyMissed",
    "Word",
    "WordCount",
    "Wording",
    "WordsInAll",
]
