"""This module learns a field from what texts mean: a new text leans towards the labels of the learned ones it is like.

It is kernel ridge regression with a Gaussian kernel over the vectors of `meaning.py`. Words decide by their own machine;
held-out texts say how much the leaning counts beside it.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve
from scipy.optimize import minimize
from scipy.special import logsumexp

from triage.classify.calibration import Floats
from triage.classify.meaning import Vectors

MOST_COMPARED = 10_000  # texts; the time to learn grows with their cube
USUAL_SHARE, MOST_SHARE = 0.8, 4.0
_SHARPNESS = 1.0
_HOLD, _LEAST_HOLD = 0.3, 0.01  # the least keeps the equations solvable where one text must stand for a whole label
_DOUBT = 3.0  # how many texts' worth the usual share weighs
_SEED = 20260520


def compared(count: int) -> npt.NDArray[np.intp]:
    """Which of so many texts new ones are compared with: all, or a draw of as many as can be afforded."""
    if count <= MOST_COMPARED:
        return np.arange(count)
    return np.sort(np.random.default_rng(_SEED).permutation(count)[:MOST_COMPARED])


def likeness(ones: Vectors, others: Vectors) -> Vectors:
    """How alike each of the ones is to each of the others, from nearly 0 to 1."""
    alike = ones @ others.T
    alike *= 2
    alike -= np.square(ones).sum(axis=1)[:, None]
    alike -= np.square(others).sum(axis=1)
    np.minimum(alike, 0, out=alike)
    alike *= np.float32(_SHARPNESS)
    return np.asarray(np.exp(alike, out=alike), dtype=np.float32)


def fit_leaning(
    alike: Vectors, labels: Sequence[str | None], *, known: Sequence[str], heed: Floats | None = None
) -> Vectors:
    """For each known label how much likeness to each learned text speaks for it; all labels that are there count alike.

    A text without a label teaches nothing; `heed` says how much each of the others counts.
    """
    leaning = np.zeros((len(known), len(labels)), dtype=np.float32)
    counts = np.ones(len(labels)) if heed is None else heed
    heard = np.flatnonzero((counts > 0) & [label is not None for label in labels])
    truth = np.asarray(labels, dtype=object)[heard].astype(str)
    there, which, texts = np.unique(truth, return_inverse=True, return_counts=True)
    if len(there) < 2:
        return leaning
    weight = (len(heard) / len(there) / texts)[which] * counts[heard]
    learned = alike[np.ix_(heard, heard)]
    learned[np.diag_indices(len(heard))] += np.maximum(_HOLD / weight, _LEAST_HOLD).astype(np.float32)
    wanted = np.where(truth[:, None] == np.array(known), 1, -1).astype(np.float32)
    leaning[:, heard] = solve(learned, wanted, assume_a="pos", overwrite_a=True, check_finite=False).T
    return leaning


def fit_share(by_words: Floats, by_meaning: Floats, truth: npt.NDArray[np.intp]) -> float:
    """How much the margins of meaning count beside those of words, so that texts that were held out are likeliest."""
    rows = np.arange(len(truth))

    def surprise(told: Floats) -> float:
        margins = (by_words + told[1] * by_meaning) / np.exp(told[0])
        missed = float(np.mean(logsumexp(margins, axis=1) - margins[rows, truth]))
        return missed + _DOUBT / len(truth) * float(told[1] - USUAL_SHARE) ** 2

    return float(minimize(surprise, np.array([-0.5, USUAL_SHARE]), bounds=[(-5, 3), (0, MOST_SHARE)]).x[1])
