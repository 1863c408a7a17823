"""This module measures how many real texts a second one worker process triages, beside one plain UPDATE a row."""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import connection

from benchmarks import stored_rows
from benchmarks.figures import quantile, show
from benchmarks.texts import Text, Texts, read_texts
from feedback import intake
from feedback.models import Feedback
from feedback.report import Report, ReportErrors, read_report
from hypercare.core import clock
from hypercare.core.launches import create_launch
from hypercare.core.models import Component, Launch, Team, User
from hypercare.core.timeline import SYSTEM
from triage.claim import BATCH_ROWS
from triage.classify.classify import classify, load_model
from triage.models import OPEN_STATUSES, Issue, Match

MEASURES = "rows a second that pipeline.triage_waiting triages in one process: classify, match, score, route, write"
REFERENCE = "one plain committed UPDATE of the verdict columns for each of some of the same rows, one after the other"
COMPONENTS = {
    "checkout": ["card", "payment", "refund", "transfer"],
    "browser": ["tab", "bookmark", "firefox", "page"],
    "cluster": ["hadoop", "agent", "server", "node"],
    "mobile-app": ["phone", "android", "camera", "video"],
}
PEOPLE = 3000
Triage = Callable[[], dict[str, Any]]
ENTERED_AT_ONCE = 1000
STORED_TEXTS = 10_000
PLAIN_UPDATE = """
UPDATE feedback_feedback SET category = 'bug', severity = 3, sentiment = 'neutral', issue_key = 'IS-1', triaged_at = %s
WHERE id = %s
"""


def main(options: Sequence[str]) -> None:
    """Enters the texts through the one door, triages them and prints the figures."""
    chosen = _options(options)
    launch = the_launch()
    texts = _texts(chosen)
    if chosen.stored:
        stored_rows.fill(launch, texts.texts[: min(STORED_TEXTS, chosen.stored)], rows=chosen.stored, now=clock.now())
    _open_issues(launch, texts.texts[chosen.rows :])
    with _worker() as triage:
        warming = time.perf_counter()
        warm = _warm_up(launch, triage)
        warming = time.perf_counter() - warming
        began = time.perf_counter()
        entered = _enter(launch, texts.texts[: chosen.rows])
        seconds_to_enter = time.perf_counter() - began
        done = triage()
    plain = _seconds_of_plain_updates(chosen.plain)
    show(
        "triage_throughput",
        MEASURES,
        texts=texts.origin,
        issues_open_at_first=chosen.open_issues,
        rows_stored_at_first=chosen.stored,
        seconds_to_warm_up=round(warming, 1),
        refused_texts=chosen.rows - entered,
        **_pace(done["batches"], entered),
        own_cpu_ms_per_row=round(1000 * done["cpu_seconds"] / entered, 2),
        open_issues=Issue.objects.filter(launch=launch, status__in=OPEN_STATUSES).count(),
        worker_memory_peak_mb_when_warm=warm["memory_peak_mb"],
        worker_memory_peak_mb=done["memory_peak_mb"],
        intake_rows_per_second=round(entered / seconds_to_enter),
        **_classified_a_second(chosen.plain),
        reference_rows_per_second=round(1 / plain),
        reference=REFERENCE,
        ratio=sum(done["batches"]) / entered / plain,
        goal=None,
    )


def _texts(chosen: argparse.Namespace) -> Texts:
    """The texts of the reports, then those of the open issues: other ones of the same files while there are any."""
    count = chosen.rows + chosen.open_issues
    texts = read_texts(count, folder=chosen.data, named=chosen.named)
    more = read_texts(count - len(texts.texts), folder=chosen.data)
    return Texts([*texts.texts, *more.texts], texts.origin)


def _options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks triage_throughput", description=MEASURES)
    parser.add_argument("--rows", type=int, default=3000, help="how many texts; 10000 is the full size")
    parser.add_argument("--open-issues", type=int, default=0, help="how many issues stand open at first, a text each")
    parser.add_argument("--stored", type=int, default=0, help="how many rows were triaged long before")
    parser.add_argument("--plain", type=int, default=1000, help="how many rows the references read and write")
    parser.add_argument("--named", default="", help="only texts of files whose name begins so: banking77, nlbse24")
    parser.add_argument("--data", help="the shared data folder; else HYPERCARE_SHARED_DATA, else ../shared/data")
    return parser.parse_args(options)


def the_launch() -> Launch:
    """A launch with four components and their words, and its owner."""
    owner = User.objects.create_superuser(email="benchmark@example.org", password="a-long-enough-one")
    days = {"go_live_on": date(2026, 5, 20), "planned_end_on": date(2036, 6, 8)}
    launch = Launch(slug="bench", name="Benchmark", active_users=9800, **days)
    launch = create_launch(launch, owner=owner, now=clock.now())
    team = Team.objects.create(launch=launch, name="Backend")
    for slug, hints in COMPONENTS.items():
        Component.objects.create(launch=launch, slug=slug, name=slug.replace("-", " "), team=team, hints=hints)
    return launch


