"""This module says what a machine's suggestion is: a value for a field, with confidence, reason and who decided."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

APPLY_AT = 0.60
MAX_REASON = 300


@dataclass(frozen=True)
class Suggestion:
    """One value for one field of a report. `origin` is "model", "rule" or "person"; `chances` is of every value."""

    field: str
    value: str
    confidence: float
    reason: str
    origin: str
    decider: str
    applied: bool
    chances: Mapping[str, float] = dataclasses.field(default_factory=dict, compare=False, repr=False)


def suggest(
    about: str,
    value: str,
    *,
    confidence: float,
    reason: str,
    origin: str,
    decider: str,
    chances: Mapping[str, float] | None = None,
) -> Suggestion:
    """A suggestion that is applied when it is sure enough, and otherwise says that it is not."""
    sure = confidence >= APPLY_AT
    said = reason if sure else _("not sure: %(reason)s") % {"reason": reason}
    return Suggestion(
        about, value, round(confidence, 4), said[:MAX_REASON], origin, decider, applied=sure, chances=chances or {}
    )
