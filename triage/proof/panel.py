"""This module prepares what the issue's page shows of its fixes: deployments with verdicts, the draft, the chart, the errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects

from feedback.closing_the_loop import fixed_sentence
from gateway_ingest import charts, evidence
from gateway_ingest.deployments import name_of
from gateway_ingest.evidence import Span
from hypercare.core.models import Deployment
from triage.models import Firing, Fix, Issue, IssueStatus, Lane, Verdict, Word
from triage.proof import matched, notices
from triage.proof.judging import VERIFIED_AFTER, Symptom
from triage.proof.lanes import lanes_of
from triage.proof.places import is_live
from triage.proof.standing import fixes_in_force
from triage.proof.verdicts import SAYABLE, in_force

HOUR = timedelta(hours=1)
TONES = {
    Word.VERIFIED: "is-good", Word.NOT_FIXED: "is-bad", Word.SIDE_EFFECT: "is-warn", Word.TAKEN_BACK: "is-bad",
    Word.TOO_LITTLE: "", Word.UNSEEN: "",
}  # fmt: skip
_PROPOSED, _MARKS = 30, 12
_BEFORE, _AFTER, _LONGEST = 2 * HOUR, 6 * HOUR, timedelta(days=7)
# Where a word about the newest fix asks for a move: from which statuses, and to which.
_MOVES = {
    Word.VERIFIED: ((IssueStatus.IN_PROGRESS, IssueStatus.MITIGATED, IssueStatus.DEPLOYED), IssueStatus.VERIFIED),
    Word.NOT_FIXED: ((IssueStatus.DEPLOYED, IssueStatus.VERIFIED), IssueStatus.IN_PROGRESS),
    Word.TAKEN_BACK: ((IssueStatus.DEPLOYED, IssueStatus.VERIFIED), IssueStatus.IN_PROGRESS),
}


@dataclass(frozen=True)
class Shown:
    """One deployment of an issue with what is said of it."""

    fix: Fix
    name: str
    verdict: Verdict | None
    machine: Verdict | None
    is_live: bool

    @property
    def tone(self) -> str:
        """The colour of its verdict."""
        return TONES[Word(self.verdict.word)] if self.verdict else ""

    @property
    def figures(self) -> dict[str, Any]:
        """The machine's counts."""
        return self.machine.figures if self.machine else {}

    @property
    def columns(self) -> list[tuple[str, dict[str, Any]]]:
        """The counts while it lasted, since then, and before it began."""
        return [(name, self.figures[name]) for name in ("during", "after", "normal") if name in self.figures]

    @property
    def symptom(self) -> str:
        """By what the trouble was counted."""
        return str(self.figures.get("symptom", Symptom.FAILS))

    @property
    def waited(self) -> int | None:
        """How many of the minutes have passed that a verified fix takes; None where they have, or nothing is counted."""
        minutes = self.figures.get("after", {}).get("minutes", VERIFIED_AFTER)
        return int(minutes) if minutes < VERIFIED_AFTER else None


def fixes_of(issue: Issue) -> list[Shown]:
    """The deployments of an issue with all merged into it, the newest first."""
    live = Prefetch("verdicts", Verdict.objects.filter(ended_at=None).select_related("actor"))
    rows = fixes_in_force(issue.pk).select_related(
        "deployment__release__component", "deployment__environment", "linked_by"
    )
    return [shown(fix) for fix in rows.prefetch_related(live).order_by("-deployment__deployed_at", "-pk")]


def shown(fix: Fix) -> Shown:
    """A fix as pages show it."""
    machine = next((one for one in fix.verdicts.all() if one.origin != "person" and one.ended_at is None), None)
    row = fix.deployment
    return Shown(fix, name_of(row), in_force(fix), machine, is_live(row.environment.name))


