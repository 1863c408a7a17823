"""This module counts shares of problems: reopened, the same as another, noticed by monitoring, verified, and in time.

Each share is two sets of problems of some days, so that either can be shown row by row.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from triage.categories import TROUBLE
from triage.times.courses import Course
from triage.times.period import Time
from triage.times.spread import ENOUGH

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

FIXED = "fixed"
Holds = Callable[[Course, Time], bool]


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int
    of: int

    @property
    def value(self) -> float | None:
        """The share; None where they are too few to tell."""
        return self.part / self.of if self.of >= ENOUGH else None


@dataclass(frozen=True)
class Rate:
    """A share of the problems of some days; `name` and `of_name` are what their rows are asked for by."""

    name: str
    of_name: str
    label: "_StrPromise"
    definition: "_StrPromise"
    part: Holds
    of: Holds

    def share(self, courses: Iterable[Course], days: Time) -> Share:
        """How many of how many."""
        every = [course for course in courses if self.of(course, days)]
        return Share(sum(self.part(course, days) for course in every), len(every))


def was_opened(course: Course, days: Time) -> bool:
    """Opened in these days."""
    return days.hold(course.opened_at)


def was_ended(course: Course, days: Time) -> bool:
    """Closed or declined in these days, and it is so still."""
    return days.hold(course.ended_at)


def was_closed(course: Course, days: Time) -> bool:
    """Closed in these days by an end that nobody took back as a slip."""
    return any(days.hold(at) for at in course.closings)


def came_back(course: Course, days: Time) -> bool:
    """Closed in these days, and reopened since."""
    ends = [at for at in course.closings if days.hold(at)]
    return bool(ends) and any(at >= ends[0] for at in course.reopenings)


def is_trouble(course: Course, days: Time) -> bool:
    """Opened in these days, and of a kind that monitoring could see."""
    return was_opened(course, days) and course.category in TROUBLE


def is_monitored(course: Course, days: Time) -> bool:
    """The same where monitoring was first or alone."""
    return is_trouble(course, days) and course.monitored_first


def is_told(course: Course, days: Time) -> bool:
    """The same where people were first or alone."""
    return is_trouble(course, days) and not course.monitored_first


def was_fixed(course: Course, days: Time) -> bool:
    """Closed as fixed in these days, and it is so still."""
    return was_ended(course, days) and course.status == "closed" and course.resolution == FIXED


def was_verified(course: Course, days: Time) -> bool:
    """The same where live traffic or a person said that the fix holds."""
    return was_fixed(course, days) and course.is_verified


REOPENED = Rate(
    "reopened",
    "closed",
    _("Reopened"),
    _(
        "Of the issues closed in these days, those that were reopened since; an end taken back within half an hour is none."
    ),
    came_back,
    was_closed,
)
MONITORED = Rate(
    "monitored",
    "trouble",
    _("Noticed by monitoring first"),
    _(
        "Of the problems opened in these days, those where an alert tells of it before any person does, or alone. Questions, "
        "wishes and praise are left out: no monitoring could see them."
    ),
    is_monitored,
    is_trouble,
)
VERIFIED = Rate(
    "verified",
    "fixed",
    _("Fixes verified"),
    _("Of the issues closed as fixed in these days, those whose fix live traffic or a person has verified."),
    was_verified,
    was_fixed,
)
RATES = {rate.name: rate for rate in (REOPENED, MONITORED, VERIFIED)}
