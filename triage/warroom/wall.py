"""This module gathers what the wall shows of a launch: few small reads, and figures that were measured before."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from gateway_ingest.models import Alert, AlertStatus
from hypercare.core.lapse import lapse
from hypercare.core.models import Commitment, Deployment, Launch, Measurement, RecordedDecision
from triage.exit.assess import Standing, assessed
from triage.models import OPEN_STATUSES, CriterionState, Duty, Issue, WarRoom
from triage.reports.verdict import Verdict, verdict
from triage.warroom import duties, promises, updates
from triage.warroom.calling_out import Said, said_of
from triage.warroom.gauges import DAY, EVERY, GAUGES, WEEK, Gauge
from triage.warroom.page import kept_moments
from triage.warroom.rooms import live_rooms

# A figure of yesterday is the nearest one within this distance of the same time.
NEAR = timedelta(minutes=30)
SHOWN, MOST_CRITICAL = 5, 50
# Two rounds that were missed: what is measured is no longer fresh.
STALE_AFTER = 3 * EVERY


@dataclass(frozen=True)
class Tile:
    """One figure with its change, its target, from how many it was taken and how old it is; no value is no data yet."""

    gauge: Gauge
    value: float | None = None
    n: int = 0
    measured_at: datetime | None = None
    is_stale: bool = False
    yesterday: float | None = None
    last_week: float | None = None
    p90: float | None = None

    @property
    def reading(self) -> str:
        """The value as people read it."""
        return "" if self.value is None else read(self.gauge, self.value)

    @property
    def nine_of_ten(self) -> str:
        """What nine of ten stay under, as people read it; empty where it is no length of time."""
        return "" if self.p90 is None else read(self.gauge, self.p90)

    @property
    def target(self) -> str:
        """The target as people read it; empty where there is none."""
        if self.gauge.target is None:
            return ""
        sign = "≤" if self.gauge.less_is_better else "≥"
        return f"{sign} {read(self.gauge, self.gauge.target)}"

    @property
    def tone(self) -> str:
        """Whether the target is kept."""
        kept = self.gauge.keeps(self.value) if self.value is not None else None
        return {True: "", False: "is-bad", None: ""}[kept]

    @property
    def changes(self) -> list[tuple[str, str]]:
        """What it was before, each with when."""
        before = [(_("yesterday"), self.yesterday), (_("last week"), self.last_week)]
        return [(when, read(self.gauge, value)) for when, value in before if value is not None]


def read(gauge: Gauge, value: float) -> str:
    """A gauge's value in words."""
    if gauge.unit == "%":
        return f"{number_format(100 * value, 2 if 0.99 < value < 1 or 0 < value < 0.1 else 0)}%"
    if gauge.unit == "s":
        return lapse(timedelta(seconds=value))
    if gauge.unit == "h":
        return lapse(timedelta(hours=value))
    if gauge.unit == "ms":
        return f"{number_format(round(value))} ms"
    return number_format(round(value)) if value == int(value) else number_format(round(value, 2), 2)


@dataclass(frozen=True)
class Incident:
    """A live room as the wall shows it."""

    room: WarRoom
    duties: list[Duty]
    due: updates.Due | None
    call_outs: list[Said]


@dataclass(frozen=True)
class Wall:
    """All that is on the wall."""

    verdict: Verdict
    incident: Incident | None
    other_rooms: list[WarRoom]
    open: dict[int, int]
    critical: list[Issue]
    sev1: list[str]
    exits: list[Standing]
    tiles: list[Tile]
    alerts: list[Alert]
    firing: int
    deployed: list[Deployment]
    decided: list[RecordedDecision]
    promised: list[Commitment]
    measured_at: datetime | None

    @property
    def met(self) -> int:
        """How many exit criteria are met."""
        return sum(standing.state == CriterionState.MET for standing in self.exits)


