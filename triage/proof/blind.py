"""This module holds what traffic shows against what people report: what fails in silence, and what monitoring does not see."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse

from feedback.models import MACHINE_CHANNELS, Feedback
from gateway_ingest.evidence import Signature, Span, reading
from gateway_ingest.evidence.failures import place_of_kind
from gateway_ingest.evidence.reading import Wanted
from gateway_ingest.evidence.signature import HOUR, kinds_of
from hypercare.core.models import Launch
from triage import tree
from triage.categories import TROUBLE
from triage.models import Issue, MeasuredReach
from triage.times.courses import Course, courses

DAYS, USUAL_DAYS = ("1", "7", "14"), 7
WIDTH, HEIGHT, EDGE = 640.0, 360.0, 40.0
SHOWN = 40
# Fewer failures, or a smaller share, are the ordinary noise of a service.
LEAST_ERRORS, LEAST_SHARE = 20, 0.005
BURST_ERRORS, BURST_SHARE = 5, 0.02
_ASKING = frozenset({"question", "training_gap", "documentation", "usability"})
_REPORTED_READ = 500
Place = tuple[str, str, str]


@dataclass(frozen=True)
class Point:
    """A route that fails or an issue that is reported: how often either, and where its rows are."""

    name: str
    about: str
    errors: int
    calls: int
    reports: int
    reached: int | None
    url: str
    issue: Issue | None = None

    @property
    def x(self) -> float:
        """More errors stand further right; none at the very left."""
        return round(EDGE + (WIDTH - 2 * EDGE) * min(math.log10(self.errors + 1) / 5, 1), 1)

    @property
    def y(self) -> float:
        """More reports stand higher; none at the very bottom."""
        return round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * min(math.log10(self.reports + 1) / 2.5, 1), 1)


@dataclass(frozen=True)
class Found:
    """The four quadrants, and who was first to notice."""

    span: Span
    both: list[Point]
    silent: list[Point]
    blind: list[Point]
    gaps: list[Point]
    quiet: int
    problems: int
    monitored_first: int
    lead_minutes: float | None
    told_by_both: int
    has_traffic: bool

    @property
    def late_minutes(self) -> float:
        """How much later than people monitoring was."""
        return -(self.lead_minutes or 0)

    @property
    def points(self) -> list[Point]:
        """All that is plotted."""
        return [*self.both, *self.silent, *self.blind, *self.gaps]


@dataclass
class _Route:
    """One route's calls and failures, and the issues that people reported of it."""

    place: Place
    calls: int
    errors: int
    has_burst: bool = False
    issues: set[int] = field(default_factory=set)

    @property
    def fails(self) -> bool:
        """Whether it fails more than services do anyway: all along, or in one hour."""
        return self.has_burst or (self.errors >= LEAST_ERRORS and self.errors >= LEAST_SHARE * self.calls)


def look(launch: Launch, *, days: int, now: datetime) -> Found:
    """The quadrants of the last days."""
    span = Span.of(now - timedelta(days=days), now)
    routes, reported = _routes(launch, span), _reported(launch, span)
    issues = Issue.objects.filter(launch=launch, pk__in=reported).select_related("component").in_bulk()
    seen = _tie(routes, _signatures(issues))
    failing = sorted((one for one in routes.values() if one.fails), key=lambda one: -one.errors)
    silent = [one for one in failing if not one.issues][:SHOWN]
    reached = _reached(launch, span, [one.place for one in silent])
    unseen = [issue for pk, issue in issues.items() if pk not in seen and issue.category in TROUBLE | _ASKING]
    unseen.sort(key=lambda issue: (-reported[issue.pk], -issue.pk))
    first = _first_to_notice(launch, span)
    leads = [lead for lead in first if lead is not None]
    return Found(
        span,
        [_of_route(launch, one, sum(reported[pk] for pk in one.issues), None, issues) for one in failing if one.issues][:SHOWN],
        [_of_route(launch, one, 0, reached.get(one.place), issues) for one in silent],
        [_of_issue(launch, one, reported[one.pk]) for one in unseen if one.category not in _ASKING][:SHOWN],
        [_of_issue(launch, one, reported[one.pk]) for one in unseen if one.category in _ASKING][:SHOWN],
        sum(1 for one in routes.values() if not one.fails and not one.issues),
        problems=len(first),
        monitored_first=sum(1 for lead in leads if lead >= 0),
        lead_minutes=round(median(found) / 60) if (found := [lead for lead in leads if lead != math.inf]) else None,
        told_by_both=len(found),
        has_traffic=bool(routes),
    )  # fmt: skip


