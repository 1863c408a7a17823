"""This module decides how a launch's exit criteria stand: the value now, since when it satisfies, and for how long.

A criterion holds in days of the launch's own clock: it has held for one day when the clock shows the same hour on the
next date, so a day of 23 or 25 hours is one day. Two things start its days again: a value that does not satisfy (or
none), and more than two hours in which nobody assessed, because what nobody watched is not known to have held. Days
before go-live do not count.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from hypercare.core import clock
from hypercare.core.models import Launch, Measurement
from triage.exit.defaults import ensure_criteria
from triage.exit.metrics import metrics_of
from triage.models import Assessment, Comparator, CriterionState, ExitCriterion
from triage.one_by_one import one_by_one

WATCHED_WITHIN = timedelta(hours=2)
WRITTEN_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class Standing:
    """How one criterion stands at a moment."""

    criterion: ExitCriterion
    value: float | None
    satisfied_since: datetime | None
    days_held: int
    state: str

    @property
    def satisfied(self) -> bool:
        """Whether the value keeps the target now."""
        return self.satisfied_since is not None

    @property
    def met(self) -> bool:
        """Whether it has kept the target for long enough."""
        return self.state == CriterionState.MET


def assess_all(*, now: datetime) -> None:
    """Assesses every launch that is not closed."""
    one_by_one(Launch.objects.filter(closed_at=None), lambda launch: assess(launch, now))


def assess(launch: Launch, now: datetime) -> list[Standing]:
    """The standing of every criterion, written down when it changed or an hour has passed.

    While another worker assesses the same launch there is nothing to do here, and the list is empty.
    """
    ensure_criteria(launch)
    with transaction.atomic():
        criteria = list(_with_latest(launch).select_for_update(skip_locked=True, of=("self",)))
        latest = _latest_of(criteria)
        found = [
            _judge(criterion, latest.get(criterion.pk), value, now=now)
            for criterion, value in _values(criteria, launch, now)
        ]
        due = [standing for standing in found if _is_due(standing, latest.get(standing.criterion.pk), now=now)]
        write(launch, due, now=now)
    return found


def standings(launch: Launch, now: datetime) -> list[Standing]:
    """How the criteria stand this moment, without writing anything."""
    ensure_criteria(launch)
    criteria = list(_with_latest(launch))
    latest = _latest_of(criteria)
    return [
        _judge(criterion, latest.get(criterion.pk), value, now=now)
        for criterion, value in _values(criteria, launch, now)
    ]


def fresh(criterion: ExitCriterion, now: datetime) -> Standing:
    """How a criterion stands when nothing that was before counts, as after a change of its target."""
    return _judge(criterion, None, _values([criterion], criterion.launch, now)[0][1], now=now)


def write(launch: Launch, found: list[Standing], *, now: datetime) -> None:
    """Writes an assessment of each standing, and the measured value for the trend."""
    Assessment.objects.bulk_create(
        Assessment(
            criterion=standing.criterion,
            assessed_at=now,
            value=standing.value,
            satisfied=standing.satisfied,
            satisfied_since=standing.satisfied_since,
            state=standing.state,
        )
        for standing in found
    )
    measured = {standing.criterion.measured_as: standing.value for standing in found if standing.value is not None}
    Measurement.objects.bulk_create(
        (Measurement(launch=launch, metric=metric, measured_at=now, value=value) for metric, value in measured.items()),
        ignore_conflicts=True,
    )


def satisfies(value: float | None, criterion: ExitCriterion) -> bool:
    """Whether a value keeps the criterion's target; no data never does."""
    if value is None:
        return False
    match Comparator(criterion.comparator):
        case Comparator.AT_MOST:
            return value <= criterion.threshold
        case Comparator.AT_LEAST:
            return value >= criterion.threshold
        case Comparator.LESS:
            return value < criterion.threshold
        case Comparator.EQUAL:
            return abs(value - criterion.threshold) < 1e-9


def days_held(since: datetime, now: datetime, zone: str) -> int:
    """Whole days of the launch's clock from `since` to `now`; never negative, and never fewer as time goes on."""
    begun = since.astimezone(ZoneInfo(zone))
    days = (clock.local_day(now, zone) - begun.date()).days
    whole = clock.local_moment(begun.date() + timedelta(days=days), begun.time(), zone) <= now
    return max(days if whole else days - 1, 0)


def _with_latest(launch: Launch) -> QuerySet[ExitCriterion]:
    # The newest row is the one written last: after a clock was set back its time is not the greatest.
    newest = Assessment.objects.filter(criterion=OuterRef("pk")).order_by("-id").values("pk")[:1]
    return launch.exit_criteria.annotate(latest_id=Subquery(newest))


def _latest_of(criteria: list[ExitCriterion]) -> dict[int, Assessment]:
    ids = [criterion.latest_id for criterion in criteria]  # type: ignore[attr-defined]  # annotated by _with_latest
    return {row.criterion_id: row for row in Assessment.objects.filter(pk__in=[pk for pk in ids if pk])}


def _values(criteria: list[ExitCriterion], launch: Launch, now: datetime) -> list[tuple[ExitCriterion, float | None]]:
    metrics = metrics_of(launch, (criterion.metric for criterion in criteria))
    values = {name: metric.measure(launch, now) for name, metric in metrics.items()}
    return [(criterion, values[criterion.metric]) for criterion in criteria]


def _judge(criterion: ExitCriterion, latest: Assessment | None, value: float | None, *, now: datetime) -> Standing:
    since = _since(criterion, latest, now=now) if satisfies(value, criterion) else None
    held = days_held(since, now, criterion.launch.zone) if since else 0
    if value is None:
        state = CriterionState.NO_DATA
    elif since is None:
        state = CriterionState.FAILED
    else:
        state = CriterionState.MET if since <= now and held >= criterion.hold_days else CriterionState.HOLDING
    return Standing(criterion, value, since, held, state)


def _since(criterion: ExitCriterion, latest: Assessment | None, *, now: datetime) -> datetime:
    go_live, _end = clock.day_bounds(criterion.launch.go_live_on, criterion.launch.zone)
    watched = latest is not None and now - latest.assessed_at <= WATCHED_WITHIN
    before = latest.satisfied_since if latest and watched else None
    return max(min(before or now, now), go_live)


def _is_due(standing: Standing, latest: Assessment | None, *, now: datetime) -> bool:
    if latest is None or not timedelta(0) <= now - latest.assessed_at < WRITTEN_EVERY:
        return True
    return (standing.value, standing.satisfied, standing.state) != (
        latest.value,
        latest.satisfied,
        latest.state,
    )
