"""This module keeps rules from running in circles, by what caused an event and how deep, and from acting too often.

A rule never acts on what it caused itself, directly or through others. One that is held back for circles again and
again is switched off, and its owner is told; one that has much to do is only slowed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from hypercare.core.models import Happening
from triage.models import AutomationRule, AutomationRun, Outcome

DEEPEST = 3
HOUR = timedelta(hours=1)
MOST_ABOUT_ONE = 5
MOST_AN_HOUR = 500
MOST_TIMES_HELD = 10
_ACTED = (Outcome.DONE, Outcome.PARTLY)


def chain_of(happening: Happening) -> tuple[AutomationRun | None, list[int]]:
    """The run that made it happen, and the rules by whose doing it did, the first first."""
    cause = AutomationRun.objects.filter(pk=happening.cause).first() if happening.cause else None
    return cause, [*cause.chain, cause.rule_id] if cause else []


def why_circling(rule: AutomationRule, chain: Sequence[int]) -> str:
    """Why the rule must not act on what rules made happen, in words; empty where it may."""
    if chain and chain[-1] == rule.pk:
        return _("Held back: this rule made it happen itself.")
    if rule.pk in chain:
        return _("Held back: this rule made it happen itself, by way of another rule.")
    if len(chain) >= DEEPEST:
        return _("Held back: %(depth)s rules in a row made it happen, and no more may.") % {"depth": DEEPEST}
    return ""


def why_too_often(rule: AutomationRule, about: str, *, now: datetime) -> str:
    """Why the rule must not act now although nothing goes in circles, in words; empty where it may."""
    acted = AutomationRun.objects.filter(rule=rule, outcome__in=_ACTED, ran_at__gt=now - HOUR)
    if acted.filter(about=about)[:MOST_ABOUT_ONE].count() >= MOST_ABOUT_ONE:
        said = _("Held back: the rule acted %(times)s times on %(subject)s within an hour.")
        return said % {"times": MOST_ABOUT_ONE, "subject": about}
    if acted[:MOST_AN_HOUR].count() >= MOST_AN_HOUR:
        return _("Held back: the rule acted %(times)s times within an hour.") % {"times": MOST_AN_HOUR}
    return ""


def is_caught_often(rule: AutomationRule, *, now: datetime) -> bool:
    """Whether it was held back for circles so often within an hour that it is better off."""
    held = AutomationRun.objects.filter(rule=rule, guarded=True, ran_at__gt=now - HOUR)
    return held[:MOST_TIMES_HELD].count() >= MOST_TIMES_HELD
