"""This module scores suggestions again, batch by batch and never in the way of triage, when other weights decide.

Each is looked for again from the report that found it. What nobody answered and the search finds no more is taken away.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import connection

from triage import tree
from triage.claim import newest_waiting
from triage.match import readings
from triage.match.candidates import Candidate, candidates_of
from triage.match.judge import NAME, Judge, judge_of
from triage.match.readings import Read
from triage.models import Issue, Match, ModelVersion, Pair, Standing

log = logging.getLogger(__name__)

AT_ONCE, MOST_BATCHES = 40, 12


def score_again(*, clock: Callable[[], datetime]) -> int:
    """Scores what other weights scored than those that decide now; returns how many suggestions that were."""
    done = 0
    for launch_id in _outdated():
        judge = judge_of(launch_id)
        for _batch in range(MOST_BATCHES):
            if newest_waiting() is not None:
                return done
            waiting = Pair.objects.filter(launch=launch_id, answer="").exclude(judged_by=judge.number)
            some = list(waiting.order_by("-id")[:AT_ONCE])
            if not some:
                break
            _score(some, judge, now=clock())
            done += len(some)
    return done


def _outdated() -> list[int]:
    """Launches in which a suggestion that nobody answered was scored by other weights than theirs."""
    open_ones = Pair.objects.filter(answer="", launch__closed_at=None)
    scored = set(open_ones.order_by().values_list("launch_id", "judged_by").distinct())
    champions = ModelVersion.objects.filter(name=NAME, standing=Standing.CHAMPION)
    deciding = dict(champions.values_list("launch_id", "number"))
    return sorted({launch_id for launch_id, number in scored if number != deciding.get(launch_id, 0)})


def _score(some: Sequence[Pair], judge: Judge, *, now: datetime) -> None:
    found_by: dict[int, list[Pair]] = defaultdict(list)
    for pair in some:
        found_by[int(pair.evidence.get("report", "HC-0").removeprefix("HC-"))].append(pair)
    read = {one.feedback_id: one for one in readings.read(list(found_by))}
    for report, of_report in found_by.items():
        try:
            _look_again(read.get(report), of_report, judge, now=now)
        except Exception:
            if connection.in_atomic_block:
                raise
            log.exception("what HC-%s was found to be like keeps its score", report)
            Pair.objects.filter(pk__in=[pair.pk for pair in of_report], answer="").update(judged_by=judge.number)


def _look_again(one: Read | None, of_report: Sequence[Pair], judge: Judge, *, now: datetime) -> None:
    near = _near(one) if one else {}
    roots = tree.roots_of({number for pair in of_report for number in (pair.older_id, pair.newer_id)})
    for pair in of_report:
        sides = {roots[pair.older_id], roots[pair.newer_id]}
        found = next((near[side] for side in sides if side in near), None)
        still = Pair.objects.filter(pk=pair.pk, answer="")  # never over an answer that came meanwhile
        if found:
            score = judge.score(found.features)
            still.update(score=score, evidence=found.evidence, judged_by=judge.number, found_at=now)
        elif len(sides) == 1:  # merged by now
            still.update(judged_by=judge.number)
        else:
            still.delete()


def _near(one: Read) -> dict[int, Candidate]:
    """What the search finds from a report, by the issue."""
    match = Match.objects.filter(feedback=one.feedback_id, ended_at=None).first()
    if match is None:
        return {}
    issue = Issue.objects.get(pk=tree.roots_of([match.issue_id])[match.issue_id])
    return {each.issue.pk: each for each in candidates_of(one, issue)}
