"""This module writes what triage decided about a batch: verdict columns, decisions, matches, issues, timeline."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db.models import F
from django.utils.translation import gettext as _

from feedback.models import MACHINE_CHANNELS, Feedback
from hypercare.core import prepared, rows
from hypercare.core.models import Component, Launch
from hypercare.core.timeline import SYSTEM, Entry, record
from triage import decisions, transitions, tree
from triage.classify.suggestion import Suggestion
from triage.locks import lock_issues
from triage.match.assign import Assignment
from triage.models import Decision, Issue, IssueStatus, Match, Origin, Unread
from triage.score.severity import DEFAULT_SEVERITY


@dataclass(frozen=True)
class Verdict:
    """One row, what was said of it, and where it belongs."""

    row: Feedback
    suggestions: Sequence[Suggestion]
    assignment: Assignment

    def applied(self, field: str) -> str:
        """The value in force for a field, or nothing when the classifier was not sure."""
        return next((s.value for s in self.suggestions if s.field == field and s.applied), "")

    def likeliest(self, field: str) -> str:
        """The best guess for a field, sure or not."""
        return next((s.value for s in self.suggestions if s.field == field), "")


def fingerprint_of(row: Feedback) -> str | None:
    """The key by which a machine says the same thing again."""
    alert = row.context.get("alert") if isinstance(row.context, dict) else None
    if row.channel not in MACHINE_CHANNELS or not isinstance(alert, dict) or not alert.get("fingerprint"):
        return None
    return f"alert:{row.source}:{alert['fingerprint']}"[:255]


def write_verdicts(
    launch: Launch, verdicts: Sequence[Verdict], *, components: dict[str, Component], now: datetime
) -> list[int]:
    """Writes a batch in the caller's transaction; returns the root issues that changed."""
    issue_of = _issues_for(launch, verdicts, now=now)
    rows.put(Match, [_match(v, issue_of[v.row.pk], now=now) for v in verdicts])
    _write_decisions(launch, verdicts, components=components, now=now)
    roots = tree.roots_of({issue.pk for issue in issue_of.values()})
    _write_columns(verdicts, issue_of, roots, components=components, now=now)
    _write_timeline(launch, verdicts, issue_of, now=now)
    rows.add(Unread, [{"feedback_id": v.row.pk} for v in verdicts])  # what all rows are searched for comes later
    return sorted(set(roots.values()))


