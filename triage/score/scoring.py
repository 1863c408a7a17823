"""This module recounts issues from their reports: reach, sources, severity, RICE, MoSCoW, each with origin and reason.

It runs over a batch of root issues with a constant number of queries, inside the caller's transaction.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import override

from gateway_ingest.models import AlertSeverity, AlertStatus
from hypercare.core import prepared
from triage import decisions, tree
from triage.models import Decision, Issue, MeasuredReach, Origin
from triage.score import rice
from triage.score.severity import CONFIDENT, Verdict, severity_of
from triage.score.tally import Tally, tallies_of

DECIDER = "rule: score"
REPORTERS = "reporters"

# What a rescore writes, with each column's type.
_COLUMNS = {
    "feedback_count": "int", "sources": "jsonb", "reach_value": "int", "reach_guests": "int", "reach_of": "int",
    "reach_method": "text", "reach_at": "timestamptz", "severity": "smallint", "category": "text",
    "rice_impact": "float", "rice_confidence": "float", "rice_effort": "float", "rice_score": "float",
    "moscow": "text", "priority": "int", "last_seen_at": "timestamptz",
}  # fmt: skip
# Django's bulk_update builds a CASE for each row and column, which took longer than all else of a rescore together.
_WRITE = f"""
UPDATE triage_issue issue SET {", ".join(f"{name} = said.{name}" for name in _COLUMNS)}
FROM jsonb_to_recordset(%s::jsonb) AS said(id bigint, {", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())})
WHERE issue.id = said.id
"""  # noqa: S608 - the names stand above

# Stops at the first alert of each issue: one that fires on and on may have thousands.
_FIRING = """
SELECT DISTINCT tree.root FROM unnest(%s::bigint[], %s::bigint[]) AS tree(issue_id, root)
WHERE EXISTS (
    SELECT FROM triage_match match JOIN gateway_ingest_alert alert ON alert.feedback_id = match.feedback_id
    WHERE match.issue_id = tree.issue_id AND match.ended_at IS NULL
      AND alert.status = ANY(%s::text[]) AND alert.severity = ANY(%s::text[])
)
"""


def rescore(root_ids: Iterable[int], *, now: datetime) -> None:
    """Recounts these root issues and writes what changed; the caller holds their locks and publishes the board."""
    ids = sorted(set(root_ids))
    issues = list(Issue.objects.filter(pk__in=ids).select_related("launch"))
    members_of = tree.members_of(ids)
    tallies = tallies_of(members_of)
    overridden = decisions.overridden_fields(issues)
    blocking, worst_held = _with_firing_errors(members_of), _held_by_merged(members_of)
    measured = MeasuredReach.objects.filter(value__gt=0).in_bulk(ids)
    suggested: list[decisions.IssueValue] = []
    for issue in issues:
        held = overridden.get(issue.pk, {})
        with override(issue.launch.language):
            reach = _reach_of(issue, tallies[issue.pk], measured.get(issue.pk), now=now)
            said = _severity_said(issue, tallies[issue.pk], reach, worst_held.get(issue.pk))
            suggested += _apply(issue, tallies[issue.pk], reach, held, said, blocks_must=issue.pk in blocking)
    _write(issues)
    decisions.suggest_for_issues(suggested, now=now)


def _with_firing_errors(members_of: Mapping[int, Sequence[int]]) -> set[int]:
    """The roots with a critical or high alert that still fires: they hold up the exit criterion of error alerts."""
    pairs = [(member, root) for root, members in members_of.items() for member in members]
    with prepared.cursor() as cursor:
        cursor.execute(
            _FIRING,
            [
                [member for member, _root in pairs],
                [root for _member, root in pairs],
                [AlertStatus.FIRING, AlertStatus.ACKNOWLEDGED],
                [AlertSeverity.CRITICAL, AlertSeverity.HIGH],
            ],
        )
        return {root for (root,) in cursor.fetchall()}


def _held_by_merged(members_of: Mapping[int, Sequence[int]]) -> dict[int, tuple[int, str]]:
    """The worst severity that people hold on issues merged into each root, and which issue that is."""
    root_of = {member: root for root, members in members_of.items() for member in members if member != root}
    held = Decision.objects.filter(issue__in=root_of, field="severity", origin=Origin.PERSON, ended_at=None)
    worst: dict[int, tuple[int, str]] = {}
    for member, value in held.order_by("-value").values_list("issue_id", "value"):
        worst[root_of[member]] = (int(value), f"IS-{member}")
    return worst


@dataclass(frozen=True)
class _Reach:
    """How many, of how many, counted how and when."""

    value: int
    guests: int
    of: int | None
    method: str
    at: datetime

    @property
    def is_measured(self) -> bool:
        return self.method != REPORTERS


def _reach_of(issue: Issue, tally: Tally, measured: MeasuredReach | None, *, now: datetime) -> _Reach:
    """What traffic shows, where it shows as many as say so themselves; else the reporters."""
    if measured and measured.value >= tally.reach:
        return _Reach(measured.value, 0, measured.of, measured.method, measured.measured_at)
    return _Reach(tally.reach, tally.guests, issue.launch.active_users, REPORTERS, now)


def _severity_said(issue: Issue, tally: Tally, reach: _Reach, held: tuple[int, str] | None) -> Verdict:
    said = severity_of(tally.voices, reach=tally.reach, active=issue.launch.active_users)
    if reach.is_measured:
        measured = severity_of(tally.voices, reach=reach.value, active=reach.of, is_measured=True)
        said = min(said, measured, key=lambda one: one.severity)
    if held is None or held[0] >= said.severity:
        return said
    reason = _("a person holds SEV%(severity)s on %(key)s, merged into this") % {"severity": held[0], "key": held[1]}
    return Verdict(held[0], 1.0, Origin.RULE, reason)


def _write(issues: Sequence[Issue]) -> None:
    rows = [{"id": issue.pk} | {name: getattr(issue, name) for name in _COLUMNS} for issue in issues]
    with prepared.cursor() as cursor:
        cursor.execute(_WRITE, [json.dumps(rows, default=str)])


def _apply(
    issue: Issue, tally: Tally, reach: _Reach, held: dict[str, str], said: Verdict, *, blocks_must: bool
) -> list[decisions.IssueValue]:
    """Writes the tally into the issue, leaving what a person holds; returns what the rules would say."""
    issue.feedback_count = tally.count
    issue.sources = dict(tally.sources)
    issue.reach_value, issue.reach_guests = reach.value, reach.guests
    issue.reach_of, issue.reach_method, issue.reach_at = reach.of, reach.method, reach.at
    issue.last_seen_at = tally.last_seen_at or issue.last_seen_at
    issue.severity = int(held.get("severity", said.severity))
    category, times = tally.categories.most_common(1)[0] if tally.categories else ("", 0)
    issue.category = held.get("category", category or issue.category)
    impact = rice.IMPACT_OF_SEVERITY[issue.severity]
    measured = tally.machines + reach.is_measured
    sure = rice.confidence_from(people=tally.people + tally.guests, machines=measured)
    issue.rice_impact = float(held.get("rice_impact", impact))
    issue.rice_confidence = float(held.get("rice_confidence", sure.value))
    issue.rice_effort = float(held.get("rice_effort", rice.DEFAULT_EFFORT))
    issue.rice_score = rice.rice(max(issue.reach_value, 1), issue.rice_impact, issue.rice_confidence, issue.rice_effort)
    moscow, why = rice.moscow_of(issue.severity, blocks_must=blocks_must)
    issue.moscow = held.get("moscow", moscow)
    issue.priority = rice.priority_of(issue.moscow, issue.rice_score)
    values = [
        _severity_value(issue, said),
        _rule_value(issue, "rice_impact", impact, f"SEV{issue.severity}"),
        _rule_value(issue, "rice_confidence", sure.value, sure.reason),
        _rule_value(issue, "rice_effort", rice.DEFAULT_EFFORT, _("default")),
        _rule_value(issue, "moscow", moscow, why),
    ]
    if category:
        of = tally.categories.total()
        reason = _("%(times)s of %(of)s reports are sorted there") % {"times": times, "of": of}
        values.append(decisions.IssueValue(issue, "category", category, "model", DECIDER, times / of, reason))
    return values


def _severity_value(issue: Issue, said: Verdict) -> decisions.IssueValue:
    applied = said.confidence >= CONFIDENT
    value = str(said.severity)
    return decisions.IssueValue(issue, "severity", value, said.origin, DECIDER, said.confidence, said.reason, applied)


def _rule_value(issue: Issue, field: str, value: object, reason: str) -> decisions.IssueValue:
    return decisions.IssueValue(issue, field, str(value), "rule", DECIDER, None, reason)
