"""This module measures what the wall shows, off the path of any request, so that a page reads a figure and counts nothing.

Each gauge is measured every few minutes into a Measurement, with what it was counted from beside it; so its change since
the same hour yesterday and last week is two more rows.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Avg, Count, Max, Q
from django.utils.translation import gettext_lazy as _

from feedback.models import MACHINE_CHANNELS, Feedback
from gateway_ingest import evidence
from gateway_ingest.evidence import Signature, Span
from gateway_ingest.models import CallKind
from hypercare.core import clock
from hypercare.core.models import Commitment, Deployment, Launch, Measurement, MetricDefinition
from triage.models import OPEN_STATUSES, Issue, IssueStatus
from triage.one_by_one import one_by_one
from triage.times.lately import Lately, lately, triage_waited
from triage.times.measures import MEASURES
from triage.times.rates import Share
from triage.warroom.promises import kept_in_time

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

EVERY = timedelta(minutes=5)
KEPT_FOR = timedelta(days=15)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
QUARTER = timedelta(minutes=15)
PREFIX = "wall."


class Figure(NamedTuple):
    """A value, from how many things it was taken (none where it is a sum or a count), and what nine of ten stay under."""

    value: float
    n: int
    p90: float | None = None


@dataclass(frozen=True)
class Look:
    """One look at a launch; what several gauges are read from is read once."""

    launch: Launch
    now: datetime

    @cached_property
    def week(self) -> Lately:
        """The times of the last seven days."""
        return lately(self.launch, begins=self.now - WEEK, now=self.now)


@dataclass(frozen=True)
class Gauge:
    """One figure of the wall: what it is called, how it is measured and read, and which way is better."""

    name: str
    label: "_StrPromise"
    unit: str
    measure: Callable[[Look], Figure | None]
    page: str
    target: float | None = None
    less_is_better: bool | None = None
    over: str = ""

    @property
    def metric(self) -> str:
        """What its measurements are called."""
        return PREFIX + self.name

    @property
    def metrics(self) -> tuple[str, str, str]:
        """The same for its value, from how many it was taken, and what nine of ten stay under."""
        return self.metric, f"{self.metric}.n", f"{self.metric}.p90"

    def keeps(self, value: float) -> bool | None:
        """Whether a value keeps the target; None where there is none."""
        if self.target is None:
            return None
        return value <= self.target if self.less_is_better else value >= self.target


def _reports(look: Look) -> Figure:
    n = Feedback.objects.filter(
        launch=look.launch, received_at__gt=look.now - DAY, received_at__lte=look.now, set_aside=False
    )
    count = n.exclude(channel__in=MACHINE_CHANNELS).count()
    return Figure(count, 0)


def _opened(look: Look) -> Figure:
    rows = Issue.objects.filter(launch=look.launch, opened_at__gt=look.now - DAY, opened_at__lte=look.now)
    count = rows.exclude(status=IssueStatus.DUPLICATE).count()
    return Figure(count, 0)


def _closed(look: Look) -> Figure:
    count = Issue.objects.filter(
        launch=look.launch, status=IssueStatus.CLOSED, closed_at__gt=look.now - DAY, closed_at__lte=look.now
    ).count()
    return Figure(count, 0)


def _open(look: Look) -> Figure:
    count = Issue.objects.filter(launch=look.launch, status__in=OPEN_STATUSES).count()
    return Figure(count, 0)


def _triage_seconds(look: Look) -> Figure | None:
    n, took = triage_waited(look.launch, begins=look.now - DAY, ends=look.now)
    return Figure(took.total_seconds(), n) if took is not None else None


def _length(name: str) -> Callable[[Look], Figure | None]:
    """One of the four lengths of time in the last week; none where they are too few to tell."""

    def of_the_week(look: Look) -> Figure | None:
        spread = look.week.spreads[name]
        if spread.median is None or spread.p90 is None:
            return None
        return Figure(spread.median.total_seconds(), spread.n, spread.p90.total_seconds())

    return of_the_week


def _share(name: str) -> Callable[[Look], Figure | None]:
    """A share of the last week; none where they are too few to tell."""

    def of_the_week(look: Look) -> Figure | None:
        return _told(look.week.shares[name])

    return of_the_week


def _told(share: Share) -> Figure | None:
    return None if share.value is None else Figure(share.value, share.of)


def _in_time(look: Look) -> Figure | None:
    return _told(look.week.responses)


def _late(look: Look) -> Figure:
    return Figure(look.week.late, 0)


def _at_risk(look: Look) -> Figure:
    return Figure(look.week.at_risk, 0)


def _active(look: Look) -> Figure | None:
    """Different consumers of the launch's gateways in a day."""
    if not CallKind.objects.filter(launch=look.launch).exists():
        return None
    found = evidence.reach(look.launch, Signature(), Span.of(look.now - DAY, look.now), now=look.now)
    return Figure(found.value, 0) if found.is_measured else None


