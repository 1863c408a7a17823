"""This module scores a launch's open issues again once its rules of scoring changed, some at a time."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from triage.board import changes
from triage.locks import lock_ids, lock_launch
from triage.models import OPEN_STATUSES, Issue, ScoringRules
from triage.one_by_one import one_by_one
from triage.score.scoring import score
from triage.score.tally import count

AT_ONCE = 1000


def rescore_changed(*, clock: Callable[[], datetime]) -> int:
    """Scores what the present rules did not score yet; says how many launches."""
    due = list(ScoringRules.objects.filter(Q(rescored_at=None) | Q(rescored_at__lt=F("changed_at"))))
    one_by_one(due, lambda rules: _rescore_launch(rules, clock=clock))
    return len(due)


def _rescore_launch(rules: ScoringRules, *, clock: Callable[[], datetime]) -> None:
    roots = Issue.objects.filter(launch=rules.launch_id, merged_into=None, status__in=OPEN_STATUSES).order_by("pk")
    last = 0
    while some := list(roots.filter(pk__gt=last).values_list("pk", flat=True)[:AT_ONCE]):
        _rescore(rules.launch_id, some, now=clock())
        last = some[-1]
    # Whoever changed them again meanwhile has set another moment, and another turn comes.
    ScoringRules.objects.filter(pk=rules.pk, changed_at=rules.changed_at).update(rescored_at=rules.changed_at)


@transaction.atomic
def _rescore(launch_id: int, ids: list[int], *, now: datetime) -> None:
    lock_launch(launch_id)
    counted = count(lock_ids(ids))
    # Each issue is written once, with its place on the board; nothing is locked after this.
    score(counted, now=now, board_version=changes.raise_version(launch_id))
