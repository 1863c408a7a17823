"""This module gathers all figures of times of some days, beside those of as many days before; a constant number of queries."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from hypercare.core.models import Launch
from triage.times import rates
from triage.times.behind import MERGED, merged_in
from triage.times.courses import Course, courses
from triage.times.groups import OF_RATES, Group, groups_of, key_of, link
from triage.times.lately import responses_of
from triage.times.load import Load, loads
from triage.times.measures import MEASURES, Measure
from triage.times.period import ONE_DAY, Days, last_days
from triage.times.rates import RATES, Rate, Share
from triage.times.spread import Spread

# By days old: from, to; the last one has no end.
AGES: tuple[tuple[int, int | None], ...] = ((0, 0), (1, 2), (3, 6), (7, 13), (14, None))
_LONGEST = timedelta(days=3650)


@dataclass(frozen=True)
class Figure:
    """One of the four lengths of time, what it was before, and who is left out of it."""

    measure: Measure
    spread: Spread
    before: Spread
    left_out: int
    url: str
    left_out_url: str


@dataclass(frozen=True)
class Part:
    """One group of a breakdown."""

    group: Group
    spread: Spread
    url: str


@dataclass(frozen=True)
class RateFigure:
    """A share, what it was before, and where either set is."""

    rate: Rate
    share: Share
    before: Share
    url: str
    of_url: str


@dataclass(frozen=True)
class RatePart:
    """Reopened and the same as another in one group."""

    group: Group
    reopened: Share
    merged: Share
    reopened_url: str
    merged_url: str


@dataclass(frozen=True)
class Day:
    """What came and what went on a day."""

    day: date
    opened: int
    ended: int
    opened_url: str
    ended_url: str

    @property
    def net(self) -> int:
        """How many more are open after it."""
        return self.opened - self.ended


@dataclass(frozen=True)
class Age:
    """What is open and so old."""

    least: int
    most: int | None
    n: int
    url: str


@dataclass(frozen=True)
class Responses:
    """First responses that were kept of those that were due or given."""

    share: Share
    before: Share
    url: str
    of_url: str


@dataclass(frozen=True)
class Times:
    """The whole page."""

    days: Days
    chosen: Measure
    by: str
    figures: list[Figure]
    parts: list[Part]
    rates: list[RateFigure]
    merged: Share
    merged_before: Share
    merged_url: str
    rate_by: str
    rate_parts: list[RatePart]
    responses: Responses
    told_url: str
    flow: list[Day]
    opened_before: int
    ended_before: int
    ages: list[Age]
    oldest: Course | None
    owners: list[Load]
    teams: list[Load]

    @property
    def opened(self) -> int:
        """How many came."""
        return sum(day.opened for day in self.flow)

    @property
    def ended(self) -> int:
        """How many went."""
        return sum(day.ended for day in self.flow)

    @property
    def open(self) -> int:
        """How many are open now."""
        return sum(age.n for age in self.ages)


def times_of(launch: Launch, *, number: int, chosen: str, by: str, now: datetime) -> Times:
    """The figures of the last so many days; `chosen` is the length of time that is broken down, `by` what."""
    days = last_days(launch, number, now=now)
    found = courses(launch, since=days.before.begins, until=now)
    measure = MEASURES[chosen]
    rate_by = by if by in OF_RATES else OF_RATES[1]
    merged = list(merged_in(launch, days).values_list(rate_by if rate_by in _PLAIN else f"{rate_by}_id", flat=True))
    opened, opened_before = (sum(rates.was_opened(one, some) for one in found) for some in (days, days.before))
    before = merged_in(launch, days.before).count()
    is_open = [course for course in found if course.is_open]
    owners, teams = loads(launch, is_open, now=now)
    return Times(
        days=days,
        chosen=measure,
        by=by,
        figures=[_figure(launch, one, found, days) for one in MEASURES.values()],
        parts=_parts(launch, measure, by, found, days),
        rates=[_rate(launch, rate, found, days) for rate in RATES.values()],
        merged=Share(len(merged), len(merged) + opened),
        merged_before=Share(before, before + opened_before),
        merged_url=link(launch, MERGED, days),
        rate_by=rate_by,
        rate_parts=_rate_parts(launch, rate_by, found, merged, days),
        responses=_responses(launch, found, days, now=now),
        told_url=link(launch, "told", days),
        flow=_flow(launch, found, days),
        opened_before=opened_before,
        ended_before=sum(rates.was_ended(one, days.before) for one in found),
        ages=_ages(launch, is_open, days),
        oldest=min(is_open, key=lambda course: (course.opened_at, course.pk), default=None),
        owners=owners,
        teams=teams,
    )


_PLAIN = ("severity", "category")


def _figure(launch: Launch, measure: Measure, found: Sequence[Course], days: Days) -> Figure:
    return Figure(
        measure,
        measure.spread(found, days),
        measure.spread(found, days.before),
        sum(measure.leaves_out(course, days) for course in found),
        link(launch, measure.name, days),
        link(launch, f"{measure.name}-left-out", days),
    )


def _parts(launch: Launch, measure: Measure, by: str, found: Sequence[Course], days: Days) -> list[Part]:
    counted = [course for course in found if measure.counts(course, days)]
    split = _split(counted, key_of(by, days, measure.end))
    return [
        Part(group, measure.spread(split.get(group.key, []), days), link(launch, measure.name, group.days, group.query))
        for group in groups_of(launch, by, days, split)
    ]


def _split(found: Sequence[Course], key: Any) -> dict[Hashable, list[Course]]:
    split: dict[Hashable, list[Course]] = defaultdict(list)
    for course in found:
        split[key(course)].append(course)
    return split


def _rate(launch: Launch, rate: Rate, found: Sequence[Course], days: Days) -> RateFigure:
    return RateFigure(
        rate,
        rate.share(found, days),
        rate.share(found, days.before),
        link(launch, rate.name, days),
        link(launch, rate.of_name, days),
    )


def _rate_parts(
    launch: Launch, by: str, found: Sequence[Course], merged: Sequence[Hashable], days: Days
) -> list[RatePart]:
    key = key_of(by, days, lambda course: course.opened_at)
    closed = _split([course for course in found if rates.was_closed(course, days)], key)
    opened = Counter(key(course) for course in found if rates.was_opened(course, days))
    doubled = Counter(one or None for one in merged)
    return [
        RatePart(
            group,
            rates.REOPENED.share(closed.get(group.key, []), days),
            Share(doubled[group.key], doubled[group.key] + opened[group.key]),
            link(launch, "reopened", days, group.query),
            link(launch, MERGED, days, group.query),
        )
        for group in groups_of(launch, by, days, {*closed, *opened, *doubled})
    ]


def _responses(launch: Launch, found: Sequence[Course], days: Days, *, now: datetime) -> Responses:
    return Responses(
        responses_of(found, days, now=now),
        responses_of(found, days.before, now=now),
        link(launch, "response-kept", days),
        link(launch, "response", days),
    )


def _flow(launch: Launch, found: Sequence[Course], days: Days) -> list[Day]:
    opened = Counter(days.day_of(course.opened_at) for course in found if rates.was_opened(course, days))
    ended = Counter(
        days.day_of(course.ended_at) for course in found if course.ended_at and rates.was_ended(course, days)
    )
    flow = []
    for day in days.each:
        one = Days(day, day, days.zone)
        flow.append(Day(day, opened[day], ended[day], link(launch, "opened", one), link(launch, "ended", one)))
    return flow


def _ages(launch: Launch, is_open: Sequence[Course], days: Days) -> list[Age]:
    old = Counter((days.last - days.day_of(course.opened_at)).days for course in is_open)
    ages = []
    for least, most in AGES:
        first = days.last - (_LONGEST if most is None else ONE_DAY * most)
        span = Days(first, days.last - ONE_DAY * least, days.zone)
        n = sum(count for age, count in old.items() if least <= age and (most is None or age <= most))
        ages.append(Age(least, most, n, link(launch, "backlog", span)))
    return ages
