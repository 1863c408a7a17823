"""This module measures what a launch's own rules cost those who report and the worker that triages, and how fast they run."""

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.figures import show
from benchmarks.rules_watch import launch_of
from benchmarks.texts import Text, read_texts
from feedback import intake
from feedback.report import Report
from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.models import Happening, Launch, User
from hypercare.core.timeline import SYSTEM
from triage import pipeline
from triage.automation import rules, running
from triage.models import AutomationRun

MEASURES = (
    "bulk intake of reports, a thousand at a time, into a launch with five rules that hear of each; then its triage"
)
REFERENCE = "the same texts into a launch without rules, in turns with it"
GOAL = 1.3
AT_ONCE = 1000
HEARD = 2000
# One hears of the report as it came, four of what triage makes of it.
EVENTS = ("feedback.received", "feedback.triaged", "issue.opened", "issue.joined", "issue.scored")
_GRAVE = {"field": "severity", "is": "at_most", "value": "1"}
_PUT_ON = {"do": "label", "value": "grave", "text": ""}


def main(options: Sequence[str]) -> None:
    """Enters and triages the texts in both launches in turns, runs the rules and prints the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks rules_and_intake", description=MEASURES)
    parser.add_argument("--rows", type=int, default=5000, help="how many reports each launch gets")
    chosen = parser.parse_args(options)
    texts = read_texts(chosen.rows)
    owner = User.objects.create_superuser(email="benchmark@example.org", password="a-long-enough-one")
    plain, ruled = launch_of("plain", clock.now()), launch_of("ruled", clock.now())
    for launch in (plain, ruled):
        _enter(launch, texts.texts[:AT_ONCE])  # the model, the index and the connection are warm after that
        _triage()
    _write_rules(ruled, owner)
    seconds = {"enter": {"plain": 0.0, "ruled": 0.0}, "triage": {"plain": 0.0, "ruled": 0.0}}
    for number, begin in enumerate(range(0, chosen.rows, AT_ONCE)):
        part = texts.texts[begin : begin + AT_ONCE]
        for launch in (plain, ruled) if number % 2 else (ruled, plain):
            seconds["enter"][launch.slug] += _timed(_enter, launch, part)
            seconds["triage"][launch.slug] += _timed(_triage)
    waiting = Happening.objects.count()
    heard = _timed(_hear)
    show(
        "rules_and_intake",
        MEASURES,
        texts=texts.origin,
        rows=chosen.rows,
        rules=len(EVENTS),
        rows_a_second={
            what: {slug: round(chosen.rows / took) for slug, took in each.items()} for what, each in seconds.items()
        },
        ratio_of_triage=round(seconds["triage"]["ruled"] / seconds["triage"]["plain"], 2),
        happenings=waiting,
        happenings_heard_a_second=round((waiting - Happening.objects.count()) / heard),
        runs=AutomationRun.objects.count(),
        reference=REFERENCE,
        ratio=seconds["enter"]["ruled"] / seconds["enter"]["plain"],
        goal=GOAL,
    )


def _timed(work: Callable[..., None], *given: Any) -> float:
    began = time.perf_counter()
    work(*given)
    return time.perf_counter() - began


def _enter(launch: Launch, texts: Sequence[Text]) -> None:
    reports = [Report(channel="api", source="benchmark", title=text.title, body=text.body) for text in texts]
    intake.accept_many(launch, reports, actor=SYSTEM, now=clock.now())


def _triage() -> None:
    pipeline.triage_waiting(clock=clock.now)


def _write_rules(launch: Launch, owner: User) -> None:
    by, now = Principal(owner), clock.now()
    for event in EVENTS:
        said = {"name": event, "event": event, "conditions": [_GRAVE], "actions": [_PUT_ON]}
        rules.switch(rules.add(launch, said, by=by, now=now), on=True, by=by, now=now)


def _hear() -> None:
    heard = 0
    while heard < HEARD and (more := running.run_waiting(clock=clock.now)):
        heard += more
