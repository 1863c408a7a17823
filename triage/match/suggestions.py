"""This module looks for each new issue among all rows of its launch, after triage, and suggests what it may belong to.

What tells the same beyond doubt, and far more alike than the next best, is merged at once and may be taken apart again;
everything else is only suggested.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import override

from hypercare.core.problem import Problem
from hypercare.core.timeline import SYSTEM
from triage import merging, tree
from triage.claim import newest_waiting
from triage.match import pairs, readings
from triage.match.candidates import Candidate, candidates_of
from triage.match.judge import Judge, judge_of
from triage.match.readings import Read
from triage.models import OPEN_STATUSES, Issue, IssueStatus, Match

log = logging.getLogger(__name__)

MOST_BATCHES = 100
WHILE_TRIAGE_IS_BUSY = 4  # reports a call: people wait for triage, nobody for a suggestion
FIRST_TELLINGS = 3


def suggest_waiting(*, clock: Callable[[], datetime]) -> int:
    """Reads what triage handed on and looks among all rows, giving way to triage; returns how many reports were read."""
    done = 0
    for _batch in range(MOST_BATCHES):
        now = clock()
        is_busy = newest_waiting() is not None
        claimed = readings.claim(now=now, at_most=WHILE_TRIAGE_IS_BUSY if is_busy else readings.AT_ONCE)
        if not claimed:
            break
        read = readings.read(claimed)
        look_for(read, now=now)
        readings.forget_claims(claimed)
        done += len(claimed)
        if is_busy:
            break
    return done


def look_for(read: Sequence[Read], *, now: datetime) -> None:
    """Suggests for the first tellings of every open issue; one that cannot be looked for harms no other."""
    issue_of = dict(
        Match.objects.filter(feedback_id__in=[one.feedback_id for one in read], ended_at=None).values_list(
            "feedback_id", "issue_id"
        )
    )
    roots = tree.roots_of(set(issue_of.values()))
    issues = Issue.objects.filter(status__in=OPEN_STATUSES).select_related("launch").in_bulk(list(set(roots.values())))
    early = _early(set(issue_of.values()))
    judges = {launch_id: judge_of(launch_id) for launch_id in {one.launch_id for one in read}}
    for one in read:
        issue = issues.get(roots.get(issue_of.get(one.feedback_id, 0), 0))
        if issue is None or issue.launch.closed_at or one.feedback_id not in early:
            continue
        with override(issue.launch.language):
            _try(one, issue, judges[one.launch_id], now=now)


def _try(one: Read, issue: Issue, judge: Judge, *, now: datetime) -> None:
    try:
        _suggest(one, issue, judge, now=now)
    except Exception:
        if connection.in_atomic_block:
            raise
        log.exception("nothing could be suggested for %s", issue.key)


def _early(issue_ids: set[int]) -> set[int]:
    """The first reports of each issue: what comes later has been told."""
    told: dict[int, list[int]] = {}
    live = Match.objects.filter(issue_id__in=issue_ids, ended_at=None).order_by("id")
    for issue_id, feedback_id in live.values_list("issue_id", "feedback_id"):
        told.setdefault(issue_id, []).append(feedback_id)
    return {number for tellings in told.values() for number in tellings[:FIRST_TELLINGS]}


def _suggest(one: Read, issue: Issue, judge: Judge, *, now: datetime) -> None:
    found = sorted(candidates_of(one, issue), key=lambda each: -judge.score(each.features))[: pairs.SHOWN]
    told = [(each.issue.pk, judge.score(each.features), each.evidence) for each in found]
    pairs.suggest(issue, told, judged_by=judge.number, now=now)
    best = found[0] if found else None
    if best and not best.of_machines and judge.merges(best.features, beyond_doubt=best.near.is_beyond_doubt):
        _merge(issue, best, now=now)


def _merge(issue: Issue, best: Candidate, *, now: datetime) -> None:
    """Merges an issue that only this report opened, when nobody touched it and nobody said that it is another problem."""
    untouched = issue.status == IssueStatus.NEW and issue.feedback_count == 1 and issue.owner_id is None
    other, said = best.issue, best.evidence
    if not (untouched and said["component"] and other.is_open and other.pk < issue.pk):
        return
    if pairs.is_refused(issue.pk, other.pk):
        return
    reason = _("%(percent)s%% alike: %(reasons)s") % {
        "percent": round(100 * best.near.alike),
        "reasons": ", ".join(pairs.reasons_of(said)),
    }
    try:
        merging.merge(issue.pk, into_id=other.pk, reason=reason, version=issue.version, actor=SYSTEM, now=now)
    except Problem as problem:  # somebody was quicker
        log.info("%s was not merged into %s: %s", issue.key, other.key, problem.detail)
