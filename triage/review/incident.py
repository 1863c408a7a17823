"""This module gathers what the rows know of an incident: its course, what it cost, who worked on it and what ended it.

It reads the issue's room; where there was none it reads the issue as if a room had been open as long as the issue was.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from feedback.models import MACHINE_CHANNELS, Feedback, KnownIssue
from gateway_ingest.deployments import name_of
from gateway_ingest.evidence import Span
from gateway_ingest.evidence.failures import Rate, Watched
from hypercare.core.models import Commitment, RecordedDecision, TimelineEntry
from triage.models import Attendance, Duty, Fix, Issue, RoomUpdate, Score, WarRoom, Word
from triage.proof.matched import signature_of
from triage.proof.standing import fixes_in_force
from triage.proof.verdicts import in_force
from triage.score.figures import REPORTERS
from triage.warroom import rooms
from triage.warroom.axis import Row, axis
from triage.warroom.calling_out import Said, said_of
from triage.warroom.moments import Moments, moments_of
from triage.warroom.telling import Told, tell

# Of the axis, what tells the course; what was said in passing and who came and went is read in the room.
KEY_KINDS = frozenset(
    {"deployment.recorded", "traffic.began", "traffic.peak", "traffic.over", "issue.opened", "issue.status", "issue.scored",
     "room.opened", "room.closed", "room.noted", "room.update", "room.update_late", "decision.made", "promise.kept",
     "known_issue.published", "issue.told", "fix.judged", "fix.told", "alert.acknowledged"}
)  # fmt: skip
READ_LINES, KEPT_LINES = 1000, 60
LONGEST_COUNTED = timedelta(days=7)
USUAL_ENVIRONMENT = "production"


@dataclass(frozen=True)
class Live:
    """A release that carries the fix, and what live traffic said of it."""

    version: str
    deployed_at: datetime
    word: str
    verdict: str


@dataclass(frozen=True)
class Incident:
    """All of it; None and empty where nothing was measured or written."""

    issue: Issue
    room_key: str
    moments: Moments
    call_outs: Sequence[Said]
    seconds_at: Mapping[int, float]
    requests: Rate | None
    reports: int
    alerts: int
    roles: Sequence[tuple[str, str]]
    came: Sequence[str]
    lines: Sequence[Told]
    more_lines: bool
    decisions: Sequence[str]
    fixes: Sequence[Live]
    known: KnownIssue | None
    public_at: datetime | None
    updates: int
    late_updates: int
    late_promises: int

    @property
    def is_measured(self) -> bool:
        """Whether traffic counted how many it reached."""
        return self.issue.reach_method != REPORTERS

    @property
    def ended_at(self) -> datetime | None:
        """When it was over for the people concerned."""
        return _over(self.moments)


def _over(found: Moments) -> datetime | None:
    """When it was mitigated, or closed without that."""
    end = found.mitigated or found.ended
    return end.at if end else None


def incident_of(issue: Issue, *, now: datetime) -> Incident:
    """What the rows say of an issue now, in the language that is active."""
    room = rooms.newest_of(issue) or WarRoom(
        launch=issue.launch, issue=issue, opened_at=issue.opened_at, closed_at=issue.closed_at
    )
    found = moments_of(room, now=now)
    page = axis(room, found, now=now, size=READ_LINES, kinds=KEY_KINDS)
    fixes = list(_fixes(issue))
    lines = [
        line for row, line in zip(page.rows, tell(room, page.rows), strict=True) if _tells_the_course(row, issue, fixes)
    ][::-1]
    reports = Feedback.objects.filter(launch=issue.launch_id, issue_key__in=found.keys, set_aside=False)
    abouts = [*found.keys, room.key]
    entries = TimelineEntry.objects.filter(launch=issue.launch_id, subject__in=abouts)
    first_told = entries.filter(kind__in=("known_issue.published", "issue.told")).order_by("occurred_at").first()
    return Incident(
        issue=issue,
        room_key=room.key if room.pk else "",
        moments=found,
        # What is told twice by one row is told by it once.
        call_outs=[one for one in said_of(found) if not one.start_key or one.start_key != one.end_key],
        seconds_at=seconds_at(_severities(issue), begins=_begins(issue, found), ends=_over(found) or now),
        requests=_requests(issue, Span.of(_begins(issue, found), _over(found) or now)),
        reports=reports.exclude(channel__in=MACHINE_CHANNELS).count(),
        alerts=len(found.alerts),
        roles=_roles(room),
        came=_came(room),
        lines=lines[:KEPT_LINES],
        more_lines=len(lines) > KEPT_LINES or bool(page.older),
        decisions=_decisions(issue, abouts),
        fixes=[_live(fix) for fix in fixes],
        known=KnownIssue.objects.filter(launch=issue.launch_id, issue_key=issue.key).order_by("-pk").first(),
        public_at=first_told.occurred_at if first_told else None,
        updates=RoomUpdate.objects.filter(room=room.pk).count(),
        late_updates=entries.filter(kind="room.update_late").count(),
        late_promises=Commitment.objects.filter(_late(now), launch=issue.launch_id, about__in=abouts).count(),
    )


def seconds_at(scores: Iterable[tuple[datetime, int]], *, begins: datetime, ends: datetime) -> dict[int, float]:
    """How long it had each severity; what was before the first score had that one's."""
    spent: dict[int, float] = {}
    steps = list(scores)
    for number, (at, severity) in enumerate(steps):
        since = begins if number == 0 else max(at, begins)
        until = min(steps[number + 1][0], ends) if number + 1 < len(steps) else ends
        if until > since:
            spent[severity] = spent.get(severity, 0.0) + (until - since) / timedelta(seconds=1)
    return spent


