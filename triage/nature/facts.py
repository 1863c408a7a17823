"""This module gathers what is known of open issues that tells their nature, for a batch with a constant number of queries."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from feedback.models import MACHINE_CHANNELS
from triage import tree
from triage.models import Issue, MeasuredReach

ASKING = ("question", "training_gap", "documentation")
# Who asks so has seen something go wrong, and does not ask how it works.
_ASTONISHED = (
    r"^\W*(why|how (come|can it be)|what (has )?happened|is it (normal|right|intended)|"
    r"varför|hur (kan det|kommer det)|vad (har )?hän[dt]|är det (normalt|meningen))\M"
)

_REPORTS = f"""
SELECT tree.root,
       count(*) FILTER (WHERE feedback.channel <> ALL(%(machines)s)) AS people,
       count(*) FILTER (WHERE feedback.channel = ANY(%(machines)s)) AS machines,
       count(DISTINCT feedback.reporter_id) AS reporters,
       count(*) FILTER (WHERE feedback.channel <> ALL(%(machines)s) AND feedback.category = '' AND EXISTS (
           SELECT 1 FROM triage_decision said WHERE said.feedback_id = feedback.id AND said.field = 'category'
               AND said.ended_at IS NULL AND said.value = '')) AS meaningless,
       count(*) FILTER (WHERE feedback.severity <= 2 AND feedback.channel <> ALL(%(machines)s)) AS alarming,
       count(*) FILTER (WHERE feedback.category = ANY(%(asking)s) AND feedback.channel <> ALL(%(machines)s)
           AND feedback.title ~* %(astonished)s) AS astonished,
       count(*) FILTER (WHERE feedback.context @? '$.requests[*].status ? (@ >= 500 && @ < 600)') AS saw_errors
{tree.LIVE_REPORTS}JOIN feedback_feedback feedback ON feedback.id = match.feedback_id
GROUP BY tree.root
"""  # noqa: S608 - no word of it comes from outside

_CATEGORIES = f"""
SELECT tree.root, feedback.category, count(*) AS reports
{tree.LIVE_REPORTS}JOIN feedback_feedback feedback ON feedback.id = match.feedback_id
WHERE feedback.channel <> ALL(%(machines)s) AND feedback.category <> ''
GROUP BY tree.root, feedback.category
"""

# What people said of earlier episodes of the same alerts: noise is written down, all others were worth it or not judged.
_ALERTS = f"""
SELECT tree.root, count(DISTINCT alert.id) AS alerts, sum(alert.episode)::int AS episodes,
       sum(said.noise)::int AS noisy_episodes
{tree.LIVE_REPORTS}JOIN gateway_ingest_alert alert ON alert.feedback_id = match.feedback_id
CROSS JOIN LATERAL (
    SELECT count(*) AS noise FROM gateway_ingest_ruleoutcome outcome WHERE outcome.alert_id = alert.id
) said
GROUP BY tree.root
"""  # noqa: S608 - no word of it comes from outside


@dataclass(frozen=True)
class Facts:
    """What one issue's tree of reports, alerts and traffic amount to."""

    people: int = 0
    machines: int = 0
    reporters: int = 0
    meaningless: int = 0
    alarming: int = 0
    astonished: int = 0
    saw_errors: int = 0
    alerts: int = 0
    episodes: int = 0
    noisy_episodes: int = 0
    reached: int = 0
    categories: Mapping[str, int] = field(default_factory=dict)


def facts_of(issues: Sequence[Issue]) -> dict[int, Facts]:
    """The facts of each root issue, by id."""
    ids = [issue.pk for issue in issues]
    given = {
        **tree.columns_of(tree.members_of(ids)),
        "machines": [str(channel) for channel in MACHINE_CHANNELS],
        "asking": list(ASKING),
        "astonished": _ASTONISHED,
    }
    reports = {row.pop("root"): row for row in _rows(_REPORTS, given)}
    alerts = {row.pop("root"): row for row in _rows(_ALERTS, given)}
    categories: dict[int, Counter[str]] = {pk: Counter() for pk in ids}
    for row in _rows(_CATEGORIES, given):
        categories[row["root"]][row["category"]] = row["reports"]
    reached = dict(MeasuredReach.objects.filter(issue__in=ids).values_list("issue_id", "value"))
    return {
        pk: Facts(**reports.get(pk, {}), **alerts.get(pk, {}), reached=reached.get(pk, 0), categories=categories[pk])
        for pk in ids
    }


def _rows(sql: str, given: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
