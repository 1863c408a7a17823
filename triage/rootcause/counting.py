"""This module counts the causes of a launch: by code, by why they were missed, by component and by team."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hypercare.core.models import Launch
from triage.models import CauseCode, Issue, IssueStatus, RootCause, WhyMissed
from triage.rootcause.words import FIELD_WORDS

NONE = "none"  # what a filter says for “not set”
CRITICAL = 2
FIELDS = {
    "code": FIELD_WORDS["code"],
    "missed": FIELD_WORDS["missed"],
    "component": FIELD_WORDS["component"],
    "team": gettext_lazy("Team"),
}
_COLUMNS = {"code": "code", "missed": "missed", "component": "issue__component__slug", "team": "issue__team__name"}


@dataclass(frozen=True)
class Bar:
    """How many analyses share a value; `share` is of the most frequent one, in per cent."""

    value: str
    word: str
    number: int
    share: int
    is_chosen: bool


@dataclass(frozen=True)
class Counted:
    """What was counted: the bars of each field, and the analyses that all chosen values share."""

    bars: dict[str, list[Bar]]
    rows: QuerySet[RootCause]
    total: int


def analyses(launch: Launch) -> QuerySet[RootCause]:
    """The analyses of a launch; the analysis of an issue that is merged into another does not count."""
    return RootCause.objects.filter(issue__launch=launch, issue__merged_into=None)


def count(launch: Launch, chosen: Mapping[str, str]) -> Counted:
    """The bars of each field count what the values chosen of the other fields leave."""
    chosen = {name: value for name, value in chosen.items() if name in FIELDS and value}
    bars = {name: _bars(launch, name, chosen) for name in FIELDS}
    rows = _narrowed(analyses(launch), chosen).select_related("issue__component", "issue__team")
    return Counted(bars, rows, rows.count())


def without_analysis(launch: Launch) -> QuerySet[Issue]:
    """Critical issues that are over and whose cause nobody looked for."""
    over = Issue.objects.filter(launch=launch, severity__lte=CRITICAL, merged_into=None, root_cause=None)
    return over.filter(status__in=(IssueStatus.VERIFIED, IssueStatus.CLOSED)).order_by("severity", "-pk")


def _narrowed(rows: QuerySet[RootCause], chosen: Mapping[str, str]) -> QuerySet[RootCause]:
    for name, value in chosen.items():
        field = _COLUMNS[name]
        empty = {"code": "", "missed": ""}.get(name)
        rows = rows.filter(**{field: empty if value == NONE else value.replace("\x00", "")})
    return rows


def _bars(launch: Launch, name: str, chosen: Mapping[str, str]) -> list[Bar]:
    others = {other: value for other, value in chosen.items() if other != name}
    found = _narrowed(analyses(launch), others).values_list(_COLUMNS[name]).annotate(n=Count("pk"))
    numbers = {value or "": number for value, number in found.order_by("-n", _COLUMNS[name])}
    most = max(numbers.values(), default=1)
    words = _words(launch, name)
    return [
        Bar(value or NONE, words(value), number, round(100 * number / most), chosen.get(name) == (value or NONE))
        for value, number in numbers.items()
    ]


def _words(launch: Launch, name: str) -> Callable[[str], str]:
    """How the values of a field are called."""
    if name == "component":
        names = dict(launch.components.values_list("slug", "name"))
        return lambda value: names.get(value) or value or str(_("No component"))
    if name == "team":
        return lambda value: value or str(_("No team"))
    choices = {"code": CauseCode, "missed": WhyMissed}[name]
    return lambda value: str(choices(value).label) if value else str(_("Not set yet"))
