"""This module is the API of issues: read them, move them, merge them, overrule the machine, many at once."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.pages import NewestFirst
from hypercare.core.models import TimelineEntry
from hypercare.core.problem import FieldError, Problem, wrong
from hypercare.core.roles import Right
from triage import closing, labels, lifecycle, merging, opening, overrides, replies, transitions
from triage.access import access_issue
from triage.api import schema
from triage.api.shapes import decisions_shape, issue_shape, moment, proposal_shape
from triage.board import feed
from triage.filters import IssueFilter, refuse_unknown
from triage.models import Issue

BULK_ISSUES = 500


class IssueList(APIView):
    """Issues of a launch."""

    @extend_schema(
        operation_id="issues_list",
        parameters=[
            OpenApiParameter("launch", str, required=True),
            OpenApiParameter("q", str),
            OpenApiParameter("cursor", str),
            OpenApiParameter("page_size", int),
        ],
        responses={200: schema.ISSUE_PAGE, **schema.PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """Issues, newest first, with the board's filters."""
        launch = access_launch(Principal.of(request), request.query_params.get("launch", ""), right=Right.READ)
        rows = Issue.objects.filter(launch=launch).select_related("launch", "component", "team", "owner")
        refuse_unknown(request.query_params, IssueFilter)
        found = IssueFilter(request.query_params, rows)
        if not found.is_valid():
            errors = tuple(FieldError(f"/{name}", str(texts[0])) for name, texts in found.errors.items())
            raise Problem(400, errors[0].detail, errors=errors)
        pages = NewestFirst()
        page: list[Issue] = pages.paginate_queryset(found.qs, request, view=self) or []
        return pages.get_paginated_response([issue_shape(issue) for issue in page])

    @extend_schema(
        operation_id="issues_open",
        request=schema.OPENING,
        responses={200: schema.ISSUE, 201: schema.ISSUE, **schema.PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        """Opens an issue by hand: 201, or 200 with the one that the same `once` opened before."""
        principal, now = Principal.of(request), clock.now()
        said = schema.read_order(request.data, texts=("launch", "title", "component", "text", "once"))
        launch = access_launch(principal, said["launch"], right=Right.TRIAGE)
        wanted = opening.Wanted(
            title=said["title"],
            severity=str(said.get("severity") or opening.USUAL_SEVERITY),
            component=said["component"],
            text=said["text"],
            once=said["once"],
        )
        issue = opening.open_issue(launch, wanted, writer=principal.user, now=now)
        return Response(issue_shape(issue), status=201 if issue.opened_at == now else 200)


class IssueReporters(APIView):
    """Whom a reply about an issue reaches."""

    @extend_schema(operation_id="issues_reporters", responses={200: schema.REPORTERS, **schema.PROBLEMS})
    def get(self, request: Request, key: str) -> Response:
        """The people it reaches, each by their newest report, and who cannot be reached."""
        issue = access_issue(Principal.of(request), key, right=Right.TRIAGE)
        found = replies.reach_of(issue)
        told = [{"report": row.key, "name": replies.name_of(row)} for row in found.shown]
        reached = replies.reached_words(by_mail=found.by_mail, on_page=found.on_page)
        unreached = replies.unreached_words(found.unreached)
        return Response({"count": found.count, "reached": reached, "results": told, "unreached": unreached})


class Labels(APIView):
    """The labels of a launch."""

    @extend_schema(operation_id="labels_list", responses={200: schema.LABELS, **schema.PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """Those in use with how many issues have each, the most used first."""
        launch = access_launch(Principal.of(request), slug, right=Right.READ)
        return Response({"results": [{"label": label, "issues": count} for label, count in labels.known(launch)]})


class IssueDetail(APIView):
    """One issue."""

    @extend_schema(operation_id="issues_read", responses={200: schema.ISSUE, **schema.PROBLEMS})
    def get(self, request: Request, key: str) -> Response:
        """The issue with its decisions, its timeline and where it may move."""
        issue = access_issue(Principal.of(request), key, right=Right.READ)
        entries = TimelineEntry.objects.filter(launch=issue.launch, subject=issue.key).order_by("-id")[:200]
        more = {
            "decisions": decisions_shape(issue.decisions.order_by("-id")[:200]),
            "timeline": [
                {"kind": e.kind, "actor": e.actor_name, "occurred_at": moment(e.occurred_at), "data": e.data}
                for e in entries
            ],
            "can_become": transitions.targets_from(issue.status),
            "proposed_end": proposal_shape(closing.proposal_of(issue)),
        }
        return Response(issue_shape(issue) | more)


def _transition(issue: Issue, order: dict[str, Any], principal: Principal) -> Issue:
    target = order["to"] or order["status"]
    return lifecycle.move(
        issue.pk, to=target, actor=principal.actor, now=clock.now(), version=order["version"],
        reason=order["reason"], resolution=order["resolution"], noise=order["noise"],
    )  # fmt: skip


def _proposal(issue: Issue, order: dict[str, Any], principal: Principal) -> Issue:
    common: dict[str, Any] = {"actor": principal.actor, "now": clock.now(), "version": order["version"]}
    if order.get("accept") is True:
        return closing.accept(issue.pk, reason=order["reason"], resolution=order["resolution"], **common)
    if order.get("accept") is False:
        return closing.keep_open(issue.pk, reason=order["reason"], **common)
    detail = _("Say whether you accept the proposal: “accept” is true or false.")
    raise wrong("/accept", detail)


def _merge(issue: Issue, order: dict[str, Any], principal: Principal) -> Issue:
    if not order["into"]:
        detail = _("Name the issue it goes into, for example IS-12.")
        raise wrong("/into", detail)
    target = access_issue(principal, order["into"], right=Right.TRIAGE)
    return merging.merge(issue.pk, into_id=target.pk, actor=principal.actor, now=clock.now(), version=order["version"])


def _unmerge(issue: Issue, order: dict[str, Any], principal: Principal) -> Issue:
    return merging.unmerge(issue.pk, actor=principal.actor, now=clock.now(), version=order["version"])


def _override(issue: Issue, order: dict[str, Any], principal: Principal) -> Issue:
    common: dict[str, Any] = {
        "field": order["field"],
        "actor": principal.actor,
        "now": clock.now(),
        "version": order["version"],
    }
    if order.get("release") is True:
        return overrides.release_issue(issue.pk, **common)
    return overrides.override_issue(issue.pk, value=order.get("value"), reason=order["reason"], **common)


ACTIONS: dict[str, Callable[[Issue, dict[str, Any], Principal], Issue]] = {
    "transition": _transition,
    "merge": _merge,
    "unmerge": _unmerge,
    "override": _override,
    "proposal": _proposal,
}
_TEXTS = ("to", "status", "into", "field", "reason", "resolution", "noise", "action")


def _order_schema(name: str, body: Any) -> Any:
    return extend_schema(operation_id=f"issues_{name}", request=body, responses={200: schema.ISSUE, **schema.PROBLEMS})


class _IssueOrder(APIView):
    action = ""

    def post(self, request: Request, key: str) -> Response:
        """Does it and answers the issue as it is now; 409 when `version` is stale, naming who changed what."""
        principal = Principal.of(request)
        issue = access_issue(principal, key, right=Right.TRIAGE)
        order = schema.read_order(request.data, texts=_TEXTS)
        changed = ACTIONS[self.action](issue, order, principal)
        return Response(issue_shape(access_issue(principal, changed.key, right=Right.READ)))


@extend_schema_view(post=_order_schema("transition", schema.TRANSITION))
class IssueTransition(_IssueOrder):
    """Moves an issue to another status."""

    action = "transition"


@extend_schema_view(post=_order_schema("merge", schema.MERGE))
class IssueMerge(_IssueOrder):
    """Makes an issue a duplicate of another."""

    action = "merge"


@extend_schema_view(post=_order_schema("unmerge", schema.UNMERGE))
class IssueUnmerge(_IssueOrder):
    """Takes a merged issue out again."""

    action = "unmerge"


@extend_schema_view(post=_order_schema("override", schema.OVERRIDE))
class IssueOverride(_IssueOrder):
    """Sets a field by hand, or releases it."""

    action = "override"


@extend_schema_view(post=_order_schema("proposal", schema.PROPOSAL))
class IssueProposal(_IssueOrder):
    """Accepts the end that is proposed for an issue, or keeps it open."""

    action = "proposal"


class IssueBulk(APIView):
    """One change for many issues."""

    @extend_schema(
        operation_id="issues_bulk",
        request=schema.BULK,
        responses={200: schema.BULK_ANSWER, **schema.PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        """Does `action` (transition, merge, unmerge, override, proposal) to each of `ids` and answers for each."""
        principal = Principal.of(request)
        order = schema.read_order(request.data, texts=_TEXTS)
        ids, action = order.get("ids"), ACTIONS.get(order["action"])
        if action is None:
            detail = _("Use one of %(known)s as action.") % {"known": ", ".join(ACTIONS)}
            raise wrong("/action", detail)
        if (
            not isinstance(ids, list)
            or not all(isinstance(key, str) for key in ids)
            or not 1 <= len(ids) <= BULK_ISSUES
        ):
            detail = _("“ids” must be a list of 1 to %(limit)s keys such as IS-12.") % {"limit": BULK_ISSUES}
            raise wrong("/ids", detail)
        order["version"] = None
        results = [self._one(key, action, order, principal) for key in dict.fromkeys(ids)]
        failed = sum(1 for result in results if result["status"] != 200)
        return Response({"changed": len(results) - failed, "failed": failed, "results": results})

    def _one(
        self, key: str, action: Callable[..., Issue], order: dict[str, Any], principal: Principal
    ) -> dict[str, Any]:
        try:
            issue = action(access_issue(principal, key, right=Right.TRIAGE), order, principal)
        except Problem as problem:
            return {"id": key[:40], "status": problem.status, "detail": problem.detail}
        return {"id": key, "status": 200, "version": issue.version}


class BoardChanges(APIView):
    """What a board missed."""

    @extend_schema(
        operation_id="board_changes",
        parameters=[OpenApiParameter("since", int)],
        responses={200: schema.FRAME, **schema.PROBLEMS},
    )
    def get(self, request: Request, slug: str) -> Response:
        """The frame of changes after `since`, or reset, with what its reader may do here."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.READ)
        text = request.query_params.get("since", "0")
        if not (text.isascii() and text.isdecimal()) or len(text) > 18:
            detail = _("“since” must be a whole number: the board's version.")
            raise wrong("/since", detail)
        frame = feed.catch_up(launch.pk, since=int(text), now=clock.now())
        return Response(frame | {"rights": sorted(principal.rights_in(launch))})
