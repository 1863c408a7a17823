"""This module fills a launch with any number of triaged reports and their issues, straight into the tables."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model

from hypercare.core.models import Launch
from triage.models import Issue, IssueStatus
from triage.transitions import REPLY_STATUS

REPORTS_PER_ISSUE = 15
_WORDS = "checkout page basket stock invoice login search delivery address card refund report export token answer menu"

_REPORTERS = """
INSERT INTO feedback_reporter (launch_id, email, external_id, name, language, created_at)
SELECT %(launch)s, format('person%%s@example.org', n), '', format('Person %%s', n), 'en', %(now)s
FROM generate_series(%(first)s, %(last)s, 10) AS n
"""

_ISSUES = """
INSERT INTO triage_issue (
    launch_id, title, status, resolution, severity, category, component_id, team_id, status_before_merge,
    feedback_count, sources, reach_value, reach_guests, reach_of, reach_method, reach_at, rice_impact, rice_confidence,
    rice_effort, rice_score, moscow, priority, version, board_version, opened_at, status_changed_at, last_seen_at, search)
SELECT %(launch)s, title, status, '', severity, 'bug', component_id, team_id, '', %(per_issue)s,
    '{"widget": 12, "api": 8}', 2, 0, 9800, 'reporters', %(now)s, 1, 0.8, 1, 2, 'could', n %% 1000, 1, 1,
    %(now)s - n * interval '7 minutes', %(now)s, %(now)s, to_tsvector('english', title)
FROM (
    SELECT n, 1 + n %% 5 AS severity, (%(statuses)s::text[])[1 + n %% cardinality(%(statuses)s::text[])] AS status,
        format('The %%s fails when the %%s opens, case %%s', words[1 + n %% 16], words[1 + n / 16 %% 16], n) AS title
    FROM generate_series(%(first)s / %(per_issue)s, %(last)s / %(per_issue)s) AS n,
        regexp_split_to_array(%(words)s, ' ') AS words
) told
LEFT JOIN LATERAL (
    SELECT id AS component_id, team_id FROM core_component WHERE launch_id = %(launch)s ORDER BY (id + n) %% 4 LIMIT 1
) part ON TRUE
"""

_FEEDBACK = """
INSERT INTO feedback_feedback (
    launch_id, channel, source, external_id, content_digest, reporter_id, kind, title, body, language, context, fields,
    trace_id, redactions, occurred_at, received_at, category, severity, sentiment, reply_status, issue_key, triaged_at,
    claimed_by, search)
SELECT %(launch)s, (ARRAY['widget', 'portal', 'api', 'email', 'alert'])[1 + n %% 5], 'crowd', n::text, md5(n::text),
    reporter.id, '', title, title || '. It began this morning and happens each time.', 'en', '{}', '{}', '', 0,
    moment, moment, (ARRAY['bug', 'performance', 'usability', 'question'])[1 + n %% 4], 1 + n %% 5, 'neutral',
    %(replies)s::jsonb ->> issue.status,
    'IS-' || issue.id, moment, '', to_tsvector('english', title) || to_tsvector('simple', title)
FROM (
    SELECT n, %(now)s - (%(last)s - n) * interval '20 seconds' AS moment,
        format('My %%s does not work with the %%s, number %%s', words[1 + n %% 16], words[1 + n / 7 %% 16], n) AS title
    FROM generate_series(%(first)s, %(last)s) AS n, regexp_split_to_array(%(words)s, ' ') AS words
) told
JOIN (
    SELECT id, status, row_number() OVER (ORDER BY id) - 1 AS number FROM triage_issue
    WHERE launch_id = %(launch)s AND status = ANY(%(statuses)s::text[])
) issue ON issue.number = n %% (
    SELECT count(*) FROM triage_issue WHERE launch_id = %(launch)s AND status = ANY(%(statuses)s::text[])
)
LEFT JOIN feedback_reporter reporter ON reporter.launch_id = %(launch)s
    AND reporter.email = format('person%%s@example.org', %(first)s + (n - %(first)s) / 10 * 10)
ORDER BY n
"""

_MATCHES = """
INSERT INTO triage_match (feedback_id, issue_id, origin, confidence, reason, matched_at)
SELECT feedback.id, substr(issue_key, 4)::bigint, 'model', 0.8, 'same words', %(now)s
FROM feedback_feedback feedback LEFT JOIN triage_match match ON match.feedback_id = feedback.id
WHERE feedback.launch_id = %(launch)s AND match.id IS NULL
"""

_DECISIONS = """
INSERT INTO triage_decision (
    launch_id, feedback_id, issue_id, field, value, applied, origin, decider, confidence, reason, decided_at)
SELECT %(launch)s, about.feedback_id, about.issue_id, about.field, about.value, TRUE, 'model', 'text model 1', 0.7,
    'because of: “page”', %(now)s
FROM (
    SELECT id AS feedback_id, NULL::bigint AS issue_id, 'category' AS field, category AS value
    FROM feedback_feedback WHERE launch_id = %(launch)s
    UNION ALL
    SELECT id, NULL, 'severity', severity::text FROM feedback_feedback WHERE launch_id = %(launch)s
    UNION ALL
    SELECT NULL, id, 'severity', severity::text FROM triage_issue WHERE launch_id = %(launch)s
) about
ON CONFLICT DO NOTHING
"""


EVERY_STATUS = [status for status in IssueStatus if status != IssueStatus.DUPLICATE]


def fill(
    launch: Launch,
    *,
    first: int,
    last: int,
    now: datetime,
    per_issue: int = REPORTS_PER_ISSUE,
    statuses: Sequence[IssueStatus] = EVERY_STATUS,
) -> None:
    """Adds reports number `first` to `last` to issues of these statuses, with a new one for every fifteen reports."""
    given: dict[str, Any] = {
        "launch": launch.pk, "first": first, "last": last, "now": now, "words": _WORDS, "per_issue": per_issue,
        "statuses": [str(status) for status in statuses], "replies": json.dumps(REPLY_STATUS),
    }  # fmt: skip
    statements = (_REPORTERS, _with_defaults(_ISSUES, Issue, given), _FEEDBACK, _MATCHES, _DECISIONS)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, given)
            # The next one joins what this one wrote; by old statistics a million rows would take an hour.
            cursor.execute("ANALYZE feedback_reporter, triage_issue, feedback_feedback, triage_match")
        cursor.execute("VACUUM ANALYZE")  # as autovacuum would have done by now


def _with_defaults(statement: str, model: type[Model], given: dict[str, Any]) -> str:
    """The statement with the columns it does not name, at what the model gives them; these values join the given ones."""
    named = set(re.findall(r"\w+", statement[statement.index("(") : statement.index(")")]))
    columns = []
    for field in model._meta.concrete_fields:  # noqa: SLF001 - Django documents it
        if field.column not in named and field.has_default() and not field.has_db_default():
            columns.append(field.column)
            given[field.column] = field.get_db_prep_save(field.get_default(), connection)
    values = ", ".join(f"%({column})s" for column in columns)
    start = statement.replace("(", f"({', '.join(columns)}, ", 1)
    return start.replace("\nSELECT ", f"\nSELECT {values}, ", 1)