def _helpful(look: Look) -> Figure | None:
    """Answers of models that people found helpful, of those they rated in a day."""
    rows = evidence.ai_table(look.launch, Span.of(look.now - DAY, look.now))
    helpful, ratings = sum(row.helpful for row in rows), sum(row.ratings for row in rows)
    return _told(Share(helpful, ratings))


def _own(name: str) -> Callable[[Look], Figure | None]:
    """The mean of a day of a metric of the launch's own that has this name; none where it has no such metric."""

    def of_a_day(look: Look) -> Figure | None:
        own = MetricDefinition.objects.filter(launch=look.launch, name__iexact=name).first()
        if own is None:
            return None
        said = Measurement.objects.filter(
            launch=look.launch, metric=own.measured_as, measured_at__gt=look.now - DAY, measured_at__lte=look.now
        ).aggregate(mean=Avg("value"), n=Count("pk"))
        return Figure(said["mean"], said["n"]) if said["n"] else None

    return of_a_day


def _deployments(look: Look) -> Figure:
    count = Deployment.objects.filter(
        launch=look.launch, deployed_at__gt=look.now - DAY, deployed_at__lte=look.now
    ).count()
    return Figure(count, 0)


def _promises(look: Look) -> Figure | None:
    ended = Commitment.objects.filter(launch=look.launch, ended_at__gt=look.now - WEEK, ended_at__lte=look.now)
    found = ended.aggregate(n=Count("pk"), kept=Count("pk", filter=kept_in_time()))
    return Figure(found["kept"] / found["n"], found["n"]) if found["n"] else None


def _traffic(measure: str) -> Callable[[Look], Figure | None]:
    """A measure of all calls in the last quarter of an hour that is over."""

    def last_quarter(look: Look) -> Figure | None:
        launch, now = look.launch, look.now
        if not CallKind.objects.filter(launch=launch).exists():
            return None
        span = Span.of(now - 2 * QUARTER, now)
        values, counts = (
            [point for point in evidence.series(launch, name, span, step=QUARTER).points if point.at <= now - QUARTER]
            for name in (measure, "calls")
        )
        value, calls = (values[-1].value, counts[-1].value) if values else (None, None)
        return Figure(value, int(calls)) if value is not None and calls else None

    return last_quarter


def _available(look: Look) -> Figure | None:
    failed = _traffic("error_share")(look)
    return Figure(1 - failed.value, failed.n) if failed else None


def _spend(look: Look) -> Figure | None:
    """What models cost since midnight where the launch lives."""
    begins, _ends = clock.day_bounds(clock.local_day(look.now, look.launch.zone), look.launch.zone)
    if not CallKind.objects.filter(launch=look.launch).exclude(model="").exists():
        return None
    points = evidence.series(look.launch, "cost", Span.of(begins, max(look.now, begins + QUARTER))).points
    return Figure(sum(point.value or 0.0 for point in points), 0)


