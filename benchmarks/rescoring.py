"""This module measures how long a launch's open issues take to be scored again, beside one plain UPDATE of each."""

import argparse
import time
from collections.abc import Sequence
from datetime import timedelta

from django.db import connection

from benchmarks.figures import quantile, show
from benchmarks.triage_throughput import the_launch
from feedback.models import Feedback, Reporter
from hypercare.core import clock
from hypercare.core.models import Launch
from triage.models import Decision, Issue, IssueStatus, Match, MeasuredReach, Score, ScoringRules
from triage.score import again

MEASURES = (
    "seconds until all open issues of a launch are scored again and told to the board, with new evidence for each"
)
REFERENCE = "one plain committed UPDATE of severity, score and order of each of the same issues, one after the other"
GOAL_SECONDS = 2.0
FIXED = 2000


def main(options: Sequence[str]) -> None:
    """Stores open issues with reports, gives each new evidence, scores them all again and prints the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks rescoring", description=MEASURES)
    parser.add_argument("--issues", type=int, default=5000, help="how many stand open")
    parser.add_argument("--reports", type=int, default=6, help="how many reports each has")
    parser.add_argument("--turns", type=int, default=5)
    chosen = parser.parse_args(options)
    launch = the_launch()
    _store(launch, issues=chosen.issues, reports=chosen.reports)
    seconds = [_again(launch, turn=turn) for turn in range(chosen.turns)]
    plain = _plain(launch)
    show(
        "rescoring",
        MEASURES,
        issues=chosen.issues,
        reports_each=chosen.reports,
        seconds=[round(one, 2) for one in seconds],
        seconds_p50=round(quantile(seconds, 0.5), 2),
        goal_seconds=GOAL_SECONDS,
        rows_of_history=Score.objects.count(),
        reference_seconds=round(plain, 2),
        reference=REFERENCE,
        ratio=quantile(seconds, 0.5) / plain,
        goal=None,
    )


def _store(launch: Launch, *, issues: int, reports: int) -> None:
    now = clock.now()
    components = list(launch.components.all())
    moments = {"reach_at": now, "opened_at": now, "status_changed_at": now, "last_seen_at": now}
    ended = {"status": IssueStatus.CLOSED, "resolution": "fixed", "closed_at": now}
    opened = [
        Issue(launch=launch, title=f"Problem {n}", severity=3, component=components[n % len(components)],
              category="bug", **moments)
        for n in range(issues)
    ]  # fmt: skip
    fixed = [
        Issue(launch=launch, title=f"Fixed {n}", severity=3, component=components[n % len(components)],
              category="bug", worked_seconds=3600 * (n % 200 + 1), **ended, **moments)
        for n in range(FIXED)
    ]  # fmt: skip
    Issue.objects.bulk_create([*opened, *fixed], batch_size=1000)
    people = [Reporter(launch=launch, email=f"person{n}@example.org", created_at=now) for n in range(3000)]
    Reporter.objects.bulk_create(people, batch_size=1000)
    told = [(issue, n * reports + k) for n, issue in enumerate(opened) for k in range(reports)]
    rows = [
        Feedback(launch=launch, channel="portal", source="earlier", content_digest="", title=issue.title,
                 reporter=people[n * 7919 % len(people)], category="bug", severity=3, occurred_at=now,
                 received_at=now, triaged_at=now)
        for issue, n in told
    ]  # fmt: skip
    Feedback.objects.bulk_create(rows, batch_size=1000)
    pairs = [(row, issue) for row, (issue, _n) in zip(rows, told, strict=True)]
    Match.objects.bulk_create(
        [
            Match(feedback=row, issue=issue, origin="model", confidence=1, reason="earlier", matched_at=now)
            for row, issue in pairs
        ],
        batch_size=1000,
    )
    Decision.objects.bulk_create(
        [
            Decision(launch=launch, feedback=row, field="severity", value=str(2 + n % 3), origin="model",
                     decider="text model 1", confidence=0.9, reason="earlier", decided_at=now)
            for n, row in enumerate(rows)
        ],
        batch_size=1000,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _again(launch: Launch, *, turn: int) -> float:
    """The seconds of one whole rescore after traffic showed another reach of every issue."""
    now = clock.now() + timedelta(seconds=turn)
    MeasuredReach.objects.filter(issue__launch=launch).delete()
    open_ids = list(Issue.objects.filter(launch=launch, closed_at=None).values_list("pk", flat=True))
    MeasuredReach.objects.bulk_create(
        [
            MeasuredReach(
                issue_id=pk,
                value=7 + (pk * 31 + turn * 977) % 900,
                of=9800,
                method="exact",
                begins=now,
                ends=now,
                measured_at=now,
            )
            for pk in open_ids
        ],
        batch_size=1000,
    )
    ScoringRules.objects.update_or_create(launch=launch, defaults={"changed_at": now, "rescored_at": None})
    began = time.perf_counter()
    again.rescore_changed(clock=clock.now)
    return time.perf_counter() - began


def _plain(launch: Launch) -> float:
    ids = list(Issue.objects.filter(launch=launch, closed_at=None).values_list("pk", flat=True))
    began = time.perf_counter()
    with connection.cursor() as cursor:
        for pk in ids:
            cursor.execute("UPDATE triage_issue SET severity = 3, rice_score = 5, priority = 5 WHERE id = %s", [pk])
    return time.perf_counter() - began
