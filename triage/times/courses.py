"""This module reads the course of every problem from its rows: when it began, was known, taken up, mitigated and resolved.

It is the one place these moments come from: the page of times, the wall, the daily report and exit criteria all count
them here. A problem is a root issue with all that is merged into it. When its reports came is kept with its score; all
else is read from the timeline.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from hypercare.core import prepared
from hypercare.core.models import KINDS_OF_WORK, Launch
from triage.models import OPEN_STATUSES, IssueStatus

MITIGATED = (IssueStatus.MITIGATED, IssueStatus.DEPLOYED, IssueStatus.VERIFIED, IssueStatus.CLOSED)
RESOLVED = (IssueStatus.VERIFIED, IssueStatus.CLOSED)
TRANSIENT = "transient"

# The kinds stand in the statement as they stand in the condition of the index that finds them.
_COURSES = f"""
WITH RECURSIVE known AS MATERIALIZED (
    SELECT id, severity, component_id, team_id, category, owner_id, status, resolution, opened_at, closed_at,
           coalesce(heard_at, opened_at) AS detected, machine_at, person_at
    FROM triage_issue
    WHERE launch_id = %(launch)s AND merged_into_id IS NULL AND opened_at <= %(until)s
      AND (closed_at IS NULL OR closed_at >= %(since)s)
), merged AS MATERIALIZED (
    SELECT id, merged_into_id, opened_at FROM triage_issue WHERE launch_id = %(launch)s AND merged_into_id IS NOT NULL
), member(root, id, opened_at) AS (
    SELECT id, id, opened_at FROM known
    UNION ALL
    SELECT member.root, merged.id, merged.opened_at FROM member JOIN merged ON merged.merged_into_id = member.id
), act AS MATERIALIZED (
    SELECT id, subject, occurred_at AS at, actor_id IS NOT NULL AS by_person, data ->> 'old' AS leaves,
           CASE WHEN kind = 'issue.status' THEN data ->> 'new' END AS becomes, data ->> 'transition' AS transition
    FROM core_timelineentry
    WHERE launch_id = %(launch)s AND kind IN ({", ".join(f"'{kind}'" for kind in KINDS_OF_WORK)})
), entry AS (
    -- What was said of an issue as it was opened by hand is no answer to it.
    SELECT member.root, act.id, act.at, act.by_person AND act.at <> member.opened_at AS by_person,
           CASE WHEN member.id = member.root THEN becomes END AS becomes, leaves, transition
    FROM member JOIN act ON act.subject = 'IS-' || member.id
    UNION ALL
    SELECT member.root, act.id, act.at, true, NULL, NULL, NULL
    FROM act JOIN gateway_ingest_alert alert ON 'AL-' || alert.id = act.subject
    JOIN triage_match match ON match.feedback_id = alert.feedback_id AND match.ended_at IS NULL
    JOIN member ON member.id = match.issue_id
    WHERE act.by_person AND act.subject LIKE 'AL-%%'
), work AS (
    SELECT known.id AS root,
           min(at) FILTER (
               WHERE entry.by_person AND at >= known.detected AND (known.closed_at IS NULL OR at <= known.closed_at)
           ) AS taken_up,
           array_agg(at ORDER BY at, entry.id) FILTER (WHERE becomes IS NOT NULL) AS moved_at,
           array_agg(leaves ORDER BY at, entry.id) FILTER (WHERE becomes IS NOT NULL) AS moved_from,
           array_agg(becomes ORDER BY at, entry.id) FILTER (WHERE becomes IS NOT NULL) AS moved_to,
           array_agg(transition ORDER BY at, entry.id) FILTER (WHERE becomes IS NOT NULL) AS moved_by
    FROM entry JOIN known ON known.id = entry.root GROUP BY known.id
), proved AS (
    SELECT DISTINCT issue_id FROM (
        -- Those that triage.proof.standing calls in force.
        SELECT DISTINCT ON (member.root, fix.deployment_id) member.root AS issue_id, fix.id
        FROM triage_fix fix JOIN member ON member.id = fix.issue_id WHERE fix.ended_at IS NULL
        ORDER BY member.root, fix.deployment_id, fix.issue_id = member.root DESC, fix.id
    ) fix WHERE 'verified' = (
        SELECT word FROM triage_verdict verdict WHERE verdict.fix_id = fix.id AND verdict.ended_at IS NULL
        ORDER BY (verdict.origin = 'person') DESC, verdict.id DESC LIMIT 1)
)
SELECT known.id, severity, component_id, team_id, category, owner_id, status, resolution, opened_at, closed_at, detected,
       machine_at, person_at, taken_up, moved_at, moved_from, moved_to, moved_by,
       proved.issue_id IS NOT NULL AS has_verdict
