"""This module finds articles and runbooks by words and filters, and writes one down to take away."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from hypercare.core.clock import in_zone
from hypercare.core.models import Launch
from hypercare.core.templatetags.hypercare_ui import category_word
from triage.categories import CATEGORIES
from triage.knowledge.runbooks import Record, records_of, stale_because
from triage.models import Article, ArticleKind, ArticleState
from triage.papers.paper import Paper, Section

LONGEST_QUERY, MOST_WORDS = 200, 8
_FENCE = "```"


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed down to; retired ones are shown when asked for."""

    words: str = ""
    kind: str = ""
    state: str = ""
    component: str = ""
    category: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> "Filter":
        """The filter of an address; what nobody offered is left out."""

        def one(name: str, known: tuple[str, ...]) -> str:
            value = query.get(name, "")
            return value if value in known else ""

        return cls(
            words=query.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY],
            kind=one("kind", tuple(ArticleKind.values)),
            state=one("state", tuple(ArticleState.values)),
            component=query.get("component", "").replace("\x00", "")[:60],
            category=one("category", CATEGORIES),
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left out but what is retired."""
        return self == Filter()


@dataclass(frozen=True)
class Row:
    """One article of a list, with how it served."""

    article: Article
    record: Record
    stale: list[str]


def found(launch: Launch, wanted: Filter) -> QuerySet[Article]:
    """The articles of a launch in which every word comes up."""
    rows = Article.objects.filter(launch=launch).select_related("issue").prefetch_related("components")
    rows = rows.filter(state=wanted.state) if wanted.state else rows.exclude(state=ArticleState.RETIRED)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.component:
        rows = rows.filter(components__slug=wanted.component)
    if wanted.category:
        rows = rows.filter(categories__contains=[wanted.category])
    for word in wanted.words.split()[:MOST_WORDS]:
        within = (
            Q(title__icontains=word) | Q(body__icontains=word) | Q(steps__icontains=word) | Q(words__icontains=word)
        )
        rows = rows.filter(within)
    return rows


def rows_of(articles: list[Article], *, now: datetime) -> list[Row]:
    """The articles with how they served; one query for all."""
    records = records_of(Article.objects.filter(pk__in=[one.pk for one in articles]))
    return [Row(one, records[one.pk], stale_because(one, records[one.pk], now=now)) for one in articles]


def steps_of(article: Article) -> list[str]:
    """The steps of a runbook, each in Markdown; code, and what is indented, belongs to the step before it."""
    steps: list[str] = []
    is_code = False
    for part in article.steps.split("\n\n"):
        if steps and (is_code or part.startswith((_FENCE, " ", "\t"))):
            steps[-1] += f"\n\n{part}"
        elif part.strip():
            steps.append(part.strip("\n"))
        is_code ^= part.count(_FENCE) % 2 == 1
    return steps


def paper_of(article: Article) -> Paper:
    """An article to take away, in the language of its launch."""
    launch = article.launch
    with override(launch.language):
        steps = "\n".join(f"{number}. {_indented(step)}" for number, step in enumerate(steps_of(article), 1))
        parts = [Section(_("Steps"), steps)] if article.is_runbook else []
        return Paper(
            title=article.title,
            facts=_facts(article),
            sections=[*parts, Section(_("Background") if article.is_runbook else _("Text"), article.body)],
            language=launch.language,
            footer=f"{launch.name}, {article.key}",
            empty=_("Nothing was written here."),
            name=f"{launch.slug}-{article.key}",
        )


def _indented(step: str) -> str:
    return step.replace("\n", "\n   ")


def _facts(article: Article) -> list[tuple[str, str]]:
    changed = date_format(in_zone(article.changed_at, article.launch.zone), "j M Y H:i")
    lines = [
        (str(article.get_kind_display()), f"{article.key}, {article.get_state_display()}"),
        (_("Components"), ", ".join(one.name for one in article.components.all())),
        (_("Types"), ", ".join(str(category_word(name)) for name in article.categories)),
        (_("Made from"), article.issue.key if article.issue else ""),
        (_("Changed"), f"{changed}, {article.changed_by_name}"),
    ]
    return [(name, value) for name, value in lines if value]
