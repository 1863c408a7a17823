"""This module measures the anomaly scorer's pace and score beside a plain windowed Gaussian on the same series."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from benchmarks.figures import show
from benchmarks.texts import shared_data
from gateway_ingest.detect import scorer
from gateway_ingest.detect.evaluation import Series, evaluate, read_series

Floats = NDArray[np.float64]

MEASURES = "seconds that detect.scorer.score needs for all series in one process, and what its findings earn"
REFERENCE = "the distance of each value from the mean of the 200 before it, in their standard deviations, in numpy"
GOAL = {"score": 48, "points_per_second": 100_000}
WINDOW = 200
STEP = 300.0


def main(options: Sequence[str]) -> None:
    """Scores the series both ways and prints the figures."""
    chosen = _options(options)
    series, origin = _series(chosen.data)
    own, plain = evaluate(series), evaluate(series, way=_windowed_gaussian)
    paces = {way: _points_per_second(series, way) for way in (scorer.score, _windowed_gaussian)}
    pace, reference = paces.values()
    show(
        "detector",
        MEASURES,
        origin=origin,
        score_goal=GOAL,
        score_goal_reached=None
        if own["score"] is None
        else own["score"] >= GOAL["score"] and pace >= GOAL["points_per_second"],
        **own | {"points_per_second": round(pace)},
        points_per_second_one_at_a_time=round(_one_at_a_time(series[0], chosen.single)),
        bytes_of_memory_per_series=max(len(_fed(each).to_bytes()) for each in series),
        reference_score=plain["score"],
        reference_points_per_second=round(reference),
        reference=REFERENCE,
        ratio=reference / pace,
        goal=None,
    )


def _options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks detector", description=MEASURES)
    parser.add_argument("--single", type=int, default=2000, help="how many values are also scored one at a time")
    parser.add_argument("--data", help="the shared data folder; else HYPERCARE_SHARED_DATA, else ../shared/data")
    return parser.parse_args(options)


def _series(folder: str | None) -> tuple[list[Series], str]:
    where = shared_data(folder) / "series"
    if (where / "series.csv.gz").exists():
        found = read_series(where / "series.csv.gz", where / "windows.json")
        return found, f"{len(found)} labelled series"
    print(f"No labelled series in {where}: measuring the pace on made-up ones, and no score.", file=sys.stderr)
    return [_made_up(seed) for seed in range(20)], "20 made-up series without labels"


def _made_up(seed: int) -> Series:
    times: Floats = 1.7e9 + STEP * np.arange(6000, dtype=np.float64)
    noise = np.random.default_rng(seed).normal(0, 3, len(times))
    return Series(f"made-up-{seed}", times, 100 + 30 * np.sin(2 * np.pi * times / 86_400) + noise, [])


def _windowed_gaussian(_times: Floats, values: Floats) -> Floats:
    course = np.concatenate([np.full(WINDOW, values[0]), values])
    before = sliding_window_view(course, WINDOW)[: len(values)]
    distance = np.abs(values - before.mean(axis=1)) / (before.std(axis=1) + 1e-9)
    return np.asarray(distance / (1 + distance))


def _points_per_second(series: Sequence[Series], way: Callable[[Floats, Floats], Floats]) -> float:
    """The better of three runs, since others may be busy on the machine."""
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        for each in series:
            way(each.times, each.values)
        seconds.append(time.perf_counter() - began)
    return sum(len(each.values) for each in series) / min(seconds)


def _one_at_a_time(series: Series, count: int) -> float:
    memory = scorer.Scorer()
    began = time.perf_counter()
    for at in range(min(count, len(series.values))):
        memory.feed(series.times[at : at + 1], series.values[at : at + 1])
    return min(count, len(series.values)) / (time.perf_counter() - began)


def _fed(series: Series) -> scorer.Scorer:
    memory = scorer.Scorer()
    memory.feed(series.times, series.values)
    return memory
