"""This module is the API's way to take a fresh move of an issue back."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.roles import Right
from triage.access import access_issue
from triage.api import schema
from triage.api.shapes import issue_shape
from triage.undo import undo_move


class IssueUndo(APIView):
    """Takes back the move of an issue that was just made."""

    @extend_schema(operation_id="issues_undo", request=schema.UNMERGE, responses={200: schema.ISSUE, **schema.PROBLEMS})
    def post(self, request: Request, key: str) -> Response:
        """Within a minute, by whoever moved it; 409 when that is over or when `version` is stale."""
        principal = Principal.of(request)
        issue = access_issue(principal, key, right=Right.TRIAGE)
        order = schema.read_order(request.data, texts=())
        undo_move(issue.pk, version=order["version"], actor=principal.actor, now=clock.now())
        return Response(issue_shape(access_issue(principal, key, right=Right.READ)))