def _issues_for(launch: Launch, verdicts: Sequence[Verdict], *, now: datetime) -> dict[int, Issue]:
    """The issue of each row: an open one, or one new issue for each group."""
    named = [v.assignment.issue_id for v in verdicts if v.assignment.issue_id]
    # With the roots, whose counts and status are read and written below.
    existing = lock_issues([*named, *tree.roots_of(named).values()])
    groups: dict[object, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.assignment.issue_id is None:
            groups[("row", verdict.row.pk) if verdict.assignment.group is None else verdict.assignment.group].append(
                verdict
            )
    opened = [_new_issue(launch, members, now=now) for members in groups.values()]
    rows.insert(opened)
    Issue.objects.filter(pk__in=[issue.pk for issue in opened]).update(search=SearchVector("title", config="english"))
    Issue.objects.filter(pk__in=existing).update(version=F("version") + 1)
    issue_of = {v.row.pk: existing[v.assignment.issue_id] for v in verdicts if v.assignment.issue_id}
    for issue, members in zip(opened, groups.values(), strict=True):
        issue_of |= {verdict.row.pk: issue for verdict in members}
    return issue_of


def _new_issue(launch: Launch, members: Sequence[Verdict], *, now: datetime) -> Issue:
    first = members[0]
    severity = first.likeliest("severity")
    return Issue(
        launch=launch,
        title=first.row.title,
        status=IssueStatus.NEW,
        severity=int(severity) if severity.isdigit() else DEFAULT_SEVERITY,
        category=first.applied("category"),
        fingerprint=fingerprint_of(first.row),
        reach_at=now,
        opened_at=now,
        status_changed_at=now,
        last_seen_at=first.row.occurred_at,
    )


def _match(verdict: Verdict, issue: Issue, *, now: datetime) -> dict[str, Any]:
    assignment = verdict.assignment
    return {
        "feedback_id": verdict.row.pk,
        "issue_id": issue.pk,
        "origin": Origin.RULE if fingerprint_of(verdict.row) else Origin.MODEL,
        "confidence": min(max(assignment.confidence, 0.0), 1.0),
        "reason": assignment.reason[:300],
        "matched_at": now,
    }


def _write_decisions(
    launch: Launch, verdicts: Sequence[Verdict], *, components: dict[str, Component], now: datetime
) -> None:
    said = [(v.row.pk, s) for v in verdicts for s in (*v.suggestions, *_team(v, components))]
    rows.put(Decision, [decisions.suggested(launch.pk, feedback_id, s, now=now) for feedback_id, s in said])


def _team(verdict: Verdict, components: dict[str, Component]) -> list[Suggestion]:
    component = components.get(verdict.applied("component"))
    if component is None or component.team is None:
        return []
    return [
        Suggestion(
            "team",
            component.team.name,
            1.0,
            _("owns %(component)s") % {"component": component.name},
            Origin.RULE,
            "rule: component's team",
            applied=True,
        )
    ]


_WRITE_COLUMNS = """
UPDATE feedback_feedback f SET
    category = v.category, severity = v.severity, sentiment = v.sentiment, component_id = v.component_id,
    team_id = v.team_id, issue_key = v.issue_key, reply_status = v.reply_status, triaged_at = %(now)s,
    ai_failure = v.ai_failure, governance = v.governance, language = coalesce(nullif(v.language, ''), f.language),
    spam = coalesce(nullif(v.spam, ''), f.spam),
    claimed_by = '', claimed_until = NULL,
    search = setweight(to_tsvector('english', f.title), 'A') || setweight(to_tsvector('simple', f.title), 'B')
          || to_tsvector('english', left(f.body, 100000)) || to_tsvector('simple', left(f.body, 100000))
FROM unnest(%(ids)s::bigint[], %(categories)s::text[], %(severities)s::smallint[], %(sentiments)s::text[],
            %(components)s::bigint[], %(teams)s::bigint[], %(keys)s::text[], %(replies)s::text[],
            %(ai_failures)s::text[], %(flags)s::text[], %(languages)s::text[], %(spam)s::text[])
     AS v(id, category, severity, sentiment, component_id, team_id, issue_key, reply_status,
          ai_failure, governance, language, spam)
WHERE f.id = v.id
"""


def _write_columns(
    verdicts: Sequence[Verdict],
    issue_of: dict[int, Issue],
    roots: dict[int, int],
    *,
    components: dict[str, Component],
    now: datetime,
) -> None:
    """One UPDATE for the batch; the text search vector is filled in here, off the path of intake."""
    status_of = dict(Issue.objects.filter(pk__in=roots.values()).values_list("pk", "status"))
    parts = [components.get(v.applied("component")) for v in verdicts]
    severities = [v.applied("severity") for v in verdicts]
    with prepared.cursor() as cursor:
        cursor.execute(
            _WRITE_COLUMNS,
            {
                "now": now,
                "ids": [v.row.pk for v in verdicts],
                "categories": [v.applied("category") for v in verdicts],
                "severities": [int(severity) if severity.isdigit() else None for severity in severities],
                "sentiments": [v.applied("sentiment") for v in verdicts],
                "components": [part.pk if part else None for part in parts],
                "teams": [part.team_id if part else None for part in parts],
                "keys": [issue_of[v.row.pk].key for v in verdicts],
                "replies": [
                    str(transitions.REPLY_STATUS[IssueStatus(status_of[roots[issue_of[v.row.pk].pk]])])
                    for v in verdicts
                ],
                "ai_failures": [v.applied("ai_failure") for v in verdicts],
                "flags": [v.applied("governance") for v in verdicts],
                # What came in the launch's own language came without a word about its own.
                "languages": [
                    v.applied("language") if v.row.language == v.row.launch.language else "" for v in verdicts
                ],
                "spam": [v.likeliest("spam") for v in verdicts],
            },
        )


def _write_timeline(launch: Launch, verdicts: Sequence[Verdict], issue_of: dict[int, Issue], *, now: datetime) -> None:
    entries = []
    seen: set[int] = set()
    for verdict in verdicts:
        row, issue = verdict.row, issue_of[verdict.row.pk]
        opened = verdict.assignment.issue_id is None and issue.pk not in seen
        seen.add(issue.pk)
        kind = "issue.opened" if opened else "issue.joined"
        fact = {
            "feedback": row.key,
            "channel": row.channel,
            "confidence": round(verdict.assignment.confidence, 2),
        }
        entries.append(Entry(row.key, "feedback.triaged", {"issue": issue.key}, once_key=f"triaged:{row.pk}"))
        entries.append(Entry(issue.key, kind, fact, occurred_at=row.occurred_at, once_key=f"joined:{row.pk}"))
    record(launch, entries, actor=SYSTEM, now=now)
