"""This module measures matching by the code that triage runs: mixed reports are grouped and compared with the truth."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from triage.match.alike import FITTED, Weights
from triage.match.assign import Assignment, Decider, Item, propose_to, settle
from triage.match.index import TEXT_KEPT, IssueFacts, IssueIndex
from triage.match.tellings import Telling

ORDERS = 10
BATCH = 8
COMPONENT_KNOWN = 0.5
JOIN_CHOICES = (0.25, 0.30, 0.35, 0.40, 0.50)  # lower would pay a little more here, and mislead people more


@dataclass(frozen=True)
class Told:
    """One telling of a known problem."""

    problem: int
    item: Item
    text: str


@dataclass(frozen=True)
class BCubed:
    """Of the reports beside a report, how many belong there, and how many that belong there are there."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)


class MemoryIndex(IssueIndex):
    """An index that is told what triage would have written."""

    def take(self, told: Sequence[Told], assignments: Sequence[Assignment], vectors: csr_matrix) -> list[int]:
        """Opens the new issues, adds the tellings, and says which issue each went to."""
        opened: dict[int, int] = {}
        went = []
        for each, assignment in zip(told, assignments, strict=True):
            if assignment.issue_id is not None:
                went.append(assignment.issue_id)
                continue
            assert assignment.group is not None
            went.append(opened.setdefault(assignment.group, each.item.feedback_id))
        self.put_facts(_facts_of(issue_id, told) for issue_id in opened.values())
        self.tellings.add([_telling(each, issue_id) for each, issue_id in zip(told, went, strict=True)], vectors)
        return went


def _facts_of(issue_id: int, told: Sequence[Told]) -> IssueFacts:
    """An issue is opened by the report whose number it takes here."""
    opener = next(each.item for each in told if each.item.feedback_id == issue_id)
    return IssueFacts(
        issue_id,
        is_open=True,
        merged_into_id=None,
        component_id=opener.component_id,
        category=opener.category,
        fingerprint=opener.fingerprint,
    )


def _telling(told: Told, issue_id: int) -> Telling:
    item = told.item
    return Telling(item.feedback_id, issue_id, told.text[:TEXT_KEPT], item.component_id, item.category)


def tellings_of(problems: Sequence[dict[str, Any]], categories: Sequence[str]) -> list[Told]:
    """Every telling with its problem and component; `categories` is what the classifier says of each, in order."""
    components = {name: number for number, name in enumerate(sorted({_component(p) for p in problems}), start=1)}
    told = [(number, problem, telling) for number, problem in enumerate(problems) for telling in problem["tellings"]]
    return [
        Told(
            number,
            Item(
                feedback_id=at,
                component_id=components[_component(problem)],
                category=category,
                channel=telling["channel"],
                fingerprint=f"alert:{at}" if telling["channel"] == "alert" else None,
            ),
            f"{telling['title']}\n{telling['body']}",
        )
        for at, ((number, problem, telling), category) in enumerate(zip(told, categories, strict=True), start=1)
    ]


def _component(problem: dict[str, Any]) -> str:
    return f"{problem.get('system', '')}/{problem['component']}"


def shuffled(told: Sequence[Told], seed: int) -> list[Told]:
    """The tellings in a mixed order, with the component left out where a reporter would not name it."""
    chance = random.Random(seed)  # noqa: S311 - an order, not a secret
    mixed = list(told)
    chance.shuffle(mixed)
    return [
        each if chance.random() < COMPONENT_KNOWN else Told(each.problem, _without_component(each.item), each.text)
        for each in mixed
    ]


def _without_component(item: Item) -> Item:
    return Item(item.feedback_id, None, item.category, item.channel, item.fingerprint)


def groups_of(told: Sequence[Told], weights: Weights = FITTED) -> list[int]:
    """The issue of each telling, batch after batch as workers take them."""
    index = MemoryIndex()
    went: list[int] = []
    for begin in range(0, len(told), BATCH):
        batch = told[begin : begin + BATCH]
        proposal = propose_to(index, [each.item for each in batch], [each.text for each in batch], weights=weights)
        went += index.take(batch, settle(proposal), proposal.vectors)
    return went


def bcubed(said: Sequence[int], truth: Sequence[int]) -> BCubed:
    """B-cubed precision and recall over all reports."""
    together = np.equal.outer(np.asarray(said), np.asarray(said))
    belong = np.equal.outer(np.asarray(truth), np.asarray(truth))
    right = (together & belong).sum(axis=1)
    return BCubed(float(np.mean(right / together.sum(axis=1))), float(np.mean(right / belong.sum(axis=1))))


def measure(told: Sequence[Told], *, weights: Weights = FITTED, first_seed: int = 1000) -> dict[str, float]:
    """Mean figures over several mixed orders."""
    results = []
    issues = []
    for seed in range(first_seed, first_seed + ORDERS):
        order = shuffled(told, seed)
        went = groups_of(order, weights)
        issues.append(len(set(went)))
        results.append(bcubed(went, [each.problem for each in order]))
    return {
        "bcubed_f1": round(float(np.mean([result.f1 for result in results])), 4),
        "bcubed_precision": round(float(np.mean([result.precision for result in results])), 4),
        "bcubed_recall": round(float(np.mean([result.recall for result in results])), 4),
        "issues": round(float(np.mean(issues)), 1),
    }


def fit(told: Sequence[Told], *, orders: int = 2 * ORDERS) -> Weights:
    """Weights learned from the true history of these problems, and the probability at which joining pays most."""
    features, same = [], []
    for seed in range(orders):
        for place_features, right in _true_history(shuffled(told, seed)):
            features.append(place_features)
            same.append(right)
    learned = LogisticRegression(C=1, max_iter=1000).fit(np.array(features), np.array(same))
    slopes = [round(float(slope), 2) for slope in learned.coef_[0]]
    bias = round(float(learned.intercept_[0]), 2)
    choices = [Weights(*(bias, *slopes, join_at)) for join_at in JOIN_CHOICES]
    return max(choices, key=lambda weights: measure(told, weights=weights, first_seed=500)["bcubed_f1"])


def _true_history(told: Sequence[Told]) -> Iterator[tuple[tuple[float, ...], int]]:
    """What each telling looks like beside every issue near it, when all before it went where they belong."""
    index = MemoryIndex()
    first: dict[int, int] = {}
    for each in told:
        proposal = propose_to(index, [each.item], [each.text])
        near = [list(found) for found in proposal.near]
        for place, likeness in Decider(proposal, [[] for _item in near]).places(0):
            yield likeness.features(), int(place.issue_id == first.get(each.problem))
        issue_id = first.setdefault(each.problem, each.item.feedback_id)
        known = issue_id != each.item.feedback_id
        index.take([each], [Assignment(issue_id if known else None, None if known else 0, 1.0, "")], proposal.vectors)


def held_out(told: Sequence[Told]) -> dict[str, float]:
    """Figures on each half of the problems with weights that were fitted on the other half."""
    problems = sorted({each.problem for each in told})
    random.Random(7).shuffle(problems)  # noqa: S311 - a split, not a secret
    middle = len(problems) // 2
    halves = [set(problems[:middle]), set(problems[middle:])]
    figures = []
    for held, learn in (halves, halves[::-1]):
        weights = fit([each for each in told if each.problem in learn])
        figures.append(measure([each for each in told if each.problem in held], weights=weights))
    return {
        f"held_out_{name}": round(float(np.mean([each[name] for each in figures])), 4)
        for name in figures[0]
        if name != "issues"
    }
