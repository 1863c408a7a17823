"""This module reads a launch's themes for their page, with a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from feedback.models import Feedback
from hypercare.core.models import Launch
from triage.categories import SENTIMENTS
from triage.models import Theme, ThemesRun

LAST_DAYS = 7
QUOTE_CHARACTERS = 220
_WIDTH, _HEIGHT = 120, 24


@dataclass(frozen=True)
class Tone:
    """How many were negative, neutral and positive in the last days, and before."""

    last: tuple[int, int, int]
    before: tuple[int, int, int]

    @property
    def told(self) -> int:
        """How many reports of the last days have a tone."""
        return sum(self.last)

    @property
    def told_before(self) -> int:
        """How many of the days before."""
        return sum(self.before)

    @property
    def negative_share(self) -> float | None:
        """Of the last days; None where nothing was said."""
        return _negative(self.last)

    @property
    def negative_before(self) -> float | None:
        """Of the days before."""
        return _negative(self.before)


@dataclass(frozen=True)
class Quote:
    """A report, and what it says beyond its title."""

    report: Feedback
    more: str


@dataclass(frozen=True)
class Shown:
    """A theme as the page shows it."""

    theme: Theme
    tone: Tone
    quotes: list[Quote]
    points: str
    days: list[tuple[date, int]]


@dataclass(frozen=True)
class ComponentTone:
    """A component with the tone of its reports."""

    name: str
    slug: str
    reports: int
    tone: Tone


def shown_themes(launch: Launch, run: ThemesRun) -> list[Shown]:
    """The themes, rising ones first, then the loudest."""
    themes = sorted(
        Theme.objects.filter(launch=launch), key=lambda theme: (theme.course != "rising", -theme.reports, theme.pk)
    )
    wanted = [number for theme in themes for number in theme.quotes]
    rows = Feedback.objects.filter(launch=launch).only("title", "body", "language", "launch_id").in_bulk(wanted)
    return [
        Shown(
            theme,
            tone_of(theme.tones),
            [_quote(rows[number]) for number in theme.quotes if number in rows],
            _points(theme.days),
            [(run.first_day + timedelta(days=at), count) for at, count in enumerate(theme.days)],
        )
        for theme in themes
    ]


def _quote(report: Feedback) -> Quote:
    """Many a title is how its text begins."""
    title, body = report.title.strip().removesuffix("…"), report.body.strip()
    return Quote(report, body[len(title) :].strip() if body.startswith(title) else body)


def component_tones(launch: Launch, run: ThemesRun) -> list[ComponentTone]:
    """The tone of each component, the one with most reports first."""
    known = {str(pk): (name, slug) for pk, name, slug in launch.components.values_list("pk", "name", "slug")}
    told = [
        ComponentTone(*known[number], sum(map(sum, tones)), tone_of(tones))
        for number, tones in run.tones.items()
        if number in known
    ]
    return sorted(told, key=lambda one: -one.reports)


def tone_of(days: Sequence[Sequence[int]]) -> Tone:
    """The tone of the last days beside that of the days before."""
    return Tone(_sum(days[-LAST_DAYS:]), _sum(days[:-LAST_DAYS]))


def _sum(days: Sequence[Sequence[int]]) -> tuple[int, int, int]:
    negative, neutral, positive = (sum(day[at] for day in days) for at in range(len(SENTIMENTS)))
    return negative, neutral, positive


def _negative(tones: tuple[int, int, int]) -> float | None:
    return tones[0] / sum(tones) if sum(tones) else None


def _points(days: Sequence[int]) -> str:
    """The course as the points of a line."""
    most, steps = max([*days, 1]), max(len(days) - 1, 1)
    return " ".join(
        f"{_WIDTH * at / steps:.1f},{_HEIGHT - (_HEIGHT - 2) * count / most - 1:.1f}" for at, count in enumerate(days)
    )
