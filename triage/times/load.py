"""This module weighs what each person and each team has open: how much, how bad, how old, and what is late."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from hypercare.core.models import Launch, User
from triage.score.rice import IMPACT_OF_SEVERITY
from triage.times.behind import named
from triage.times.courses import Course
from triage.times.period import Days
from triage.times.targets import AT_RISK, LATE, standing


@dataclass(frozen=True)
class Load:
    """What somebody has open; `weight` counts each by its severity, as the impact of RICE does."""

    name: str
    open: int
    weight: float
    oldest: Course
    days_old: int
    late: int
    at_risk: int
    open_url: str
    late_url: str
    risk_url: str
    is_owned: bool = True


def loads(launch: Launch, courses: Iterable[Course], *, now: datetime) -> tuple[list[Load], list[Load]]:
    """Of each person and what nobody owns, and of each team and what has none; the heaviest first."""
    carried = [(course, standing(course, launch.zone, now)) for course in courses if course.is_open]
    return _by_owner(launch, carried, now=now), _by_team(launch, carried, now=now)


Carried = tuple[Course, str]


def _by_owner(launch: Launch, carried: Iterable[Carried], *, now: datetime) -> list[Load]:
    found = _grouped(carried, "owner")
    people = {pk: (str(user), user.email) for pk, user in User.objects.in_bulk([pk for pk in found if pk]).items()}
    return _loads(launch, found, "owner", people, now=now)


def _by_team(launch: Launch, carried: Iterable[Carried], *, now: datetime) -> list[Load]:
    teams = {pk: (name, name) for pk, name in launch.teams.values_list("pk", "name")}
    return _loads(launch, _grouped(carried, "team"), "team", teams, now=now)


def _grouped(carried: Iterable[Carried], by: str) -> dict[Hashable, list[Carried]]:
    found: dict[Hashable, list[Carried]] = defaultdict(list)
    for one in carried:
        found[getattr(one[0], by)].append(one)
    return found


def _loads(
    launch: Launch,
    found: Mapping[Hashable, list[Carried]],
    by: str,
    names: Mapping[int, tuple[str, str]],
    *,
    now: datetime,
) -> list[Load]:
    today = Days(launch.go_live_on, launch.go_live_on, launch.zone).day_of(now)
    days = Days(today, today, launch.zone)
    every = []
    for key, some in found.items():
        name, value = names[key] if isinstance(key, int) else (_("nobody") if by == "owner" else _("no team"), "")
        one = _load(launch, name, some, {by: value} if value else {"without": by}, days)
        every.append(replace(one, is_owned=bool(value)))
    return sorted(every, key=lambda load: (-load.weight, load.name.casefold()))


def _load(launch: Launch, name: str, some: list[Carried], query: Mapping[str, str], days: Days) -> Load:
    oldest = min((course for course, _standing in some), key=lambda course: (course.opened_at, course.pk))
    standings = Counter(standing for _course, standing in some)
    list_url = reverse("triage:issues", args=[launch.slug])
    return Load(
        name=name,
        open=len(some),
        weight=sum(IMPACT_OF_SEVERITY[course.severity] for course, _standing in some),
        oldest=oldest,
        days_old=_days_between(days.day_of(oldest.opened_at), days.last),
        late=standings[LATE],
        at_risk=standings[AT_RISK],
        open_url=f"{list_url}?{urlencode({'open': 'true', **query})}",
        late_url=f"{list_url}?{urlencode({'times': named('late', days), **query})}",
        risk_url=f"{list_url}?{urlencode({'times': named('at-risk', days), **query})}",
    )


def _days_between(first: date, last: date) -> int:
    return max((last - first).days, 0)
