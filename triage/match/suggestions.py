"""This module looks for each new issue among all rows of its launch, after triage, and suggests what it may belong to.

What tells the same beyond doubt, and far more alike than the next best, is merged at once and may be taken apart again;
everything else is only suggested.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models.functions import Left
from django.utils.translation import gettext as _
from django.utils.translation import override

from feedback.models import MACHINE_CHANNELS
from hypercare.core.problem import Problem
from hypercare.core.timeline import SYSTEM
from triage import lifecycle, tree
from triage.claim import newest_waiting
from triage.match import deep, pairs, readings
from triage.match.anyhow import nearest_rows
from triage.match.nearest import COMPARED_ROWS, Near, nearest
from triage.match.readings import Read
from triage.match.similarity import told_words
from triage.match.words import MAX_CHARACTERS
from triage.models import OPEN_STATUSES, Issue, IssueStatus, Match

log = logging.getLogger(__name__)

MOST_BATCHES = 100
WHILE_TRIAGE_IS_BUSY = 4  # reports a call: people wait for triage, nobody for a suggestion
FIRST_TELLINGS = 3
WORDS_KEPT = 6

SAME_COMPONENT, OTHER_COMPONENT, SAME_TRACE, SAME_RELEASE, SOON = 0.06, -0.06, 0.2, 0.04, 0.04
SOON_HOURS = 72


@dataclass(frozen=True)
class Telling:
    """A report in its issue, with what else is known of it."""

    feedback_id: int
    issue_id: int
    text: str
    is_machine: bool
    occurred_at: datetime
    trace_id: str
    release: str


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
    for one in read:
        issue = issues.get(roots.get(issue_of.get(one.feedback_id, 0), 0))
        if issue is None or issue.launch.closed_at or one.feedback_id not in early:
            continue
        with override(issue.launch.language):
            _try(one, issue, now=now)


def _try(one: Read, issue: Issue, *, now: datetime) -> None:
    try:
        _suggest(one, issue, now=now)
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


def _suggest(one: Read, issue: Issue, *, now: datetime) -> None:
    found = nearest_rows(
        one.launch_id,
        deep.ask(one.launch_id, one.words),
        meaning=one.meaning,
        besides=frozenset({one.feedback_id}),
        at_most=COMPARED_ROWS,
    )
    tellings = _tellings(one.launch_id, [one.feedback_id, *(row.feedback_id for row in found)])
    roots = tree.roots_of({telling.issue_id for telling in tellings.values()})
    group_of = {number: roots[telling.issue_id] for number, telling in tellings.items()}
    near = nearest(one.launch_id, one.words, found, group_of=group_of, besides={issue.pk})
    own, others = tellings.get(one.feedback_id), Issue.objects.in_bulk([each.group for each in near])
    if own is None or not near:
        return
    said = {each.group: _evidence(own, issue, tellings[each.feedback_id], others[each.group]) for each in near}
    near = sorted(near, key=lambda each: -_score(each, said[each.group]))[: pairs.SHOWN]
    pairs.suggest(issue, [(each.group, _score(each, said[each.group]), said[each.group]) for each in near], now=now)
    best = near[0]
    if best.is_beyond_doubt and not own.is_machine and not tellings[best.feedback_id].is_machine:
        _merge(issue, others[best.group], best, said[best.group], now=now)


def _tellings(launch_id: int, feedback_ids: Sequence[int]) -> dict[int, Telling]:
    """Reports of this launch alone, whatever the search found."""
    live = Match.objects.filter(
        feedback_id__in=feedback_ids, ended_at=None, feedback__launch_id=launch_id, issue__launch_id=launch_id
    ).annotate(start=Left("feedback__body", MAX_CHARACTERS))
    names = ("feedback_id", "issue_id", "feedback__title", "start", "feedback__channel", "feedback__occurred_at")
    more = ("feedback__trace_id", "feedback__context__release")
    return {
        number: Telling(
            number, issue_id, f"{title}\n{start}", channel in MACHINE_CHANNELS, at, trace, str(release or "")[:100]
        )
        for number, issue_id, title, start, channel, at, trace, release in live.values_list(*names, *more)
    }


def _evidence(own: Telling, issue: Issue, other: Telling, of: Issue) -> dict[str, Any]:
    """What else speaks for one problem beside the words."""
    both = issue.component_id is not None and of.component_id is not None
    return {
        "report": f"HC-{own.feedback_id}",
        "other_report": f"HC-{other.feedback_id}",
        "words": told_words(own.text, other.text)[:WORDS_KEPT],
        "component": issue.component_id == of.component_id if both else None,
        "trace": bool(own.trace_id) and own.trace_id == other.trace_id,
        "release": bool(own.release) and own.release == other.release,
        "hours": round(abs((own.occurred_at - other.occurred_at).total_seconds()) / 3600),
    }


def _score(near: Near, said: dict[str, Any]) -> float:
    """From 0 to 1: what the texts share, and what component, request, release and time add."""
    more: float = SAME_COMPONENT if said["component"] else OTHER_COMPONENT if said["component"] is False else 0.0
    more += SAME_TRACE * said["trace"] + SAME_RELEASE * said["release"] + SOON * (said["hours"] <= SOON_HOURS)
    return round(min(max(near.alike + more, 0.0), 1.0), 4)


def _merge(issue: Issue, other: Issue, near: Near, said: dict[str, Any], *, now: datetime) -> None:
    """Merges an issue that only this report opened, when nobody touched it and nobody said that it is another problem."""
    untouched = issue.status == IssueStatus.NEW and issue.feedback_count == 1 and issue.owner_id is None
    if not (untouched and said["component"] and other.is_open and other.pk < issue.pk):
        return
    if pairs.refused(issue.pk, [other.pk]):
        return
    reason = _("%(percent)s%% alike: %(reasons)s") % {
        "percent": round(100 * near.alike),
        "reasons": ", ".join(pairs.reasons_of(said)),
    }
    try:
        lifecycle.merge(issue.pk, into_id=other.pk, reason=reason, version=issue.version, actor=SYSTEM, now=now)
    except Problem as problem:  # somebody was quicker
        log.info("%s was not merged into %s: %s", issue.key, other.key, problem.detail)
