"""This module lives through the past days of the sample launch, each event at its own time, triaged and assessed then.

All of it is one transaction, so an interrupted load leaves nothing, and no running worker sees a past report untriaged.
"""

import heapq
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from feedback.models import Feedback
from hypercare.core import clock
from hypercare.core.timeline import SYSTEM
from triage import alert_changes, pipeline
from triage.claim import LEASE, Claim
from triage.classify.train import ensure_model
from triage.demo import acts, described, lessons, own_metrics, own_rules, stage, traffic
from triage.demo.stage import Stage
from triage.demo.story import Event, Story
from triage.exit.assess import assess
from triage.models import Fix, StatusReport
from triage.proof import links, verdicts
from triage.reports.draft import draft_of_launch
from triage.reports.period import due_at
from triage.reports.send import send
from triage.warroom import gauges

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)
_CLAIMED_BY = "demo"
_JUDGED_AFTER = timedelta(hours=2)
Step = Callable[[datetime], object]


@dataclass(order=True)
class _Due:
    """A step and its time; `number` keeps the order of what comes at the same moment."""

    moment: datetime
    number: int
    step: Step = field(compare=False)


def seed(story: Story, *, now: datetime, say: Callable[[str], None]) -> Stage:
    """Loads the launch and its past."""
    say(_("Teaching the text model, where it is not taught yet"))
    ensure_model(now=now, say=log.debug)
    alert_changes.follow(clock=lambda: now)  # what waits in other launches is dealt with at its own time
    with transaction.atomic():
        the_stage = stage.build(story, now=now)
        own_metrics.load(the_stage, now=now)
        own_rules.write(the_stage, now=the_stage.launch.created_at)
        day = 0
        for due in heapq.merge(
            sorted(_events(the_stage, now)),
            _hours(the_stage, now),
            _looks(the_stage, now),
            sorted(_reports(the_stage, now)),
        ):
            if the_stage.launch.day_on(due.moment) > max(day, 0):
                day = the_stage.launch.day_on(due.moment)
                say(_("Day %(day)s of %(days)s") % {"day": day, "days": the_stage.launch.days_planned})
            due.step(due.moment)
        say(_("Calls of the gateway"))
        traffic.load(the_stage, now=now)
        for moment in _compared(now):
            gauges.measure(the_stage.launch, now=moment, among=gauges.OF_TRAFFIC)
        _judge_fixes(the_stage, now=now)
        own_rules.act(now=now)
        _learn(the_stage, now=now)
        described.describe(the_stage, now=the_stage.launch.created_at)
        gauges.measure(the_stage.launch, now=now)
    return the_stage


def _events(the_stage: Stage, now: datetime) -> Iterator[_Due]:
    for number, event in enumerate(the_stage.story.past):
        launch = the_stage.launch
        moment = event.when.moment(now, first_day=launch.go_live_on, zone=launch.zone)
        yield _Due(moment, number, _event_step(the_stage, event, waits=timedelta(seconds=2 + number % 5)))


def _event_step(the_stage: Stage, event: Event, *, waits: timedelta) -> Step:
    def step(moment: datetime) -> None:
        acts.perform(the_stage, event, now=moment)
        if event.what in {"report", "alert"}:
            _triage(the_stage, now=moment + waits)
        elif event.what == "deploy":
            links.follow(clock=lambda: moment + waits)
        own_rules.act(now=moment + waits)

    return step


def _triage(the_stage: Stage, *, now: datetime) -> None:
    """Triages what waits in this launch, as a worker would have then."""
    waiting = Feedback.objects.filter(launch=the_stage.launch, triaged_at=None)
    ids = list(waiting.order_by("pk").values_list("pk", flat=True))
    if ids:
        Feedback.objects.filter(pk__in=ids).update(claimed_by=_CLAIMED_BY, claimed_until=now + LEASE)
        pipeline.triage_claimed(Claim(_CLAIMED_BY, ids), now=now)
    alert_changes.follow(clock=lambda: now)


def _judge_fixes(the_stage: Stage, *, now: datetime) -> None:
    """What live traffic said of each fix two hours after it, as a worker would have found then."""
    fixes = Fix.objects.filter(issue__launch=the_stage.launch).select_related(
        "issue__launch",
        "issue__component",
        "deployment__launch",
        "deployment__environment",
        "deployment__release__component",
    )
    for fix in fixes.order_by("deployment__deployed_at", "pk"):
        verdicts.judge_fix(fix, now=min(fix.deployment.deployed_at + _JUDGED_AFTER, now))


def _learn(the_stage: Stage, *, now: datetime) -> None:
    """What people learnt, when the calls that it is told from are there."""
    launch = the_stage.launch
    for event in the_stage.story.lessons:
        moment = event.when.moment(now, first_day=launch.go_live_on, zone=launch.zone)
        lessons.learn(the_stage, event, now=moment)


def _hours(the_stage: Stage, now: datetime) -> Iterator[_Due]:
    """Exit criteria are assessed every hour since go-live."""
    moment, _end = clock.day_bounds(the_stage.launch.go_live_on, the_stage.launch.zone)
    while moment <= now:
        yield _Due(moment, 0, lambda at: assess(the_stage.launch, at))
        moment += HOUR


def _looks(the_stage: Stage, now: datetime) -> Iterator[_Due]:
    """What the wall showed then; calls are not there yet, so what is read from them is measured when they are."""
    before = [gauge for gauge in gauges.GAUGES.values() if gauge not in gauges.OF_TRAFFIC]
    for moment in _compared(now):
        yield _Due(moment, 0, lambda at: gauges.measure(the_stage.launch, now=at, among=before))


def _compared(now: datetime) -> Iterator[datetime]:
    """What the first half day of the demo is held against: every half hour of a week before, and of the day before."""
    for begins in (now - gauges.WEEK, now - gauges.DAY):
        yield from (begins + number * HOUR / 2 for number in range(24))


def _reports(the_stage: Stage, now: datetime) -> Iterator[_Due]:
    """Each day's report is drafted at its hour and sent after its grace."""
    launch = the_stage.launch
    for number in range(1, launch.day_on(now) + 1):
        day = launch.date_of_day(number)
        drafted_at = due_at(launch, day) + timedelta(seconds=4)
        sent_at = drafted_at + timedelta(minutes=launch.report_grace_minutes)
        if drafted_at <= now:
            yield _Due(drafted_at, 0, lambda at: draft_of_launch(launch, now=at))
        if sent_at <= now:
            yield _Due(sent_at, 0, lambda at: _send(the_stage, now=at))


def _send(the_stage: Stage, *, now: datetime) -> None:
    day = clock.local_day(now, the_stage.launch.zone)
    send(StatusReport.objects.get(launch=the_stage.launch, day=day).pk, actor=SYSTEM, now=now)
