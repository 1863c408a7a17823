"""This module runs a launch's own rules over what happened: each once, in their order, with what came of it written down.

A thing that happened, the runs of all rules about it, what they did and its end as work that waits commit together. So a
worker that dies repeats nothing, and two workers never do the same.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from hypercare.core import happenings
from hypercare.core.models import Happening, Listener
from hypercare.core.problem import Problem
from hypercare.core.timeline import LONGEST_NAME, Actor
from triage.automation import actions, guard, rules
from triage.automation.action import Action, Doing, Look
from triage.automation.facts import About, Facts
from triage.automation.planning import Plan, hears, plan
from triage.locks import lock_launch
from triage.models import AutomationRule, AutomationRun, Outcome

log = logging.getLogger(__name__)

TASK = "triage.automation"
KEPT, KEPT_WITHOUT_MATCH = timedelta(days=180), timedelta(days=14)
WAITS_FOR_TRIAGE, LOOKS_AGAIN = timedelta(minutes=10), timedelta(seconds=5)
_BEFORE_TRIAGE = happenings.kinds_of(["feedback.received", "alert.opened"])
FORGOTTEN_AT_ONCE = 1000
Clock = Callable[[], datetime]


def run_waiting(*, clock: Clock) -> int:
    """Lets rules look at what happened, so much at a time; says how many things it was."""
    return happenings.hear(lambda: _hear_or_put_off(clock=clock), task=TASK)


def _hear_or_put_off(*, clock: Clock) -> bool:
    try:
        return _hear_one(now=clock())
    except _Stuck as stuck:
        log.exception("a rule could not look at happening %s", stuck.happening.pk)
        _put_off(stuck.happening, stuck.__cause__, now=clock())
        return True


class _Stuck(Exception):
    """Something failed that no person could have put right."""

    def __init__(self, happening: Happening) -> None:
        super().__init__(str(happening))
        self.happening = happening


@transaction.atomic
def _hear_one(*, now: datetime) -> bool:
    happening = happenings.next_for(Listener.RULES, now=now)
    if happening is None:
        return False
    try:
        if _waits_for_triage(happening, now=now) and _rules_that_hear(happening):
            Happening.objects.filter(pk=happening.pk).update(not_before=now + LOOKS_AGAIN)
            return True
        lock_launch(happening.launch_id)  # what is looked at stays so until it is acted upon
        with override(happening.launch.language):
            for rule in _rules_that_hear(happening):
                _run_apart(rule, happening, now=now)
    except Exception as error:
        raise _Stuck(happening) from error
    happening.delete()
    return True


def _waits_for_triage(happening: Happening, *, now: datetime) -> bool:
    """Whether rules had better look later, when it has an issue; where triage is far behind they look all the same."""
    is_new = happening.kind in _BEFORE_TRIAGE and now - happening.recorded_at < WAITS_FOR_TRIAGE
    return is_new and About.of(happening).is_in_triage


def _rules_that_hear(happening: Happening) -> Sequence[AutomationRule]:
    if happening.launch.closed_at:
        return []
    rows = AutomationRule.objects.filter(launch=happening.launch_id, is_on=True).select_related("launch", "owner")
    return [rule for rule in rows.order_by("place", "pk") if hears(rule, happening)]


def _run_apart(rule: AutomationRule, happening: Happening, *, now: datetime) -> None:
    """A rule that stumbles leaves nothing behind but a run that says so, and the others act."""
    try:
        with transaction.atomic():
            _run(rule, happening, now=now)
    except OperationalError:
        raise  # a deadlock or a lost connection is nobody's fault and is tried again
    except Exception as error:
        log.exception("rule %s could not look at happening %s", rule.pk, happening.pk)
        _note_failed(rule, happening, error, now=now)


def _run(rule: AutomationRule, happening: Happening, *, now: datetime) -> None:
    if AutomationRun.objects.filter(rule=rule, happening=happening.pk).exists():
        return
    cause, chain = guard.chain_of(happening)
    run = AutomationRun(
        rule=rule, happening=happening.pk, event=rule.event, subject=happening.subject, by_name=happening.actor_name,
        occurred_at=happening.occurred_at, ran_at=now, cause=cause, chain=chain,
    )  # fmt: skip
    if not rules.owner_may(rule):
        rules.stop(rule, rules.OWNER, now=now)
        _end(run, Outcome.HELD, rules.why_off(rule))
        return
    facts = Facts(happening, About.of(happening))
    planned = plan(rule, facts, now=now)
    if not planned.is_met:
        _end(run, Outcome.NOT_MET, planned.why)
        return
    run.about = facts.issue.key if facts.issue else happening.subject
    if planned.does_something and (why := guard.why_circling(rule, chain)):
        run.guarded = True
        _end(run, Outcome.HELD, why)
        if guard.is_caught_often(rule, now=now):
            rules.stop(rule, rules.LOOP, now=now)
    elif planned.does_something and (why := guard.why_too_often(rule, run.about, now=now)):
        _end(run, Outcome.HELD, why)
    else:
        _act(run, happening, planned, now=now)


def _act(run: AutomationRun, happening: Happening, planned: Plan, *, now: datetime) -> None:
    _end(run, Outcome.NOTHING, planned.why)  # it needs its number before what it does can name it
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


def _end(run: AutomationRun, outcome: Outcome, why: str) -> None:
    run.outcome, run.why = outcome, why[:500]
    run.save()


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
            _note_failed(rule, row, error, now=now)
    row.delete()


def _note_failed(rule: AutomationRule, happening: Happening, error: BaseException | None, *, now: datetime) -> None:
    why = _("Something went wrong that nobody foresaw (%(error)s); nothing was done.")
    AutomationRun.objects.get_or_create(
        rule=rule, happening=happening.pk,
        defaults={"event": rule.event, "subject": happening.subject, "by_name": happening.actor_name,
            "occurred_at": happening.occurred_at, "ran_at": now, "outcome": Outcome.FAILED,
            "why": why % {"error": type(error).__name__}},
    )  # fmt: skip


def forget_old(*, now: datetime) -> int:
    """Deletes runs that matched nothing after two weeks, all others after half a year."""
    unmatched = Q(outcome=Outcome.NOT_MET, ran_at__lt=now - KEPT_WITHOUT_MATCH)
    old = (
        AutomationRun.objects.filter(unmatched | Q(ran_at__lt=now - KEPT))
        .order_by("ran_at")
        .values_list("pk", flat=True)
    )
    forgotten = 0
    while some := list(old[:FORGOTTEN_AT_ONCE]):
        AutomationRun.objects.filter(pk__in=some).delete()
        forgotten += len(some)
    return forgotten
