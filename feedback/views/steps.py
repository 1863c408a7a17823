"""This module draws how far a report is as five steps in public words."""

from dataclasses import dataclass

from django.utils.functional import Promise

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
