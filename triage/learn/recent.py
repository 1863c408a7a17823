"""This module holds recent decisions out of a training, so that champion and challenger meet on what neither has seen.

The split is by time: what is held out is newer than all that was learned. Of the held out no person gives more than all
others together; where that leaves too few, one person alone would decide, and then a person has to promote by hand.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

FEWEST_HELD, MOST_HELD = 30, 500
FEWEST_LEARNED = 20
HELD_SHARE = 0.25


class Taught(Protocol):
    """What a person taught, when, and who spoke."""

    @property
    def at(self) -> datetime:
        """When it was said."""

    @property
    def is_ticket(self) -> bool:
        """Whether an old ticket says it."""

    @property
    def voices(self) -> set[str]:
        """Who spoke."""


Example = TypeVar("Example", bound=Taught)


@dataclass(frozen=True)
class Split(Generic[Example]):
    """What is learned, what judges, and whether that is one person's word."""

    learned: list[Example]
    held: list[Example]
    one_voice: bool

    @property
    def by_tickets(self) -> bool:
        """Whether old tickets judge, since there are too few decisions."""
        return any(one.is_ticket for one in self.held)

    @property
    def learned_until(self) -> datetime:
        """The time of the newest decision that was learned; of the newest old ticket where there was no decision."""
        decisions = [one.at for one in self.learned if not one.is_ticket]
        return max(decisions or [one.at for one in self.learned])


@dataclass(frozen=True)
class TooFew:
    """There is not enough to learn from or to judge by."""

    learned: int
    unseen: int


def split(examples: Sequence[Example], *, seen_until: datetime | None) -> Split[Example] | TooFew:
    """Holds out the newest quarter of what the champion cannot have learned: decisions, and old tickets before there are any."""
    unseen = [one for one in examples if seen_until is None or one.at > seen_until]
    decisions = [one for one in unseen if not one.is_ticket]
    pool = decisions if len(decisions) >= FEWEST_HELD else unseen
    count = min(max(FEWEST_HELD, round(HELD_SHARE * len(pool))), MOST_HELD)
    held = pool[-count:]
    out = {id(one) for one in held}
    learned = [one for one in examples if id(one) not in out]
    if len(held) < FEWEST_HELD or len(learned) < FEWEST_LEARNED:
        return TooFew(len(learned), len(unseen))
    judges = _no_one_over_half(held)
    if len(judges) < FEWEST_HELD:
        return Split(learned, held, one_voice=True)
    return Split(learned, judges, one_voice=False)


def _no_one_over_half(held: Sequence[Example]) -> list[Example]:
    """The newest of whoever spoke most are kept, as many as of all others together."""
    spoke = Counter(voice for one in held for voice in one.voices)
    loudest, times = spoke.most_common(1)[0]
    others = [one for one in held if loudest not in one.voices]
    if times <= len(others):
        return list(held)
    kept = {id(one) for one in [one for one in held if loudest in one.voices][-len(others) :]} if others else set()
    return [one for one in held if id(one) in kept or loudest not in one.voices]
