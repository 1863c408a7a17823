"""This module measures the shipped scorer on labelled series: the score, the pace and the false alarms of the default."""

import csv
import gzip
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from gateway_ingest.detect import scorer
from gateway_ingest.detect.scoreboard import THRESHOLDS, Marking, normalised

Floats = NDArray[np.float64]

FOLDS = 5
SHUFFLES = 20
SECONDS_OF_WEEK = 7 * 86_400


class UnreadableSeries(ValueError):
    """Files that are not series and windows."""


@dataclass(frozen=True)
class Series:
    """One labelled series; a window that holds none of its values is left out."""

    name: str
    times: Floats
    values: Floats
    windows: Sequence[tuple[float, float]]

    @property
    def marking(self) -> Marking:
        """The worth of a detection at each value."""
        inside = [np.flatnonzero((self.times >= start) & (self.times <= end)) for start, end in self.windows]
        return Marking(len(self.times), [(int(found[0]), int(found[-1])) for found in inside if len(found)])


def read_series(series: Path, windows: Path) -> list[Series]:
    """Series from a CSV with the columns file, timestamp and value, and their windows from a JSON object by file."""
    labels = json.loads(windows.read_text(encoding="utf-8"))
    if not isinstance(labels, dict):
        raise UnreadableSeries("The windows are no JSON object with a list for each file.")
    rows: dict[str, list[tuple[float, float]]] = {}
    with _opened(series) as lines:
        reader = csv.DictReader(lines)
        missing = {"file", "timestamp", "value"} - set(reader.fieldnames or [])
        if missing:
            raise UnreadableSeries(f"The series have no column {', '.join(sorted(missing))}.")
        for row in reader:
            rows.setdefault(row["file"], []).append(_point(row, line=reader.line_num))
    if not rows:
        raise UnreadableSeries("The file of series is empty.")
    return [_labelled(name, np.array(points), labels.get(name, [])) for name, points in rows.items()]


def _opened(path: Path) -> IO[str]:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def _point(row: dict[str, str | None], *, line: int) -> tuple[float, float]:
    try:
        return _seconds(row["timestamp"] or ""), float(row["value"] or "")
    except ValueError as problem:
        raise UnreadableSeries(f"Line {line} of the series holds no time and value: {problem}") from problem


def _labelled(name: str, points: Floats, windows: list[list[str]]) -> Series:
    spans = [(_seconds(start), _seconds(end)) for start, end in windows]
    return Series(name, points[:, 0], points[:, 1], spans)


def _seconds(told: str) -> float:
    moment = datetime.fromisoformat(told)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def evaluate(
    corpus: Sequence[Series], *, default: float = scorer.ALARM, way: Callable[[Floats, Floats], Floats] = scorer.score
) -> dict[str, Any]:
    """The figures. `score` chooses the threshold on other series than it scores, so nothing is fitted to its own."""
    began = time.perf_counter()
    scores = [way(series.times, series.values) for series in corpus]
    seconds = time.perf_counter() - began
    markings = [series.marking for series in corpus]
    points = np.array([marking.points(own) for marking, own in zip(markings, scores, strict=True)])
    windows = sum(len(marking.windows) for marking in markings)
    held_out = [_held_out(points, folds=FOLDS, seed=seed) for seed in range(SHUFFLES)]
    best = int(points.sum(axis=0).argmax())
    return {
        "score": _rounded(normalised(float(np.mean(held_out)), windows)),
        "score_is": f"threshold chosen on the other folds: {FOLDS} folds, mean of {SHUFFLES} shuffles",
        "score_lowest_and_highest_shuffle": [_rounded(normalised(of(held_out), windows)) for of in (min, max)],
        "score_leaving_one_series_out": _rounded(normalised(_held_out(points, folds=len(points), seed=0), windows)),
        "score_with_best_threshold": _rounded(normalised(float(points[:, best].sum()), windows)),
        "threshold": round(float(THRESHOLDS[best]), 3),
        **_by_default(corpus, markings, scores, default),
        "points_per_second": round(sum(len(series.values) for series in corpus) / seconds),
        "series": len(corpus),
        "points": sum(len(series.values) for series in corpus),
        "windows": windows,
    }


def _by_default(
    corpus: Sequence[Series], markings: Sequence[Marking], scores: Sequence[Floats], default: float
) -> dict[str, Any]:
    """What somebody gets who changes nothing."""
    at = np.array([default])
    both = list(zip(markings, scores, strict=True))
    weeks = sum(
        float(marking.outside.sum()) * float(np.median(np.diff(series.times))) / SECONDS_OF_WEEK
        for series, marking in zip(corpus, markings, strict=True)
        if len(series.times) > 1
    )
    false_alarms = sum(float(marking.false_alarms(own, at)[0]) for marking, own in both)
    points = sum(float(marking.points(own, at)[0]) for marking, own in both)
    return {
        "shipped_default": default,
        "score_at_shipped_default": _rounded(normalised(points, sum(len(marking.windows) for marking in markings))),
        "false_alarms_per_series_week_at_shipped_default": round(false_alarms / weeks, 3) if weeks else None,
        "false_alarms_at_shipped_default": int(false_alarms),
        "series_weeks": round(weeks, 1),
    }


def _held_out(points: Floats, *, folds: int, seed: int) -> float:
    """The sum over all folds of what each earns at the threshold that is best for the others; silence without others."""
    order = np.random.default_rng(seed).permutation(len(points))
    earned = 0.0
    for fold in range(folds):
        held = order[fold::folds]
        others = np.delete(points, held, axis=0).sum(axis=0)
        chosen = others.argmax() if len(held) < len(points) else -1
        earned += float(points[held, chosen].sum())
    return earned


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 1)
