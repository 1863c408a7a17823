"""This module feeds each component's main series, in values of five minutes, to the detector and keeps what it remembers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from gateway_ingest.detect.scorer import LEARNING, Scorer
from gateway_ingest.models import SeriesMemory
from gateway_ingest.rules.keys import Key
from gateway_ingest.rules.rule import Per
from gateway_ingest.rules.span import Floats, Span, with_keys
from gateway_ingest.rules.stored import Windows, first_window, timed, whole_minute
from gateway_ingest.rules.traffic import Traffic
from gateway_ingest.rules.watching import Figures

VALUE_MINUTES = 5
STEP = timedelta(minutes=VALUE_MINUTES)
MAX_SERIES = 300
LEAST_CALLS = 5  # in five minutes, below which a share or a latency says nothing
FORGOTTEN_AFTER = timedelta(days=7)
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)
SERIES = ("calls", "errors", "p95")


@dataclass(frozen=True)
class Remembered:
    """The memory of one series, and up to which moment it was fed."""

    scorer: Scorer
    until: datetime | None


def step_of(moment: datetime) -> datetime:
    """The last full five minutes before a moment."""
    minute = whole_minute(moment)
    return minute - timedelta(minutes=minute.minute % VALUE_MINUTES)


def memories_of(launch_id: int) -> dict[Key, Remembered]:
    """What is remembered of a launch's series; one query."""
    rows = SeriesMemory.objects.filter(launch=launch_id)
    return {(row.component, row.series): Remembered(Scorer.from_bytes(bytes(row.memory)), row.until) for row in rows}


def scored(windows: Windows, memories: Mapping[Key, Remembered]) -> tuple[Figures, dict[Key, Remembered]]:
    """The score of each new value of each series, and the memories after them. A series still learning scores nothing."""
    known = sorted({(component,) for component, _series_name in memories})
    span = with_keys(timed(windows, Per.COMPONENT, least=LEAST_CALLS, stretch=VALUE_MINUTES), known)
    figures: dict[Key, list[tuple[datetime, Traffic]]] = {}
    after: dict[Key, Remembered] = {}
    for key, ends, values in _series(span):
        before = memories.get(key, Remembered(Scorer(), None))
        new = [place for place, end in enumerate(ends) if before.until is None or end > before.until]
        if not new or (key not in memories and len(memories) + len(after) >= MAX_SERIES):
            continue
        figures[key], after[key] = _fed(before, [ends[place] for place in new], values[new])
    return figures, after


def _fed(before: Remembered, ends: list[datetime], values: Floats) -> tuple[list[tuple[datetime, Traffic]], Remembered]:
    """The scores of the values that are known; while the scorer learns, there is nothing to say."""
    scorer, seen = before.scorer, before.scorer.seen
    known = np.flatnonzero(np.isfinite(values))
    scores = np.zeros(len(values))
    scores[known] = scorer.feed(np.array([ends[place].timestamp() for place in known]), values[known])
    learned = seen + np.cumsum(np.isfinite(values)) > LEARNING
    course = [
        (end, Traffic(VALUE_MINUTES, figure=score))
        for end, score, is_learned in zip(ends, scores.tolist(), learned.tolist(), strict=True)
        if is_learned
    ]
    return course, Remembered(scorer, ends[-1])


def series_of(windows: Windows) -> Iterator[tuple[Key, list[datetime], Floats]]:
    """The series of a launch in some minutes."""
    return _series(timed(windows, Per.COMPONENT, least=LEAST_CALLS, stretch=VALUE_MINUTES))


def _series(span: Span) -> Iterator[tuple[Key, list[datetime], Floats]]:
    """The three series of each component, a value for each full five minutes of the span."""
    places = [end for end in range(span.minutes) if span.at(end) == step_of(span.at(end)) and end + 1 >= VALUE_MINUTES]
    ends = [span.at(end) for end in places]
    if not ends:
        return
    calls, errors = (span.counted(name, VALUE_MINUTES)[:, places].astype(np.float64) for name in ("calls", "errors"))
    for place, key in enumerate(span.keys):
        enough = calls[place] >= LEAST_CALLS
        component = key[0]
        yield (component, "calls"), ends, calls[place]
        with np.errstate(invalid="ignore", divide="ignore"):
            yield (component, "errors"), ends, np.where(enough, errors[place] / calls[place], np.nan)
        if place in span.sketches:
            yield (component, "p95"), ends, np.where(enough, span.p95_ms(place, VALUE_MINUTES)[places], np.nan)


def rows_of(launch_id: int, after: Mapping[Key, Remembered], figures: Figures) -> list[SeriesMemory]:
    """The memories as rows."""
    return [
        SeriesMemory(
            launch_id=launch_id,
            component=key[0],
            series=key[1],
            memory=one.scorer.to_bytes(),
            until=one.until or _NEVER,
            score=course[-1][1].figure or 0.0 if (course := figures.get(key, [])) else 0.0,
        )
        for key, one in after.items()
    ]


def fed_until(memories: Mapping[Key, Remembered], launch_id: int, oldest: datetime) -> datetime:
    """Up to when the series were fed; before the first time, when the launch's windows begin."""
    known = [one.until for one in memories.values() if one.until]
    return max(min(known), oldest) if known else first_window(launch_id, oldest)
