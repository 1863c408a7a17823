"""This module holds RICE and MoSCoW: pure sums with their default maps and a reason for each part.

Reach per period x impact (3, 2, 1, 0.5, 0.25) x confidence (100, 80, 50 %) / effort (person-weeks).
"""

from typing import NamedTuple

from django.utils.translation import gettext_noop as _

from triage.models import Moscow
from triage.score.reasons import Reason, because

IMPACT_OF_SEVERITY = {1: 3.0, 2: 2.0, 3: 1.0, 4: 0.5, 5: 0.25}
MOSCOW_OF_SEVERITY = {1: Moscow.MUST, 2: Moscow.MUST, 3: Moscow.SHOULD, 4: Moscow.COULD, 5: Moscow.WONT}
MOSCOW_ORDER = {Moscow.MUST: 3, Moscow.SHOULD: 2, Moscow.COULD: 1, Moscow.WONT: 0}
DEFAULT_EFFORT = 1.0
_STEP = 1_000_000


class Part(NamedTuple):
    """One number of a score and why it is what it is."""

    value: float
    reason: Reason


def rice(reach: float, impact: float, confidence: float, effort: float) -> float:
    """The RICE score; effort is in person-weeks and above zero."""
    return round(reach * impact * confidence / effort, 2)


def confidence_from(*, people: int, machines: int) -> Part:
    """How sure we are: people and machines agree 100 %, three people or a machine 80 %, else 50 %."""
    if people and machines:
        return Part(1.0, because(_("people and machines say the same")))
    if people >= 3:
        return Part(0.8, because(_("three or more people say so")))
    if machines:
        return Part(0.8, because(_("a machine measured it")))
    return Part(0.5, because(_("few people say so, nothing measured yet")))


def moscow_of(severity: int, *, blocks_must: bool) -> tuple[Moscow, Reason]:
    """Must for SEV1 and SEV2 or what blocks a must criterion; the rest by severity."""
    if blocks_must and severity > 2:
        return Moscow.MUST, because(_("a critical or high alert of it still fires, which blocks a must criterion"))
    return MOSCOW_OF_SEVERITY[severity], because(f"SEV{severity}")


def priority_of(moscow: str, score: float) -> int:
    """The derived order of work: MoSCoW first, RICE within; a larger number comes first."""
    return MOSCOW_ORDER[Moscow(moscow)] * _STEP + min(int(score * 100), _STEP - 1)
