"""This module feeds each component's main series, in values of five minutes, to the detector and keeps what it remembers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from gateway_ingest.absences import GRACE, Absences
from gateway_ingest.delays import LONGEST
from gateway_ingest.detect.scorer import LEARNING, Scorer
from gateway_ingest.models import SeriesMemory
from gateway_ingest.rules.keys import Key
from gateway_ingest.rules.rule import Per
from gateway_ingest.rules.span import Floats, Span, with_keys
from gateway_ingest.rules.stored import Windows, first_window, timed, whole_minute
from gateway_ingest.rules.traffic import Traffic
from gateway_ingest.rules.watching import Figures
from hypercare.core.models import Launch

VALUE_MINUTES = 5
STEP = timedelta(minutes=VALUE_MINUTES)
MAX_SERIES = 300
LEAST_CALLS = 5  # in five minutes, below which a share or a latency says nothing
FORGOTTEN_AFTER = timedelta(days=7)  # without a value, when its place goes to another series
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)
SERIES = ("calls", "errors", "p95")


@dataclass(frozen=True)
class Remembered:
    """The memory of one series, up to which moment it was fed, and when it last had a value."""

    scorer: Scorer
    until: datetime | None = None
    heard_at: datetime | None = None

    @property
    def is_forgotten(self) -> bool:
        """Whether nothing came for so long that its place is free."""
        return bool(self.until and self.heard_at and self.until - self.heard_at >= FORGOTTEN_AFTER)


def step_of(moment: datetime) -> datetime:
    """The last full five minutes before a moment."""
    minute = whole_minute(moment)
    return minute - timedelta(minutes=minute.minute % VALUE_MINUTES)


def memories_of(launch: Launch) -> dict[Key, Remembered]:
    """What is remembered of a launch's series, by its clocks; one query."""
    rows = SeriesMemory.objects.filter(launch=launch)
    return {
        (row.component, row.series): Remembered(_scorer_of(row, launch.zone), row.until, row.heard_at) for row in rows
    }


def _scorer_of(row: SeriesMemory, zone: str) -> Scorer:
    """The scorer; where the launch's clocks were others when it learned, its hours move."""
    scorer = Scorer.from_bytes(bytes(row.memory))
    if row.zone != zone:
        ahead = _on_the_wall(row.until, ZoneInfo(zone)) - _on_the_wall(row.until, ZoneInfo(row.zone))
        scorer.days = scorer.days.moved(round(ahead / 3600))
    return scorer


def _on_the_wall(moment: datetime, zone: ZoneInfo) -> float:
    """Seconds since 1970 by a clock on the wall: an hour of the day stays one whatever clocks do in spring and autumn."""
    return moment.astimezone(zone).replace(tzinfo=UTC).timestamp()


def scored(
    windows: Windows, memories: Mapping[Key, Remembered], *, zone: str, away: Absences, elsewhere: int = 0
) -> tuple[Figures, dict[Key, Remembered]]:
    """The score of each new value of each series, and the memories after them. A series still learning scores nothing.

    Every memory moves on, also that of a series without a value, so that none holds the others back. So many places as
    `elsewhere` are taken by series that are fed apart.
    """
    known = sorted({(component,) for component, _series_name in memories})
    span = with_keys(timed(windows, Per.COMPONENT, least=LEAST_CALLS, stretch=VALUE_MINUTES), known)
    figures: dict[Key, list[tuple[datetime, Traffic]]] = {}
    after: dict[Key, Remembered] = {}
    free = MAX_SERIES - elsewhere - sum(not memory.is_forgotten for memory in memories.values())
    for key, ends, values, is_heard in _series(span, away):
        before = memories.get(key)
        if before is None:
            if free < 1 or not is_heard.any():
                continue
            before, free = Remembered(Scorer()), free - 1
        new = [place for place, end in enumerate(ends) if before.until is None or end > before.until]
        if new:
            moments = [ends[place] for place in new]
            figures[key], after[key] = _fed(before, moments, values[new], is_heard[new], zone=ZoneInfo(zone))
    return figures, after


