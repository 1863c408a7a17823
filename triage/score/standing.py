"""This module says why one issue stands above another, and how far one figure would have to move to change that."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from triage.models import Issue, Moscow
from triage.score.rice import MOSCOW_ORDER, rice

_FIGURES = {
    "reach": gettext_lazy("reach"),
    "impact": gettext_lazy("impact"),
    "confidence": gettext_lazy("confidence"),
    "effort": gettext_lazy("effort"),
}
# An input that would have to move this much says that the order is safe.
FIRM_AT = 2.0


@dataclass(frozen=True)
class Move:
    """What one figure would have to become for the order to change: `factor` is how many times as much or as little."""

    figure: str
    now: float
    needed: float
    factor: float


@dataclass(frozen=True)
class Between:
    """What keeps an issue above the next one."""

    upper: Issue
    lower: Issue
    reason: str
    moves: tuple[Move, ...]

    @property
    def is_firm(self) -> bool:
        """Whether no single figure that is less than doubled or halved would turn the two around."""
        return all(move.factor >= FIRM_AT for move in self.moves)

    @property
    def would_pass(self) -> str:
        """What would bring the lower one past the upper one, each figure on its own; empty where no such figure is known."""
        ways = [
            _("%(figure)s %(needed)s instead of %(now)s")
            % {"figure": _FIGURES[move.figure], "needed": _number(move.needed), "now": _number(move.now)}
            for move in self.moves
        ]
        if not ways:
            return ""
        said = _(" or ").join([", ".join(ways[:-1]), ways[-1]]) if len(ways) > 1 else ways[0]
        return _("%(key)s would pass it with %(ways)s") % {"key": self.lower.key, "ways": said}


def between(upper: Issue, lower: Issue) -> Between:
    """Compares two issues of one launch that stand in this order."""
    if MOSCOW_ORDER[Moscow(upper.moscow)] != MOSCOW_ORDER[Moscow(lower.moscow)]:
        reason = _("%(upper)s is “%(one)s” and %(lower)s is “%(other)s”, which comes before any score") % {
            "upper": upper.key, "one": upper.get_moscow_display(),
            "lower": lower.key, "other": lower.get_moscow_display()}  # fmt: skip
        return Between(upper, lower, reason, ())
    one, other = _score(upper), _score(lower)
    if one == other:
        reason = _("both score %(score)s; the newer one stands first") % {"score": _number(one)}
        return Between(upper, lower, reason, ())
    reason = _("%(upper)s scores %(one)s and %(lower)s scores %(other)s") % {
        "upper": upper.key, "one": _number(one), "lower": lower.key, "other": _number(other)}  # fmt: skip
    # A formula of one's own may use the figures in any way, so only the score itself is compared.
    is_own = upper.formula_score is not None or lower.formula_score is not None
    return Between(upper, lower, reason, () if is_own else _moves(upper, lower, factor=one / max(other, 0.01)))


def _moves(upper: Issue, lower: Issue, *, factor: float) -> tuple[Move, ...]:
    """Each figure of RICE on its own: reach, impact and confidence are factors of it, effort divides it."""
    reach = max(lower.reach_value, 1)
    found = [Move("reach", reach, _reach_needed(upper, lower), factor)]
    if lower.rice_impact * factor <= 3:
        found.append(Move("impact", lower.rice_impact, round(lower.rice_impact * factor, 2), factor))
    if lower.rice_confidence * factor <= 1:
        found.append(Move("confidence", lower.rice_confidence, round(lower.rice_confidence * factor, 2), factor))
    found.append(Move("effort", lower.rice_effort, round(lower.rice_effort / factor, 2), factor))
    return tuple(found)


def _reach_needed(upper: Issue, lower: Issue) -> int:
    """The first whole number with which the lower one scores more: standing level is not yet passing."""
    impact, confidence, effort = lower.rice_impact, lower.rice_confidence, lower.rice_effort
    needed = max(int(upper.rice_score * effort / (impact * confidence)) - 1, lower.reach_value)
    while rice(needed, impact, confidence, effort) <= upper.rice_score:  # scores are rounded
        needed += 1
    return needed


def _score(issue: Issue) -> float:
    return issue.rice_score if issue.formula_score is None else issue.formula_score


def _number(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")
