"""This module decides which issue each report of a batch belongs to, or which reports together are a new one.

`propose` does the heavy comparing outside any transaction; `settle` runs under the launch's lock, looks only at what
came since, and decides one report after the other, so that a batch gives what single reports would give.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _
from scipy.sparse import csr_matrix

from feedback.models import MACHINE_CHANNELS
from triage.match.alike import ALERT_THRESHOLD, FITTED, MEAN_OF, Likeness, Weights, probability, same
from triage.match.index import TEXT_KEPT, IssueFacts, IssueIndex, index_of
from triage.match.similarity import told_words, vectors
from triage.match.tellings import Near, Snapshot, Telling, near_of, similarities_within

WORDS_SHOWN = 3
_SHARED_CATEGORIES = frozenset({"praise", "question"})


@dataclass(frozen=True)
class Item:
    """What matching needs to know of a report beside its text."""

    feedback_id: int
    component_id: int | None
    category: str
    channel: str
    fingerprint: str | None

    @property
    def is_machine(self) -> bool:
        """Whether a machine said it."""
        return self.fingerprint is not None or self.channel in MACHINE_CHANNELS


@dataclass(frozen=True)
class Assignment:
    """An open issue, or the number of a group of this batch that is a new issue."""

    issue_id: int | None
    group: int | None
    confidence: float
    reason: str


@dataclass(frozen=True)
class Proposal:
    """A batch with its vectors and what was near in the index at that moment; opaque to the caller."""

    index: IssueIndex
    items: tuple[Item, ...]
    texts: tuple[str, ...]
    vectors: csr_matrix
    within: npt.NDArray[np.float32]
    snapshot: Snapshot
    near: list[list[Near]]
    weights: Weights = FITTED


def propose(launch_id: int, items: Sequence[Item], texts: Sequence[str]) -> Proposal:
    """Compares a batch with the launch's open issues and with itself; call it outside any transaction."""
    index = index_of(launch_id)
    proposal = propose_to(index, items, texts)
    index.remember([item.feedback_id for item in items], proposal.vectors)
    return proposal


def propose_to(
    index: IssueIndex, items: Sequence[Item], texts: Sequence[str], *, weights: Weights = FITTED
) -> Proposal:
    """Compares a batch with an index and with itself."""
    index.refresh(tidy=True)
    snapshot = index.snapshot()
    rows = vectors(texts)
    kept = tuple(text[:TEXT_KEPT] for text in texts)
    return Proposal(
        index, tuple(items), kept, rows, similarities_within(rows), snapshot, snapshot.search(rows), weights
    )


def settle(proposal: Proposal) -> list[Assignment]:
    """Decides for each item, in order; call it under the launch's lock, before anything of the batch is written."""
    index = proposal.index
    with index.lock:
        index.refresh()
        since = index.tellings.since(proposal.snapshot.newest)
        later = since.search(proposal.vectors) if since.blocks else [[] for _item in proposal.items]
        decider = Decider(proposal, later)
        return [decider.decide(at) for at in range(len(proposal.items))]


@dataclass
class Place:
    """An issue or a new group that a report may belong to, with what was told there.

    What is not known of the issue itself is taken from the nearest telling that knows it.
    """

    issue_id: int | None
    group: int | None
    component_id: int | None
    category: str
    heard: list[Near] = field(default_factory=list)

    def likeness_to(self, item: Item) -> Likeness:
        """How alike an item is to what was told here; call it when all was heard."""
        self.heard.sort(key=lambda near: -near.cosine)
        tellings = [near.telling for near in self.heard]
        component = self.component_id or next((each.component_id for each in tellings if each.component_id), None)
        category = self.category or next((each.category for each in tellings if each.category), "")
        cosines = tuple(near.cosine for near in self.heard[:MEAN_OF])
        return Likeness(cosines, same(item.component_id, component), same(item.category, category))


