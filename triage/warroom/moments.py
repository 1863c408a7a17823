"""This module finds in the rows when an incident began, was known, taken up and mitigated, and what lies between.

Nothing of it is stored: each call-out names the two rows it stands on, so that it can be counted by hand.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from feedback.models import MACHINE_CHANNELS, Feedback
from gateway_ingest.deployments import name_of
from gateway_ingest.models import Alert
from hypercare.core.models import KINDS_OF_WORK, Deployment, TimelineEntry
from triage import tree
from triage.models import IssueStatus, WarRoom
from triage.times.courses import MITIGATED
from triage.warroom import effects

DEPLOYED_WITHIN = timedelta(hours=24)
_MOST_ALERTS = 200


@dataclass(frozen=True)
class Moment:
    """One moment that something of the incident happened at, when it was known, and the row that says so."""

    what: str
    at: datetime
    known_at: datetime
    key: str = ""
    words: str = ""


@dataclass(frozen=True)
class CallOut:
    """How long it was between two moments; less than nothing where the second came first."""

    name: str
    start: Moment
    end: Moment

    @property
    def lapse(self) -> timedelta:
        """From the one to the other: what happened by when it happened, what was known by when it was known."""
        return _told(self.end, known=self.name == "detected") - _told(self.start, known=self.name == "taken_up")


def _told(moment: Moment, *, known: bool) -> datetime:
    return moment.known_at if known else moment.at


@dataclass(frozen=True)
class Moments:
    """What is known of an incident's course; None where the rows do not say."""

    keys: tuple[str, ...]
    alerts: tuple[str, ...]
    begun: Moment | None
    effect: effects.Effect | None
    detected: Moment | None
    report: Moment | None
    alert: Moment | None
    deployment: Moment | None
    taken_up: Moment | None
    mitigated: Moment | None
    ended: Moment | None

    def call_outs(self) -> list[CallOut]:
        """All that both ends are known of."""
        pairs = {
            "after_deployment": (self.deployment, self.begun),
            "detected": (self.begun, self.detected),
            "report_lag": (self.alert, self.report),
            "taken_up": (self.detected, self.taken_up),
            "mitigated": (self.begun, self.mitigated),
            "ended": (self.begun, self.ended),
        }
        return [CallOut(name, start, end) for name, (start, end) in pairs.items() if start and end]


def moments_of(room: WarRoom, *, now: datetime) -> Moments:
    """The moments of a room's issue and of all that is merged into it; a constant number of queries.

    What was over before, as the issue was closed and reopened since, is another incident.
    """
    keys = tree.keys_of(room.issue_id)
    reports = Feedback.objects.filter(launch=room.launch_id, issue_key__in=keys, set_aside=False)
    if (
        closed_before := _moved(room, IssueStatus.CLOSED)
        .filter(occurred_at__lt=room.opened_at)
        .order_by("-occurred_at")
        .first()
    ):
        reports = reports.filter(occurred_at__gt=closed_before.occurred_at)
    report = _signal(reports.exclude(channel__in=MACHINE_CHANNELS).order_by("occurred_at", "pk"))
    alert = _signal(reports.filter(channel__in=MACHINE_CHANNELS).order_by("occurred_at", "pk"))
    detected = _signal(reports.order_by("received_at", "pk"))
    first = min((one.at for one in (report, alert) if one), default=None)
    effect = effects.effect_of(room, first, now=now) if first else None
    felt = Moment("effect", effect.began, effect.began, words=effect.calls) if effect else None
    begun = min((one for one in (felt, report, alert) if one), key=lambda one: one.at, default=None)
    alert_ids = Alert.objects.filter(launch=room.launch_id, feedback__in=reports.filter(channel__in=MACHINE_CHANNELS))
    alerts = [f"AL-{pk}" for pk in alert_ids.order_by("pk").values_list("pk", flat=True)[:_MOST_ALERTS]]
    return Moments(
        keys=tuple(keys),
        alerts=tuple(alerts),
        begun=begun,
        effect=effect,
        detected=detected,
        report=report,
        alert=alert,
        deployment=_deployed_before(room, begun.at) if begun else None,
        taken_up=_entry(_by_people(room, [*keys, *alerts]), "taken_up", after=detected),
        mitigated=_entry(_moved(room, *MITIGATED), "mitigated", after=begun),
        ended=_entry(_moved(room, IssueStatus.CLOSED), "ended", after=begun),
    )


def _signal(rows: QuerySet[Feedback]) -> Moment | None:
    row = rows.only("pk", "channel", "title", "occurred_at", "received_at").first()
    if row is None:
        return None
    what = "alert" if row.channel in MACHINE_CHANNELS else "report"
    return Moment(what, row.occurred_at, row.received_at, row.key, row.title)


def _by_people(room: WarRoom, subjects: list[str]) -> QuerySet[TimelineEntry]:
    return TimelineEntry.objects.filter(
        launch=room.launch_id, subject__in=subjects, kind__in=KINDS_OF_WORK, actor__isnull=False
    )


def _moved(room: WarRoom, *to: str) -> QuerySet[TimelineEntry]:
    moved = TimelineEntry.objects.filter(launch=room.launch_id, subject=room.issue.key, kind="issue.status")
    return moved.filter(data__new__in=[str(status) for status in to])


def _entry(rows: QuerySet[TimelineEntry], what: str, *, after: Moment | None) -> Moment | None:
    """The first entry since a moment."""
    if after is None:
        return None
    row = rows.filter(occurred_at__gte=after.at).order_by("occurred_at", "pk").first()
    return Moment(what, row.occurred_at, row.recorded_at, row.subject, row.actor_name) if row else None


def _deployed_before(room: WarRoom, moment: datetime) -> Moment | None:
    """What went live last before it: of the issue's component or of the whole launch, where the component is known."""
    rows = Deployment.objects.filter(
        launch=room.launch_id, deployed_at__lte=moment, deployed_at__gte=moment - DEPLOYED_WITHIN
    )
    if room.issue.component_id:
        rows = rows.filter(Q(release__component=room.issue.component_id) | Q(release__component=None))
    row = rows.select_related("release__component").order_by("-deployed_at", "-pk").first()
    if row is None:
        return None
    of = row.release.component.slug if row.release.component else ""
    words = " ".join(filter(None, (of, row.release.version)))
    return Moment("deployment", row.deployed_at, row.deployed_at, name_of(row), words)
