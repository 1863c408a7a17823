"""This module puts an issue's figures together from its facts, each by rule unless a person holds it, and with its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from feedback.models import MACHINE_CHANNELS
from hypercare.core.problem import Problem
from triage.decisions import IssueValue
from triage.models import Issue, Moscow, Origin, ScoringRules
from triage.score import business, formula, matrix, rice, rpn
from triage.score.blocked import Criterion, blocked
from triage.score.effort import Taken
from triage.score.rice import Part
from triage.score.rules import matrix_of
from triage.score.severity import CONFIDENT, Verdict
from triage.score.tally import Tally

DECIDER = "rule: score"
REPORTERS = "reporters"


@dataclass(frozen=True)
class Reach:
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


@dataclass(frozen=True)
class Facts:
    """What is known of an issue now: its reports, its reach, what they say of its severity, and what people hold."""

    tally: Tally
    reach: Reach
    said: Verdict
    held: Mapping[str, str]
    criteria: Sequence[Criterion]
    fires: bool
    taken: Taken
    now: datetime


def apply(issue: Issue, facts: Facts) -> list[IssueValue]:
    """Writes the figures into the issue, leaving what a person holds; returns what the rules would say."""
    _count(issue, facts)
    said = [*_category(issue, facts), _severity(issue, facts), *_rice(issue, facts)]
    _risk(issue, facts)
    return [*said, _order(issue, facts)]


def _count(issue: Issue, facts: Facts) -> None:
    tally, reach = facts.tally, facts.reach
    issue.feedback_count = tally.count
    issue.sources = dict(tally.sources)
    issue.reach_value, issue.reach_guests = reach.value, reach.guests
    issue.reach_of, issue.reach_method, issue.reach_at = reach.of, reach.method, reach.at
    issue.last_seen_at = tally.last_seen_at or issue.last_seen_at


def _category(issue: Issue, facts: Facts) -> list[IssueValue]:
    categories = facts.tally.categories
    category, times = categories.most_common(1)[0] if categories else ("", 0)
    issue.category = facts.held.get("category", category or issue.category)
    if not category:
        return []
    of = categories.total()
    reason = _("%(times)s of %(of)s reports are sorted there") % {"times": times, "of": of}
    return [IssueValue(issue, "category", category, "model", DECIDER, times / of, reason)]


def _severity(issue: Issue, facts: Facts) -> IssueValue:
    """By words and reach; by the matrix once a person said how wide it is or how soon it must be looked at."""
    said, reach, held = facts.said, facts.reach, facts.held
    impact = matrix.impact_of(reach=reach.value, active=reach.of, severity=said.severity)
    urgency = matrix.urgency_of(said.severity)
    issue.impact_level = int(held.get("impact_level", impact))
    issue.urgency = int(held.get("urgency", urgency))
    if "impact_level" in held or "urgency" in held:
        said = _by_matrix(issue)
    issue.severity = int(held.get("severity", said.severity))
    applied = said.confidence >= CONFIDENT
    value = str(said.severity)
    return IssueValue(issue, "severity", value, said.origin, DECIDER, said.confidence, said.reason, applied)


def _by_matrix(issue: Issue) -> Verdict:
    own = matrix_of(_rules_of(issue))
    found = matrix.severity_at(own, impact=issue.impact_level, urgency=issue.urgency)
    reason = _("impact %(impact)s and urgency %(urgency)s meet there in the matrix") % {
        "impact": issue.impact_level, "urgency": issue.urgency}  # fmt: skip
    return Verdict(found, 1.0, Origin.RULE, reason)


def _rice(issue: Issue, facts: Facts) -> list[IssueValue]:
    tally, held = facts.tally, facts.held
    impact = Part(rice.IMPACT_OF_SEVERITY[issue.severity], f"SEV{issue.severity}")
    people, machines = tally.people + tally.guests, tally.machines + facts.reach.is_measured
    sure = rice.confidence_from(people=people, machines=machines)
    effort = facts.taken.part(issue)
    issue.rice_impact = float(held.get("rice_impact", impact.value))
    issue.rice_confidence = float(held.get("rice_confidence", sure.value))
    issue.rice_effort = float(held.get("rice_effort", effort.value))
    issue.rice_score = rice.rice(max(issue.reach_value, 1), issue.rice_impact, issue.rice_confidence, issue.rice_effort)
    parts = {"rice_impact": impact, "rice_confidence": sure, "rice_effort": effort}
    return [
        IssueValue(issue, field, str(part.value), "rule", DECIDER, None, part.reason) for field, part in parts.items()
    ]


def _risk(issue: Issue, facts: Facts) -> None:
    for field, part in risk_parts(issue, now=facts.now).items():
        setattr(issue, field, int(float(facts.held.get(field, part.value))))
    issue.rpn = rpn.rpn(issue.rpn_severity, issue.rpn_occurrence, issue.rpn_detection)


def risk_parts(issue: Issue, *, now: datetime) -> dict[str, Part]:
    """What the rules say of the three parts of the risk priority number; they follow from what the issue holds."""
    machines = sum(count for channel, count in issue.sources.items() if channel in MACHINE_CHANNELS)
    return {
        "rpn_severity": rpn.severity_part(issue.severity),
        "rpn_occurrence": rpn.occurrence_part(issue.feedback_count, over=now - issue.opened_at),
        "rpn_detection": rpn.detection_part(people=issue.feedback_count - machines, machines=machines),
    }


def _order(issue: Issue, facts: Facts) -> IssueValue:
    value = business.value_part(issue.component).value
    issue.business_value = float(facts.held.get("business_value", value))
    holds_up = blocked(issue, facts.criteria, fires=facts.fires)
    issue.blocks = [criterion.code for criterion in holds_up]
    issue.blocks_must = any(criterion.must for criterion in holds_up)
    moscow, why = rice.moscow_of(issue.severity, blocks_must=issue.blocks_must)
    issue.moscow = Moscow(facts.held.get("moscow", moscow))
    issue.formula_score = _by_formula(issue, now=facts.now)
    score = issue.rice_score if issue.formula_score is None else issue.formula_score
    issue.priority = rice.priority_of(issue.moscow, score)
    return IssueValue(issue, "moscow", str(moscow), "rule", DECIDER, None, why)


def _by_formula(issue: Issue, *, now: datetime) -> float | None:
    """The launch's own score; None where it has no formula, or where this issue's figures break it."""
    rules = _rules_of(issue)
    if rules is None or not rules.formula:
        return None
    try:
        return round(formula.worked_out(rules.formula, figures_of(issue, now=now)), 2)
    except Problem:
        return None


def figures_of(issue: Issue, *, now: datetime) -> dict[str, float]:
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


def _rules_of(issue: Issue) -> ScoringRules | None:
    return getattr(issue.launch, "scoring_rules", None)
