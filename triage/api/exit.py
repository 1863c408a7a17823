"""This module answers how a launch's exit criteria stand."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.roles import Right
from triage.api.schema import PROBLEMS
from triage.exit.page import Row, exit_page
from triage.models import CriterionState


class CriterionShape(serializers.Serializer[Any]):
    """One criterion as it stands now."""

    code = serializers.CharField()
    name = serializers.CharField()
    metric = serializers.CharField()
    definition = serializers.CharField()
    must = serializers.BooleanField()
    value = serializers.FloatField(allow_null=True)
    comparator = serializers.CharField()
    threshold = serializers.FloatField()
    satisfied = serializers.BooleanField()
    satisfied_since = serializers.DateTimeField(allow_null=True)
    held_days = serializers.IntegerField(help_text="Days held so far, at most hold_days.")
    hold_days = serializers.IntegerField()
    state = serializers.ChoiceField(choices=CriterionState.choices)
    evidence = serializers.CharField(
        help_text="The page with its values, for a metric of the launch's own; else empty."
    )
    blocking = serializers.ListField(child=serializers.CharField(), help_text="Keys of what blocks it.")


class ExitShape(serializers.Serializer[Any]):
    """A launch's way to its exit."""

    launch = serializers.CharField()
    at = serializers.DateTimeField()
    met = serializers.IntegerField()
    total = serializers.IntegerField()
    criteria = CriterionShape(many=True)


class Exit(APIView):
    """Exit criteria of a launch."""

    @extend_schema(
        operation_id="exit_read",
        parameters=[OpenApiParameter("launch", str, required=True, description="The launch's slug.")],
        responses={200: ExitShape, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """The criteria with current value, target, held-for progress and state."""
        slug = request.query_params.get("launch", "")
        launch = access_launch(Principal.of(request), slug, right=Right.READ)
        now = clock.now()
        page = exit_page(launch, now)
        rows = sorted([*page.waiting, *page.met], key=lambda row: row.standing.criterion.position)
        answer = {
            "launch": launch.slug,
            "at": now,
            "met": len(page.met),
            "total": page.total,
            "criteria": [_shape(row) for row in rows],
        }
        return Response(ExitShape(answer).data)


def _shape(row: Row) -> dict[str, Any]:
    standing, criterion = row.standing, row.standing.criterion
    return {
        "code": criterion.code,
        "name": criterion.name,
        "metric": criterion.metric,
        "definition": row.definition,
        "must": criterion.must,
        "value": standing.value,
        "comparator": criterion.comparator,
        "threshold": criterion.threshold,
        "satisfied": standing.satisfied,
        "satisfied_since": standing.satisfied_since,
        "held_days": row.held,
        "hold_days": criterion.hold_days,
        "state": standing.state,
        "evidence": row.evidence,
        "blocking": [blocker.key for blocker in row.blockers],
    }
