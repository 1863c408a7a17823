"""This module gets second opinions on reports that the text model is not sure of, where a language model is configured."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils.translation import override

from feedback.models import MACHINE_CHANNELS, Feedback
from triage.classify import asking
from triage.models import Decision, Origin, SecondOpinion

AT_ONCE = 10
MOST_TRIES = 3
# Nobody waits for an opinion on what came before yesterday, and who does not answer is left alone for a while.
_LATELY, _REST, _TURN = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=10)
_ASKING_LOCK = 0x4843544F


def get_due(*, clock: Callable[[], datetime]) -> int:
    """Asks about the newest unsure reports until one is not answered or the turn is over; says how many were asked about.

    One worker at a time, and not for long: a slow model must take neither all threads nor one for good.
    """
    if not asking.is_configured() or _is_resting(clock()):
        return 0
    asked = 0
    with _alone() as is_alone:
        over = clock() + _TURN
        for report in _due(clock()) if is_alone else []:
            asked += 1
            with override(report.launch.language):
                is_reached = _get(report, now=clock())
            if not is_reached or clock() >= over:
                break
    return asked


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_ASKING_LOCK])
        is_alone: bool = cursor.fetchone()[0]
        try:
            yield is_alone
        finally:
            if is_alone:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_ASKING_LOCK])


def _is_resting(now: datetime) -> bool:
    failed = SecondOpinion.objects.filter(asked_at__gt=now - _REST, tries__lt=MOST_TRIES)
    return failed.exclude(problem="").exists()


def _due(now: datetime) -> list[Feedback]:
    unsure = Decision.objects.filter(
        feedback__received_at__gt=now - _LATELY,
        origin=Origin.MODEL,
        applied=False,
        ended_at=None,
        field__in=asking.ANSWERS,
    )
    open_ones = Q(second_opinion=None) | ~Q(second_opinion__problem="") & Q(second_opinion__tries__lt=MOST_TRIES)
    rows = Feedback.objects.filter(open_ones, pk__in=unsure.values("feedback_id"), launch__closed_at=None)
    rows = rows.select_related("launch")
    return list(rows.exclude(channel__in=MACHINE_CHANNELS).order_by("-pk")[:AT_ONCE])


def _get(report: Feedback, *, now: datetime) -> bool:
    """Whether the model was reached; who answers nonsense to one report is not asked about it again."""
    answers, problem, is_reached = {}, "", True
    before = SecondOpinion.objects.filter(feedback=report).first()
    tries = before.tries + 1 if before else 1
    try:
        answers = asking.ask(report)
    except asking.NoAnswer as refusal:
        problem = str(refusal)[:300]
        is_reached = isinstance(refusal, asking.OfNoUse)
        tries = MOST_TRIES if is_reached else tries
    SecondOpinion.objects.update_or_create(
        feedback=report,
        defaults={
            "model": settings.LLM_MODEL[:120],
            "answers": answers,
            "problem": problem,
            "tries": tries,
            "asked_at": now,
        },
    )
    return is_reached
