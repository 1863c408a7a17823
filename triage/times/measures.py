"""This module defines the four lengths of time and how each is counted; page, wall, report and exit criteria use these alone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from triage.times.courses import Course
from triage.times.period import Time
from triage.times.spread import Spread, spread_of

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True)
class Measure:
    """A length of time between two moments of a problem's course; it counts on the day of the second one."""

    name: str
    short: str
    label: "_StrPromise"
    definition: "_StrPromise"
    left_out: "_StrPromise"
    start: Callable[[Course], datetime | None]
    end: Callable[[Course], datetime | None]

    def length(self, course: Course) -> timedelta | None:
        """How long it was; None where either moment is not known, or has not come."""
        start, end = self.start(course), self.end(course)
        return end - start if start and end else None

    def counts(self, course: Course, days: Time) -> bool:
        """Whether it is one of those behind the figure of these days."""
        return days.hold(self.end(course)) and self.start(course) is not None

    def leaves_out(self, course: Course, days: Time) -> bool:
        """Whether the problem was known in these days and has no such length, or none yet."""
        return days.hold(course.detected) and self.length(course) is None

    def spread(self, courses: Iterable[Course], days: Time) -> Spread:
        """The figure of these days."""
        found = (self.length(course) for course in courses if self.counts(course, days))
        return spread_of(length for length in found if length is not None)


def _began(course: Course) -> datetime | None:
    return course.began


def _detected(course: Course) -> datetime | None:
    return course.detected


MEASURES = {
    measure.name: measure
    for measure in [
        Measure(
            "mttd",
            "MTTD",
            _("Time to detect"),
            _(
                "From when it began, as the earliest of its alerts and reports says, to when the first of them came in. "
                "Counts on the day it was known."
            ),
            _("known then, but nothing says when they began"),
            _began,
            _detected,
        ),
        Measure(
            "mtta",
            "MTTA",
            _("Time to acknowledge"),
            _(
                "From when the first alert or report came in to the first thing a person did with it: status, field, note, "
                "merge, room, or its alert. Counts on the day of that."
            ),
            _("known then, and no person did anything yet"),
            _detected,
            lambda course: course.taken_up,
        ),
        Measure(
            "mttm",
            "MTTM",
            _("Time to mitigate"),
            _(
                "From when the first alert or report came in to when it first became mitigated, deployed, verified or closed. "
                "Counts on the day of that."
            ),
            _("known then, and not mitigated yet, or declined"),
            _detected,
            lambda course: course.mitigated,
        ),
        Measure(
            "mttr",
            "MTTR",
            _("Time to resolve"),
            _(
                "From when the first alert or report came in to when it became verified or closed and stayed so; work that "
                "was taken up again counts until the last end. Counts on the day of that."
            ),
            _("known then, and still open, declined, or gone by itself"),
            _detected,
            lambda course: course.resolved,
        ),
    ]
}