def _fed(
    before: Remembered, ends: list[datetime], values: Floats, is_heard: NDArray[np.bool_], *, zone: ZoneInfo
) -> tuple[list[tuple[datetime, Traffic]], Remembered]:
    """The scores of the values that are known; while the scorer learns, there is nothing to say."""
    scorer, seen = before.scorer, before.scorer.seen
    known = np.flatnonzero(np.isfinite(values))
    scores = np.zeros(len(values))
    scores[known] = scorer.feed(np.array([_on_the_wall(ends[place], zone) for place in known]), values[known])
    learned = seen + np.cumsum(np.isfinite(values)) > LEARNING
    course = [
        (end, Traffic(VALUE_MINUTES, figure=score))
        for end, score, is_learned in zip(ends, scores.tolist(), learned.tolist(), strict=True)
        if is_learned
    ]
    heard = np.flatnonzero(is_heard)
    return course, Remembered(scorer, ends[-1], ends[heard[-1]] if len(heard) else before.heard_at)


def series_of(windows: Windows, *, away: Absences) -> Iterator[tuple[Key, list[datetime], Floats]]:
    """The series of a launch in some minutes, of those that have any value."""
    span = timed(windows, Per.COMPONENT, least=LEAST_CALLS, stretch=VALUE_MINUTES)
    return ((key, ends, values) for key, ends, values, is_heard in _series(span, away) if is_heard.any())


def _series(span: Span, away: Absences) -> Iterator[tuple[Key, list[datetime], Floats, NDArray[np.bool_]]]:
    """The three series of each component, the busiest first: a value for each full five minutes, and which of them tell.

    No call at all is a value of its own, but it tells of no life; what happened while we were away is not known.
    """
    places = [end for end in range(span.minutes) if span.at(end) == step_of(span.at(end)) and end + 1 >= VALUE_MINUTES]
    ends = [span.at(end) for end in places]
    if not ends or not span.keys:
        return
    calls, errors = (span.counted(name, VALUE_MINUTES)[:, places].astype(np.float64) for name in ("calls", "errors"))
    calls[:, [away.touch(end - STEP, end, grace=GRACE) for end in ends]] = np.nan
    for place in np.argsort(-np.nansum(calls, axis=1), kind="stable").tolist():
        component, own = span.keys[place][0], calls[place]
        with np.errstate(invalid="ignore", divide="ignore"):
            enough = own >= LEAST_CALLS
            shares = np.where(enough, errors[place] / own, np.nan)
            p95 = np.where(enough, span.p95_ms(place, VALUE_MINUTES)[places], np.nan)
            yield (component, "calls"), ends, own, own > 0
        yield (component, "errors"), ends, shares, np.isfinite(shares)
        yield (component, "p95"), ends, p95, np.isfinite(p95)


def rows_of(launch: Launch, after: Mapping[Key, Remembered], figures: Figures) -> list[SeriesMemory]:
    """The memories as rows, without those that are forgotten."""
    return [
        SeriesMemory(
            launch_id=launch.pk,
            zone=launch.zone,
            component=key[0],
            series=key[1],
            memory=one.scorer.to_bytes(),
            until=one.until or _NEVER,
            heard_at=one.heard_at or _NEVER,
            score=course[-1][1].figure or 0.0 if (course := figures.get(key, [])) else 0.0,
        )
        for key, one in after.items()
        if not one.is_forgotten
    ]


def fed_until(memories: Mapping[Key, Remembered], launch_id: int, oldest: datetime) -> datetime:
    """Up to when the series were fed; before the first time, when the launch's windows begin.

    One that is a little behind the others, because its sources were later until now, is fed what it missed; one that is
    far behind, because it once moved on more slowly, goes on with them.
    """
    known = [one.until for one in memories.values() if one.until]
    if not known:
        return first_window(launch_id, oldest)
    return max(min(at for at in known if at >= max(known) - LONGEST - STEP), oldest)