GAUGES = {
    gauge.name: gauge
    for gauge in [
        Gauge("reports", _("New reports"), "24 h", _reports, "triage:inbox", less_is_better=True),
        Gauge("opened", _("Issues opened"), "24 h", _opened, "triage:issues", less_is_better=True),
        Gauge("closed", _("Issues closed"), "24 h", _closed, "triage:issues", less_is_better=False),
        Gauge("open", _("Open issues"), "", _open, "triage:board", less_is_better=True),
        Gauge("late", _("Late"), "", _late, "triage:times", 0, less_is_better=True),
        Gauge("at_risk", _("About to be late"), "", _at_risk, "triage:times", less_is_better=True),
        Gauge("triage", _("Time to triage"), "s", _triage_seconds, "triage:inbox", less_is_better=True),
        *(
            Gauge(name, measure.label, "s", _length(name), "triage:times", less_is_better=True, over="7 d")
            for name, measure in MEASURES.items()
        ),
        Gauge(
            "in_time", _("First response in time"), "%", _in_time, "triage:times", 0.9, less_is_better=False, over="7 d"
        ),
        Gauge(
            "reopened", _("Reopened"), "%", _share("reopened"), "triage:times", 0.05, less_is_better=True, over="7 d"
        ),
        Gauge(
            "monitored",
            _("Monitoring first"),
            "%",
            _share("monitored"),
            "triage:blind_spots",
            less_is_better=False,
            over="7 d",
        ),
        Gauge(
            "verified",
            _("Fixes verified"),
            "%",
            _share("verified"),
            "triage:fixes",
            0.95,
            less_is_better=False,
            over="7 d",
        ),
        Gauge("available", _("Availability"), "%", _available, "gateway_ingest:traffic", 0.999, less_is_better=False),
        Gauge("errors", _("5xx"), "%", _traffic("error_share"), "gateway_ingest:traffic", 0.01, less_is_better=True),
        Gauge("p95", _("p95"), "ms", _traffic("p95_ms"), "gateway_ingest:traffic", 800, less_is_better=True),
        Gauge("active", _("Active consumers"), "24 h", _active, "gateway_ingest:traffic", less_is_better=False),
        Gauge("csat", _("CSAT"), "", _own("csat"), "gateway_ingest:traffic_metrics", less_is_better=False, over="24 h"),
        Gauge(
            "helpful",
            _("AI answers helpful"),
            "%",
            _helpful,
            "gateway_ingest:traffic_ai",
            less_is_better=False,
            over="24 h",
        ),
        Gauge("spend", _("AI spend today"), "", _spend, "gateway_ingest:traffic_ai"),
        Gauge("deployments", _("Deployments"), "24 h", _deployments, "gateway_ingest:traffic"),
        Gauge("promises", _("Promises kept"), "%", _promises, "triage:rooms", 0.9, less_is_better=False),
    ]
}


# What is read from traffic alone, so that it may be measured of a moment that is long over.
OF_TRAFFIC = tuple(GAUGES[name] for name in ("available", "errors", "p95", "active", "helpful", "spend"))


def measure_due(*, now: datetime) -> int:
    """Measures the launches that are due, and forgets what is too old; says how many launches."""
    lately = Q(measurements__metric=f"{PREFIX}open", measurements__measured_at__gt=now - DAY)
    newest = Max("measurements__measured_at", filter=lately)
    launches = Launch.objects.filter(closed_at=None).annotate(measured_at=newest)
    due = [one for one in launches if one.measured_at is None or one.measured_at <= now - EVERY]
    one_by_one(due, lambda launch: measure(launch, now=now))
    return len(due)


def measure(launch: Launch, *, now: datetime, among: Iterable[Gauge] = tuple(GAUGES.values())) -> None:
    """Measures the gauges of one launch at this moment; what has no value leaves no row."""
    look = Look(launch, now)
    found = {gauge: gauge.measure(look) for gauge in among}
    rows = [
        Measurement(launch=launch, metric=name, measured_at=now, value=value)
        for gauge, figure in found.items()
        if figure is not None
        for name, value in zip(gauge.metrics, figure, strict=True)
        if value is not None
    ]
    Measurement.objects.bulk_create(rows, ignore_conflicts=True)
    names = [name for gauge in GAUGES.values() for name in gauge.metrics]
    Measurement.objects.filter(launch=launch, metric__in=names, measured_at__lt=now - KEPT_FOR).delete()
