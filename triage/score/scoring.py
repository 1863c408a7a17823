"""This module recounts issues from their reports: reach, sources, severity, RICE, MoSCoW, each with origin and reason.

It runs over a batch of root issues with a constant number of queries, inside the caller's transaction.
"""

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from gateway_ingest.models import AlertSeverity, AlertStatus
from hypercare.core import prepared
from hypercare.core.models import Component, Launch
from triage import decisions, tree
from triage.models import Decision, Issue, MeasuredReach, Origin
from triage.score import history
from triage.score.blocked import Criterion, criteria_of
from triage.score.effort import Taken, taken
from triage.score.figures import REPORTERS, Facts, Reach, apply
from triage.score.severity import Verdict, severity_of
from triage.score.tally import Tally, tallies_of

# What a rescore writes, with each column's type.
_COLUMNS = {
    "feedback_count": "int", "sources": "jsonb", "reach_value": "int", "reach_guests": "int", "reach_of": "int",
    "reach_method": "text", "reach_at": "timestamptz", "severity": "smallint", "category": "text",
    "rice_impact": "float", "rice_confidence": "float", "rice_effort": "float", "rice_score": "float",
    "formula_score": "float", "impact_level": "smallint", "urgency": "smallint", "business_value": "float",
    "rpn_severity": "smallint", "rpn_occurrence": "smallint", "rpn_detection": "smallint", "rpn": "smallint",
    "blocks_must": "boolean", "blocks": "jsonb", "moscow": "text", "priority": "int", "last_seen_at": "timestamptz",
}  # fmt: skip
# Django's bulk_update builds a CASE for each row and column, which took longer than all else of a rescore together.
_WRITE = f"""
UPDATE triage_issue issue SET {", ".join(f"{name} = said.{name}" for name in _COLUMNS)}
FROM jsonb_to_recordset(%s::jsonb) AS said(id bigint, {", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())})
WHERE issue.id = said.id
"""  # noqa: S608 - the names stand above

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
    measured: Mapping[int, MeasuredReach]
    held: Mapping[int, Mapping[str, str]]
    worst_held: Mapping[int, tuple[int, str]]
    firing: Set[int]
    criteria: Mapping[int, Sequence[Criterion]]
    taken: Taken

    def facts(self, issue: Issue, *, now: datetime) -> Facts:
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
    issues = _read(sorted(set(root_ids)))
    known = _known(issues)
    suggested: list[decisions.IssueValue] = []
    for language, told_in_it in groupby(issues, key=lambda issue: issue.launch.language):
        with override(language):
            suggested += [value for issue in told_in_it for value in apply(issue, known.facts(issue, now=now))]
    _write(issues)
    history.note(issues, suggested, now=now)
    decisions.suggest_for_issues(suggested, now=now)


def _known(issues: Sequence[Issue]) -> _Known:
    ids, launches = [issue.pk for issue in issues], {issue.launch_id for issue in issues}
    members_of = tree.members_of(ids)
    return _Known(
        tallies=tallies_of(members_of),
        measured=MeasuredReach.objects.filter(value__gt=0).in_bulk(ids),
        held=decisions.overridden_fields(issues),
        worst_held=_held_by_merged(members_of),
        firing=_with_firing_errors(members_of),
        criteria=criteria_of(launches),
        taken=taken(launches),
    )


def _read(ids: Sequence[int]) -> list[Issue]:
    """The issues by language; those of one launch share its row, and those of one component too."""
    issues = list(Issue.objects.filter(pk__in=ids).defer("search"))
    launches = Launch.objects.select_related("scoring_rules").in_bulk({issue.launch_id for issue in issues})
    components = Component.objects.in_bulk({issue.component_id for issue in issues} - {None})
    for issue in issues:
        issue.launch = launches[issue.launch_id]
        issue.component = components[issue.component_id] if issue.component_id else None
    return sorted(issues, key=lambda issue: issue.launch.language)


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
    held = Decision.objects.filter(issue__in=root_of, field="severity", origin=Origin.PERSON, ended_at=None)
    worst: dict[int, tuple[int, str]] = {}
    for member, value in held.order_by("-value").values_list("issue_id", "value"):
        worst[root_of[member]] = (int(value), f"IS-{member}")
    return worst


def _reach_of(issue: Issue, tally: Tally, measured: MeasuredReach | None, *, now: datetime) -> Reach:
    """What traffic shows, where it shows as many as say so themselves; else the reporters."""
    if measured and measured.value >= tally.reach:
        return Reach(measured.value, 0, measured.of, measured.method, measured.measured_at)
    return Reach(tally.reach, tally.guests, issue.launch.active_users, REPORTERS, now)


def _severity_said(issue: Issue, tally: Tally, reach: Reach, held: tuple[int, str] | None) -> Verdict:
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
