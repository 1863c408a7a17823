"""What a rescore writes, row by row: tests/data/scores.json holds what was written before scoring was made faster.

Written anew by HYPERCARE_WRITE_SCORES=1 where a rule of scoring is meant to change.
"""

import json
import os
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from feedback.models import Reporter
from hypercare.core.models import User
from tests.integration.rows import make_alert, make_feedback, make_issue
from triage.exit.defaults import ensure_criteria
from triage.models import Decision, Issue, Match, MeasuredReach, Score, ScoringRules
from triage.score import again, rescore

pytestmark = pytest.mark.django_db

GOLDEN = Path(__file__).parent.parent / "data" / "scores.json"
ISSUES = 36
CHANNELS = ("portal", "alert", "api", "chat")
CATEGORIES = ("bug", "usability", "", "bug", "question")
HELD = (
    ("severity", "2"), ("impact_level", "1"), ("rice_effort", "4.0"), ("moscow", "must"), ("business_value", "9.5"),
    ("rpn_detection", "10"), ("urgency", "3"), ("category", "praise"), ("rice_confidence", "1.0"),
)  # fmt: skip
FIGURES = [
    "feedback_count", "sources", "reach_value", "reach_guests", "reach_of", "reach_method", "reach_at", "severity",
    "category", "rice_impact", "rice_confidence", "rice_effort", "rice_score", "formula_score", "impact_level", "urgency",
    "business_value", "rpn_severity", "rpn_occurrence", "rpn_detection", "rpn", "blocks_must", "blocks", "moscow",
    "priority", "last_seen_at",
]  # fmt: skip
KEPT = ["severity", "moscow", "reach_value", "reach_of", "reach_method", "rice_impact", "rice_confidence", "rice_effort",
        "rice_score", "formula_score", "rpn", "business_value", "moved", "scored_at"]  # fmt: skip
SAID = ["field", "value", "applied", "origin", "decider", "confidence", "reason", "decided_at", "ended_at"]


@pytest.fixture
def issues(launch, now):
    """Issues of every kind: many and few reports, of people, guests and machines, measured, held, merged, on fire."""
    parts = [*launch.components.order_by("slug"), None]
    for number in range(12):
        ended = {"status": "closed", "resolution": "fixed", "closed_at": now, "worked_seconds": 86_400 * (number + 1)}
        make_issue(launch, now=now, component=parts[number % 2], category=CATEGORIES[number % 2], **ended)
    alice = User.objects.get(email="alice@example.org")
    people = [Reporter.objects.create(launch=launch, email=f"p{n}@example.org", created_at=now) for n in range(9)]
    opened = now - timedelta(days=3)
    found = [
        make_issue(launch, now=now, component=parts[n % 3], severity=1 + n % 5, opened_at=opened, title=f"No {n}")
        for n in range(ISSUES)
    ]
    for n, issue in enumerate(found):
        for k in range(n % 7):
            tell(issue, people, n * 7 + k, now=now + timedelta(minutes=n - k))
        if n % 5 == 0:
            measured(issue, 3 + 190 * n, now=now)
        if n % 4 == 0:
            hold(issue, *HELD[n // 4 % len(HELD)], alice, now=now)
        if n % 9 == 0:
            inside = make_issue(launch, now=now, status="duplicate", merged_into=issue)
            tell(inside, people, n, now=now)
            hold(inside, "severity", str(1 + n % 2), alice, now=now)
    return found


def tell(issue, people, number, *, now):
    channel = CHANNELS[number % 4]
    reporter = None if channel == "alert" or number % 5 == 0 else people[number * 5 % 9]
    row = make_feedback(issue.launch, now=now, channel=channel, category=CATEGORIES[number % 5], reporter=reporter)
    Match.objects.create(feedback=row, issue=issue, origin="model", confidence=1, reason="alike", matched_at=now)
    if channel == "alert" and number % 3 == 0:
        make_alert(issue.launch, now=now, feedback=row, name=f"alert {number}")
    if number % 6:
        Decision.objects.create(
            launch=issue.launch, feedback=row, field="severity", value=str(1 + number * 3 % 5), decided_at=now,
            origin=("model", "rule", "person")[number % 3], decider="test", confidence=(0.9, 0.5, None)[number % 3],
            reason="said",
        )  # fmt: skip


def measured(issue, value, *, now):
    facts = {"value": value, "of": 9800, "method": "exact", "begins": now, "ends": now, "measured_at": now}
    MeasuredReach.objects.update_or_create(issue=issue, defaults=facts)


def hold(issue, field, value, user, *, now):
    Decision.objects.filter(issue=issue, field=field, ended_at=None).update(ended_at=now)
    Decision.objects.create(
        launch=issue.launch, issue=issue, field=field, value=value, origin="person", decider="Alice", reason="agreed",
        actor=user, decided_at=now,
    )  # fmt: skip


def written(found, now):
    """All rows that a rescore writes, without numbers that differ from run to run."""
    place = {issue.pk: n for n, issue in enumerate(found)}

    def plain(value):
        return round((value - now).total_seconds()) if isinstance(value, datetime) else value

    def rows(model, key, names, order):
        chosen = model.objects.filter(**{f"{key}__in": list(place)}).order_by(*order).values_list(key, *names)
        return [[place[pk], *map(plain, row)] for pk, *row in chosen]

    return {
        "issues": rows(Issue, "id", FIGURES, ["id"]),
        "scores": rows(Score, "issue_id", KEPT, ["issue_id", "id"]),
        "decisions": rows(Decision, "issue_id", SAID, ["issue_id", "field", "id"]),
    }


def test_every_row_of_a_rescore_is_what_it_was_before(issues, launch, now):
    ids = [issue.pk for issue in issues]
    rescore(ids, now=now)
    ensure_criteria(launch)
    for n, issue in enumerate(issues):
        if n % 2:
            measured(issue, 7 + (n * 977) % 5000, now=now)
        if n % 3 == 0:
            hold(issue, "rice_impact", "3.0", User.objects.get(email="alice@example.org"), now=now)
    rescore(ids[::2], now=now + timedelta(hours=1))
    rules = {"matrix": [[1, 1, 2], [2, 2, 3], [3, 4, 5]], "formula": "value * 10 + rice / (severity - 2)"}
    ScoringRules.objects.create(launch=launch, changed_at=now, **rules)
    again.rescore_changed(clock=lambda: now + timedelta(hours=2))
    rescore(ids, now=now + timedelta(hours=2))
    found = json.loads(re.sub(r"IS-\d+", "IS-n", json.dumps(written(issues, now))))
    if os.environ.get("HYPERCARE_WRITE_SCORES"):
        lines = {name: ",\n".join(json.dumps(row) for row in rows) for name, rows in found.items()}
        told = ",\n".join(f'"{name}": [\n{rows}\n]' for name, rows in lines.items())
        GOLDEN.write_text(f"{{{told}}}\n")
    expected = json.loads(GOLDEN.read_text())
    for name, rows in expected.items():
        assert found[name] == rows
