"""This module is the API of articles and runbooks: find, draft, change, publish, use, and what fits an issue."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.pages import NewestFirst
from hypercare.core.problem import Problem, wrong
from hypercare.core.roles import Right
from triage.access import access_issue
from triage.api.knowledge_shapes import (
    ArticleOrderShape,
    ArticlePageShape,
    ArticleShape,
    NewArticleShape,
    SuggestionShape,
    SuggestionsShape,
)
from triage.api.long_texts import long_text, names
from triage.api.schema import PROBLEMS, read_order
from triage.knowledge import drafting, reading, runbooks, writing
from triage.knowledge.reading import Filter, Row, rows_of
from triage.knowledge.suggesting import suggested_for
from triage.knowledge.writing import Content, access_article, content_of
from triage.models import Article, ArticleKind, ArticleState

ORDERS = ("change", "publish", "retire", "confirm", "use", "tell")
_TEXTS = ("launch", "kind", "issue")
_TURNS = {"publish": writing.publish, "retire": writing.retire, "confirm": writing.confirm}


@extend_schema_view(
    get=extend_schema(
        operation_id="articles_list",
        parameters=[
            OpenApiParameter("launch", str, required=True),
            OpenApiParameter("q", str, description="Every word comes up in it."),
            OpenApiParameter("kind", str, enum=ArticleKind.values),
            OpenApiParameter("state", str, enum=ArticleState.values),
            OpenApiParameter("component", str),
            OpenApiParameter("category", str),
            OpenApiParameter("cursor", str),
        ],
        responses={200: ArticlePageShape, **PROBLEMS},
    ),
    post=extend_schema(
        operation_id="articles_draft", request=NewArticleShape, responses={201: ArticleShape, **PROBLEMS}
    ),
)
class Articles(APIView):
    """Articles and runbooks of a launch."""

    def get(self, request: Request) -> Response:
        """Newest first; retired ones only when asked for."""
        launch = access_launch(Principal.of(request), request.query_params.get("launch", ""), right=Right.READ)
        pages = NewestFirst()
        rows = reading.found(launch, Filter.of(request.query_params)).select_related("launch", "issue")
        page: list[Article] = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([_shape(row) for row in rows_of(page, now=clock.now())])

    def post(self, request: Request) -> Response:
        """A draft: of what is sent, or from an issue."""
        principal, now = Principal.of(request), clock.now()
        said = read_order(request.data, texts=_TEXTS)
        launch = access_launch(principal, said["launch"], right=Right.TRIAGE)
        issue = access_issue(principal, said["issue"], right=Right.TRIAGE) if said["issue"] else None
        if issue and issue.launch_id != launch.pk:
            raise wrong("/issue", _("The issue belongs to another launch."))
        by = {"kind": said["kind"], "actor": principal.actor, "now": now}
        if issue and said.get("title") is None:
            made = drafting.draft_from(issue, **by)
        else:
            made = writing.draft(launch, content=_content(said, Content("")), issue=issue, **by)
        return Response(_shape(rows_of([made], now=now)[0]), status=201)


class OneArticle(APIView):
    """One article or runbook."""

    @extend_schema(operation_id="articles_read", responses={200: ArticleShape, **PROBLEMS})
    def get(self, request: Request, key: str) -> Response:
        """With how it served and why it may be stale."""
        one = access_article(Principal.of(request), key, right=Right.READ)
        return Response(_shape(rows_of([one], now=clock.now())[0]))


class ArticleOrder(APIView):
    """What people do to an article."""

    @extend_schema(
        operation_id="articles_order",
        parameters=[OpenApiParameter("order", str, "path", enum=ORDERS)],
        request=ArticleOrderShape,
        responses={200: ArticleShape, **PROBLEMS},
    )
    def post(self, request: Request, key: str, order: str) -> Response:
        """Does it and answers the article as it is now; 409 names who changed what since `version`."""
        principal = Principal.of(request)
        one = access_article(principal, key, right=Right.TRIAGE)
        said = read_order(request.data, texts=_TEXTS)
        if order not in ORDERS:
            raise Problem(404, _("There is nothing here."))
        if order == "change":
            content = _content(said, content_of(one))
            writing.change(one, content=content, version=said["version"], actor=principal.actor, now=clock.now())
        elif order in _TURNS:
            _TURNS[order](one, actor=principal.actor, now=clock.now())
        else:
            _serve(order, one, said, principal)
        again = access_article(principal, key, right=Right.READ)
        return Response(_shape(rows_of([again], now=clock.now())[0]))


def _serve(order: str, one: Article, said: dict[str, Any], principal: Principal) -> None:
    issue = access_issue(principal, said["issue"], right=Right.TRIAGE) if said["issue"] else None
    if issue and issue.launch_id != one.launch_id:
        raise wrong("/issue", _("The issue belongs to another launch."))
    if order == "use":
        runbooks.use(one, issue=issue, person=principal.user, now=clock.now())
        return
    if not isinstance(said.get("worked"), bool):
        raise wrong("/worked", _("Say whether it worked: “worked” is true or false."))
    runbooks.tell(one, issue=issue, worked=said["worked"], person=principal.user, now=clock.now())


class IssueRunbooks(APIView):
    """The runbooks that fit an issue."""

    @extend_schema(operation_id="issues_runbooks", responses={200: SuggestionsShape, **PROBLEMS})
    def get(self, request: Request, key: str) -> Response:
        """By its component and its type, the best first."""
        issue = access_issue(Principal.of(request), key, right=Right.READ)
        return Response({"results": SuggestionShape(suggested_for(issue, now=clock.now()), many=True).data})


def _content(said: dict[str, Any], stands: Content) -> Content:
    """What is sent, and for all else what stands."""
    return Content(
        title=long_text(said, "title", otherwise=stands.title),
        body=long_text(said, "body", otherwise=stands.body),
        steps=long_text(said, "steps", otherwise=stands.steps),
        words=long_text(said, "words", otherwise=stands.words),
        components=names(said, "components", otherwise=stands.components),
        categories=names(said, "categories", otherwise=stands.categories),
    )


def _shape(row: Row) -> dict[str, Any]:
    row.article.served, row.article.stale = row.record, row.stale  # type: ignore[attr-defined]  # the shape reads them
    return dict(ArticleShape(row.article).data)