def _severities(issue: Issue) -> list[tuple[datetime, int]]:
    rows = Score.objects.filter(issue=issue).order_by("scored_at", "pk").values_list("scored_at", "severity")
    return list(rows) or [(issue.opened_at, issue.severity)]


def _begins(issue: Issue, found: Moments) -> datetime:
    return min(found.begun.at, issue.opened_at) if found.begun else issue.opened_at


def _requests(issue: Issue, span: Span) -> Rate | None:
    """How many calls of its kind failed while it lasted, of how many of the same routes; None where none was counted."""
    signatures = signature_of(issue)
    if not signatures:
        return None
    fix = fixes_in_force(issue.pk).select_related("deployment__environment").order_by("pk").first()
    watched = Watched.of(issue.launch, signatures, fix.deployment.environment.name if fix else USUAL_ENVIRONMENT)
    rate = watched.rate(Span(max(span.begins, span.ends - LONGEST_COUNTED), span.ends))
    return rate if rate.failures and not watched.refusal else None


def _roles(room: WarRoom) -> list[tuple[str, str]]:
    rows = Duty.objects.filter(room=room.pk).order_by("pk")
    said = [(" ".join(filter(None, (str(duty.get_role_display()), duty.area))), duty.user_name) for duty in rows]
    return list(dict.fromkeys(said))


def _came(room: WarRoom) -> list[str]:
    rows = Attendance.objects.filter(room=room.pk).select_related("user").order_by("came_at", "pk")
    return list(dict.fromkeys(str(one.user) for one in rows))


def _decisions(issue: Issue, abouts: Sequence[str]) -> list[str]:
    rows = RecordedDecision.objects.filter(launch=issue.launch_id, about__in=abouts, superseded_by=None)
    return [f"{one.what} ({one.why})" if one.why else one.what for one in rows.order_by("pk")]


def _fixes(issue: Issue) -> QuerySet[Fix]:
    rows = fixes_in_force(issue.pk).select_related("deployment__release__component")
    return rows.prefetch_related("verdicts").order_by("deployment__deployed_at", "pk")


def _tells_the_course(row: Row, issue: Issue, fixes: Sequence[Fix]) -> bool:
    """What is told of the course; of deployments its own, those of its component and those of the whole launch."""
    if row.kind != "deployment.recorded" or issue.component is None:
        return row.kind in KEY_KINDS
    return row.data["component"] in {"", issue.component.name} or row.subject in {
        name_of(fix.deployment) for fix in fixes
    }


def _live(fix: Fix) -> Live:
    release, verdict = fix.deployment.release, in_force(fix)
    name = " ".join(filter(None, (release.component.slug if release.component else "", release.version)))
    word = Word(verdict.word) if verdict else None
    return Live(name, fix.deployment.deployed_at, str(word or ""), str(word.label) if word else "")


def _late(now: datetime) -> Q:
    """Promises whose time passed before they were ended."""
    return Q(ended_at=None, due_at__lt=now) | Q(chased_at__isnull=False)
