"""This module keeps the suggestions of what open issues are by nature up to date; a person's answer stands against them."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import override

from triage import decisions
from triage.board import changes
from triage.locks import lock_ids, lock_launch
from triage.models import OPEN_STATUSES, Decision, Issue, Origin
from triage.nature import noise, symptom, training
from triage.nature.facts import facts_of
from triage.nature.judgement import FIELDS, Judgement
from triage.one_by_one import one_by_one

AT_ONCE = 50
# Calls come late and traffic is measured later still, so an issue is judged until so long after its last signal.
_LATE = timedelta(hours=1)
_AGAIN_AFTER = timedelta(minutes=2)
_DECIDER = "rule: nature"


def suggest_due(*, clock: Callable[[], datetime]) -> int:
    """Judges the issues of which something may have become known, those that waited longest first; says how many."""
    now = clock()
    stale = Q(judged_at__lt=now - _AGAIN_AFTER) & Q(judged_at__lt=F("last_seen_at") + _LATE)
    due = Issue.objects.filter(
        Q(judged_at=None) | stale, merged_into=None, launch__closed_at=None, status__in=OPEN_STATUSES
    )
    found = list(
        due.select_related("launch", "component").order_by(F("judged_at").asc(nulls_first=True), "-pk")[:AT_ONCE]
    )
    facts, failed = facts_of(found), symptom.failures_of(found, now=now)

    def judged(issue: Issue) -> None:
        with override(issue.launch.language):
            said = [
                noise.judge(facts[issue.pk]),
                training.judge(facts[issue.pk]),
                symptom.judge(issue, failed[issue.pk]),
            ]
        _write(issue, [one for one in said if one is not None], now=clock())

    one_by_one(found, judged)
    return len(found)


@transaction.atomic
def _write(issue: Issue, said: Sequence[Judgement], *, now: datetime) -> None:
    lock_launch(issue.launch_id)
    if not lock_ids([issue.pk]):
        return
    before = _in_force(issue)
    decisions.withdraw([issue], fields=set(FIELDS) - {one.field for one in said}, now=now)
    decisions.suggest_for_issues(
        [
            decisions.IssueValue(
                issue, one.field, one.value, Origin.RULE, _DECIDER, one.confidence, one.reason, applied=False
            )
            for one in said
        ],
        now=now,
    )
    Issue.objects.filter(pk=issue.pk).update(judged_at=now)
    if _in_force(issue) != before:
        changes.publish(issue.launch_id, [issue.pk])


def _in_force(issue: Issue) -> set[tuple[str, str]]:
    live = Decision.objects.filter(issue=issue, field__in=FIELDS, ended_at=None)
    return set(live.values_list("field", "value"))
