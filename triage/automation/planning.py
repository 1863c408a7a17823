"""This module decides what a rule would do about a thing that happened; the dry run and the real run ask it alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from hypercare.core.happenings import events_told_by
from hypercare.core.models import Happening
from triage.automation import actions, conditions
from triage.automation.action import Look, Seen
from triage.automation.facts import Facts
from triage.models import AutomationRule, Matching


@dataclass(frozen=True)
class Plan:
    """Whether the conditions hold, why not, and what each action would do."""

    is_met: bool
    why: str
    seen: Sequence[Seen] = ()

    @property
    def does_something(self) -> bool:
        """Whether anything would change or anybody be told."""
        return any(one.look == Look.WOULD for one in self.seen)


def hears(rule: AutomationRule, happening: Happening) -> bool:
    """Whether the event is the one the rule waits for."""
    return rule.event in events_told_by(happening.kind, happening.subject, happening.data)


def plan(rule: AutomationRule, facts: Facts, *, now: datetime) -> Plan:
    """Reads only."""
    is_met, why = weigh(rule, facts)
    seen = [actions.made(rule.launch, one).look(facts, now=now) for one in rule.actions] if is_met else []
    return Plan(is_met, why, seen)


def weigh(rule: AutomationRule, facts: Facts) -> tuple[bool, str]:
    """Whether the conditions hold, and what held or failed."""
    judged = [conditions.judge(one, facts) for one in rule.conditions]
    if conditions.met(rule.matching, judged):
        return True, "; ".join(one.words for one in judged if one.holds) or _("it has no conditions")
    failed = [one.words for one in judged if not one.holds]
    return False, "; ".join(failed if rule.matching == Matching.ANY else failed[:1])
