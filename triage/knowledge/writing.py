"""This module makes and changes articles and runbooks, publishes and retires them, and says that they are still true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hypercare.core import keys
from hypercare.core.access import Principal
from hypercare.core.launches import check_not_closed
from hypercare.core.models import Component, Launch, TimelineEntry
from hypercare.core.problem import FieldError, Problem, wrong
from hypercare.core.roles import Right
from hypercare.core.timeline import Actor, Entry, record
from triage.categories import CATEGORIES
from triage.models import Article, ArticleKind, ArticleState, Issue
from triage.warroom import words

LONGEST = {"title": 200, "body": 20_000, "steps": 10_000, "words": 500}
MOST_LINKS = 30
FIELD_NAMES = {
    "title": gettext_lazy("Title"),
    "body": gettext_lazy("Text"),
    "steps": gettext_lazy("Steps"),
    "words": gettext_lazy("Words"),
    "components": gettext_lazy("Components"),
    "categories": gettext_lazy("Types"),
}


@dataclass(frozen=True)
class Content:
    """What people write in an article; components by their slugs."""

    title: str
    body: str = ""
    steps: str = ""
    words: str = ""
    components: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


def access_article(principal: Principal, key: str, *, right: Right) -> Article:
    """The article or runbook named like KB-4."""
    rows = Article.objects.select_related("launch", "issue").prefetch_related("components")
    return keys.named(rows, key, "KB", by=principal, right=right)


def content_of(article: Article) -> Content:
    """What an article says now."""
    slugs = tuple(sorted(one.slug for one in article.components.all()))
    return Content(article.title, article.body, article.steps, article.words, slugs, tuple(sorted(article.categories)))


@transaction.atomic
def draft(
    launch: Launch, *, kind: str, content: Content, actor: Actor, now: datetime, issue: Issue | None = None
) -> Article:
    """A new draft; with an issue, made from it."""
    check_not_closed(launch)
    if kind not in ArticleKind.values:
        raise wrong("/kind", _("Use one of %(known)s.") % {"known": ", ".join(ArticleKind.values)})
    kept, components = _checked(launch, kind, content)
    article = Article.objects.create(
        launch=launch, kind=kind, issue=issue, title=kept.title, body=kept.body, steps=kept.steps, words=kept.words,
        categories=list(kept.categories), made_at=now, made_by_name=actor.name, changed_at=now,
        changed_by_name=actor.name, confirmed_at=now,
    )  # fmt: skip
    article.components.set(components)
    data = {"kind": kind} | ({"issue": issue.key} if issue else {})
    record(launch, [Entry(article.key, "article.drafted", data)], actor=actor, now=now)
    return article


@transaction.atomic
def change(article: Article, *, content: Content, version: int | None, actor: Actor, now: datetime) -> Article:
    """Writes an article anew; 409 naming who changed what since `version`."""
    row = _lock(article)
    if version is not None and version != row.version:
        raise _conflict(row, version)
    before = content_of(row)
    kept, components = _checked(row.launch, row.kind, content)
    changed = [name for name in FIELD_NAMES if getattr(before, name) != getattr(kept, name)]
    if not changed:
        return row
    _check_complete(row, kept)
    row.title, row.body, row.steps, row.words = kept.title, kept.body, kept.steps, kept.words
    row.categories, row.version = list(kept.categories), row.version + 1
    row.changed_at, row.changed_by_name, row.confirmed_at = now, actor.name, now
    row.save()
    row.components.set(components)
    data = {"fields": changed, "version": row.version}
    record(row.launch, [Entry(row.key, "article.changed", data)], actor=actor, now=now)
    return row


def publish(article: Article, *, actor: Actor, now: datetime) -> Article:
    """Lets everyone find it; 400 while it says nothing to act by."""
    return _turn(article, ArticleState.PUBLISHED, "article.published", actor=actor, now=now)


def retire(article: Article, *, actor: Actor, now: datetime) -> Article:
    """Takes it out of lists and suggestions; it can be published again."""
    return _turn(article, ArticleState.RETIRED, "article.retired", actor=actor, now=now)


@transaction.atomic
def _turn(article: Article, state: ArticleState, kind: str, *, actor: Actor, now: datetime) -> Article:
    row = _lock(article)
    if row.state == state:
        raise Problem(409, _("%(key)s is %(state)s already.") % {"key": row.key, "state": state.label})
    row.state = state
    _check_complete(row, content_of(row))
    row.confirmed_at = now
    row.save(update_fields=["state", "confirmed_at"])
    record(row.launch, [Entry(row.key, kind)], actor=actor, now=now)
    return row


@transaction.atomic
def confirm(article: Article, *, actor: Actor, now: datetime) -> Article:
    """Says that it is still true as it stands."""
    row = _lock(article)
    row.confirmed_at = now
    row.save(update_fields=["confirmed_at"])
    record(row.launch, [Entry(row.key, "article.confirmed")], actor=actor, now=now)
    return row


def _lock(article: Article) -> Article:
    row = Article.objects.select_for_update(of=("self",)).select_related("launch").get(pk=article.pk)
    check_not_closed(row.launch)
    return row


def _checked(launch: Launch, kind: str, content: Content) -> tuple[Content, Sequence[Component]]:
    has_steps = kind == ArticleKind.RUNBOOK
    said = {
        "title": words.said(content.title, "title", longest=LONGEST["title"]),
        "words": words.said(content.words, "words", longest=LONGEST["words"], may_lack=True),
        "body": words.said(content.body, "body", longest=LONGEST["body"], has_lines=True, may_lack=True),
        "steps": words.said(content.steps, "steps", longest=LONGEST["steps"], has_lines=True, may_lack=True),
    }
    if said["steps"] and not has_steps:
        raise wrong("/steps", _("Only a runbook has steps."))
    unknown = [name for name in content.categories if name not in CATEGORIES]
    if unknown or len(content.categories) > MOST_LINKS:
        raise wrong("/categories", _("Use some of %(known)s.") % {"known": ", ".join(CATEGORIES)})
    components = _components(launch, content.components)
    slugs = tuple(sorted(one.slug for one in components))
    return replace(content, **said, components=slugs, categories=tuple(sorted(set(content.categories)))), components


def _components(launch: Launch, slugs: Sequence[str]) -> Sequence[Component]:
    wanted = set(slugs)
    found = list(launch.components.filter(slug__in=[slug for slug in wanted if "\x00" not in slug][:MOST_LINKS]))
    if len(found) != len(wanted):
        raise wrong("/components", _("Name components of this launch by their short names."))
    return found


def _check_complete(row: Article, content: Content) -> None:
    """What others act by says what to do."""
    if row.state != ArticleState.PUBLISHED:
        return
    if row.is_runbook and not content.steps:
        raise wrong("/steps", _("A published runbook has at least one step."))
    if not row.is_runbook and not content.body:
        raise wrong("/body", _("A published article has a text."))


def _conflict(row: Article, version: int) -> Problem:
    later = TimelineEntry.objects.filter(launch=row.launch, subject=row.key, kind="article.changed")
    entries = [one for one in later.order_by("-pk")[:20] if one.data.get("version", 0) > version]
    who = ", ".join(dict.fromkeys(one.actor_name for one in entries)) or row.changed_by_name
    fields = list(dict.fromkeys(name for one in entries for name in one.data["fields"]))
    what = ", ".join(str(FIELD_NAMES[name]) for name in fields)
    detail = _("%(who)s changed it meanwhile (%(what)s). Your words are kept below: put both together, then save again.") % {
        "who": who, "what": what}  # fmt: skip
    return Problem(409, detail, changed_by=who, changes={"fields": fields}, version=row.version)


def problem_of_fields(problem: Problem) -> Mapping[str, str]:
    """What is wrong with each field, by its name."""
    return {error.pointer.strip("/"): error.detail for error in problem.errors if isinstance(error, FieldError)}
