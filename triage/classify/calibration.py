"""This module judges whether a confidence is honest: of texts said with 0.8, eight of ten should be right."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

BINS = 10
_DRAWS = 200
_SEED = 20260520
_FEWEST = 20


def calibration_error(confidence: Floats, right: Flags) -> float:
    """How far confidence and truth lie apart, over ten bins of equally many texts; texts alike share a bin."""
    gaps = [abs(confidence[bin_].mean() - right[bin_].mean()) * bin_.mean() for bin_ in _bins(confidence)]
    return float(sum(gaps))


def reliability(confidence: Floats, right: Flags) -> list[dict[str, float]]:
    """The curve behind the error: for each bin the mean confidence, the share that was right, and how many texts."""
    return [
        {
            "confidence": round(float(confidence[bin_].mean()), 4),
            "right": round(float(right[bin_].mean()), 4),
            "texts": int(bin_.sum()),
        }
        for bin_ in _bins(confidence)
    ]


def error_of_perfect_confidence(confidence: Floats) -> float:
    """The error that chance alone would give a model whose confidence were exactly true, with as many texts."""
    draw = np.random.default_rng(_SEED)
    return float(
        np.mean([calibration_error(confidence, draw.random(len(confidence)) < confidence) for _each in range(_DRAWS)])
    )


def sure_from(confidence: Floats, right: Flags, *, precision: float) -> float:
    """The lowest confidence from which on texts were right this often; over 1 when no twenty texts were."""
    order = np.argsort(-confidence, kind="stable")
    so_far = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(so_far >= precision)
    if len(good) == 0 or good[-1] + 1 < _FEWEST:
        return 1.01
    return float(confidence[order[good[-1]]])


def _bins(confidence: Floats) -> list[Flags]:
    edges = np.unique(np.quantile(confidence, np.linspace(0, 1, BINS + 1)))
    if len(edges) < 2:
        return [np.ones(len(confidence), dtype=bool)]
    found = [(confidence >= low) & (confidence < high) for low, high in pairwise(edges)]
    found[-1] |= confidence == edges[-1]
    return [bin_ for bin_ in found if bin_.any()]
