"""This module writes down what came of a rule's look at a thing that happened, and forgets it in time."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from hypercare.core.models import Happening
from triage.automation import guard
from triage.models import AutomationRule, AutomationRun, Outcome

KEPT, KEPT_WITHOUT_MATCH = timedelta(days=180), timedelta(days=14)
FORGOTTEN_AT_ONCE = 1000


def begun(rule: AutomationRule, happening: Happening, *, now: datetime) -> AutomationRun:
    """A run whose outcome is not known yet; nothing is written."""
    cause, chain = guard.chain_of(happening)
    return AutomationRun(
        rule=rule, happening=happening.pk, event=rule.event, subject=happening.subject, by_name=happening.actor_name,
        occurred_at=happening.occurred_at, ran_at=now, cause=cause, chain=chain,
    )  # fmt: skip


def ended(run: AutomationRun, outcome: Outcome, why: str) -> AutomationRun:
    """The same with its outcome, not written either."""
    run.outcome, run.why = outcome, why[:500]
    return run


def note_failed(rule: AutomationRule, happening: Happening, error: BaseException | None, *, now: datetime) -> None:
    """Tells that something failed which no person could have put right."""
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
