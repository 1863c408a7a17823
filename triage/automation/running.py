"""This module runs a launch's own rules over what happened: each once, in their order, with what came of it written down.

A thing that happened, the runs of all rules about it, what they did and its end as work that waits commit together. So a
worker that dies repeats nothing, and two workers never do the same.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import OperationalError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from hypercare.core import happenings
from hypercare.core.models import Happening, Listener
from hypercare.core.problem import Problem
from hypercare.core.timeline import LONGEST_NAME, Actor
from triage.automation import actions, guard, rules, runs
from triage.automation.action import Action, Doing, Look
from triage.automation.facts import About, Facts
from triage.automation.passing import LOOKS_AGAIN, pass_over, rules_of, waits_for_triage
from triage.automation.planning import Plan, hears, plan
from triage.automation.subjects import Subjects
from triage.locks import lock_launch
from triage.models import AutomationRule, AutomationRun, Outcome

log = logging.getLogger(__name__)

TASK = "triage.automation"
AT_ONCE = 50
Clock = Callable[[], datetime]


def run_waiting(*, clock: Clock) -> int:
    """Lets rules look at what happened, so much at a time; says how many things it was."""
    return happenings.hear(lambda: _hear_or_put_off(clock=clock), task=TASK)


def _hear_or_put_off(*, clock: Clock) -> int:
    try:
        return _hear_some(now=clock())
    except _Stuck as stuck:
        log.exception("a rule could not look at happening %s", stuck.happening.pk)
        _put_off(stuck.happening, stuck.__cause__, now=clock())
        return 1


class _Stuck(Exception):
    """Something failed that no person could have put right."""

    def __init__(self, happening: Happening) -> None:
        super().__init__(str(happening))
        self.happening = happening


@transaction.atomic
def _hear_some(*, now: datetime) -> int:
    waiting = happenings.next_for(Listener.RULES, now=now, most=AT_ONCE)
    if not waiting:
        return 0
    with override(waiting[0].launch.language):
        return _passed_over(waiting, now=now) or _hear_one(waiting[0], now=now)


def _passed_over(waiting: Sequence[Happening], *, now: datetime) -> int:
    try:
        with transaction.atomic():
            return pass_over(waiting, now=now)
    except Exception:  # whichever it is says so when its turn comes to be looked at by itself
        log.warning("happenings from %s on could not be looked at together", waiting[0].pk, exc_info=True)
        return 0


def _hear_one(happening: Happening, *, now: datetime) -> int:
    try:
        if waits_for_triage(happening, Subjects(happening.launch, [happening.subject]), now=now):
            Happening.objects.filter(pk=happening.pk).update(not_before=now + LOOKS_AGAIN)
            return 1
        lock_launch(happening.launch_id)  # what is looked at stays so until it is acted upon
        for rule in _rules_that_hear(happening):
            _run_apart(rule, happening, now=now)
    except Exception as error:
        raise _Stuck(happening) from error
    happening.delete()
    return 1


def _rules_that_hear(happening: Happening) -> list[AutomationRule]:
    return [rule for rule in rules_of(happening.launch) if hears(rule, happening)]


def _run_apart(rule: AutomationRule, happening: Happening, *, now: datetime) -> None:
    """A rule that stumbles leaves nothing behind but a run that says so, and the others act."""
    try:
        with transaction.atomic():
            _run(rule, happening, now=now)
    except OperationalError:
        raise  # a deadlock or a lost connection is nobody's fault and is tried again
    except Exception as error:
        log.exception("rule %s could not look at happening %s", rule.pk, happening.pk)
        runs.note_failed(rule, happening, error, now=now)


def _run(rule: AutomationRule, happening: Happening, *, now: datetime) -> None:
    if AutomationRun.objects.filter(rule=rule, happening=happening.pk).exists():
        return
    run = runs.begun(rule, happening, now=now)
    if not rules.owner_may(rule):
        rules.stop(rule, rules.OWNER, now=now)
        runs.ended(run, Outcome.HELD, rules.why_off(rule)).save()
        return
    facts = Facts(happening, About.of(happening))
    planned = plan(rule, facts, now=now)
    if not planned.is_met:
        runs.ended(run, Outcome.NOT_MET, planned.why).save()
        return
    run.about = facts.issue.key if facts.issue else happening.subject
    if planned.does_something and (why := guard.why_circling(rule, run.chain)):
        run.guarded = True
        runs.ended(run, Outcome.HELD, why).save()
        if guard.is_caught_often(rule, now=now):
            rules.stop(rule, rules.LOOP, now=now)
    elif planned.does_something and (why := guard.why_too_often(rule, run.about, now=now)):
        runs.ended(run, Outcome.HELD, why).save()
    else:
        _act(run, happening, planned, now=now)


def _act(run: AutomationRun, happening: Happening, planned: Plan, *, now: datetime) -> None:
    runs.ended(run, Outcome.NOTHING, planned.why).save()  # it needs its number before what it does can name it
    named = _("Rule “%(name)s”") % {"name": run.rule.name}
    actor = Actor(named[:LONGEST_NAME], request=f"rule-run:{run.pk}")
    for number, kept in enumerate(run.rule.actions):
        doing = Doing(run.rule, run.pk, number, actor, now)
        run.results.append(_do(actions.made(happening.launch, kept), happening, doing) | {"do": kept["do"]})
    run.outcome = _outcome({one["came"] for one in run.results})
    run.save(update_fields=["results", "outcome"])


def _do(action: Action, happening: Happening, doing: Doing) -> dict[str, str]:
    """One action and what came of it; what is refused takes nothing else with it."""
    facts = Facts(happening, About.of(happening))
    seen = action.look(facts, now=doing.now)
    if seen.look != Look.WOULD:
        return {"came": seen.look, "words": seen.words[:500]}
    try:
        with transaction.atomic(), happenings.caused_by(doing.run):
            action.do(facts, doing)
    except Problem as problem:
        return {"came": Look.REFUSED, "words": action.refused(problem.detail).words[:500]}
    return {"came": "done", "words": seen.words[:500]}


def _outcome(came: set[str]) -> Outcome:
    if "done" in came:
        return Outcome.PARTLY if Look.REFUSED in came else Outcome.DONE
    return Outcome.FAILED if Look.REFUSED in came else Outcome.NOTHING


@transaction.atomic
def _put_off(happening: Happening, error: BaseException | None, *, now: datetime) -> None:
    """Tries a thing again later at which a rule stumbled; after some times it is told as failed, and let go."""
    row = Happening.objects.select_for_update(of=("self",)).filter(pk=happening.pk).select_related("launch").first()
    if row is None:
        return
    if not happenings.put_off(row, now=now):
        return
    with override(row.launch.language):
        for rule in _rules_that_hear(row):
            runs.note_failed(rule, row, error, now=now)
    row.delete()
