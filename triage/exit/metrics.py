"""This module measures what exit criteria are held against; each metric says in a sentence what it counts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.db.models import Avg, Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from feedback.models import MACHINE_CHANNELS, Feedback
from gateway_ingest.models import Alert, AlertSeverity, AlertStatus
from hypercare.core import clock
from hypercare.core.models import Launch, Measurement, MetricDefinition
from hypercare.core.plain_numbers import plain_number
from triage.knowledge.coverage import coverage_of
from triage.models import OPEN_STATUSES, Issue
from triage.times.lately import WEEK, lately
from triage.times.measures import MEASURES
from triage.times.rates import RATES, Share

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

ERROR_SEVERITIES = (AlertSeverity.CRITICAL, AlertSeverity.HIGH)
STILL_FIRING = (AlertStatus.FIRING, AlertStatus.ACKNOWLEDGED)
INFLOW_NEEDS = timedelta(days=2)
BLOCKERS_SHOWN = 8


@dataclass(frozen=True)
class Blocker:
    """One thing that keeps a criterion from being met; `issue_key` names the issue to open, if there is one."""

    key: str
    title: str
    issue_key: str


@dataclass(frozen=True)
class Metric:
    """A figure of a launch: how it is measured, what it counts, how it is read aloud, and where its values stand."""

    name: str
    measure: Callable[[Launch, datetime], float | None]
    definition: "_StrPromise | str"
    reading: "_StrPromise | str"
    blockers: Callable[[Launch], list[Blocker]]
    evidence: str = ""

    def read(self, value: float | None) -> str:
        """The value in words, for example “1 open”; a dash where there is no data."""
        return "–" if value is None else self.reading % {"value": plain_number(value)}


def open_sev1_sev2(launch: Launch, now: datetime) -> float:  # noqa: ARG001 - the signature of every metric
    """Issues of severity 1 and 2 whose work is not ended."""
    return float(_critical_issues(launch).count())


def error_alerts(launch: Launch, now: datetime) -> float:  # noqa: ARG001 - the signature of every metric
    """Alerts of severity critical and high that still fire."""
    return float(_firing(launch).count())


def inflow(launch: Launch, now: datetime) -> float | None:
    """People's reports of the last 24 hours over the mean a day since go-live; None before there is a mean."""
    go_live, _end = clock.day_bounds(launch.go_live_on, launch.zone)
    begun = max(go_live, launch.created_at)
    if now - begun < INFLOW_NEEDS:
        return None
    counts = (
        Feedback.objects.filter(launch=launch, received_at__gt=begun, received_at__lte=now, set_aside=False)
        .exclude(channel__in=MACHINE_CHANNELS)
        .aggregate(all=Count("pk"), lately=Count("pk", filter=Q(received_at__gt=now - timedelta(days=1))))
    )
    mean_a_day = counts["all"] / ((now - begun) / timedelta(days=1))
    return round(counts["lately"] / mean_a_day, 2) if mean_a_day else None


def runbook_coverage(launch: Launch, now: datetime) -> float | None:
    """Of the ten largest problems, how many in a hundred have a runbook; None where there is no problem."""
    share = coverage_of(launch, now=now).share
    return None if share is None else round(100 * share, 1)


def _critical_issues(launch: Launch) -> QuerySet[Issue]:
    return Issue.objects.filter(launch=launch, severity__lte=2, status__in=OPEN_STATUSES)


def _firing(launch: Launch) -> QuerySet[Alert]:
    return Alert.objects.filter(launch=launch, status__in=STILL_FIRING, severity__in=ERROR_SEVERITIES)


def _blocking_issues(launch: Launch) -> list[Blocker]:
    issues = _critical_issues(launch).order_by("severity", "-priority", "id")[:BLOCKERS_SHOWN]
    return [Blocker(issue.key, issue.title, issue.key) for issue in issues]


def _blocking_alerts(launch: Launch) -> list[Blocker]:
    alerts = _firing(launch).select_related("feedback").order_by("starts_at", "id")[:BLOCKERS_SHOWN]
    return [Blocker(alert.key, alert.title, alert.feedback.issue_key if alert.feedback else "") for alert in alerts]


def _without_runbook(launch: Launch) -> list[Blocker]:
    rows = coverage_of(launch, now=clock.now()).rows
    return [Blocker(issue.key, issue.title, issue.key) for issue, runbook in rows if runbook is None]


def _nothing_to_name(launch: Launch) -> list[Blocker]:  # noqa: ARG001 - the signature of every metric
    return []


