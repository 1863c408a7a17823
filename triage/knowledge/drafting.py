"""This module drafts an article or a runbook from what is known of an issue, for people to put right."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from feedback.models import MACHINE_CHANNELS, Feedback
from hypercare.core.models import Commitment
from hypercare.core.timeline import Actor
from triage.knowledge.writing import Content, draft
from triage.models import Article, ArticleKind, Issue
from triage.review import follow_ups
from triage.review.analysis import Analysis, analysis_in_words
from triage.review.incident import Incident, incident_of
from triage.review.prefill import prefilled

QUOTED, READ_TITLES, KEPT_WORDS = 5, 200, 8
_WORD = re.compile(r"[^\W\d_]{4,40}")


def draft_from(issue: Issue, *, kind: str, actor: Actor, now: datetime) -> Article:
    """A draft in the language of the launch, linked to the issue's component and type."""
    with override(issue.launch.language):
        content = content_from(issue, kind=kind, now=now)
    return draft(issue.launch, kind=kind, content=content, actor=actor, now=now, issue=issue)


def content_from(issue: Issue, *, kind: str, now: datetime) -> Content:
    """What such a draft says."""
    incident, titles = incident_of(issue, now=now), _titles(issue)
    return Content(
        title=issue.title[:200],
        body=_body(incident, titles, analysis_in_words(issue), with_remedy=kind != ArticleKind.RUNBOOK),
        steps=_steps(incident, follow_ups.about(issue)) if kind == ArticleKind.RUNBOOK else "",
        words=", ".join(_frequent(titles)),
        components=(issue.component.slug,) if issue.component else (),
        categories=(issue.category,) if issue.category else (),
    )


def _titles(issue: Issue) -> list[str]:
    """How people put it, each way once."""
    rows: QuerySet[Feedback] = Feedback.objects.filter(matches__issue=issue, matches__ended_at=None, set_aside=False)
    people = rows.exclude(channel__in=MACHINE_CHANNELS).order_by("pk").values_list("title", flat=True)
    return list(dict.fromkeys(people[:READ_TITLES]))


def _body(incident: Incident, titles: Iterable[str], analysis: Analysis | None, *, with_remedy: bool) -> str:
    facts = prefilled(incident, analysis)
    symptom = analysis.symptom if analysis and analysis.symptom else incident.issue.title
    parts = [
        (_("Symptom"), symptom),
        (_("How people put it"), "\n".join(f"- {' '.join(title.split())}" for title in list(titles)[:QUOTED])),
        (_("Cause"), facts["contributing_factors"].text),
    ]
    if with_remedy:
        parts.append((_("What helps"), facts["resolution"].text))
    return "\n\n".join(f"## {name}\n\n{text.strip()}" for name, text in parts if text.strip())


def _steps(incident: Incident, actions: Iterable[Commitment]) -> str:
    """What was done this time, in the order to do it next time."""
    effect, steps = incident.moments.effect, []
    if effect:
        steps.append(_("Look whether the calls of %(calls)s fail.") % {"calls": effect.calls})
    if incident.known and incident.known.workaround:
        steps.append(incident.known.workaround.strip())
    steps += [*incident.decisions, *(one.what for one in actions if one.kept)]
    if effect:
        steps.append(_("Watch that they stop to fail, then tell those who reported it."))
    return "\n\n".join(dict.fromkeys(" ".join(step.split()) for step in steps))


def _frequent(titles: Iterable[str]) -> list[str]:
    """The words that come up in more than one way of putting it."""
    counted = Counter(word for title in titles for word in set(_WORD.findall(title.lower())))
    return [word for word, times in counted.most_common(KEPT_WORDS) if times > 1]
