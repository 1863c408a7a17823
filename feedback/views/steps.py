"""This module shows how far a report is: five steps in public words, and the line of a list that carries them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise

from feedback import receipts
from feedback.models import Feedback, ReplyStatus

_FIRST_AT, _APART = 6, 32


@dataclass(frozen=True)
class Step:
    """One of the five, with its place on the line."""

    word: str | Promise
    x: int
    is_reached: bool
    is_current: bool


def steps_of(feedback: Feedback) -> list[Step]:
    """The five steps of a report."""
    statuses = list(ReplyStatus)
    reached = statuses.index(ReplyStatus(feedback.reply_status))
    return [
        Step(status.label, _FIRST_AT + _APART * number, is_reached=number <= reached, is_current=number == reached)
        for number, status in enumerate(statuses)
    ]


@dataclass(frozen=True)
class Line:
    """A report in its reporter's own list."""

    feedback: Feedback
    steps: list[Step]
    link: str


def lines_of(reports: Iterable[Feedback]) -> list[Line]:
    """The reports as lines, in their order."""
    return [Line(report, steps_of(report), receipts.path_of(report)) for report in reports]
