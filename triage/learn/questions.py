"""This module chooses which reports to ask people about, those whose answers would teach the model most, and takes answers.

That is where it is nearly as likely to be right as wrong about applying its answer, spread over the classes, those with
the fewest people's answers first, one report an issue and no two that say nearly the same.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from feedback.models import MACHINE_CHANNELS, Feedback
from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.timeline import Actor
from triage import overrides
from triage.classify.suggestion import APPLY_AT
from triage.locks import lock_launch
from triage.models import Decision, Label, Origin
from triage.vocabulary import stem, words_of

SHOWN = 20
_LOOKED_AT, _NO_OLDER = 400, timedelta(days=60)
_ALIKE = 0.6
_WORDS_COMPARED = 60


@dataclass(frozen=True)
class Question:
    """One report, and what a machine makes of it."""

    report: Feedback
    said: Decision


def questions_of(launch: Launch, *, field: str, now: datetime, skipped: Iterable[int] = ()) -> list[Question]:
    """At most twenty, the most telling first."""
    near = _near_the_threshold(launch, field=field, now=now, skipped=skipped)
    answered = Counter(
        Label.objects.filter(launch=launch, field=field, withdrawn_at=None).values_list("value", flat=True)
    )
    by_class: dict[str, list[Decision]] = defaultdict(list)
    for one in near:
        by_class[one.value].append(one)
    order = sorted(by_class, key=lambda value: (answered[value], value))
    return _unlike(_in_turns([by_class[value] for value in order]))


@transaction.atomic
def answered(report: Feedback, *, field: str, value: str, actor: Actor, now: datetime) -> None:
    """Takes a person's answer; 409 where somebody else decided meanwhile, whose word stands. Twice the same is once."""
    lock_launch(report.launch_id)
    live = Decision.objects.filter(feedback=report, field=field, ended_at=None, origin=Origin.PERSON).first()
    if live is not None and live.actor_id != (actor.user.pk if actor.user else None):
        told = {"who": live.decider, "key": report.key}
        raise Problem(409, _("%(who)s answered %(key)s meanwhile, and that stands; it can be changed there.") % told)
    if live is None or live.value != value:
        overrides.override_feedback(report, field=field, value=value, reason="", actor=actor, now=now)


def _near_the_threshold(launch: Launch, *, field: str, now: datetime, skipped: Iterable[int]) -> Sequence[Decision]:
    live = Decision.objects.filter(
        launch=launch, field=field, ended_at=None, origin=Origin.MODEL, feedback__received_at__gte=now - _NO_OLDER
    )
    answered = Label.objects.filter(feedback=OuterRef("feedback"), field=field, withdrawn_at=None)
    unsaid = live.filter(~Exists(answered)).exclude(feedback__channel__in=MACHINE_CHANNELS)
    unsaid = unsaid.exclude(feedback__in=list(skipped))
    newest = list(unsaid.select_related("feedback").order_by("-id")[:_LOOKED_AT])
    return sorted(newest, key=lambda one: abs((one.confidence or 0.0) - APPLY_AT))


def _in_turns(lists: Sequence[Sequence[Decision]]) -> list[Decision]:
    longest = max(map(len, lists), default=0)
    return [one[at] for at in range(longest) for one in lists if at < len(one)]


def _unlike(decisions: Iterable[Decision]) -> list[Question]:
    chosen: list[Question] = []
    issues: set[str] = set()
    said: list[frozenset[str]] = []
    for decision in decisions:
        report = decision.feedback
        if report is None or (report.issue_key and report.issue_key in issues):
            continue
        words = _words(report)
        if any(_likeness(words, other) >= _ALIKE for other in said):
            continue
        issues.add(report.issue_key)
        said.append(words)
        chosen.append(Question(report, decision))
        if len(chosen) == SHOWN:
            break
    return chosen


def _words(report: Feedback) -> frozenset[str]:
    return frozenset(stem(word) for word in words_of(f"{report.title} {report.body[:600]}")[:_WORDS_COMPARED])


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(len(one | other), 1)