def panel(issue: Issue, *, now: datetime) -> dict[str, Any]:
    """What the issue's page shows of its fixes and of what traffic tells."""
    prefetch_related_objects([issue], "evidence_answers")
    fixes = fixes_of(issue)
    newest = next((one for one in fixes if one.is_live), None)
    known = {one.fix.deployment_id for one in fixes}
    deployments = Deployment.objects.filter(launch=issue.launch_id).select_related("release__component", "environment")
    proposed = [row for row in deployments.order_by("-deployed_at")[:_PROPOSED] if row.pk not in known]
    return {
        "fixes": fixes,
        "fix_lane": lanes_of([issue])[issue.pk],
        "fix_lanes": Lane.choices,
        "fix_words": [(word.value, word.label) for word in SAYABLE],
        "fix_move": _move(issue, newest),
        "fix_minutes": VERIFIED_AFTER,
        "fix_proposed": [(name_of(row), row) for row in proposed],
        "fix_notice": notices.waiting(issue.pk) if fixes else None,
        "fix_notice_words": fixed_sentence(),
        "fix_told": notices.told_of(issue.pk).count() if fixes else 0,
        "still_fires": Firing.objects.filter(issue=issue, ended_at=None).first()
        if issue.status in (IssueStatus.VERIFIED, IssueStatus.CLOSED)
        else None,
        "matched_errors": matched.matched(issue),
        **traffic_of(issue, fixes, now=now),
    }


def _move(issue: Issue, newest: Shown | None) -> tuple[str, str] | None:
    """To which status the word in force asks to move, and why."""
    if newest is None:
        return None
    if newest.verdict is None or newest.verdict.word not in _MOVES:
        is_open = issue.status in (IssueStatus.TRIAGED, IssueStatus.IN_PROGRESS, IssueStatus.MITIGATED)
        return (IssueStatus.DEPLOYED, "") if is_open else None
    origins, target = _MOVES[Word(newest.verdict.word)]
    return (target, newest.verdict.reason[:400]) if issue.status in origins else None


def traffic_of(issue: Issue, fixes: Sequence[Shown], *, now: datetime) -> dict[str, Any]:
    """The course of the issue's calls: the share that fails, and whom failures reach, with what went live marked."""
    signatures = matched.signature_of(issue)
    if not signatures:
        return {"course": [], "course_signature": ""}
    span = _span(issue, fixes, now=now)
    marks = _marks(issue, fixes, span)
    course = evidence.course(issue.launch, span, signatures)
    calls, failures, reached = course.calls, course.failures, course.consumers
    shares = [
        (one.at, 100 * (failed.value or 0) / one.value if one.value else None)
        for one, failed in zip(calls.points, failures.points, strict=True)
    ]
    drawn = [
        ("share", charts.chart(shares, span, marks=marks)),
        ("reach", charts.chart([(one.at, one.value) for one in reached.points], span, marks=marks)),
    ]
    has_calls = any(one.value for one in calls.points)
    return {
        "course": [(name, one) for name, one in drawn if one] if has_calls else [],
        "course_rows": _rows(calls, failures, reached),
        "course_signature": "; ".join(one.in_words() for one in signatures),
        "course_marks": marks,
    }


def _rows(*found: evidence.Series) -> list[tuple[datetime, int, int, int]]:
    """The same as a table of at most two dozen lines, for those who do not see the chart."""
    calls, failures, reached = (one.points for one in found)
    each = max(-(-len(calls) // 24), 1)
    lines = []
    for start in range(0, len(calls), each):
        part = slice(start, start + each)
        sums = [int(sum(one.value or 0 for one in points[part])) for points in (calls, failures)]
        most = int(max((one.value or 0 for one in reached[part]), default=0))
        lines.append((calls[start].at, *sums, most))
    return lines  # type: ignore[return-value]  # two sums


def _span(issue: Issue, fixes: Sequence[Shown], *, now: datetime) -> Span:
    first = issue.opened_at - _BEFORE
    last = max([issue.last_seen_at, *(one.fix.deployment.deployed_at for one in fixes)]) + _AFTER
    ends = min(last, now)
    return Span.of(max(first, ends - _LONGEST), max(ends, first + HOUR))


def _marks(issue: Issue, fixes: Sequence[Shown], span: Span) -> list[tuple[datetime, str]]:
    own = [one.fix.deployment for one in fixes]
    rows = Deployment.objects.filter(launch=issue.launch_id, deployed_at__gte=span.begins, deployed_at__lt=span.ends)
    rows = rows.filter(release__component=issue.component_id).exclude(pk__in=[row.pk for row in own])
    others = list(rows.select_related("release__component", "environment").order_by("-deployed_at")[:_MARKS])
    return sorted(
        (row.deployed_at, _name(row)) for row in [*own, *others] if span.begins <= row.deployed_at < span.ends
    )


def _name(row: Deployment) -> str:
    where = "" if is_live(row.environment.name) else f" ({row.environment.name})"
    return f"{row.release.component or ''} {row.release.version}{where}".strip()
