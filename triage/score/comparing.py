"""This module sets two issues side by side: which inputs differ, where each comes from, and what one would have to become."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hypercare.core.models import Launch
from triage.models import Decision, Issue, Origin
from triage.score import business
from triage.score.figures import REPORTERS, RISK, risk_of
from triage.score.ranking import open_roots
from triage.score.standing import Between, between

_NAMES = {
    "moscow": "MoSCoW",
    "reach": gettext_lazy("reach"),
    "rice_impact": gettext_lazy("impact"),
    "rice_confidence": gettext_lazy("confidence"),
    "rice_effort": gettext_lazy("effort"),
    "rice_score": "RICE",
    "formula_score": gettext_lazy("formula"),
    "severity": gettext_lazy("severity"),
    "business_value": gettext_lazy("value"),
    "rpn_severity": gettext_lazy("risk: severity"),
    "rpn_occurrence": gettext_lazy("risk: occurrence"),
    "rpn_detection": gettext_lazy("risk: detection"),
    "rpn": "RPN",
}


@dataclass(frozen=True)
class Side:
    """One issue's value of a figure, and where it comes from."""

    value: str
    origin: str


@dataclass(frozen=True)
class Input:
    """One figure of both."""

    name: str
    label: str
    upper: Side
    lower: Side

    @property
    def differs(self) -> bool:
        """Whether it tells the two apart."""
        return self.upper.value != self.lower.value


@dataclass(frozen=True)
class Compared:
    """Two issues in the order in which they stand, what keeps it so, and all their figures."""

    between: Between
    inputs: tuple[Input, ...]


def compared(launch: Launch, one: Issue, other: Issue) -> Compared | None:
    """Compares two open roots; None where either is ended, merged, or both are the same."""
    found = list(open_roots(launch).filter(pk__in={one.pk, other.pk}).select_related("component"))
    if len(found) != 2:
        return None
    upper, lower = found
    said = {issue.pk: _in_force(issue) for issue in found}
    return Compared(between(upper, lower), tuple(_inputs(upper, lower, said)))


def _in_force(issue: Issue) -> dict[str, Decision]:
    return {decision.field: decision for decision in issue.decisions.filter(ended_at=None)}


def _inputs(upper: Issue, lower: Issue, said: Mapping[int, Mapping[str, Decision]]) -> Sequence[Input]:
    inputs = []
    for name, label in _NAMES.items():
        if name == "formula_score" and upper.formula_score is None and lower.formula_score is None:
            continue
        sides = [Side(_value(issue, name), origin_of(issue, name, said[issue.pk])) for issue in (upper, lower)]
        inputs.append(Input(name, str(label), *sides))
    return inputs


def _value(issue: Issue, name: str) -> str:
    if name == "moscow":
        return str(issue.get_moscow_display())
    if name == "severity":
        return f"SEV{issue.severity}"
    if name == "rice_confidence":
        return f"{issue.rice_confidence:.0%}"
    value = max(issue.reach_value, 1) if name == "reach" else getattr(issue, name)
    return "–" if value is None else f"{value:,.2f}".rstrip("0").rstrip(".")


def origin_of(issue: Issue, name: str, said: Mapping[str, Decision]) -> str:
    """Where a figure comes from, in words: a person and why, the rule and why, or what it is worked out of."""
    decision = said.get(name)
    if decision is not None:
        who = decision.decider if decision.origin == Origin.PERSON else decision.get_origin_display()
        return f"{who}: {decision.reason}" if decision.reason else str(who)
    if name == "reach":
        return _("counted by reporters") if issue.reach_method == REPORTERS else _("measured in traffic")
    if name == "business_value":
        return business.why(issue.component)
    if name in RISK:
        return risk_of(issue, now=issue.reach_at).reasons[RISK.index(name)]
    worked_out = {
        "rice_score": _("reach × impact × confidence ÷ effort"),
        "rpn": _("severity × occurrence × detection"),
        "formula_score": _("this launch's own formula"),
    }
    return worked_out.get(name, "")
