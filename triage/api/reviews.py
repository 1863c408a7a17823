"""This module is the API of reviews: what is due, the reviews of a launch, and what people do in one."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.pages import NewestFirst
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from triage.access import access_issue
from triage.api.knowledge_shapes import (
    DueReviewsShape,
    ReviewOrderShape,
    ReviewPageShape,
    ReviewShape,
    WholeReviewShape,
)
from triage.api.long_texts import long_text
from triage.api.room_shapes import PromiseShape
from triage.api.schema import PROBLEMS, read_order
from triage.models import Review
from triage.review import due, follow_ups, reading, writing
from triage.warroom import duties, words

ORDERS = ("begin", "write", "take", "publish", "again", "follow-up")
_TEXTS = ("section", "what", "person", "due_at")


class Reviews(APIView):
    """Reviews of a launch."""

    @extend_schema(
        operation_id="reviews_list",
        parameters=[OpenApiParameter("launch", str, required=True), OpenApiParameter("cursor", str)],
        responses={200: ReviewPageShape, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """Reviews, newest first."""
        launch = access_launch(Principal.of(request), request.query_params.get("launch", ""), right=Right.READ)
        pages = NewestFirst()
        rows = Review.objects.filter(launch=launch).select_related("issue")
        page: list[Review] = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response(ReviewShape(page, many=True).data)


class ReviewsDue(APIView):
    """What is due of reviews and follow-ups."""

    @extend_schema(operation_id="reviews_due", responses={200: DueReviewsShape, **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """Closed critical issues without a published review, the first due first."""
        launch, now = access_launch(Principal.of(request), slug, right=Right.READ), clock.now()
        found = {"due": due.due_of(launch, now=now), "follow_ups": follow_ups.counts(launch, now=now)}
        return Response(DueReviewsShape(found).data)


class IssueReview(APIView):
    """The review of an issue."""

    @extend_schema(operation_id="issues_review", responses={200: WholeReviewShape, **PROBLEMS})
    def get(self, request: Request, key: str) -> Response:
        """Its sections with where they come from; 404 while it is not begun."""
        return Response(_shape(reading.begun(Principal.of(request), key, right=Right.READ)))


class IssueReviewOrder(APIView):
    """What people do in a review."""

    @extend_schema(
        operation_id="issues_review_order",
        parameters=[OpenApiParameter("order", str, "path", enum=ORDERS)],
        request=ReviewOrderShape,
        responses={200: WholeReviewShape, **PROBLEMS},
    )
    def post(self, request: Request, key: str, order: str) -> Response:
        """Does it and answers the review as it is now; 409 names who wrote a section since `version`."""
        principal, now = Principal.of(request), clock.now()
        issue = access_issue(principal, key, right=Right.TRIAGE)
        said = read_order(request.data, texts=_TEXTS)
        if order == "begin":
            writing.begin(issue, actor=principal.actor, now=now)
        review = reading.begun(principal, key, right=Right.TRIAGE)
        if order not in ORDERS:
            raise Problem(404, _("There is nothing here."))
        if order != "begin":
            _do(order, review, said, principal)
        return Response(_shape(reading.begun(principal, key, right=Right.READ)))


def _do(order: str, review: Review, said: dict[str, Any], principal: Principal) -> None:
    actor, now, section, version = principal.actor, clock.now(), said["section"], said["version"]
    if order == "write":
        writing.write(review, section=section, text=long_text(said, "text"), version=version, actor=actor, now=now)
    elif order == "take":
        writing.take_facts(review, section=section, version=version, actor=actor, now=now)
    elif order == "publish":
        writing.publish(review, actor=actor, now=now)
    elif order == "again":
        writing.take_up_again(review, actor=actor, now=now)
    else:
        owner = duties.person_of(review.launch, said["person"]) or principal.user
        due_at = words.moment(said["due_at"], "due_at")
        follow_ups.follow_up(review.issue, what=said["what"], owner=owner, due_at=due_at, actor=actor, now=now)


def _shape(review: Review) -> dict[str, Any]:
    now = clock.now()
    more = {
        "sections": [
            {name: getattr(one, name) for name in ("name", "title", "text", "source", "version", "author", "written_at", "newer")}
            for one in reading.shown(review, now=now)
        ],
        "actions": PromiseShape(follow_ups.about(review.issue), many=True).data,
        "markdown": reading.markdown_of(review, now=now),
    }  # fmt: skip
    return dict(ReviewShape(review).data) | more
