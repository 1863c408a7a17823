"""This module gets second opinions on reports that the text model is not sure of, where a language model is configured."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from feedback.models import MACHINE_CHANNELS, Feedback
from triage.classify import asking
from triage.models import Decision, Origin, SecondOpinion

AT_ONCE = 10
MOST_TRIES = 3
# Nobody waits for an opinion on what came before yesterday, and who does not answer is left alone for a while.
_LATELY, _REST = timedelta(days=1), timedelta(minutes=1)


def get_due(*, clock: Callable[[], datetime]) -> int:
    """Asks about the newest unsure reports until one is not answered; says how many were asked about."""
    if not asking.is_configured() or _is_resting(clock()):
        return 0
    asked = 0
    for report in list(_due(clock())):
        asked += 1
        if not _get(report, now=clock()):
            break
    return asked


def _is_resting(now: datetime) -> bool:
    return SecondOpinion.objects.filter(asked_at__gt=now - _REST).exclude(problem="").exists()


def _due(now: datetime) -> "list[Feedback]":
    unsure = Decision.objects.filter(
        feedback__received_at__gt=now - _LATELY,
        origin=Origin.MODEL,
        applied=False,
        ended_at=None,
        field__in=asking.ANSWERS,
    )
    open_ones = Q(second_opinion=None) | ~Q(second_opinion__problem="") & Q(second_opinion__tries__lt=MOST_TRIES)
    rows = Feedback.objects.filter(open_ones, pk__in=unsure.values("feedback_id"), launch__closed_at=None)
    return list(rows.exclude(channel__in=MACHINE_CHANNELS).order_by("-pk")[:AT_ONCE])


def _get(report: Feedback, *, now: datetime) -> bool:
    answers, problem = {}, ""
    try:
        answers = asking.ask(report)
    except asking.NoAnswer as refusal:
        problem = str(refusal)[:300]
    before = SecondOpinion.objects.filter(feedback=report).first()
    SecondOpinion.objects.update_or_create(
        feedback=report,
        defaults={
            "model": settings.LLM_MODEL[:120],
            "answers": answers,
            "problem": problem,
            "tries": before.tries + 1 if before else 1,
            "asked_at": now,
        },
    )
    return not problem
