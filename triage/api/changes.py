"""This module is the API of orders for one or many issues: preview, give, follow, take back."""

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.models import Launch
from hypercare.core.problem import FieldError, Problem, not_found, wrong
from hypercare.core.roles import Right
from triage.access import number_in
from triage.api import schema
from triage.filters import IssueFilter, refuse_unknown
from triage.models import BoardChange, Issue
from triage.orders import giving, telling
from triage.orders.kinds import KINDS

MOST_KEYS = 500
_TEXTS = ("action", "to", "reason", "resolution", "noise", "field", "until", "into")

_ORDER_PROPERTIES: dict[str, Any] = {
    "action": {"type": "string", "enum": list(KINDS)},
    "ids": {"type": "array", "items": {"type": "string"}, "maxItems": MOST_KEYS},
    "filter": {"type": "string", "description": "Instead of ids: the board's filters as in its address."},
    "version": {"type": "integer", "description": "Of a single issue."},
    "value": {},
    "text": {"type": "string"},
    "labels": {"type": "array", "items": {"type": "string", "maxLength": 40}, "maxItems": 12},
    "wake_if_worse": {"type": "boolean"},
    "preview": {"type": "boolean", "description": "Only say what would change."},
} | {name: {"type": "string"} for name in _TEXTS if name != "action"}
ORDER = {"application/json": {"type": "object", "properties": _ORDER_PROPERTIES, "required": ["action"]}}
CHANGE = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "state": {"type": "string", "enum": ["running", "done", "undoing", "undone"]},
        "sentence": {"type": "string"},
        "total": {"type": "integer"},
        "changed": {"type": "integer"},
        "failed": {"type": "integer"},
        "failures": {"type": "array", "items": {"type": "object"}},
        "can_undo": {"type": "boolean"},
    },
}
CHANGES = {"type": "object", "properties": {"results": {"type": "array", "items": CHANGE}}}


class Changes(APIView):
    """Orders of the person who asks."""

    @extend_schema(operation_id="changes_list", responses={200: CHANGES, **schema.PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """What you ordered in the last 30 minutes, the newest first."""
        principal, now = Principal.of(request), clock.now()
        launch = access_launch(principal, slug, right=Right.TRIAGE)
        found = telling.history(launch, of=principal.user, now=now)
        return Response({"results": [telling.shape(change, by=principal.user, now=now) for change in found]})

    @extend_schema(operation_id="changes_give", request=ORDER, responses={200: CHANGE, 202: CHANGE, **schema.PROBLEMS})
    def post(self, request: Request, slug: str) -> Response:
        """Does `action` to `ids`, or to all that `filter` matches; 202 while a worker is at it.

        The same order sent again with the same Idempotency-Key is answered with what the first one did.
        """
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.TRIAGE)
        order = schema.read_order(request.data, texts=_TEXTS)
        issues = chosen(launch, order)
        if order.get("preview") is True:
            return Response(telling.preview(launch, issues, action=order["action"], given=order, now=clock.now()))
        change = giving.give(
            launch, issues, action=order["action"], given=order, actor=principal.user, clock=clock.now,
            version=order["version"],
            once=request.headers.get("Idempotency-Key", ""),
        )  # fmt: skip
        shape = telling.shape(change, by=principal.user, now=clock.now())
        return Response(shape, status=200 if change.finished_at else 202)


class Change(APIView):
    """One order."""

    @extend_schema(operation_id="changes_read", responses={200: CHANGE, **schema.PROBLEMS})
    def get(self, request: Request, slug: str, number: int) -> Response:
        """How far it is, and which issues did not follow and why."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.TRIAGE)
        return Response(telling.shape(change_of(launch, number), by=principal.user, now=clock.now()))


class ChangeUndo(APIView):
    """The way back of an order."""

    @extend_schema(operation_id="changes_undo", request=None, responses={200: CHANGE, 202: CHANGE, **schema.PROBLEMS})
    def post(self, request: Request, slug: str, number: int) -> Response:
        """Takes the whole back within 30 minutes; what somebody changed since stays, and is named."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.TRIAGE)
        change = giving.ask_back(change_of(launch, number), actor=principal.user, clock=clock.now)
        shape = telling.shape(change, by=principal.user, now=clock.now())
        return Response(shape, status=200 if change.undone_at else 202)


def change_of(launch: Launch, pk: int) -> BoardChange:
    """The order of that number; 404 for another launch's."""
    found = BoardChange.objects.filter(launch=launch, pk=pk).select_related("launch", "actor").first()
    if found is None:
        raise not_found(_("There is no such order here."))
    return found


def chosen(launch: Launch, order: dict[str, Any]) -> QuerySet[Issue]:
    """The issues that `ids` names or that `filter` matches."""
    keys, text = order.get("ids"), order.get("filter")
    every = Issue.objects.filter(launch=launch)
    if isinstance(text, str) and keys is None:
        return matching(every, text)
    if not isinstance(keys, list) or not 1 <= len(keys) <= MOST_KEYS or not all(isinstance(key, str) for key in keys):
        detail = _("“ids” must be a list of 1 to %(limit)s keys such as IS-12, or give a “filter”.") % {
            "limit": MOST_KEYS}  # fmt: skip
        raise wrong("/ids", detail)
    numbers = {number for key in keys if (number := number_in(key))}
    found = every.filter(pk__in=numbers)
    known = set(found.values_list("pk", flat=True))
    absent = next((key for key in keys if number_in(key) not in known), None)
    if absent is not None:
        raise not_found(_("There is no %(key)s here for you.") % {"key": absent[:40]})
    return found


def matching(every: QuerySet[Issue], text: str) -> QuerySet[Issue]:
    """What the board's filters in an address match; 400 for a filter that cannot be understood."""
    query = QueryDict(text[:2000])
    refuse_unknown(query, IssueFilter)
    found = IssueFilter(query, every)
    if not found.is_valid():
        errors = tuple(FieldError(f"/{name}", str(texts[0])) for name, texts in found.errors.items())
        raise Problem(400, errors[0].detail, errors=errors)
    return found.qs