class Decider:
    """Goes through a batch, remembering where its earlier items went."""

    def __init__(self, proposal: Proposal, later: list[list[Near]]) -> None:
        self.proposal, self.index, self.later = proposal, proposal.index, later
        self.openers: list[Item] = []
        self.went: list[Assignment] = []
        self.by_fingerprint: dict[str, Assignment] = {}

    def decide(self, at: int) -> Assignment:
        """Where one item belongs."""
        item = self.proposal.items[at]
        assignment = self._same_alert(item) or self._alike_or_new(at, item)
        if item.fingerprint:
            self.by_fingerprint.setdefault(item.fingerprint, assignment)
        self.went.append(assignment)
        return assignment

    def _same_alert(self, item: Item) -> Assignment | None:
        if item.fingerprint is None:
            return None
        issue_id = self.index.with_fingerprint(item.fingerprint)
        if issue_id is not None:
            return Assignment(issue_id, None, 1.0, _("same alert key"))
        earlier = self.by_fingerprint.get(item.fingerprint)
        return Assignment(earlier.issue_id, earlier.group, 1.0, _("same alert key")) if earlier else None

    def _alike_or_new(self, at: int, item: Item) -> Assignment:
        weights = self.proposal.weights
        scored = [(probability(likeness, weights), place, likeness) for place, likeness in self.places(at)]
        chance, place, likeness = max(scored, key=lambda each: (each[0], each[2].nearest), default=(0.0, None, None))
        needed = ALERT_THRESHOLD if item.is_machine else weights.join_at
        if place is None or likeness is None or chance < needed:
            return self._new(item, chance)
        reason = _reason(chance, likeness, told_words(self.proposal.texts[at], place.heard[0].telling.text))
        return Assignment(place.issue_id, place.group, round(chance, 4), reason)

    def _new(self, item: Item, chance: float) -> Assignment:
        self.openers.append(item)
        group = len(self.openers) - 1
        return Assignment(None, group, round(1 - chance, 4), _("no open issue is alike enough"))

    def places(self, at: int) -> list[tuple[Place, Likeness]]:
        """Where an item may belong, with how alike it is to what was told there."""
        item = self.proposal.items[at]
        if item.is_machine and item.component_id is None:
            return []  # a machine stays at home, and this one has none
        places: dict[tuple[str, int], Place] = {}
        heard: set[int] = set()
        for near in (*self.proposal.near[at], *self.later[at]):
            telling = near.telling
            root = self.index.root_of(telling.issue_id)
            if root is None or telling.feedback_id in heard or not self.index.tellings.holds(telling):
                continue
            heard.add(telling.feedback_id)
            self._place_of_issue(places, root).heard.append(near)
        for earlier in sorted(near_of(self.proposal.within[at, :at])):
            place = self._place_of_earlier(places, self.went[earlier])
            if place is not None:
                place.heard.append(Near(self._told(int(earlier)), float(self.proposal.within[at, earlier])))
        likely = [(place, place.likeness_to(item)) for place in places.values()]
        return [(place, likeness) for place, likeness in likely if _may_join(item, place, likeness)]

    def _told(self, earlier: int) -> Telling:
        """An earlier item of the batch as a telling; its issue has no number yet."""
        item = self.proposal.items[earlier]
        return Telling(item.feedback_id, 0, self.proposal.texts[earlier], item.component_id, item.category)

    def _place_of_issue(self, places: dict[tuple[str, int], Place], root: IssueFacts) -> Place:
        return places.setdefault(("issue", root.issue_id), Place(root.issue_id, None, root.component_id, root.category))

    def _place_of_earlier(self, places: dict[tuple[str, int], Place], went: Assignment) -> Place | None:
        if went.issue_id is not None:
            root = self.index.root_of(went.issue_id)
            return self._place_of_issue(places, root) if root else None
        assert went.group is not None
        opener = self.openers[went.group]
        return places.setdefault(("group", went.group), Place(None, went.group, opener.component_id, opener.category))


def _may_join(item: Item, place: Place, likeness: Likeness) -> bool:
    """Praise keeps to praise, a problem never disappears into praise or a question, a machine stays at home."""
    if item.is_machine and likeness.same_component is not True:
        return False
    if item.category and place.category and item.category != place.category:
        return place.category not in _SHARED_CATEGORIES and item.category != "praise"
    return True


def _reason(chance: float, likeness: Likeness, words: Sequence[str]) -> str:
    quoted = ", ".join(f"“{word}”" for word in words[:WORDS_SHOWN])
    alike = _("%(percent)s%% alike") % {"percent": round(100 * chance)}
    parts = [f"{alike}: {quoted}" if quoted else alike]
    if likeness.same_component is not None:
        parts.append(_("same component") if likeness.same_component else _("another component"))
    return "; ".join(parts)[:300]
