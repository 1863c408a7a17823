"""This module bounds influence: no one person's decisions, and no one's old tickets, weigh more than a third of what teaches.

The share is of everything a field is learned from, the seed corpus among it, so it holds for a launch's first labeller
too. Who says more than that is heard a little less with every further word; nobody is shut out.
"""

from collections.abc import Mapping

MOST_OF_ALL = 1 / 3
_ROUNDS = 60


def heard(said: Mapping[str, float], *, beside: float) -> dict[str, float]:
    """How much of each voice's weight is heard, 1 for all of it; `beside` is the weight nobody has to answer for."""
    kept = dict(said)
    for _round in range(_ROUNDS):
        whole = beside + sum(kept.values())
        over = {voice for voice, weight in kept.items() if weight > MOST_OF_ALL * whole * (1 + 1e-9)}
        if not over:
            break
        kept |= dict.fromkeys(over, MOST_OF_ALL * whole)
    return {voice: kept[voice] / weight if weight else 1.0 for voice, weight in said.items()}