def wall(launch: Launch, *, now: datetime) -> Wall:
    """The wall at this moment; the number of queries does not depend on how much there is."""
    rooms = list(live_rooms([launch]))
    worst = Issue.objects.filter(launch=launch, status__in=OPEN_STATUSES, severity__lte=2)
    critical = list(worst.order_by("severity", "-priority", "pk")[:MOST_CRITICAL])
    decided = RecordedDecision.objects.filter(launch=launch, superseded_by=None, decided_at__gt=now - DAY)
    firing = Alert.objects.filter(launch=launch, status=AlertStatus.FIRING)
    tiles = tiles_of(launch, now=now)
    exits = assessed(launch)
    return Wall(
        verdict=verdict(launch, now, found=exits),
        incident=_incident(rooms[0], now=now) if rooms else None,
        other_rooms=rooms[1:SHOWN],
        open=_open(launch),
        critical=critical[:SHOWN],
        sev1=[issue.key for issue in critical if issue.severity == 1],
        exits=exits,
        tiles=tiles,
        alerts=list(firing.select_related("component").order_by("severity", "-starts_at", "pk")[:SHOWN]),
        firing=firing.count(),
        deployed=list(
            Deployment.objects.filter(launch=launch, deployed_at__lte=now)
            .select_related("release__component", "environment")
            .order_by("-deployed_at", "-pk")[:SHOWN]
        ),
        decided=list(decided.order_by("-decided_at")[:SHOWN]),
        promised=list(promises.open_of(launch)[:SHOWN]),
        measured_at=max((tile.measured_at for tile in tiles if tile.measured_at), default=None),
    )


def _incident(room: WarRoom, *, now: datetime) -> Incident:
    found = kept_moments(room, now=now)
    return Incident(room, duties.in_force(room), updates.next_due(room, now=now), said_of(found))


def _open(launch: Launch) -> dict[int, int]:
    counted = {f"sev{severity}": Count("pk", filter=Q(severity=severity)) for severity in (1, 2, 3)}
    found = Issue.objects.filter(launch=launch, status__in=OPEN_STATUSES).aggregate(**counted)
    return {severity: found[f"sev{severity}"] for severity in (1, 2, 3)}


def tiles_of(launch: Launch, *, now: datetime) -> list[Tile]:
    """The figures as they were measured last, beside what they were a day and a week before; three queries."""
    moments = {"now": (now - DAY, now), "yesterday": _around(now - DAY), "week": _around(now - WEEK)}
    names = [name for gauge in GAUGES.values() for name in gauge.metrics]
    newest = {name: _newest(launch, names, *span) for name, span in moments.items()}
    return [_tile(gauge, newest, now=now) for gauge in GAUGES.values()]


def _around(moment: datetime) -> tuple[datetime, datetime]:
    return moment - NEAR, moment


def _newest(launch: Launch, names: list[str], begins: datetime, ends: datetime) -> dict[str, Measurement]:
    rows = Measurement.objects.filter(launch=launch, metric__in=names, measured_at__gt=begins, measured_at__lte=ends)
    return {row.metric: row for row in rows.order_by("metric", "-measured_at").distinct("metric")}


def _tile(gauge: Gauge, newest: dict[str, dict[str, Measurement]], *, now: datetime) -> Tile:
    latest = newest["now"].get(gauge.metric)
    if latest is None:
        return Tile(gauge)
    _value, n, p90 = (newest["now"].get(name) for name in gauge.metrics)
    fresh = {row.metric: row.value for row in (n, p90) if row and row.measured_at == latest.measured_at}
    before = {name: row.value if (row := newest[name].get(gauge.metric)) else None for name in ("yesterday", "week")}
    return Tile(
        gauge,
        value=latest.value,
        n=int(fresh.get(gauge.metrics[1], 0)),
        p90=fresh.get(gauge.metrics[2]),
        measured_at=latest.measured_at,
        is_stale=now - latest.measured_at > STALE_AFTER,
        yesterday=before["yesterday"],
        last_week=before["week"],
    )
