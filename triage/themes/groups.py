"""This module finds groups of reports that are about the same, and the words that tell each from the others (c-TF-IDF)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, diags
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize

from triage.match.words import Words, is_thought, number_of
from triage.vocabulary import STOP_WORDS, stem, words_of

FEWEST_REPORTS = 30
FEWEST_IN_GROUP = 5
MOST_GROUPS = 16
NEAR_ENOUGH = 0.35
SAME_GROUP = 0.6
WORDS_IN_NAME = 3
WORDS_KEPT = 10
QUOTES = 3
_DIMENSIONS = 40
_SEED = 7
_TITLE = 3.0

# Words of no theme that are too seldom among all words of a launch in two languages to look common.
_LITTLE_WORDS = """
    jag inte går gör bara mycket andra efter innan något först gick fick
    says said asked used new not
"""
_NAMELESS = frozenset(_LITTLE_WORDS.split())


@dataclass(frozen=True)
class Group:
    """Reports that are about the same, the most typical first, and the numbers of the words that are theirs."""

    members: list[int]
    terms: list[int]


def groups_of(reports: Sequence[Words], reports_with: Mapping[int, int], *, in_all: int) -> list[Group]:
    """The groups among reports, the largest first; none among few. What is near no group belongs to none."""
    if len(reports) < FEWEST_REPORTS:
        return []
    counted, terms = _counted(reports)
    rarity = np.log((in_all + 1) / (np.array([reports_with.get(term, 0) for term in terms.tolist()]) + 0.5))
    weighed = normalize(_root(counted) @ diags(np.maximum(rarity, 0.0)))
    space = _space(weighed)
    many = int(np.clip(round(np.sqrt(len(reports) / 2)), 2, MOST_GROUPS))
    labels = _joined(KMeans(n_clusters=many, n_init=4, random_state=_SEED).fit_predict(space), space)
    near = np.einsum("ij,ij->i", space, _centres(labels, space)[labels])
    found = [_members(labels, near, number) for number in np.unique(labels).tolist()]
    kept = [members for members in found if len(members) >= FEWEST_IN_GROUP]
    told = _telling_words(counted, kept)
    groups = [Group(members.tolist(), terms[places].tolist()) for members, places in zip(kept, told, strict=True)]
    return sorted(groups, key=lambda group: -len(group.members))


def _counted(reports: Sequence[Words]) -> tuple[csr_matrix, npt.NDArray[np.int32]]:
    terms, columns = np.unique(np.concatenate([words.terms for words in reports]), return_inverse=True)
    amounts = np.concatenate([_TITLE * words.in_title + words.in_body for words in reports])
    ends = np.cumsum([0, *(len(words.terms) for words in reports)])
    return csr_matrix((amounts, columns, ends), shape=(len(reports), len(terms))), terms


def _root(counted: csr_matrix) -> csr_matrix:
    rooted = counted.copy()
    rooted.data = np.sqrt(rooted.data)
    return rooted


def _space(weighed: csr_matrix) -> npt.NDArray[np.float64]:
    """Few dimensions, so that texts with no word in common can be near by the words both are told with elsewhere."""
    dimensions = min(_DIMENSIONS, min(weighed.shape) - 1)
    found: npt.NDArray[np.float64] = normalize(
        TruncatedSVD(max(dimensions, 1), random_state=_SEED).fit_transform(weighed)
    )
    return found


def _centres(labels: npt.NDArray[np.int32], space: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    sums = np.zeros((int(labels.max()) + 1, space.shape[1]))
    np.add.at(sums, labels, space)
    centres: npt.NDArray[np.float64] = normalize(sums)
    return centres


def _joined(labels: npt.NDArray[np.int32], space: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """Joins the two nearest groups again and again while they are about the same: how many there are is not known before."""
    while True:
        centres = _centres(labels, space)
        near = np.triu(centres @ centres.T, k=1)
        one, other = np.unravel_index(int(near.argmax()), near.shape)
        if near[one, other] < SAME_GROUP:
            return labels
        labels = np.where(labels == other, one, labels)


def _members(labels: npt.NDArray[np.int32], near: npt.NDArray[np.float64], number: int) -> npt.NDArray[np.intp]:
    own = np.flatnonzero((labels == number) & (near >= NEAR_ENOUGH))
    return own[np.argsort(-near[own], kind="stable")]


def _telling_words(counted: csr_matrix, groups: Sequence[npt.NDArray[np.intp]]) -> list[npt.NDArray[np.intp]]:
    """Each group as one long text: a word's share in it, times how rare the word is among all groups."""
    if not groups:
        return []
    said = np.vstack([np.asarray(counted[members].sum(axis=0)).ravel() for members in groups])
    share = said / np.maximum(said.sum(axis=1, keepdims=True), 1.0)
    rare = np.log(1 + said.sum() / len(groups) / np.maximum(said.sum(axis=0), 1e-9))
    weights = share * rare
    return [np.argsort(-row, kind="stable")[: 4 * WORDS_KEPT] for row in weights]


def words_for(launch_id: int, terms: Sequence[int], texts: Iterable[str]) -> list[str]:
    """The words behind numbers, in the form in which these texts say them most; thoughts and numbers have none."""
    wanted = {term for term in terms if not is_thought(term)}
    forms: dict[int, Counter[str]] = {}
    for text in texts:
        for word in words_of(text):
            if word in STOP_WORDS | _NAMELESS or len(word) < 3 or word.isdigit():
                continue
            number = number_of(launch_id, stem(word))
            if number in wanted:
                forms.setdefault(number, Counter())[word] += 1
    found = [forms[term].most_common(1)[0][0] for term in terms if term in forms]
    return list(dict.fromkeys(found))[:WORDS_KEPT]


def name_of(words: Sequence[str]) -> str:
    """The words that tell it best, as a title."""
    name = ", ".join(words[:WORDS_IN_NAME])
    return (name[:1].upper() + name[1:])[:120]
