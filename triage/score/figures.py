"""This module puts an issue's figures together from its facts, each by rule unless a person holds it, and with its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext_noop as _

from feedback.models import MACHINE_CHANNELS
from hypercare.core.models import Component, Launch
from hypercare.core.problem import Problem
from triage.decisions import IssueValue
from triage.models import Issue, Moscow, Origin, ScoringRules
from triage.score import business, formula, matrix, rice, rpn
from triage.score.blocked import Criterion, blocked
from triage.score.effort import Taken
from triage.score.reasons import Reason, because, words
from triage.score.rice import Part
from triage.score.rpn import Risk
from triage.score.rules import matrix_of
from triage.score.severity import CONFIDENT, Verdict
from triage.score.tally import Tally

DECIDER = "rule: score"
REPORTERS = "reporters"
RISK = ("rpn_severity", "rpn_occurrence", "rpn_detection")


class Reach(NamedTuple):
    """How many, of how many, counted how and when."""

    value: int
    guests: int
    of: int | None
    method: str
    at: datetime

    @property
    def is_measured(self) -> bool:
        """Whether traffic says so, not the number of reporters."""
        return self.method != REPORTERS


class Facts(NamedTuple):
    """What is known of an issue now: its reports, its reach, what they say of its severity, and what people hold."""

    tally: Tally
    reach: Reach
    said: Verdict
    held: Mapping[str, str]
    criteria: Sequence[Criterion]
    fires: bool
    taken: Taken
    now: datetime


# What a score is made of, as an issue keeps it.
FIGURES = (
    "feedback_count", "sources", "reach_value", "reach_guests", "reach_of", "reach_method", "reach_at", "severity",
    "category", "rice_impact", "rice_confidence", "rice_effort", "rice_score", "formula_score", "impact_level", "urgency",
    "business_value", "rpn_severity", "rpn_occurrence", "rpn_detection", "rpn", "blocks_must", "blocks", "moscow",
    "priority", "last_seen_at", "heard_at", "machine_at", "person_at",
)  # fmt: skip


@dataclass
class Scored:
    """An issue while it is scored: what its figures follow from, then the figures. A whole `Issue` is slow to read."""

    pk: int
    launch: Launch
    component: Component | None
    category: str
    is_open: bool
    opened_at: datetime
    last_seen_at: datetime
    feedback_count: int = field(init=False)
    sources: dict[str, int] = field(init=False)
    reach_value: int = field(init=False)
    reach_guests: int = field(init=False)
    reach_of: int | None = field(init=False)
    reach_method: str = field(init=False)
    reach_at: datetime = field(init=False)
    severity: int = field(init=False)
    rice_impact: float = field(init=False)
    rice_confidence: float = field(init=False)
    rice_effort: float = field(init=False)
    rice_score: float = field(init=False)
    formula_score: float | None = field(init=False)
    impact_level: int = field(init=False)
    urgency: int = field(init=False)
    business_value: float = field(init=False)
    rpn_severity: int = field(init=False)
    rpn_occurrence: int = field(init=False)
    rpn_detection: int = field(init=False)
    rpn: int = field(init=False)
    blocks_must: bool = field(init=False)
    blocks: list[str] = field(init=False)
    moscow: str = field(init=False)
    priority: int = field(init=False)
    heard_at: datetime | None = field(init=False)
    machine_at: datetime | None = field(init=False)
    person_at: datetime | None = field(init=False)

    @property
    def launch_id(self) -> int:
        """As an issue names it."""
        return self.launch.pk

    @property
    def component_id(self) -> int | None:
        """As an issue names it."""
        return self.component.pk if self.component else None

    @property
    def row(self) -> dict[str, Any]:
        """The columns that a score writes."""
        held = self.__dict__
        return {"id": self.pk} | {name: held[name] for name in FIGURES}


def apply(issue: Scored, facts: Facts) -> list[IssueValue]:
    """Works out the figures, leaving what a person holds; returns what the rules would say."""
    _count(issue, facts)
    said = [*_category(issue, facts), _severity(issue, facts), *_rice(issue, facts)]
    _risk(issue, facts)
    return [*said, _order(issue, facts)]


def _count(issue: Scored, facts: Facts) -> None:
    tally, reach = facts.tally, facts.reach
    issue.feedback_count = tally.count
    issue.sources = dict(tally.sources)
    issue.reach_value, issue.reach_guests = reach.value, reach.guests
    issue.reach_of, issue.reach_method, issue.reach_at = reach.of, reach.method, reach.at
    issue.last_seen_at = tally.last_seen_at or issue.last_seen_at
    issue.heard_at, issue.machine_at, issue.person_at = tally.heard_at, tally.machine_at, tally.person_at


def _category(issue: Scored, facts: Facts) -> list[IssueValue]:
    categories = facts.tally.categories
    category, times = min(categories.items(), key=lambda said: (-said[1], said[0]), default=("", 0))
    issue.category = facts.held.get("category", category or issue.category)
    if not category:
        return []
    of = categories.total()
    reason = because(_("%(times)s of %(of)s reports are sorted there"), times=times, of=of)
    return [_said(issue, "category", category, reason, origin=Origin.MODEL, confidence=times / of)]


def _severity(issue: Scored, facts: Facts) -> IssueValue:
    """By words and reach; by the matrix once a person said how wide it is or how soon it must be looked at."""
    said, reach, held = facts.said, facts.reach, facts.held
    impact = matrix.impact_of(reach=reach.value, active=reach.of, severity=said.severity)
    urgency = matrix.urgency_of(said.severity)
    issue.impact_level = int(held.get("impact_level", impact))
    issue.urgency = int(held.get("urgency", urgency))
    if "impact_level" in held or "urgency" in held:
        said = _by_matrix(issue)
    issue.severity = int(held.get("severity", said.severity))
    applied, why = said.confidence >= CONFIDENT, said.reason
    return _said(issue, "severity", said.severity, why, origin=said.origin, confidence=said.confidence, applied=applied)


def _said(
    issue: Scored,
    field: str,
    value: object,
    reason: Reason,
    *,
    origin: str = Origin.RULE,
    confidence: float | None = None,
    applied: bool = True,
) -> IssueValue:
    why = words(reason, issue.launch.language)
    return IssueValue(issue, field, str(value), origin, DECIDER, confidence, why, applied)


def _by_matrix(issue: Scored) -> Verdict:
    own = matrix_of(_rules_of(issue))
    found = matrix.severity_at(own, impact=issue.impact_level, urgency=issue.urgency)
    met = _("impact %(impact)s and urgency %(urgency)s meet there in the matrix")
    return Verdict(found, 1.0, Origin.RULE, because(met, impact=issue.impact_level, urgency=issue.urgency))


def _rice(issue: Scored, facts: Facts) -> list[IssueValue]:
    tally, held = facts.tally, facts.held
    impact = Part(rice.IMPACT_OF_SEVERITY[issue.severity], because(f"SEV{issue.severity}"))
    people, machines = tally.people + tally.guests, tally.machines + facts.reach.is_measured
    sure = rice.confidence_from(people=people, machines=machines)
    effort = facts.taken.part(issue.launch_id, issue.component_id, issue.category or None)
    issue.rice_impact = float(held.get("rice_impact", impact.value))
    issue.rice_confidence = float(held.get("rice_confidence", sure.value))
    issue.rice_effort = float(held.get("rice_effort", effort.value))
    issue.rice_score = rice.rice(max(issue.reach_value, 1), issue.rice_impact, issue.rice_confidence, issue.rice_effort)
    parts = {"rice_impact": impact, "rice_confidence": sure, "rice_effort": effort}
    return [_said(issue, field, part.value, part.reason) for field, part in parts.items()]


def _risk(issue: Scored, facts: Facts) -> None:
    for name, level in zip(RISK, risk_of(issue, now=facts.now).levels, strict=True):
        setattr(issue, name, int(float(facts.held.get(name, level))))
    issue.rpn = rpn.rpn(issue.rpn_severity, issue.rpn_occurrence, issue.rpn_detection)


def risk_of(issue: Issue | Scored, *, now: datetime) -> Risk:
    """What the rules say of the risk; it follows from what the issue holds."""
    machines = sum(count for channel, count in issue.sources.items() if channel in MACHINE_CHANNELS)
    return Risk(issue.severity, issue.feedback_count, machines, now - issue.opened_at)


def _order(issue: Scored, facts: Facts) -> IssueValue:
    value = business.value_of(issue.component)
    issue.business_value = float(facts.held.get("business_value", value))
    holds_up = blocked(facts.criteria, is_bad=issue.is_open and issue.severity <= 2, fires=facts.fires)
    issue.blocks = [criterion.code for criterion in holds_up]
    issue.blocks_must = any(criterion.must for criterion in holds_up)
    moscow, why = rice.moscow_of(issue.severity, blocks_must=issue.blocks_must)
    issue.moscow = Moscow(facts.held.get("moscow", moscow))
    issue.formula_score = _by_formula(issue, now=facts.now)
    score = issue.rice_score if issue.formula_score is None else issue.formula_score
    issue.priority = rice.priority_of(issue.moscow, score)
    return _said(issue, "moscow", moscow, why)


def _by_formula(issue: Scored, *, now: datetime) -> float | None:
    """The launch's own score; None where it has no formula, or where this issue's figures break it."""
    rules = _rules_of(issue)
    if rules is None or not rules.formula:
        return None
    try:
        return round(formula.worked_out(rules.formula, figures_of(issue, now=now)), 2)
    except Problem:
        return None


def figures_of(issue: Issue | Scored, *, now: datetime) -> dict[str, float]:
    """What a formula may name, of one issue."""
    return {
        "reach": float(max(issue.reach_value, 1)),
        "impact": issue.rice_impact,
        "confidence": issue.rice_confidence,
        "effort": issue.rice_effort,
        "rice": issue.rice_score,
        "severity": float(issue.severity),
        "reports": float(issue.feedback_count),
        "value": issue.business_value,
        "rpn": float(issue.rpn),
        "blocks": float(len(issue.blocks)),
        "age_days": max((now - issue.opened_at).total_seconds() / 86_400, 0.0),
    }


def _rules_of(issue: Scored) -> ScoringRules | None:
    return getattr(issue.launch, "scoring_rules", None)
