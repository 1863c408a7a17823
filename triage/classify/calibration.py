"""This module makes confidence honest and judges whether it is: of texts said with 0.8, eight of ten should be right."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

BINS = 10
_DRAWS = 200
_SEED = 20260520
_FEWEST = 20
_TINY = 1e-6
_HOLD = 1e-3


@dataclass(frozen=True)
class Calibration:
    """How margins become probabilities: one temperature for all labels, then a line for the likeliest one's log odds.

    The lone line comes on top for a text of one known word, half of it for one of two, a quarter for one of three.
    """

    temperature: float = 1.0
    slope: float = 1.0
    shift: float = 0.0
    lone_slope: float = 1.0
    lone_shift: float = 0.0

    def probabilities(self, margins: Floats, *, words: Floats | None = None) -> Floats:
        """For each row of margins the probability of each label; the likeliest stays the likeliest.

        `words` says how many words of each text are known; without it there are enough of them.
        """
        chances = softmax(margins, temperature=self.temperature)
        if chances.shape[1] == 1:
            return chances
        rows, best = np.arange(len(chances)), chances.argmax(axis=1)
        told = np.clip(chances[rows, best], _TINY, 1 - _TINY)
        rest = chances.copy()
        rest[rows, best] = 0.0
        rest /= np.maximum(rest.sum(axis=1, keepdims=True), _TINY)
        odds = self.slope * log_odds(told) + self.shift
        if words is not None:
            odds += 3.0 ** -(np.maximum(words, 1) - 1) * ((self.lone_slope - 1) * odds + self.lone_shift)
        honest = 1 / (1 + np.exp(-odds))
        second = rest.max(axis=1)
        honest = np.maximum(honest, second / (1 + second) + _TINY)
        found = rest * (1 - honest)[:, None]
        found[rows, best] = honest
        return np.asarray(found)


PLAIN = Calibration()


def softmax(margins: Floats, *, temperature: float) -> Floats:
    """Margins as probabilities; a higher temperature is less sure."""
    scaled = margins / temperature
    grown = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))


def log_odds(chance: Floats) -> Floats:
    """The logarithm of how much likelier yes is than no."""
    return np.asarray(np.log(chance / (1 - chance)))


def fit_calibration(margins: Floats, truth: npt.NDArray[np.intp]) -> Calibration:
    """What makes texts that were not learned from likeliest, and the likeliest label right as often as it is told."""
    temperature = _fit_temperature(margins, truth)
    slope, shift = _fit_line(softmax(margins, temperature=temperature), truth, bounds=[(0.05, 5), (-5, 5)])
    return Calibration(temperature, slope, shift)


def fit_lone_words(found: Calibration, margins: Floats, truth: npt.NDArray[np.intp]) -> Calibration:
    """The same, as honest about words that stand alone; these are never surer than where more is said."""
    slope, shift = _fit_line(found.probabilities(margins), truth, bounds=[(0.05, 1), (-5, 0)])
    return replace(found, lone_slope=slope, lone_shift=shift)


def _fit_line(
    chances: Floats, truth: npt.NDArray[np.intp], *, bounds: list[tuple[float, float]]
) -> tuple[float, float]:
    """The line over the log odds of the likeliest answers that makes them right as often as they are told."""
    odds = log_odds(np.clip(chances.max(axis=1), _TINY, 1 - _TINY))
    side = np.where(chances.argmax(axis=1) == truth, 1.0, -1.0)

    def surprise(line: Floats) -> float:
        kept = _HOLD * ((line[0] - 1) ** 2 + line[1] ** 2)
        return float(np.mean(np.logaddexp(0, -side * (line[0] * odds + line[1]))) + kept)

    slope, shift = minimize(surprise, np.array([1.0, 0.0]), bounds=bounds).x
    return float(slope), float(shift)


def _fit_temperature(margins: Floats, truth: npt.NDArray[np.intp]) -> float:
    def surprise(log_temperature: float) -> float:
        chances = softmax(margins, temperature=float(np.exp(log_temperature)))
        return float(-np.mean(np.log(chances[np.arange(len(truth)), truth] + 1e-12)))

    return float(np.exp(minimize_scalar(surprise, bounds=(-5, 3), method="bounded").x))


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
