"""This module decides whom a reply about an issue reaches: one mail a person, and who cannot be reached is counted."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.closing_the_loop import SILENT_CHANNELS
from feedback.models import MACHINE_CHANNELS, Feedback
from hypercare.core.problem import FieldError, Problem
from hypercare.core.redaction import redact
from hypercare.core.strict_json import clean_text
from triage import tree
from triage.models import Issue

LONGEST = 4000
SHOWN = 200
# A person is answered once for each issue, about the newest report, and by one mail in all.
_REACH = """
WITH told AS (
    SELECT tree.root, feedback.id, feedback.reporter_id, feedback.channel
    FROM unnest(%(keys)s::text[], %(roots)s::bigint[]) AS tree(key, root)
    JOIN feedback_feedback feedback ON feedback.issue_key = tree.key AND feedback.launch_id = %(launch)s
    WHERE feedback.channel <> ALL(%(machines)s::text[]) AND (%(to)s::bigint IS NULL OR feedback.id = %(to)s)
), newest AS (
    SELECT DISTINCT ON (root, reporter_id) root, reporter_id, channel FROM told
    WHERE reporter_id IS NOT NULL ORDER BY root, reporter_id, id DESC
), placed AS (
    SELECT root, reporter_id, CASE WHEN channel = ANY(%(silent)s::text[]) THEN 'import'
        WHEN email > '' THEN 'reached' ELSE 'address' END AS place
    FROM newest JOIN feedback_reporter reporter ON reporter.id = newest.reporter_id
)
SELECT count(DISTINCT root) FILTER (WHERE place = 'reached'), count(DISTINCT reporter_id) FILTER (WHERE place = 'reached'),
       (SELECT count(*) FROM told WHERE reporter_id IS NULL), count(*) FILTER (WHERE place = 'address'),
       count(*) FILTER (WHERE place = 'import')
FROM placed
"""


@dataclass
class Audience:
    """The newest report of each person that a mail reaches, and how many reports it cannot answer, by why."""

    reached: list[Feedback] = field(default_factory=list)
    unreached: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Reach:
    """The same of one issue for who looks: how many people, the newest of them, and how many reports it cannot answer."""

    count: int
    shown: list[Feedback]
    unreached: Counter[str]


@dataclass(frozen=True)
class Reached:
    """The same of many issues as figures: how many have somebody to reach, how many people that is, and who is not."""

    issues: int
    people: int
    unreached: Counter[str]


def kept_words(text: str) -> str:
    """The reply as it may go out: no secrets, nothing that cannot be stored."""
    problems = clean_text(text)
    if not text.strip() or len(text) > LONGEST:
        problems.append(_("Write a reply of 1 to %(limit)s characters.") % {"limit": LONGEST})
    if problems:
        raise Problem(400, problems[0], errors=(FieldError("/text", problems[0]),))
    return redact(text.strip()).text


def audience_of(issues: Sequence[Issue], *, to: str = "") -> dict[int, Audience]:
    """Whom a reply reaches, for each issue of one launch with all merged into it; `to` names a single report."""
    found = {issue.pk: Audience() for issue in issues}
    if not issues:
        return found
    members = tree.members_of(list(found))
    root_of = {f"IS-{member}": root for root, some in members.items() for member in some}
    rows = Feedback.objects.filter(launch=issues[0].launch_id, issue_key__in=root_of)
    rows = rows.filter(pk=int(to.removeprefix("HC-"))) if to else rows
    met: set[tuple[int, int]] = set()
    rows = rows.exclude(channel__in=MACHINE_CHANNELS).select_related("reporter", "launch")
    for row in rows.defer("body", "context", "fields", "search").order_by("-pk"):
        audience, person = found[root_of[row.issue_key]], row.reporter
        if person is None:
            audience.unreached["guest"] += 1
        elif (root_of[row.issue_key], person.pk) not in met:
            met.add((root_of[row.issue_key], person.pk))
            _place(audience, row, has_address=bool(person.email))
    return found


def reach_of(issue: Issue) -> Reach:
    """Whom a reply about an issue with all merged into it would reach, counted where the reports are."""
    rows = Feedback.objects.filter(launch=issue.launch_id, issue_key__in=tree.keys_of(issue.pk))
    rows = rows.exclude(channel__in=MACHINE_CHANNELS)
    newest = rows.exclude(reporter=None).order_by("reporter", "-pk").distinct("reporter")
    people = Feedback.objects.filter(pk__in=newest.values("pk"))
    silent, has_address = Q(channel__in=SILENT_CHANNELS), Q(reporter__email__gt="")
    counts = people.aggregate(
        reached=Count("pk", filter=~silent & has_address),
        address=Count("pk", filter=~silent & ~has_address),
        imported=Count("pk", filter=silent),
    )
    shown = people.filter(~silent & has_address).select_related("reporter").defer("body", "context", "fields", "search")
    unreached = {
        "guest": rows.filter(reporter=None).count(),
        "address": counts["address"],
        "import": counts["imported"],
    }
    return Reach(counts["reached"], list(shown.order_by("-pk")[:SHOWN]), Counter(unreached))


def reach_of_all(launch_id: int, root_ids: Sequence[int], *, to: str = "") -> Reached:
    """The same for many issues of one launch, counted by one statement; `to` names a single report."""
    trees = tree.columns_of(tree.members_of(root_ids))
    given: dict[str, Any] = {
        "keys": [f"IS-{member}" for member in trees["members"]],
        "roots": trees["roots"],
        "launch": launch_id,
        "machines": sorted(MACHINE_CHANNELS),
        "silent": sorted(SILENT_CHANNELS),
        "to": int(to.removeprefix("HC-")) if to else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REACH, given)
        issues, people, guests, without, imported = cursor.fetchone()
    return Reached(issues, people, Counter({"guest": guests, "address": without, "import": imported}))


def _place(audience: Audience, row: Feedback, *, has_address: bool) -> None:
    if row.channel in SILENT_CHANNELS:
        audience.unreached["import"] += 1
    elif has_address:
        audience.reached.append(row)
    else:
        audience.unreached["address"] += 1


def unreached_words(audiences: Sequence[Reach | Reached]) -> list[str]:
    """Who cannot be reached, in words."""
    counts = sum((one.unreached for one in audiences), Counter[str]())
    said = {
        "guest": ngettext("%(n)s report of a guest", "%(n)s reports of guests", counts["guest"]),
        "address": ngettext("%(n)s person without an address", "%(n)s people without an address", counts["address"]),
        "import": ngettext(
            "%(n)s person of another tool's history", "%(n)s people of another tool's history", counts["import"]
        ),
    }
    return [words % {"n": counts[why]} for why, words in said.items() if counts[why]]
