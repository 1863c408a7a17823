"""This module tries a rule on the past: which things would have matched and what would be done, counted, without doing it.

Conditions about the event see what happened then; all others see the issue as it is today, as only that is known.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from hypercare.core.happenings import kinds_of
from hypercare.core.models import Happening, TimelineEntry
from triage.automation.action import Look, Seen
from triage.automation.facts import About, Facts
from triage.automation.planning import hears, plan
from triage.automation.subjects import Subjects
from triage.models import AutomationRule, Score

DAYS = (1, 7, 30)
MOST, SHOWN = 1000, 20
SCORED = "issue.scored"


@dataclass(frozen=True)
class Case:
    """One thing that happened, and what the rule makes of it."""

    at: datetime
    subject: str
    is_met: bool
    why: str
    seen: tuple[Seen, ...]


@dataclass
class Trial:
    """What a rule would have made of the past."""

    days: int
    looked_at: int = 0
    matched: int = 0
    is_cut: bool = False
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    cases: list[Case] = field(default_factory=list)
    missed: list[Case] = field(default_factory=list)


def try_out(rule: AutomationRule, *, days: int, now: datetime) -> Trial:
    """Looks at the newest things of so many days; writes nothing. The rule need not be stored."""
    past = list(islice(_past(rule, since=now - timedelta(days=days)), MOST + 1))
    trial, abouts = Trial(days, is_cut=len(past) > MOST), dict[str, About]()
    subjects = Subjects(rule.launch, [one.subject for one in past[:MOST]])
    for happening in past[:MOST]:
        about = abouts.setdefault(happening.subject, About.of(happening, subjects))
        _count(trial, rule, Facts(happening, about), now=now)
    return trial


def _count(trial: Trial, rule: AutomationRule, facts: Facts, *, now: datetime) -> None:
    planned = plan(rule, facts, now=now)
    case = Case(facts.happening.occurred_at, facts.happening.subject, planned.is_met, planned.why, tuple(planned.seen))
    trial.looked_at += 1
    trial.matched += planned.is_met
    shown = trial.cases if planned.is_met else trial.missed
    if len(shown) < SHOWN:
        shown.append(case)
    for one in planned.seen:
        if one.look == Look.WOULD:
            trial.done[one.words] += 1
        elif one.look == Look.REFUSED:
            trial.refused[one.words] += 1


def _past(rule: AutomationRule, *, since: datetime) -> Iterator[Happening]:
    """What the rule would have heard, newest first; what the rule itself did is left out."""
    kinds = kinds_of([rule.event])
    told = _scores(rule, since) if SCORED in kinds else _entries(rule, kinds, since)
    return (happening for happening in told if hears(rule, happening))


def _entries(rule: AutomationRule, kinds: set[str], since: datetime) -> Iterator[Happening]:
    rows = TimelineEntry.objects.filter(launch=rule.launch, kind__in=kinds, recorded_at__gte=since)
    for row in rows.exclude(request_id__startswith="rule-run:").order_by("-id").iterator(chunk_size=500):
        yield Happening(
            launch=rule.launch, kind=row.kind, subject=row.subject, data=row.data, actor_name=row.actor_name,
            by_person=row.actor_id is not None, occurred_at=row.occurred_at, recorded_at=row.recorded_at,
        )  # fmt: skip


def _scores(rule: AutomationRule, since: datetime) -> Iterator[Happening]:
    rows = Score.objects.filter(issue__launch=rule.launch, scored_at__gte=since).exclude(moved={})
    for row in rows.order_by("-id").iterator(chunk_size=500):
        yield Happening(
            launch=rule.launch, kind=SCORED, subject=f"IS-{row.issue_id}", actor_name="Hypercare",
            data={"moved": row.moved, "severity": row.severity, "moscow": row.moscow}, by_person=False,
            occurred_at=row.scored_at, recorded_at=row.scored_at,
        )  # fmt: skip