FROM known LEFT JOIN work ON work.root = known.id LEFT JOIN proved ON proved.issue_id = known.id ORDER BY known.id
"""  # noqa: S608 - no word of it comes from outside


class _Row(NamedTuple):
    """A problem as the statement above tells of it."""

    pk: int
    severity: int
    component: int | None
    team: int | None
    category: str
    owner: int | None
    status: str
    resolution: str
    opened_at: datetime
    closed_at: datetime | None
    detected: datetime
    by_machine: datetime | None
    by_person: datetime | None
    taken_up: datetime | None
    moved_at: list[datetime] | None
    moved_from: list[str] | None
    moved_to: list[str] | None
    moved_by: list[str | None] | None
    has_verdict: bool


class _Move(NamedTuple):
    """A move to another status."""

    at: datetime
    to: str
    by: str | None


@dataclass(frozen=True, slots=True)
class Course:
    """How one problem went; None where the rows do not say, or where it has not come to that."""

    pk: int
    severity: int
    component: int | None
    team: int | None
    category: str
    owner: int | None
    status: str
    resolution: str
    opened_at: datetime
    ended_at: datetime | None
    began: datetime | None
    detected: datetime
    by_machine: datetime | None
    by_person: datetime | None
    taken_up: datetime | None
    mitigated: datetime | None
    resolved: datetime | None
    closings: tuple[datetime, ...]
    reopenings: tuple[datetime, ...]
    is_verified: bool

    @property
    def key(self) -> str:
        """The issue as people name it."""
        return f"IS-{self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether work on it is not ended."""
        return self.status in OPEN_STATUSES

    @property
    def monitored_first(self) -> bool:
        """Whether a machine noticed it before any person told of it, or alone."""
        return self.by_machine is not None and (self.by_person is None or self.by_machine <= self.by_person)


def courses(launch: Launch, *, since: datetime, until: datetime) -> list[Course]:
    """All problems opened up to `until` that were not over before `since`; one query, however many there are."""
    given: dict[str, Any] = {
        "launch": launch.pk,
        "since": since,
        "until": until,
    }
    with prepared.cursor(binary=True) as cursor:
        cursor.execute(_COURSES, given)
        return [_course(_Row(*row)) for row in cursor.fetchall()]


def _course(row: _Row) -> Course:
    moves = _that_stood(row)
    began = min((at for at in (row.by_machine, row.by_person) if at), default=None)
    return Course(
        pk=row.pk,
        severity=row.severity,
        component=row.component,
        team=row.team,
        category=row.category,
        owner=row.owner,
        status=row.status,
        resolution=row.resolution,
        opened_at=row.opened_at,
        ended_at=row.closed_at,
        # A signal that states no beginning of its own is as old as its arrival.
        began=began if began and began < row.detected else None,
        detected=row.detected,
        by_machine=row.by_machine,
        by_person=row.by_person,
        taken_up=row.taken_up,
        mitigated=next((one.at for one in moves if one.to in MITIGATED and one.at >= row.detected), None),
        resolved=_resolved(row, moves),
        closings=tuple(one.at for one in moves if one.to == IssueStatus.CLOSED),
        reopenings=tuple(one.at for one in moves if one.by == "reopen"),
        is_verified=row.has_verdict or any(one.to == IssueStatus.VERIFIED for one in moves),
    )


def _resolved(row: _Row, moves: list[_Move]) -> datetime | None:
    """When it came to the end that stands; what went away by itself was not resolved by anybody."""
    if row.status not in RESOLVED or row.resolution == TRANSIENT:
        return None
    back_to_work = max((one.at for one in moves if one.to not in RESOLVED), default=None)
    ends = (one.at for one in moves if one.to in RESOLVED)
    return next((at for at in ends if back_to_work is None or at > back_to_work), None)


def _that_stood(row: _Row) -> list[_Move]:
    """The moves that nobody took back as a slip, in their order; an undoing goes with what it took back."""
    stood: list[_Move] = []
    told = zip(row.moved_at or (), row.moved_from or (), row.moved_to or (), row.moved_by or (), strict=True)
    for at, left, to, by in told:
        slips = [number for number, one in enumerate(stood) if one.to == left] if by == "undo" else []
        if slips:
            del stood[slips[-1]]
        else:
            stood.append(_Move(at, to, by))
    return stood
