"""This module groups problems by what they are about, and says by which filter the list shows each group."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy

from hypercare.core.models import Launch
from hypercare.core.templatetags.hypercare_ui import CATEGORY_WORDS, SEVERITY_WORDS
from triage.times.behind import named
from triage.times.courses import Course
from triage.times.period import Days

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

DIMENSIONS: dict[str, "_StrPromise"] = {
    "severity": gettext_lazy("Severity"),
    "component": gettext_lazy("Component"),
    "team": gettext_lazy("Team"),
    "category": gettext_lazy("Type"),
    "day": gettext_lazy("Day"),
}
_NONE: dict[str, "_StrPromise"] = {
    "component": gettext_lazy("no component"),
    "team": gettext_lazy("no team"),
    "category": gettext_lazy("no type"),
}
# What a rate is told by: shares of single days are too few to tell.
OF_RATES = ("severity", "component", "team", "category")


@dataclass(frozen=True)
class Group:
    """Problems that have something in common: its name, and the filter that shows them."""

    key: Hashable
    name: str
    days: Days
    query: Mapping[str, str]


def link(launch: Launch, name: str, days: Days, query: Mapping[str, str] | None = None) -> str:
    """Where the rows behind a figure are."""
    return f"{reverse('triage:issues', args=[launch.slug])}?{urlencode({'times': named(name, days), **(query or {})})}"


def key_of(dimension: str, days: Days, moment: Callable[[Course], object]) -> Callable[[Course], Hashable]:
    """What a problem is grouped by; by day it is that of a moment of its course."""
    if dimension == "day":
        return lambda course: days.day_of(moment(course))  # type: ignore[arg-type]  # only of those that have it
    return lambda course: getattr(course, dimension) or None


def groups_of(launch: Launch, dimension: str, days: Days, present: Iterable[Hashable]) -> list[Group]:
    """The groups that are present, by name; of days and severities all, in their order."""
    found = set(present)
    if dimension == "day":
        return [Group(day, date_format(day, "j M"), Days(day, day, days.zone), {}) for day in days.each]
    if dimension == "severity":
        return [
            Group(one, f"SEV{one} {word}", days, {"severity": str(one)})
            for one, word in SEVERITY_WORDS.items()
            if one in found
        ]
    known = [
        Group(key, name, days, {dimension: value}) for key, name, value in _named(launch, dimension) if key in found
    ]
    none = [Group(None, str(_NONE[dimension]), days, {"without": dimension})] if None in found else []
    return [*sorted(known, key=lambda group: group.name.casefold()), *none]


def _named(launch: Launch, dimension: str) -> list[tuple[Hashable, str, str]]:
    if dimension == "category":
        return [(key, str(word), key) for key, word in CATEGORY_WORDS.items()]
    if dimension == "team":
        return [(pk, name, name) for pk, name in launch.teams.values_list("pk", "name")]
    return [(pk, name, slug) for pk, name, slug in launch.components.values_list("pk", "name", "slug")]
