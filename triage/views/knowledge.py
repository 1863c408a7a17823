"""This module shows what a launch knows and takes what people write, publish, use and say of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hypercare.core import clock, paging
from hypercare.core.access import Principal
from hypercare.core.models import Launch
from hypercare.core.problem import Problem, not_found
from hypercare.core.roles import Right
from triage.access import access_issue
from triage.categories import CATEGORY_NAMES
from triage.knowledge import drafting, reading, runbooks, writing
from triage.knowledge.coverage import coverage_of
from triage.knowledge.panel import USE_ORDERS
from triage.knowledge.writing import Content, access_article, content_of
from triage.models import Article, ArticleKind, ArticleState, Issue
from triage.papers.answers import as_file
from triage.papers.markdown import as_html
from triage.views.rooms import launch_of

SHOWN_USES = 20


@require_GET
@login_required
def article_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Articles and runbooks by words and filters, and which of the largest problems have a runbook."""
    principal, launch = launch_of(request, slug, right=Right.READ)
    now, wanted = clock.now(), reading.Filter.of(request.GET)
    page = paging.page_of(reading.found(launch, wanted), request.GET)
    context = {
        "nav_active": "rooms",
        "page": page,
        "rows": reading.rows_of(page.rows, now=now),
        "wanted": wanted,
        "coverage": coverage_of(launch, now=now),
        "has_any": Article.objects.filter(launch=launch).exists(),
        "may_write": _may_write(principal, launch),
        **_choices(launch),
    }
    return render(request, "triage/knowledge/list.html", context)


def _may_write(principal: Principal, launch: Launch) -> bool:
    return Right.TRIAGE in principal.rights_in(launch) and not launch.closed_at


def _choices(launch: Launch) -> dict[str, Any]:
    return {
        "kinds": ArticleKind.choices,
        "states": ArticleState.choices,
        "components": [(one.slug, one.name) for one in launch.components.order_by("name")],
        "category_names": CATEGORY_NAMES,
    }


@require_http_methods(["GET", "POST"])
@login_required
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """A form for something new; what was wrong is said beside its field."""
    principal, launch = launch_of(request, slug, right=Right.TRIAGE)
    kind = (request.POST or request.GET).get("kind", "")
    kind = kind if kind in ArticleKind.values else str(ArticleKind.ARTICLE)
    if request.method != "POST":
        return _form(request, launch, kind, Content(""))
    content = _content(request.POST)
    try:
        made = writing.draft(launch, kind=kind, content=content, actor=principal.actor, now=clock.now())
    except Problem as problem:
        return _form(request, launch, kind, content, problem=problem)
    return redirect("triage:article", slug, made.key)


@require_POST
@login_required
def draft(request: HttpRequest, slug: str) -> HttpResponse:
    """Drafts an article or a runbook from an issue and opens it for editing."""
    principal, launch = launch_of(request, slug, right=Right.TRIAGE)
    issue = _issue(principal, launch, request.POST.get("issue", ""), right=Right.TRIAGE)
    kind = request.POST.get("kind", "")
    try:
        made = drafting.draft_from(issue, kind=kind, actor=principal.actor, now=clock.now())
    except Problem as problem:
        messages.error(request, problem.detail)
        return redirect("triage:issue", slug, issue.key)
    return redirect("triage:article_edit", slug, made.key)


