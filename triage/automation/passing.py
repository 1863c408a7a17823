"""This module lets rules pass over what none of them acts upon, many things in one go: most of what happens is such.

It stops before the first thing that a rule may act upon, for what is done about that may change how the next one looks.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from hypercare.core import happenings
from hypercare.core.models import Happening, Launch
from triage.automation import rules, runs
from triage.automation.facts import About, Facts
from triage.automation.planning import hears, weigh
from triage.automation.subjects import Subjects
from triage.locks import lock_launch
from triage.models import AutomationRule, AutomationRun, Outcome

WAITS_FOR_TRIAGE, LOOKS_AGAIN = timedelta(minutes=10), timedelta(seconds=5)
_BEFORE_TRIAGE = happenings.kinds_of(["feedback.received", "alert.opened"])


def pass_over(waiting: Sequence[Happening], *, now: datetime) -> int:
    """Forgets the first of these things of one launch, with a run that says why for each rule; how many they were."""
    launch = waiting[0].launch
    lock_launch(launch.pk)  # what is looked at stays so until it is passed over
    may = {rule: rules.owner_may(rule) for rule in rules_of(launch)}
    subjects = Subjects(launch, [happening.subject for happening in waiting])
    passed, later, looks = list[int](), list[int](), list[AutomationRun]()
    for happening in waiting:
        hearing = {rule: may[rule] for rule in may if hears(rule, happening)}
        if hearing and waits_for_triage(happening, subjects, now=now):
            later.append(happening.pk)
            continue
        idle = _looks(happening, hearing, subjects, now=now)
        if idle is None:
            break
        passed.append(happening.pk)
        looks += idle
    Happening.objects.filter(pk__in=later).update(not_before=now + LOOKS_AGAIN)
    AutomationRun.objects.bulk_create(looks, ignore_conflicts=True)
    Happening.objects.filter(pk__in=passed).delete()
    return len(passed) + len(later)


def rules_of(launch: Launch) -> list[AutomationRule]:
    """The rules that are on, in their order; none act in a closed launch."""
    if launch.closed_at:
        return []
    rows = AutomationRule.objects.filter(launch=launch, is_on=True).select_related("launch", "owner")
    return list(rows.order_by("place", "pk"))


def waits_for_triage(happening: Happening, subjects: Subjects, *, now: datetime) -> bool:
    """Whether rules had better look later, when it has an issue; where triage is far behind they look all the same."""
    is_new = happening.kind in _BEFORE_TRIAGE and now - happening.recorded_at < WAITS_FOR_TRIAGE
    return is_new and subjects.is_in_triage(happening.subject)


def _looks(
    happening: Happening, hearing: Mapping[AutomationRule, bool], subjects: Subjects, *, now: datetime
) -> list[AutomationRun] | None:
    """What each rule says that does not act; None where one may act, or must stop as its owner may no more."""
    if not all(hearing.values()):
        return None
    facts, looks = Facts(happening, About.of(happening, subjects)), []
    for rule in hearing:
        is_met, why = weigh(rule, facts)
        if is_met:
            return None
        looks.append(runs.ended(runs.begun(rule, happening, now=now), Outcome.NOT_MET, why))
    return looks
