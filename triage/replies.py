"""This module decides whom a reply about an issue reaches: one mail a person, else the page of each report."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.closing_the_loop import SILENT_CHANNELS
from feedback.models import MACHINE_CHANNELS, Feedback
from hypercare.core.problem import wrong
from hypercare.core.redaction import redact
from hypercare.core.strict_json import clean_text
from triage import tree
from triage.models import Issue

LONGEST = 4000
SHOWN = 200
# A person with an address is answered by one mail in all, everybody else on the page of each report.
_REACH = """
WITH told AS (
    SELECT tree.root, feedback.reporter_id, coalesce(reporter.email, '') > '' AS by_mail,
           feedback.channel = ANY(%(silent)s::text[]) AS silent
    FROM unnest(%(keys)s::text[], %(roots)s::bigint[]) AS tree(key, root)
    JOIN feedback_feedback feedback ON feedback.issue_key = tree.key AND feedback.launch_id = %(launch)s
    LEFT JOIN feedback_reporter reporter ON reporter.id = feedback.reporter_id
    WHERE feedback.channel <> ALL(%(machines)s::text[]) AND (%(to)s::bigint IS NULL OR feedback.id = %(to)s)
)
SELECT count(DISTINCT root) FILTER (WHERE NOT silent), count(DISTINCT reporter_id) FILTER (WHERE NOT silent AND by_mail),
       count(*) FILTER (WHERE NOT silent AND NOT by_mail), count(*) FILTER (WHERE silent)
FROM told
"""


@dataclass
class Audience:
    """The newest report of each person whom a mail reaches, the reports that are answered on their own page, and how many
    cannot be answered."""

    by_mail: list[Feedback] = field(default_factory=list)
    on_page: list[Feedback] = field(default_factory=list)
    unreached: int = 0

    @property
    def reached(self) -> list[Feedback]:
        """All that a reply goes to."""
        return self.by_mail + self.on_page


@dataclass(frozen=True)
class Reach:
    """The same of one issue for who looks: counted, with the newest of those it reaches."""

    by_mail: int
    on_page: int
    unreached: int
    shown: list[Feedback]

    @property
    def count(self) -> int:
        """How many it reaches either way."""
        return self.by_mail + self.on_page


@dataclass(frozen=True)
class Reached:
    """The same of many issues: how many have somebody to reach, and how many people, pages and reports without any."""

    issues: int
    people: int
    on_page: int
    unreached: int


def kept_words(text: str) -> str:
    """The reply as it may go out: no secrets, nothing that cannot be stored."""
    problems = clean_text(text)
    if not text.strip() or len(text) > LONGEST:
        problems.append(_("Write a reply of 1 to %(limit)s characters.") % {"limit": LONGEST})
    if problems:
        raise wrong("/text", problems[0])
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
    for row in _answerable(rows).select_related("launch").order_by("-pk"):
        root, person = root_of[row.issue_key], row.reporter
        if row.channel in SILENT_CHANNELS:
            found[root].unreached += 1
        elif person is None or not person.email:
            found[root].on_page.append(row)
        elif (root, person.pk) not in met:
            met.add((root, person.pk))
            found[root].by_mail.append(row)
    return found


def reach_of(issue: Issue) -> Reach:
    """Whom a reply about an issue with all merged into it would reach, counted where the reports are."""
    rows = _answerable(Feedback.objects.filter(launch=issue.launch_id, issue_key__in=tree.keys_of(issue.pk)))
    silent, has_address = Q(channel__in=SILENT_CHANNELS), Q(reporter__email__gt="")
    nameless = Q(reporter=None) | Q(reporter__email="")
    counts = rows.aggregate(
        by_mail=Count("reporter", filter=~silent & has_address, distinct=True),
        on_page=Count("pk", filter=~silent & nameless),
        unreached=Count("pk", filter=silent),
    )
    heard = rows.exclude(silent)
    newest = heard.filter(has_address).order_by("reporter", "-pk").distinct("reporter")
    mailed = _answerable(Feedback.objects.filter(pk__in=newest.values("pk"))).order_by("-pk")[:SHOWN]
    shown = [*mailed, *heard.filter(nameless).order_by("-pk")[:SHOWN]]
    return Reach(shown=sorted(shown, key=lambda row: -row.pk)[:SHOWN], **counts)


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
        return Reached(*cursor.fetchone())


def _answerable(rows: QuerySet[Feedback]) -> QuerySet[Feedback]:
    """What people said, without its long columns."""
    rows = rows.exclude(channel__in=MACHINE_CHANNELS)
    return rows.select_related("reporter").defer("body", "context", "fields", "search")


def name_of(row: Feedback) -> str:
    """Who is answered, to choose from."""
    return str(row.reporter) if row.reporter else _("Guest")


def reached_words(*, by_mail: int, on_page: int) -> str:
    """How a reply reaches whom it reaches, for example: 3 by mail, 2 on their receipt page."""
    ways = []
    if by_mail or not on_page:
        ways.append(_("%(n)s by mail") % {"n": by_mail})
    if on_page:
        said = ngettext("%(n)s on the receipt page", "%(n)s on their receipt page", on_page)
        ways.append(said % {"n": on_page})
    return ", ".join(ways)


def unreached_words(unreached: int) -> list[str]:
    """Who cannot be reached, in words."""
    said = ngettext("%(n)s report of another tool's history", "%(n)s reports of another tool's history", unreached)
    return [said % {"n": unreached}] if unreached else []
