"""This module finds the issues behind a figure of times, so that the list shows exactly what was counted.

A figure is named as `mttr..2026-05-15..2026-05-28`: what is counted, the first and the last day by the launch's clock.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hypercare.core import clock
from hypercare.core.models import Launch
from triage.models import Issue
from triage.times import rates, targets
from triage.times.courses import Course, courses
from triage.times.measures import MEASURES
from triage.times.period import Days

LEFT_OUT = "-left-out"
MERGED = "merged"
_NAME = re.compile(r"([a-z-]+)\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})")
_MOST_DAYS = 3660
Holds = Callable[[Course, Days, datetime], bool]


class Behind(NamedTuple):
    """What a figure counts, and in which days."""

    name: str
    first: date
    last: date


def _plain(holds: rates.Holds) -> Holds:
    return lambda course, days, _now: holds(course, days)


COUNTED: dict[str, Holds] = {
    **{name: _plain(measure.counts) for name, measure in MEASURES.items()},
    **{name + LEFT_OUT: _plain(measure.leaves_out) for name, measure in MEASURES.items()},
    "opened": _plain(rates.was_opened),
    "ended": _plain(rates.was_ended),
    "closed": _plain(rates.was_closed),
    "reopened": _plain(rates.came_back),
    "trouble": _plain(rates.is_trouble),
    "monitored": _plain(rates.is_monitored),
    "told": _plain(rates.is_told),
    "fixed": _plain(rates.was_fixed),
    "verified": _plain(rates.was_verified),
    "response": targets.response_decided,
    "response-kept": targets.response_kept,
    "backlog": lambda course, days, _now: course.is_open and days.hold(course.opened_at),
    "late": lambda course, days, now: targets.standing(course, days.zone, now) == targets.LATE,
    "at-risk": lambda course, days, now: targets.standing(course, days.zone, now) == targets.AT_RISK,
}
WORDS = {
    "mttd": _("detected"),
    "mtta": _("acknowledged"),
    "mttm": _("mitigated"),
    "mttr": _("resolved"),
    "mttd-left-out": _("nothing says when they began"),
    "mtta-left-out": _("known, not acknowledged"),
    "mttm-left-out": _("known, not mitigated"),
    "mttr-left-out": _("known, not resolved"),
    "opened": _("opened"),
    "ended": _("closed or declined"),
    "closed": _("closed, also for a time"),
    "reopened": _("closed, and reopened since"),
    "trouble": _("problems opened"),
    "monitored": _("noticed by monitoring first"),
    "told": _("told by people first"),
    "fixed": _("closed as fixed"),
    "verified": _("fixed, and verified"),
    "response": _("first response kept or missed"),
    "response-kept": _("first response in time"),
    "backlog": _("open, opened then"),
    "late": _("open and late"),
    "at-risk": _("open and about to be late"),
    MERGED: _("the same as another"),
}


def named(name: str, days: Days) -> str:
    """The name of a figure as the address carries it."""
    return f"{name}..{days.first.isoformat()}..{days.last.isoformat()}"


def read(text: str) -> Behind | None:
    """What a name says; None for one that no figure has."""
    found = _NAME.fullmatch(text)
    if found is None or found[1] not in WORDS:
        return None
    try:
        first, last = date.fromisoformat(found[2]), date.fromisoformat(found[3])
    except ValueError:
        return None
    is_known = clock.FIRST_DAY <= first <= last <= clock.LAST_DAY and (last - first).days < _MOST_DAYS
    return Behind(found[1], first, last) if is_known else None


def in_words(text: str) -> str:
    """A name for people; as it is where no figure has it."""
    behind = read(text)
    if behind is None:
        return text
    words = {
        "what": WORDS[behind.name],
        "first": date_format(behind.first, "j M"),
        "last": date_format(behind.last, "j M"),
    }
    if behind.first == behind.last:
        return gettext("%(what)s, %(first)s") % words
    return gettext("%(what)s, %(first)s to %(last)s") % words


def matching(rows: QuerySet[Issue], text: str, *, now: datetime) -> QuerySet[Issue]:
    """Those of the issues that are behind the figure; none for a name that no figure has."""
    behind = read(text)
    if behind is None:
        return rows.none()
    launches = Launch.objects.filter(pk__in=rows.order_by().values("launch"))
    return rows.filter(pk__in=[pk for launch in launches for pk in _keys(launch, behind, now=now)])


def _keys(launch: Launch, behind: Behind, *, now: datetime) -> Iterable[int]:
    days = Days(behind.first, behind.last, launch.zone)
    if behind.name == MERGED:
        return merged_in(launch, days).values_list("pk", flat=True)
    holds, found = COUNTED[behind.name], courses(launch, since=days.begins, until=now)
    return [course.pk for course in found if holds(course, days, now)]


def merged_in(launch: Launch, days: Days) -> QuerySet[Issue]:
    """Issues opened in these days that turned out to be the same as another."""
    return Issue.objects.filter(
        launch=launch, merged_into__isnull=False, opened_at__gte=days.begins, opened_at__lt=days.ends
    )
