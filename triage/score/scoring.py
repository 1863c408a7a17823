"""This module recounts issues from their reports: reach, sources, severity, RICE, MoSCoW, each with origin and reason.

It runs over a batch of root issues with a constant number of queries, inside the caller's transaction.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from feedback.models import MACHINE_CHANNELS
from triage import decisions, tree
from triage.models import Decision, Issue, Match
from triage.score import rice
from triage.score.severity import CONFIDENT, Verdict, Voice, severity_of

DECIDER = "rule: score"


@dataclass
class Tally:
    """What the live reports of one tree add up to."""

    sources: Counter[str] = field(default_factory=Counter)
    reporters: set[int] = field(default_factory=set)
    guests: int = 0
    voices: list[Voice] = field(default_factory=list)
    categories: Counter[str] = field(default_factory=Counter)
    last_seen_at: datetime | None = None

    @property
    def count(self) -> int:
        """Live reports."""
        return sum(self.sources.values())

    @property
    def machines(self) -> int:
        """Reports from machines."""
        return sum(count for channel, count in self.sources.items() if channel in MACHINE_CHANNELS)

    @property
    def reach(self) -> int:
        """Distinct reporters; guests cannot be told apart, so all of them are at least one."""
        return len(self.reporters) or (1 if self.guests else 0)


def rescore(root_ids: Iterable[int], *, now: datetime) -> None:
    """Recounts these root issues and writes what changed; the caller holds their locks and publishes the board."""
    ids = sorted(set(root_ids))
    issues = list(Issue.objects.filter(pk__in=ids).select_related("launch"))
    tallies = _tally(ids)
    overridden = decisions.overridden_fields(issues)
    suggested: list[decisions.IssueValue] = []
    for issue in issues:
        suggested += _apply(issue, tallies.get(issue.pk, Tally()), overridden.get(issue.pk, {}), now=now)
    Issue.objects.bulk_update(issues, _WRITTEN, batch_size=200)
    decisions.suggest_for_issues(suggested, now=now)


_WRITTEN = [
    "feedback_count", "sources", "reach_value", "reach_guests", "reach_of", "reach_method", "reach_at", "severity",
    "category", "rice_impact", "rice_confidence", "rice_effort", "rice_score", "moscow", "priority", "last_seen_at",
]  # fmt: skip


def _tally(root_ids: list[int]) -> dict[int, Tally]:
    root_of = {member: root for root, members in tree.members_of(root_ids).items() for member in members}
    tallies: dict[int, Tally] = defaultdict(Tally)
    matches = Match.objects.filter(issue_id__in=root_of, ended_at=None)
    rows = matches.values_list(
        "issue_id",
        "feedback_id",
        "feedback__channel",
        "feedback__reporter_id",
        "feedback__category",
        "feedback__occurred_at",
    )
    feedback_root: dict[int, int] = {}
    for issue_id, feedback_id, channel, reporter_id, category, occurred_at in rows:
        root = feedback_root[feedback_id] = root_of[issue_id]
        tally = tallies[root]
        tally.sources[channel] += 1
        if reporter_id:
            tally.reporters.add(reporter_id)
        elif channel not in MACHINE_CHANNELS:
            tally.guests += 1
        if category:
            tally.categories[category] += 1
        if tally.last_seen_at is None or occurred_at > tally.last_seen_at:
            tally.last_seen_at = occurred_at
    voices = Decision.objects.filter(
        feedback__matches__issue_id__in=root_of,
        feedback__matches__ended_at=None,
        field="severity",
        ended_at=None,
    )
    for feedback_id, value, confidence, origin in voices.values_list("feedback_id", "value", "confidence", "origin"):
        if feedback_id in feedback_root and value.isdigit():
            sure = 1.0 if confidence is None else confidence
            tallies[feedback_root[feedback_id]].voices.append(Voice(int(value), sure, origin))
    return tallies


def _apply(issue: Issue, tally: Tally, held: dict[str, str], *, now: datetime) -> list[decisions.IssueValue]:
    """Writes the tally into the issue, leaving what a person holds; returns what the rules would say."""
    issue.feedback_count = tally.count
    issue.sources = dict(tally.sources)
    issue.reach_value, issue.reach_guests = tally.reach, tally.guests
    issue.reach_of, issue.reach_method, issue.reach_at = issue.launch.active_users, "reporters", now
    issue.last_seen_at = tally.last_seen_at or issue.last_seen_at
    said = severity_of(tally.voices, reach=tally.reach, active=issue.launch.active_users)
    issue.severity = int(held.get("severity", said.severity))
    category, category_share = _common(tally.categories)
    issue.category = held.get("category", category or issue.category)
    impact = rice.IMPACT_OF_SEVERITY[issue.severity]
    sure = rice.confidence_from(people=len(tally.reporters) + tally.guests, machines=tally.machines)
    issue.rice_impact = float(held.get("rice_impact", impact))
    issue.rice_confidence = float(held.get("rice_confidence", sure.value))
    issue.rice_effort = float(held.get("rice_effort", rice.DEFAULT_EFFORT))
    issue.rice_score = rice.rice(max(issue.reach_value, 1), issue.rice_impact, issue.rice_confidence, issue.rice_effort)
    moscow, why = rice.moscow_of(issue.severity, blocks_must=False)
    issue.moscow = held.get("moscow", moscow)
    issue.priority = rice.priority_of(issue.moscow, issue.rice_score)
    return _suggestions(issue, said, category, category_share, sure, str(moscow), why)


def _suggestions(
    issue: Issue, said: Verdict, category: str, category_share: float, sure: rice.Part, moscow: str, why: str
) -> list[decisions.IssueValue]:
    applied = said.confidence >= CONFIDENT
    values = [
        decisions.IssueValue(
            issue, "severity", str(said.severity), said.origin, DECIDER, said.confidence, said.reason, applied
        ),
        decisions.IssueValue(
            issue,
            "rice_impact",
            str(rice.IMPACT_OF_SEVERITY[issue.severity]),
            "rule",
            DECIDER,
            None,
            f"SEV{issue.severity}",
        ),
        decisions.IssueValue(issue, "rice_confidence", str(sure.value), "rule", DECIDER, None, sure.reason),
        decisions.IssueValue(issue, "rice_effort", str(rice.DEFAULT_EFFORT), "rule", DECIDER, None, "default"),
        decisions.IssueValue(issue, "moscow", moscow, "rule", DECIDER, None, why),
    ]
    if category:
        reason = f"{category_share:.0%}"
        values.append(decisions.IssueValue(issue, "category", category, "model", DECIDER, category_share, reason))
    return values


def _common(categories: Counter[str]) -> tuple[str, float]:
    if not categories:
        return "", 0.0
    name, count = categories.most_common(1)[0]
    return name, count / categories.total()
