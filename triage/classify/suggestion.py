"""This module says what a machine's suggestion is: a value for a field, with confidence, reason and who decided."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

APPLY_AT = 0.60
MAX_REASON = 300


@dataclass(frozen=True)
class Suggestion:
    """One value for one field of a report. `origin` is "model", "rule" or "person"."""

    field: str
    value: str
    confidence: float
    reason: str
    origin: str
    decider: str
    applied: bool


def suggest(field: str, value: str, *, confidence: float, reason: str, origin: str, decider: str) -> Suggestion:
    """A suggestion that is applied when it is sure enough, and otherwise says that it is not."""
    sure = confidence >= APPLY_AT
    said = reason if sure else _("not sure: %(reason)s") % {"reason": reason}
    return Suggestion(field, value, round(confidence, 4), said[:MAX_REASON], origin, decider, applied=sure)
