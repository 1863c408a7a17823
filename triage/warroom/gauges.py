"""This module measures what the wall shows, off the path of any request, so that a page reads a figure and counts nothing.

Each gauge is measured every few minutes into a Measurement, with what it was counted from beside it; so its change since
the same hour yesterday and last week is two more rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Q
from django.utils.translation import gettext_lazy as _

from feedback.models import MACHINE_CHANNELS, Feedback
from gateway_ingest import evidence
from gateway_ingest.evidence import Span
from gateway_ingest.models import CallKind
from hypercare.core import clock
from hypercare.core.models import Commitment, Deployment, Launch, Measurement
from triage.models import OPEN_STATUSES, Issue, IssueStatus
from triage.one_by_one import one_by_one
from triage.reports.figures import Median
from triage.warroom.promises import kept_in_time

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

EVERY = timedelta(minutes=5)
KEPT_FOR = timedelta(days=15)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
QUARTER = timedelta(minutes=15)
PREFIX = "wall."


class Figure(NamedTuple):
    """A value, and from how many things it was taken; none where it is a sum or a count itself."""

    value: float
    n: int


@dataclass(frozen=True)
class Gauge:
    """One figure of the wall: what it is called, how it is measured and read, and which way is better."""

    name: str
    label: "_StrPromise"
    unit: str
    measure: Callable[[Launch, datetime], Figure | None]
    page: str
    target: float | None = None
    less_is_better: bool | None = None

    @property
    def metric(self) -> str:
        """What its measurements are called."""
        return PREFIX + self.name

    def keeps(self, value: float) -> bool | None:
        """Whether a value keeps the target; None where there is none."""
        if self.target is None:
            return None
        return value <= self.target if self.less_is_better else value >= self.target


def _reports(launch: Launch, now: datetime) -> Figure:
    n = Feedback.objects.filter(launch=launch, received_at__gt=now - DAY, received_at__lte=now, set_aside=False)
    count = n.exclude(channel__in=MACHINE_CHANNELS).count()
    return Figure(count, 0)


def _opened(launch: Launch, now: datetime) -> Figure:
    rows = Issue.objects.filter(launch=launch, opened_at__gt=now - DAY, opened_at__lte=now)
    count = rows.exclude(status=IssueStatus.DUPLICATE).count()
    return Figure(count, 0)


def _closed(launch: Launch, now: datetime) -> Figure:
    count = Issue.objects.filter(
        launch=launch, status=IssueStatus.CLOSED, closed_at__gt=now - DAY, closed_at__lte=now
    ).count()
    return Figure(count, 0)


def _open(launch: Launch, now: datetime) -> Figure:  # noqa: ARG001 - the signature of every gauge
    count = Issue.objects.filter(launch=launch, status__in=OPEN_STATUSES).count()
    return Figure(count, 0)


def _triage_minutes(launch: Launch, now: datetime) -> Figure | None:
    rows = Feedback.objects.filter(
        launch=launch, received_at__gt=now - DAY, received_at__lte=now, triaged_at__isnull=False
    )
    found = rows.exclude(channel__in=MACHINE_CHANNELS).aggregate(
        n=Count("pk"), took=Median(F("triaged_at") - F("received_at"))
    )
    return Figure(max(found["took"].total_seconds(), 0.0), found["n"]) if found["n"] else None


def _fix_hours(launch: Launch, now: datetime) -> Figure | None:
    rows = Issue.objects.filter(launch=launch, status=IssueStatus.CLOSED, closed_at__gt=now - WEEK, closed_at__lte=now)
    took = ExpressionWrapper(F("closed_at") - F("opened_at"), output_field=DurationField())
    found = rows.filter(severity__lte=3).aggregate(n=Count("pk"), took=Median(took))
    return Figure(found["took"].total_seconds() / 3600, found["n"]) if found["n"] else None


def _deployments(launch: Launch, now: datetime) -> Figure:
    count = Deployment.objects.filter(launch=launch, deployed_at__gt=now - DAY, deployed_at__lte=now).count()
    return Figure(count, 0)


def _promises(launch: Launch, now: datetime) -> Figure | None:
    ended = Commitment.objects.filter(launch=launch, ended_at__gt=now - WEEK, ended_at__lte=now)
    found = ended.aggregate(n=Count("pk"), kept=Count("pk", filter=kept_in_time()))
    return Figure(found["kept"] / found["n"], found["n"]) if found["n"] else None


def _traffic(measure: str) -> Callable[[Launch, datetime], Figure | None]:
    """A measure of all calls in the last quarter of an hour that is over."""

    def last_quarter(launch: Launch, now: datetime) -> Figure | None:
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


def _available(launch: Launch, now: datetime) -> Figure | None:
    failed = _traffic("error_share")(launch, now)
    return Figure(1 - failed.value, failed.n) if failed else None


def _spend(launch: Launch, now: datetime) -> Figure | None:
    """What models cost since midnight where the launch lives."""
    begins, _ends = clock.day_bounds(clock.local_day(now, launch.zone), launch.zone)
    if not CallKind.objects.filter(launch=launch).exclude(model="").exists():
        return None
    points = evidence.series(launch, "cost", Span.of(begins, max(now, begins + QUARTER))).points
    return Figure(sum(point.value or 0.0 for point in points), 0)


GAUGES = {
    gauge.name: gauge
    for gauge in [
        Gauge("reports", _("New reports"), "24 h", _reports, "triage:inbox", less_is_better=True),
        Gauge("opened", _("Issues opened"), "24 h", _opened, "triage:issues", less_is_better=True),
        Gauge("closed", _("Issues closed"), "24 h", _closed, "triage:issues", less_is_better=False),
        Gauge("open", _("Open issues"), "", _open, "triage:board", less_is_better=True),
        Gauge("triage", _("Time to triage"), "s", _triage_minutes, "triage:inbox", less_is_better=True),
        Gauge("fix", _("Time to close SEV1–3"), "h", _fix_hours, "triage:issues", less_is_better=True),
        Gauge("available", _("Availability"), "%", _available, "gateway_ingest:traffic", 0.999, less_is_better=False),
        Gauge("errors", _("5xx"), "%", _traffic("error_share"), "gateway_ingest:traffic", 0.01, less_is_better=True),
        Gauge("p95", _("p95"), "ms", _traffic("p95_ms"), "gateway_ingest:traffic", 800, less_is_better=True),
        Gauge("spend", _("AI spend today"), "", _spend, "gateway_ingest:traffic_ai"),
        Gauge("deployments", _("Deployments"), "24 h", _deployments, "gateway_ingest:traffic"),
        Gauge("promises", _("Promises kept"), "%", _promises, "triage:rooms", 0.9, less_is_better=False),
    ]
}


def measure_due(*, now: datetime) -> int:
    """Measures the launches that are due, and forgets what is too old; says how many launches."""
    lately = Q(measurements__metric=f"{PREFIX}open", measurements__measured_at__gt=now - DAY)
    newest = Max("measurements__measured_at", filter=lately)
    launches = Launch.objects.filter(closed_at=None).annotate(measured_at=newest)
    due = [one for one in launches if one.measured_at is None or one.measured_at <= now - EVERY]
    one_by_one(due, lambda launch: measure(launch, now=now))
    return len(due)


def measure(launch: Launch, *, now: datetime) -> None:
    """Measures all gauges of one launch at this moment; what has no value leaves no row."""
    found = {gauge.metric: gauge.measure(launch, now) for gauge in GAUGES.values()}
    rows = [
        Measurement(launch=launch, metric=name, measured_at=now, value=value)
        for metric, figure in found.items()
        if figure is not None
        for name, value in ((metric, figure.value), (f"{metric}.n", figure.n))
    ]
    Measurement.objects.bulk_create(rows, ignore_conflicts=True)
    names = [name for gauge in GAUGES.values() for name in (gauge.metric, f"{gauge.metric}.n")]
    Measurement.objects.filter(launch=launch, metric__in=names, measured_at__lt=now - KEPT_FOR).delete()