def _open_issues(launch: Launch, texts: list[Text]) -> None:
    """Stores an open issue with one report for each text, as if they had been triaged long ago."""
    now = clock.now()
    moments = {"reach_at": now, "opened_at": now, "status_changed_at": now, "last_seen_at": now}
    issues = [Issue(launch=launch, title=text.title, severity=3, feedback_count=1, **moments) for text in texts]
    rows = [
        Feedback(launch=launch, channel="api", source="earlier", content_digest="", title=text.title, body=text.body,
                 occurred_at=now, received_at=now, triaged_at=now)
        for text in texts
    ]  # fmt: skip
    Issue.objects.bulk_create(issues, batch_size=500)
    Feedback.objects.bulk_create(rows, batch_size=500)
    Match.objects.bulk_create(
        [
            Match(feedback=row, issue=issue, origin="model", confidence=1.0, reason="earlier", matched_at=now)
            for row, issue in zip(rows, issues, strict=True)
        ],
        batch_size=500,
    )


@contextmanager
def _worker() -> Iterator[Triage]:
    """A worker process of its own, so that its memory is that of a worker: what makes it triage all that waits."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.triage_worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process as worker:
        given, said = worker.stdin, worker.stdout
        assert given is not None
        assert said is not None

        def triage() -> dict[str, Any]:
            print(flush=True, file=given)
            line = said.readline()
            if not line:
                raise SystemExit("The worker ended before it answered; what it said stands above.")
            found: dict[str, Any] = json.loads(line)
            return found

        yield triage


def _warm_up(launch: Launch, triage: Triage) -> dict[str, Any]:
    """Trains the model and loads the index of open issues, which a worker does once."""
    report = Report(channel="api", source="benchmark", title="Warm up the model, the index and the connection")
    intake.accept(launch, report, actor=SYSTEM, now=clock.now())
    return triage()


def _enter(launch: Launch, texts: list[Text]) -> int:
    reports = [report for number, text in enumerate(texts) if (report := _report(number, text))]
    answers: list[intake.Receipt | intake.Refusal] = []
    for begin in range(0, len(reports), ENTERED_AT_ONCE):
        part = reports[begin : begin + ENTERED_AT_ONCE]
        answers += intake.accept_many(launch, part, actor=SYSTEM, now=clock.now())
    return sum(isinstance(answer, intake.Receipt) for answer in answers)


def _report(number: int, text: Text) -> Report | None:
    """The text as the API reads it; nothing where it holds what no report may hold."""
    reporter = {"email": f"person{number * 7919 % PEOPLE}@example.org"}
    data: dict[str, Any] = {"channel": "api", "title": text.title, "body": text.body, "reporter": reporter}
    try:
        return read_report(data | {"launch": "bench"}, source="benchmark")[0]
    except ReportErrors:
        return None


def _pace(batches: list[float], rows: int) -> dict[str, Any]:
    last = batches[-max(len(batches) // 10, 2) : -1] or batches
    return {
        "rows": rows,
        "rows_per_second": round(rows / sum(batches), 1),
        "rows_per_second_in_the_last_tenth": round(BATCH_ROWS * len(last) / sum(last), 1),
        "batch_of": BATCH_ROWS,
        "batch_p50_ms": round(1000 * quantile(batches, 0.5)),
        "batch_p95_ms": round(1000 * quantile(batches, 0.95)),
    }


def _seconds_of_plain_updates(count: int) -> float:
    ids = list(Feedback.objects.filter(source="benchmark").order_by("pk").values_list("pk", flat=True)[:count])
    now, began = clock.now(), time.perf_counter()
    with connection.cursor() as cursor:
        for pk in ids:
            cursor.execute(PLAIN_UPDATE, [now, pk])
    return (time.perf_counter() - began) / len(ids)


def _classified_a_second(count: int) -> dict[str, int]:
    """By a process that has read one batch before, as a worker has."""
    rows = list(Feedback.objects.select_related("component").order_by("pk")[:count])
    components, model = list(Component.objects.select_related("team")), load_model(now=clock.now())
    classify(rows[:BATCH_ROWS], components, model=model)
    began, busy = time.perf_counter(), time.process_time()
    for begin in range(BATCH_ROWS, len(rows), BATCH_ROWS):
        classify(rows[begin : begin + BATCH_ROWS], components, model=model)
    timed = len(rows) - BATCH_ROWS
    return {
        "classify_only_rows_per_second": round(timed / (time.perf_counter() - began)),
        "classify_only_rows_per_cpu_second": round(timed / (time.process_time() - busy)),
    }