def _routes(launch: Launch, span: Span) -> dict[Place, _Route]:
    places = {kind.pk: place_of_kind(kind) for kind in kinds_of(launch, Signature()).select_related("component")}
    numbers = {place: number for number, place in enumerate(dict.fromkeys(places.values()))}
    groups = {pk: numbers[place] for pk, place in places.items()}
    names = {number: place for place, number in numbers.items()}
    routes: dict[Place, _Route] = {}
    for (number, _at), hour in reading.read(
        launch.pk, Wanted(groups, span, step=HOUR, sums=("calls", "errors"))
    ).items():
        if hour.calls:
            one = routes.setdefault(names[number], _Route(names[number], 0, 0))
            one.calls += hour.calls
            one.errors += hour.errors
            one.has_burst |= hour.errors >= BURST_ERRORS and hour.errors >= BURST_SHARE * hour.calls
    return routes


def _reported(launch: Launch, span: Span) -> dict[int, int]:
    """How many reports of people each root issue got in the span."""
    rows = Feedback.objects.filter(launch=launch, occurred_at__gte=span.begins, occurred_at__lt=span.ends)
    rows = rows.exclude(issue_key="").exclude(channel__in=MACHINE_CHANNELS)
    most = rows.values_list("issue_key").annotate(number=Count("pk")).order_by("-number")[:_REPORTED_READ]
    counted = {int(key[3:]): number for key, number in most}
    reported: dict[int, int] = {}
    for issue_id, root in tree.roots_of(counted).items():
        reported[root] = reported.get(root, 0) + counted[issue_id]
    return reported


def _signatures(issues: Mapping[int, Issue]) -> dict[int, list[dict[str, str]]]:
    """What each issue was measured by; its component's errors where it was not measured yet and shows as such."""
    measured = dict(MeasuredReach.objects.filter(issue__in=issues).values_list("issue_id", "signatures"))
    said = {pk: found for pk, found in measured.items() if found}
    for pk, issue in issues.items():
        if pk not in measured and issue.component:
            said[pk] = [{"component": issue.component.slug}]
    return said


def _tie(routes: Mapping[Place, _Route], signatures: Mapping[int, Sequence[Mapping[str, str]]]) -> set[int]:
    """Notes at each failing route who reported it; the issues that traffic shows."""
    failing = [one for one in routes.values() if one.fails]
    seen = set()
    for pk, found in signatures.items():
        for one in failing:
            if any(_fits(one.place, signature) for signature in found):
                one.issues.add(pk)
                seen.add(pk)
    return seen


def _fits(place: Place, said: Mapping[str, str]) -> bool:
    named = (said.get("component"), said.get("method"), said.get("route"))
    return all(not wanted or wanted == own for wanted, own in zip(named, place, strict=True))


def _reached(launch: Launch, span: Span, places: Sequence[Place]) -> dict[Place, int]:
    """How many consumers met the errors of these routes."""
    kinds = kinds_of(launch, Signature(status_class=5)).select_related("component")
    numbers = {place: number for number, place in enumerate(places)}
    groups = {kind.pk: numbers[place] for kind in kinds if (place := place_of_kind(kind)) in numbers}
    found = reading.read(launch.pk, Wanted(groups, span, sketches=("consumers",), sums=("calls",)))
    return {
        place: figures.consumers.number for place, number in numbers.items() if (figures := found.get((number, None)))
    }


def _first_to_notice(launch: Launch, span: Span) -> list[float | None]:
    """Of each problem opened in the span: by how many seconds monitoring was first, infinitely many where nobody
    reported it, None where monitoring never noticed."""
    found = courses(launch, since=span.begins, until=span.ends)
    return [
        _lead(course) for course in found if span.begins <= course.opened_at < span.ends and course.category in TROUBLE
    ]


def _lead(course: Course) -> float | None:
    if course.by_machine is None:
        return None
    return math.inf if course.by_person is None else (course.by_person - course.by_machine).total_seconds()


def _of_route(launch: Launch, one: _Route, reports: int, reached: int | None, issues: Mapping[int, Issue]) -> Point:
    component, method, route = one.place
    worst = min((issues[pk] for pk in one.issues), key=lambda issue: (issue.severity, issue.pk), default=None)
    said = urlencode({"span": "7d", "order": "errors", "component": component})
    url = f"{reverse('gateway_ingest:traffic', args=[launch.slug])}?{said}"
    name = f"{method} {route}".strip() or component
    return Point(name, component, one.errors, one.calls, reports, reached, url, issue=worst)


def _of_issue(launch: Launch, issue: Issue, reports: int) -> Point:
    about = issue.component.name if issue.component else ""
    url = reverse("triage:issue", args=[launch.slug, issue.key])
    return Point(f"{issue.key} {issue.title}", about, 0, 0, reports, None, url, issue=issue)
