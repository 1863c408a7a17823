"""This module is the API of what an issue may be the same problem as, and of a person's answer to that."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.problem import wrong
from hypercare.core.roles import Right
from triage import tree
from triage.access import access_issue
from triage.api import schema
from triage.match import answers, pairs
from triage.models import Issue


class IssueSimilar(APIView):
    """The issues most alike to one."""

    @extend_schema(operation_id="issues_similar", responses={200: schema.SIMILAR, **schema.PROBLEMS})
    def get(self, request: Request, key: str) -> Response:
        """Up to five issues with scores and reasons, none of them refused or merged."""
        return Response(_shape(access_issue(Principal.of(request), key, right=Right.READ)))

    @extend_schema(
        operation_id="issues_similar_answer",
        request=schema.SIMILAR_ANSWER,
        responses={200: schema.SIMILAR, **schema.PROBLEMS},
    )
    def post(self, request: Request, key: str) -> Response:
        """`same` merges the two; `false` says they are two problems, and the pair is not suggested again."""
        principal = Principal.of(request)
        issue = access_issue(principal, key, right=Right.TRIAGE)
        order = schema.read_order(request.data, texts=("other",))
        other = access_issue(principal, order["other"], right=Right.TRIAGE)
        if order.get("same") is True:
            issue = answers.accept(issue, other, version=order["version"], actor=principal.actor, now=clock.now())
        elif order.get("same") is False:
            pairs.refuse(issue, other, actor=principal.actor, now=clock.now())
        else:
            detail = _("Say whether they are the same problem: “same” is true or false.")
            raise wrong("/same", detail)
        return Response(_shape(issue))


def _shape(issue: Issue) -> dict[str, Any]:
    found = pairs.suggested_for(issue, tree.members_of([issue.pk])[issue.pk])
    return {
        "results": [
            {
                "id": near.issue.key,
                "title": near.issue.title,
                "status": near.issue.status,
                "component": near.issue.component.slug if near.issue.component else None,
                "score": near.score,
                "reasons": near.reasons,
                "evidence": near.evidence,
            }
            for near in found
        ]
    }