def _median_hours(launch: Launch, now: datetime, *, name: str) -> float | None:
    middle = lately(launch, begins=now - WEEK, now=now).spreads[name].median
    return None if middle is None else round(middle.total_seconds() / 3600, 2)


def _percent(launch: Launch, now: datetime, *, name: str) -> float | None:
    return _as_percent(lately(launch, begins=now - WEEK, now=now).shares[name])


def _percent_in_time(launch: Launch, now: datetime) -> float | None:
    return _as_percent(lately(launch, begins=now - WEEK, now=now).responses)


def _as_percent(share: Share) -> float | None:
    return None if share.value is None else round(100 * share.value, 1)


METRICS = {
    metric.name: metric
    for metric in [
        Metric(
            "open_sev1_sev2",
            open_sev1_sev2,
            _(
                "Issues of SEV1 and SEV2 whose work is not ended. "
                "A snoozed issue counts; a merged one counts once, as its root."
            ),
            _("%(value)s open"),
            _blocking_issues,
        ),
        Metric(
            "error_alerts",
            error_alerts,
            _(
                "Alerts of severity critical or high that still fire. "
                "An acknowledged alert counts, a suppressed one does not."
            ),
            _("%(value)s firing"),
            _blocking_alerts,
        ),
        Metric(
            "inflow",
            inflow,
            _(
                "Reports by people in the last 24 hours, over the mean a day since go-live. "
                "Machines' alerts and what is set aside do not count. No data in the first two days and before the first report."
            ),
            _("%(value)s × the mean day"),
            _nothing_to_name,
        ),
        Metric(
            "runbook_coverage",
            runbook_coverage,
            _(
                "Of the ten issues with most reports that are open, or closed and heard of in the last two weeks, "
                "how many in a hundred have a published runbook for their component and type. "
                "Praise, questions and wishes do not count."
            ),
            _("%(value)s%% have one"),
            _without_runbook,
        ),
    ]
}


# How long things take and what comes back.
OFFERED = {
    metric.name: metric
    for metric in [
        *(
            Metric(
                name,
                partial(_median_hours, name=name),
                measure.definition,
                _("%(value)s h in the middle"),
                _nothing_to_name,
            )
            for name, measure in MEASURES.items()
        ),
        *(
            Metric(name, partial(_percent, name=name), rate.definition, _("%(value)s%%"), _nothing_to_name)
            for name, rate in RATES.items()
        ),
        Metric(
            "in_time",
            _percent_in_time,
            _("Of the first responses that were given or due in the last 7 days, those in time."),
            _("%(value)s%%"),
            _nothing_to_name,
        ),
    ]
}
# What a launch that promises something of it adds a criterion by.
OFFERED_NAMES = [
    *((name, measure.label) for name, measure in MEASURES.items()),
    *((name, rate.label) for name, rate in RATES.items()),
    ("in_time", _("First response in time")),
    ("runbook_coverage", _("Largest problems with a runbook")),
]


def metrics_of(launch: Launch, names: Iterable[str]) -> dict[str, Metric]:
    """The metrics of these names; a launch's own are those it has named under Settings."""
    wanted = set(names)
    known = METRICS | OFFERED
    if wanted <= known.keys():
        return {name: known[name] for name in wanted}
    own = {one.measured_as: one for one in MetricDefinition.objects.filter(launch=launch)}
    return {name: known.get(name) or _own(name, launch, own.get(name)) for name in wanted}


def _own(name: str, launch: Launch, definition: MetricDefinition | None) -> Metric:
    if definition is None:
        return Metric(
            name, _nothing, _("The launch has no metric of this name any more."), "%(value)s", _nothing_to_name
        )
    unit = definition.unit.replace("%", "%%")
    return Metric(
        name,
        partial(_mean_of_last_hour, metric=name),
        gettext("%(name)s, the mean of its minutes in the last hour; an hour without any is no data.")
        % {"name": definition.name},
        f"%(value)s {unit}".strip(),
        _nothing_to_name,
        evidence=f"{reverse('gateway_ingest:traffic_metrics', args=[launch.slug])}#metric-{definition.pk}",
    )


def _mean_of_last_hour(launch: Launch, now: datetime, *, metric: str) -> float | None:
    lately = Measurement.objects.filter(
        launch=launch, metric=metric, measured_at__gt=now - timedelta(hours=1), measured_at__lte=now
    )
    mean: float | None = lately.aggregate(mean=Avg("value"))["mean"]
    return mean


def _nothing(launch: Launch, now: datetime) -> None:  # noqa: ARG001 - the signature of every metric
    return None