@require_GET
@login_required
def article(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One article or runbook with how it served."""
    principal, launch = launch_of(request, slug, right=Right.READ)
    one = _in_launch(principal, launch, key, right=Right.READ)
    row = reading.rows_of([one], now=clock.now())[0]
    context = {
        "nav_active": "rooms",
        "article": one,
        "row": row,
        "body": as_html(one.body),
        "steps": [as_html(step) for step in reading.steps_of(one)],
        "use_orders": USE_ORDERS,
        "uses": one.uses.select_related("issue").order_by("-used_at", "-pk")[:SHOWN_USES],
        "may_write": _may_write(principal, launch),
    }
    return render(request, "triage/knowledge/article.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def edit(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The form of an article; words that could not be kept stay in it, with why."""
    principal, launch = launch_of(request, slug, right=Right.TRIAGE)
    one = _in_launch(principal, launch, key, right=Right.TRIAGE)
    if request.method != "POST":
        return _form(request, launch, one.kind, content_of(one), article=one)
    content, text = _content(request.POST), request.POST.get("version", "")
    version = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
    try:
        writing.change(one, content=content, version=version, actor=principal.actor, now=clock.now())
    except Problem as problem:
        one.refresh_from_db()
        return _form(request, launch, one.kind, content, article=one, problem=problem)
    return redirect("triage:article", slug, one.key)


def _content(post: QueryDict) -> Content:
    said = {name: post.get(name, "") for name in ("title", "body", "steps", "words")}
    return Content(**said, components=tuple(post.getlist("component")), categories=tuple(post.getlist("category")))


def _form(
    request: HttpRequest, launch: Launch, kind: str, content: Content, *, article: Article | None = None,
    problem: Problem | None = None,
) -> HttpResponse:  # fmt: skip
    context = {
        "nav_active": "rooms",
        "kind": kind,
        "content": content,
        "article": article,
        "theirs": content_of(article) if article and problem and problem.status == 409 else None,
        "problem": problem,
        "errors": writing.problem_of_fields(problem) if problem else {},
        "longest": writing.LONGEST,
        **_choices(launch),
    }
    return render(request, "triage/knowledge/form.html", context, status=problem.status if problem else 200)


def _publish(one: Article, _issue: Issue | None, principal: Principal, now: datetime) -> None:
    writing.publish(one, actor=principal.actor, now=now)


def _retire(one: Article, _issue: Issue | None, principal: Principal, now: datetime) -> None:
    writing.retire(one, actor=principal.actor, now=now)


def _confirm(one: Article, _issue: Issue | None, principal: Principal, now: datetime) -> None:
    writing.confirm(one, actor=principal.actor, now=now)


def _use(one: Article, issue: Issue | None, principal: Principal, now: datetime) -> None:
    runbooks.use(one, issue=issue, person=principal.user, now=now)


def _worked(one: Article, issue: Issue | None, principal: Principal, now: datetime) -> None:
    runbooks.tell(one, issue=issue, worked=True, person=principal.user, now=now)


def _failed(one: Article, issue: Issue | None, principal: Principal, now: datetime) -> None:
    runbooks.tell(one, issue=issue, worked=False, person=principal.user, now=now)


ORDERS: dict[str, Callable[[Article, Issue | None, Principal, datetime], None]] = {
    "publish": _publish,
    "retire": _retire,
    "confirm": _confirm,
    "use": _use,
    "worked": _worked,
    "failed": _failed,
}


@require_POST
@login_required
def order(request: HttpRequest, slug: str, key: str, name: str) -> HttpResponse:
    """Does one thing to an article, or counts that a runbook is used for an issue, and goes back there."""
    principal, launch = launch_of(request, slug, right=Right.TRIAGE)
    one = _in_launch(principal, launch, key, right=Right.TRIAGE)
    if name not in ORDERS:
        raise not_found(_("There is nothing here."))
    named = request.POST.get("issue", "")
    issue = _issue(principal, launch, named, right=Right.TRIAGE) if named else None
    try:
        ORDERS[name](one, issue, principal, clock.now())
    except Problem as problem:
        messages.error(request, problem.detail)
    if issue and name != "use":
        return redirect("triage:issue", slug, issue.key)
    return redirect("triage:article", slug, one.key)


@require_GET
@login_required
def export(request: HttpRequest, slug: str, key: str, form: str) -> HttpResponse:
    """An article as a file."""
    principal, launch = launch_of(request, slug, right=Right.READ)
    return as_file(reading.paper_of(_in_launch(principal, launch, key, right=Right.READ)), form)


def _in_launch(principal: Principal, launch: Launch, key: str, *, right: Right) -> Article:
    one = access_article(principal, key, right=right)
    if one.launch_id != launch.pk:
        raise not_found(_("There is no %(key)s here for you.") % {"key": key[:40]})
    return one


def _issue(principal: Principal, launch: Launch, key: str, *, right: Right) -> Issue:
    issue = access_issue(principal, key[:40], right=right)
    if issue.launch_id != launch.pk:
        raise not_found(_("There is no %(key)s here for you.") % {"key": key[:40]})
    return issue
