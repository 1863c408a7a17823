"""This module recounts issues from their reports: reach, sources, severity, RICE, MoSCoW, each with origin and reason.

It runs over a batch of root issues with a constant number of queries, inside the caller's transaction.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop as _

from gateway_ingest.models import AlertSeverity, AlertStatus
from hypercare.core import prepared, rows
from hypercare.core.models import Component, Launch
from triage import decisions, tree
from triage.decisions import IssueValue
from triage.models import OPEN_STATUSES, Decision, Issue, Origin
from triage.score import history
from triage.score.blocked import Criterion, criteria_of
from triage.score.effort import Taken, taken
from triage.score.figures import REPORTERS, Facts, Reach, Scored, apply
from triage.score.reasons import because
from triage.score.severity import Verdict, severity_of
from triage.score.tally import Counted, Tally, count

_ISSUES = """
SELECT issue.id, issue.launch_id, issue.component_id, issue.category, issue.status, issue.opened_at, issue.last_seen_at,
       reach.value, reach.of, reach.method, reach.measured_at
FROM triage_issue issue LEFT JOIN triage_measuredreach reach ON reach.issue_id = issue.id AND reach.value > 0
WHERE issue.id = ANY(%s::bigint[]) ORDER BY issue.id
"""
# Stops at the first alert of each issue: one that fires on and on may have thousands.
_FIRING = """
SELECT DISTINCT tree.root FROM unnest(%(members)s::bigint[], %(roots)s::bigint[]) AS tree(issue_id, root)
WHERE EXISTS (
    SELECT FROM triage_match match JOIN gateway_ingest_alert alert ON alert.feedback_id = match.feedback_id
    WHERE match.issue_id = tree.issue_id AND match.ended_at IS NULL
      AND alert.status = ANY(%(open)s::text[]) AND alert.severity = ANY(%(errors)s::text[])
)
"""


@dataclass(frozen=True)
class _Known:
    """All that is known of a batch of root issues, each kind read by one query."""

    tallies: Mapping[int, Tally]
    measured: Mapping[int, Reach]
    held: Mapping[int, Mapping[str, str]]
    worst_held: Mapping[int, tuple[int, str]]
    firing: Set[int]
    criteria: Mapping[int, Sequence[Criterion]]
    taken: Taken

    def facts(self, issue: Scored, *, now: datetime) -> Facts:
        """What a score needs to know of one of them."""
        tally = self.tallies[issue.pk]
        reach = _reach_of(issue, tally, self.measured.get(issue.pk), now=now)
        return Facts(
            tally,
            reach,
            said=_severity_said(issue, tally, reach, self.worst_held.get(issue.pk)),
            held=self.held.get(issue.pk, {}),
            criteria=self.criteria[issue.launch_id],
            fires=issue.pk in self.firing,
            taken=self.taken,
            now=now,
        )


def rescore(root_ids: Iterable[int], *, now: datetime) -> None:
    """Recounts these root issues and writes what changed; the caller holds their locks and publishes the board."""
    score(count(root_ids), now=now)


def score(counted: Counted, *, now: datetime, board_version: int | None = None) -> None:
    """The same for issues whose reports are counted already; with a board's version where it is raised already."""
    issues, measured = _read(sorted(counted.tallies))
    known = _known(issues, counted, measured)
    suggested = [value for issue in issues for value in apply(issue, known.facts(issue, now=now))]
    stamp = {} if board_version is None else {"board_version": board_version}
    rows.change(Issue, [issue.row | stamp for issue in issues])
    history.note(issues, suggested, now=now)
    decisions.suggest_for_issues(suggested, now=now)


def said_of(root_id: int, field: str, *, now: datetime) -> IssueValue | None:
    """What the rules would say of a field of a root issue now, whoever holds it; writes nothing."""
    counted = count([root_id])
    issues, measured = _read(sorted(counted.tallies))
    known = _known(issues, counted, measured)
    said = [value for issue in issues for value in apply(issue, known.facts(issue, now=now))]
    return next((value for value in said if value.field == field), None)


def _known(issues: Sequence[Scored], counted: Counted, measured: Mapping[int, Reach]) -> _Known:
    launches, members_of = {issue.launch_id for issue in issues}, counted.members_of
    return _Known(
        tallies=counted.tallies,
        measured=measured,
        held=decisions.overridden_fields(counted.tallies),
        worst_held=_held_by_merged(members_of),
        firing=_with_firing_errors(members_of),
        criteria=criteria_of(launches),
        taken=taken(launches),
    )


def _read(ids: Sequence[int]) -> tuple[list[Scored], dict[int, Reach]]:
    """The issues, those of one launch with one row of it, and the reach of those that traffic shows."""
    with prepared.cursor(binary=True) as cursor:
        cursor.execute(_ISSUES, [list(ids)])
        found = cursor.fetchall()
    launches = Launch.objects.select_related("scoring_rules").in_bulk({row[1] for row in found})
    components = Component.objects.in_bulk({row[2] for row in found} - {None})
    issues = [
        Scored(pk, launches[launch], components.get(component), category, status in OPEN_STATUSES, opened, seen)
        for pk, launch, component, category, status, opened, seen, *_reach in found
    ]
    return issues, {row[0]: Reach(row[7], 0, *row[8:]) for row in found if row[7]}


def _with_firing_errors(members_of: Mapping[int, Sequence[int]]) -> set[int]:
    """The roots with a critical or high alert that still fires: they hold up the exit criterion of error alerts."""
    given: dict[str, Any] = {
        **tree.columns_of(members_of),
        "open": [AlertStatus.FIRING, AlertStatus.ACKNOWLEDGED],
        "errors": [AlertSeverity.CRITICAL, AlertSeverity.HIGH],
    }
    with prepared.cursor() as cursor:
        cursor.execute(_FIRING, given)
        return {root for (root,) in cursor.fetchall()}


def _held_by_merged(members_of: Mapping[int, Sequence[int]]) -> dict[int, tuple[int, str]]:
    """The worst severity that people hold on issues merged into each root, and which issue that is."""
    root_of = {member: root for root, members in members_of.items() for member in members if member != root}
    if not root_of:
        return {}
    held = Decision.objects.filter(issue__in=root_of, field="severity", origin=Origin.PERSON, ended_at=None)
    worst: dict[int, tuple[int, str]] = {}
    for member, value in held.order_by("-value").values_list("issue_id", "value"):
        worst[root_of[member]] = (int(value), f"IS-{member}")
    return worst


def _reach_of(issue: Scored, tally: Tally, measured: Reach | None, *, now: datetime) -> Reach:
    """What traffic shows, where it shows as many as say so themselves; else the reporters."""
    if measured and measured.value >= tally.reach:
        return measured
    return Reach(tally.reach, tally.guests, issue.launch.active_users, REPORTERS, now)


def _severity_said(issue: Scored, tally: Tally, reach: Reach, held: tuple[int, str] | None) -> Verdict:
    said = severity_of(tally.voices, reach=tally.reach, active=issue.launch.active_users)
    if reach.is_measured:
        measured = severity_of(tally.voices, reach=reach.value, active=reach.of, is_measured=True)
        said = min(said, measured, key=lambda one: one.severity)
    if held is None or held[0] >= said.severity:
        return said
    holds = _("a person holds SEV%(severity)s on %(key)s, merged into this")
    return Verdict(held[0], 1.0, Origin.RULE, because(holds, severity=held[0], key=held[1]))
