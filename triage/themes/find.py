"""This module finds the themes of a launch's last weeks and writes them down, so that a page only has to read them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from feedback.models import MACHINE_CHANNELS, Feedback
from hypercare.core.clock import local_day
from hypercare.core.models import Launch
from triage.categories import SENTIMENTS
from triage.match.deep import numbers_sent
from triage.match.words import Words
from triage.models import Theme, ThemeReport, ThemesRun, WordCount, WordsInAll
from triage.one_by_one import one_by_one
from triage.themes.groups import QUOTES, Group, groups_of, name_of, words_for
from triage.themes.trend import FEWEST_DAYS, trends

DAYS = 28
MOST_REPORTS = 10_000
NOT_SOONER_THAN = timedelta(minutes=10)
SAME_WORDS = 0.4
_READ_FOR_NAMES = 200

_NEWEST = """
SELECT f.id, array_send(w.terms), w.said, w.title_words, w.body_words, f.received_at, f.sentiment, f.component_id
FROM feedback_feedback f JOIN triage_wording w ON w.feedback_id = f.id
WHERE f.launch_id = %s AND f.received_at >= %s AND f.channel <> ALL(%s) AND NOT f.set_aside AND w.launch_id = f.launch_id
ORDER BY f.received_at DESC LIMIT %s
"""


@dataclass(frozen=True)
class Told:
    """A report with what a theme needs to know of it."""

    feedback_id: int
    words: Words
    day: date
    sentiment: str
    component_id: int | None


@dataclass(frozen=True)
class Days:
    """The days that are looked at, the first and how many."""

    first: date
    count: int

    def each(self, reports: Iterable[Told]) -> list[int]:
        """How many of the reports came on each day."""
        counts = [0] * self.count
        for report in reports:
            counts[(report.day - self.first).days] += 1
        return counts

    def tones(self, reports: Iterable[Told]) -> list[list[int]]:
        """For each day how many were negative, neutral and positive."""
        counts = [[0, 0, 0] for _day in range(self.count)]
        for report in reports:
            if report.sentiment in SENTIMENTS:
                counts[(report.day - self.first).days][SENTIMENTS.index(report.sentiment)] += 1
        return counts


def find_due(*, clock: Callable[[], datetime]) -> None:
    """Finds themes anew in launches where something was read since, not more often than every few minutes."""
    now = clock()
    read = dict(WordsInAll.objects.filter(launch__closed_at=None).values_list("launch_id", "reports"))
    runs = {run.launch_id: run for run in ThemesRun.objects.filter(launch_id__in=read).defer("tones")}
    due = [
        launch_id
        for launch_id, count in read.items()
        if launch_id not in runs
        or (runs[launch_id].words_read != count and not now - NOT_SOONER_THAN < runs[launch_id].found_at <= now)
    ]
    one_by_one(Launch.objects.filter(pk__in=due), lambda launch: find(launch, now=clock()))


def find(launch: Launch, *, now: datetime) -> None:
    """Finds a launch's themes and replaces those of before."""
    in_all = WordsInAll.objects.filter(launch=launch).values_list("reports", flat=True).first() or 0
    reports = _newest(launch, now=now)
    today = local_day(now, launch.zone)
    first = max(min((report.day for report in reports), default=today), today - timedelta(days=DAYS - 1))
    days = Days(first, (today - first).days + 1)
    reports = [report for report in reports if first <= report.day <= today]
    terms = {term for report in reports for term in report.words.terms.tolist()}
    reports_with = dict(WordCount.objects.filter(pk__in=terms).values_list("term", "reports"))
    groups = groups_of([report.words for report in reports], reports_with, in_all=in_all)
    themes = _themes(launch, groups, reports, days)
    by_component: dict[str, list[Told]] = defaultdict(list)
    for report in reports:
        by_component[str(report.component_id or "")].append(report)
    run = {
        "found_at": now,
        "words_read": in_all,
        "reports": len(reports),
        "first_day": first,
        "tones": {component: days.tones(told) for component, told in by_component.items()},
    }
    with transaction.atomic():
        ThemesRun.objects.update_or_create(launch=launch, defaults=run)
        _replace(launch, themes)


def _newest(launch: Launch, *, now: datetime) -> list[Told]:
    with connection.cursor() as cursor:
        machines = [str(channel) for channel in MACHINE_CHANNELS]
        cursor.execute(_NEWEST, [launch.pk, now - timedelta(days=DAYS), machines, MOST_REPORTS])
        return [
            Told(
                number,
                Words(numbers_sent([bytes(terms)])[0], bytes(said), titles, bodies),
                local_day(at, launch.zone),
                sentiment,
                component,
            )
            for number, terms, said, titles, bodies, at, sentiment, component in cursor.fetchall()
            if said
        ]


def _themes(
    launch: Launch, groups: Sequence[Group], reports: Sequence[Told], days: Days
) -> list[tuple[Theme, list[int]]]:
    told = [[reports[at] for at in group.members] for group in groups]
    known = trends([days.each(each) for each in told], days.each(reports))
    themes = []
    for group, members, trend in zip(groups, told, known, strict=True):
        texts = Feedback.objects.filter(pk__in=[one.feedback_id for one in members[:_READ_FOR_NAMES]])
        words = words_for(launch.pk, group.terms, (f"{row.title}\n{row.body[:500]}" for row in texts.defer("search")))
        if not words:
            continue
        theme = Theme(
            launch=launch,
            name=name_of(words),
            words=words,
            reports=len(members),
            days=days.each(members),
            tones=days.tones(members),
            recent=trend.recent,
            expected=round(trend.expected, 2),
            chance=trend.chance,
            course=trend.course if days.count >= FEWEST_DAYS else "steady",
            quotes=[one.feedback_id for one in members[:QUOTES]],
        )
        themes.append((theme, [one.feedback_id for one in members]))
    return themes


def _replace(launch: Launch, themes: Sequence[tuple[Theme, list[int]]]) -> None:
    """A theme told with mostly the same words as one of before keeps its number, so that links to it go on."""
    before = {theme.pk: set(theme.words) for theme in Theme.objects.select_for_update().filter(launch=launch)}
    ThemeReport.objects.filter(theme__in=before).delete()
    left = dict(before)
    for theme, _members in themes:
        same = max(left, key=lambda pk: _overlap(left[pk], set(theme.words)), default=None)
        if same is not None and _overlap(left[same], set(theme.words)) >= SAME_WORDS:
            theme.pk = same
            del left[same]
        theme.save(force_insert=theme.pk is None, force_update=theme.pk is not None)
    Theme.objects.filter(pk__in=left).delete()
    rows = [ThemeReport(feedback_id=number, theme=theme) for theme, members in themes for number in members]
    ThemeReport.objects.bulk_create(rows, batch_size=1000)


def _overlap(one: set[str], other: set[str]) -> float:
    return len(one & other) / max(len(one | other), 1)
