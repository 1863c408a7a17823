"""This module teaches matching from what people answered about two issues, and lets the newcomer meet what decides.

It learns from the older answers and is judged by the newest quarter, as the text model is. What it learns is pulled to
the shipped weights, and nobody's answers count more than a third of all and a hundred that nobody gave.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override
from scipy.optimize import minimize

from hypercare.core.models import Launch
from triage import tree
from triage.classify.calibration import Floats
from triage.classify.shelf import next_number
from triage.classify.versions import champion_of
from triage.learn import champions
from triage.learn.champions import decided_meanwhile
from triage.learn.contest import Meeting
from triage.learn.recent import Split, TooFew, split
from triage.learn.voices import heard
from triage.locks import lock_launch
from triage.match import readings
from triage.match.candidates import candidates_of
from triage.match.judge import LIKELY, NAME, SHIPPED, Features, Judge, judge_of, of_version
from triage.models import Answer, ModelVersion, Origin, Pair

MOST_PAIRS = 600
# So many of the held-out must be merged, and at most two in a hundred of them wrongly, before the machine merges by it.
FEWEST_MERGED, MERGE_PRECISION = 50, 0.98
_AS_MANY_AS = 100.0
_PULL = 0.3


@dataclass(frozen=True)
class Answered:
    """What a person said of one of the issues that a search found, and what the search found beside it."""

    candidates: tuple[Features, ...]
    asked: int
    is_same: bool
    voice: str
    at: datetime
    is_ticket: bool = False

    @property
    def voices(self) -> set[str]:
        """Who spoke."""
        return {self.voice}


@dataclass(frozen=True)
class Outcome:
    """What came of it, in words, and the version where one was made."""

    reason: str
    version: ModelVersion | None = None


def answers_of(launch: Launch) -> list[Answered]:
    """The newest answers of people, the oldest first; what a machine merged by itself teaches it nothing."""
    said = Pair.objects.filter(launch=launch, origin=Origin.PERSON).exclude(answered_by=None)
    newest = said.select_related("older", "newer").order_by("-answered_at")[:MOST_PAIRS]
    return [one for pair in reversed(newest) if (one := _answered(pair)) is not None]


def _answered(pair: Pair) -> Answered | None:
    """None where the search does not find the one from the other: then no weights would."""
    issue, other = pair.newer, pair.older
    if other.pk in tree.members_of([issue.pk])[issue.pk]:
        issue, other = other, issue
    first, root = issue.first_report, tree.roots_of([other.pk])[other.pk]
    if first is None:
        return None
    found = candidates_of(readings.read([first.pk])[0], issue)
    asked = next((at for at, each in enumerate(found) if each.issue.pk == root), None)
    if asked is None or pair.answered_at is None:
        return None
    features = tuple(each.features for each in found)
    return Answered(features, asked, pair.answer == Answer.SAME, f"user:{pair.answered_by_id}", pair.answered_at)


def learn(answers: Sequence[Answered], *, shipped: Judge = SHIPPED) -> Judge:
    """Weights near the shipped ones that say best what people said; beside one that is the same all others are not."""
    shares = heard(Counter(one.voice for one in answers), beside=_AS_MANY_AS)
    features, same, heed = [], [], []
    for one in answers:
        counted = one.candidates if one.is_same else one.candidates[one.asked : one.asked + 1]
        for at, each in enumerate(counted):
            is_same = one.is_same and at == one.asked
            features.append((1.0, *each))
            same.append(float(is_same))
            heed.append(shares[one.voice] / (1 if is_same or not one.is_same else len(counted) - 1))
    start = np.array([shipped.bias, *shipped.weights])
    fitted = _fitted(np.array(features), np.array(same), np.array(heed), start)
    return Judge(round(float(fitted[0]), 4), tuple(round(float(weight), 4) for weight in fitted[1:]))


def _fitted(features: Floats, same: Floats, heed: Floats, start: Floats) -> Floats:
    def cost(weights: Floats) -> tuple[float, Floats]:
        total, moved = features @ weights, weights - start
        missed = 1 / (1 + np.exp(-total)) - same
        loss = float(heed @ (np.logaddexp(0, total) - same * total)) + _PULL / 2 * float(moved @ moved)
        return loss, features.T @ (heed * missed) + _PULL * moved

    found: Floats = minimize(cost, start, jac=True, method="L-BFGS-B").x
    return found


def merge_at(judge: Judge, held: Sequence[Answered]) -> float | None:
    """The least probability from which merging each best candidate would have been right; None where none is sure enough."""
    best = sorted(_merges(judge, held), reverse=True)
    chances = np.array([chance for chance, _is_right in best])
    right = np.cumsum([is_right for _chance, is_right in best])
    merged = np.arange(1, len(best) + 1)
    whole = np.append(chances[1:] < chances[:-1], [True] * bool(best))  # who is as likely is merged too
    sure = np.flatnonzero(whole & (merged >= FEWEST_MERGED) & (right >= MERGE_PRECISION * merged))
    return round(best[sure[-1]][0], 4) if len(sure) else None


def _merges(judge: Judge, held: Sequence[Answered]) -> list[tuple[float, bool]]:
    """How likely each best candidate is, and whether merging it is right; nobody said so of one beside a refused one."""
    best = [(*_best(judge, one), one.is_same) for one in held]
    return [(chance, is_asked and is_same) for chance, is_asked, is_same in best if is_asked or is_same]


def _best(judge: Judge, one: Answered) -> tuple[float, bool]:
    chances = [judge.probability(each) for each in one.candidates]
    best = int(np.argmax(chances))
    return chances[best], best == one.asked


def is_right(judge: Judge, one: Answered) -> bool:
    """Whether it would have named the issue as the same first of all and likely so, where that is what people said."""
    chance, is_asked = _best(judge, one)
    return (is_asked and chance >= LIKELY) == one.is_same


def meet(champion: Judge, challenger: Judge, held: Sequence[Answered]) -> Meeting:
    """Both judge what neither has seen."""
    right = [(is_right(champion, one), is_right(challenger, one)) for one in held]
    return Meeting(sum(new and not old for old, new in right), sum(old and not new for old, new in right))


def retrain(launch: Launch, *, now: datetime) -> Outcome:
    """Learns the older answers, is judged by the newest, and decides from then on where it is better for sure."""
    with override(launch.language):
        champion = champion_of(launch.pk, name=NAME)
        found = split(answers_of(launch), seen_until=champion.learned_until if champion else None)
        if isinstance(found, TooFew):
            return Outcome(_("Matching: too few answers about pairs of issues so far."))
        challenger = learn(found.learned)
        challenger = replace(challenger, merge_at=merge_at(challenger, found.held))
        meeting = meet(of_version(champion) if champion else SHIPPED, challenger, found.held)
        return settle(launch, challenger, meeting, found, met=champion, now=now)


@transaction.atomic
def settle(
    launch: Launch,
    judge: Judge,
    meeting: Meeting,
    found: Split[Answered],
    *,
    met: ModelVersion | None,
    now: datetime,
) -> Outcome:
    """Keeps the weights as a version, and promotes it where nothing speaks against it; `met` decided as it began."""
    lock_launch(launch.pk)
    before = judge_of(launch.pk)
    told = {"gained": meeting.gained, "lost": meeting.lost, "p": round(meeting.chance, 5)}
    figures = {
        "judge": judge.as_json(),
        "meeting": told | {"pairs": len(found.held), "learned": len(found.learned), "one_voice": found.one_voice},
        "champion": figures_of(before, found.held),
        "challenger": figures_of(judge, found.held),
    }
    why_not = _against(launch, meeting, found, met=met)
    won = _("Better on the held-out answers.")
    facts = {"number": next_number(NAME), "figures": figures, "trained_at": now, "learned_until": found.learned_until}
    keep = partial(ModelVersion.objects.create, name=NAME, **facts)
    version = champions.enter(launch, keep, name=NAME, why_not=why_not, won=won, now=now)
    return Outcome(_("Matching: %(reason)s") % {"reason": why_not or won}, version)


def _against(launch: Launch, meeting: Meeting, found: Split[Answered], *, met: ModelVersion | None) -> str:
    """Why it may not decide by itself; empty where it may."""
    if not meeting.is_better:
        return _("Not better for sure on the held-out answers.")
    if found.one_voice:
        return _(
            "Better, but nearly all answers that judged it are one person's. Promote it by hand if you trust them."
        )
    return decided_meanwhile(launch, name=NAME, met=met)


def figures_of(judge: Judge, held: Sequence[Answered]) -> dict[str, Any]:
    """How often it is right, how often what is the same stands first, and what merging by it would have done."""
    same = [one for one in held if one.is_same]
    merges = _merges(judge, held)
    merged = [is_right for chance, is_right in merges if judge.merge_at is not None and chance >= judge.merge_at]
    return {
        "right": round(sum(is_right(judge, one) for one in held) / len(held), 4),
        "first": round(sum(_best(judge, one)[1] for one in same) / len(same), 4) if same else None,
        "merged": len(merged),
        "merged_right": sum(merged),
    }
