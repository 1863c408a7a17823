"""This module says what a machine's suggestion is: a value for a field, with confidence, reason and who decided."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

# From here a suggestion is applied; under the other nothing is suggested at all.
APPLY_AT, ABSTAIN_UNDER = 0.60, 0.30
MAX_REASON = 300


@dataclass(frozen=True)
class Suggestion:
    """One value for one field of a report, empty where it abstains.

    `origin` is "model", "rule" or "person"; `chances` is of every value.
    """

    field: str
    value: str
    confidence: float
    reason: str
    origin: str
    decider: str
    applied: bool
    chances: Mapping[str, float] = dataclasses.field(default_factory=dict, compare=False, repr=False)

    @property
    def likeliest(self) -> str:
        """The value, also where it abstains from saying it."""
        return self.value or max(self.chances, key=self.chances.__getitem__, default="")


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


def abstention(
    about: str, *, confidence: float, reason: str, decider: str, chances: Mapping[str, float] | None = None
) -> Suggestion:
    """No value, and why: better than a guess that a person would have to undo."""
    return Suggestion(
        about, "", round(confidence, 4), reason[:MAX_REASON], "model", decider, applied=False, chances=chances or {}
    )
