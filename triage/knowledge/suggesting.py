"""This module finds the runbooks that fit an issue, by its component and its type, best first and with the reason."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hypercare.core.templatetags.hypercare_ui import category_word
from triage.knowledge.runbooks import Record, records_of, stale_because
from triage.models import Article, ArticleKind, ArticleState, Issue

SHOWN = 5
MOST_READ = 500
_MADE_FROM_IT, _COMPONENT, _CATEGORY, _STALE = 4.0, 2.0, 1.0, 0.5


@dataclass(frozen=True)
class Suggestion:
    """A runbook for an issue, why it is suggested, and how it served so far."""

    runbook: Article
    score: float
    reasons: tuple[str, ...]
    record: Record
    stale: tuple[str, ...]


def suggested_for(issue: Issue, *, now: datetime) -> list[Suggestion]:
    """The published runbooks for its component or its type, the best first; a constant number of queries."""
    published = Article.objects.filter(
        launch=issue.launch_id, kind=ArticleKind.RUNBOOK, state=ArticleState.PUBLISHED
    ).order_by("-pk")
    rows = [one for one in published.prefetch_related("components")[:MOST_READ] if _links(one, issue)]
    records = records_of(Article.objects.filter(pk__in=[one.pk for one in rows])) if rows else {}
    found = [_suggestion(one, issue, records[one.pk], now=now) for one in rows]
    found.sort(key=lambda one: (-one.score, -one.runbook.pk))
    return found[:SHOWN]


def fits(runbook: Article, issue: Issue) -> bool:
    """Whether it is meant for such an issue: made from it, or by each kind of link that it has."""
    components = {one.pk for one in runbook.components.all()}
    if runbook.issue_id == issue.pk:
        return True
    if not components and not runbook.categories:
        return False
    by_component = not components or issue.component_id in components
    return by_component and (not runbook.categories or issue.category in runbook.categories)


def _links(runbook: Article, issue: Issue) -> dict[str, bool]:
    """By what it belongs to the issue at all; nothing where it does not."""
    links = {
        "made": runbook.issue_id == issue.pk,
        "component": issue.component_id in {one.pk for one in runbook.components.all()},
        "category": bool(issue.category) and issue.category in runbook.categories,
    }
    return links if any(links.values()) else {}


def _suggestion(runbook: Article, issue: Issue, so_far: Record, *, now: datetime) -> Suggestion:
    links, stale = _links(runbook, issue), tuple(stale_because(runbook, so_far, now=now))
    weights = {"made": _MADE_FROM_IT, "component": _COMPONENT, "category": _CATEGORY}
    # Between nought and one: what worked often stands before what was never tried, and that before what failed.
    served = (so_far.worked + 1) / (so_far.told + 2)
    score = sum(weight for name, weight in weights.items() if links[name]) + served - (_STALE if stale else 0)
    return Suggestion(runbook, score, _reasons(links, issue, so_far), so_far, stale)


def _reasons(links: dict[str, bool], issue: Issue, so_far: Record) -> tuple[str, ...]:
    said = [
        _("made from this issue") if links["made"] else "",
        _("for %(component)s") % {"component": issue.component.name} if links["component"] and issue.component else "",
        _("for the type %(category)s") % {"category": category_word(issue.category)} if links["category"] else "",
    ]
    if so_far.told:
        served = ngettext("worked %(worked)s of %(n)s time", "worked %(worked)s of %(n)s times", so_far.told)
        said.append(served % {"worked": so_far.worked, "n": so_far.told})
    return tuple(filter(None, said))
