"""This module answers how a launch scores, what an issue's score was, and why it stands where it does."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.given import given
from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from triage import pins
from triage.access import access_issue
from triage.api.schema import PROBLEMS, read_order
from triage.models import Issue, Score, ScoringRules
from triage.score.comparing import compared
from triage.score.formula import MAX_LENGTH
from triage.score.ranking import place_of
from triage.score.rules import change, facts_of, rules_of
from triage.score.standing import Between


class ScoringShape(serializers.Serializer[Any]):
    """How a launch scores."""

    matrix = serializers.ListField(
        child=serializers.ListField(
            child=serializers.IntegerField(min_value=1, max_value=5), min_length=3, max_length=3
        ),
        min_length=3,
        max_length=3,
        help_text="Severities; rows are impact 1 to 3, columns urgency 1 to 3.",
    )
    formula = serializers.CharField(
        allow_blank=True, max_length=MAX_LENGTH, help_text="Arithmetic over an issue's figures; empty for RICE."
    )


class ScoreShape(serializers.ModelSerializer[Score]):
    """What an issue's figures were from a moment on."""

    moved = serializers.DictField(help_text="Field by field what it was, and why it is what it is now.")

    class Meta:
        model = Score
        fields = (
            *("scored_at", "severity", "moscow", "reach_value", "reach_of", "reach_method", "rice_impact"),
            *("rice_confidence", "rice_effort", "rice_score", "formula_score", "rpn", "business_value", "moved"),
        )


class MoveShape(serializers.Serializer[Any]):
    """What one figure would have to become."""

    figure = serializers.CharField()
    now = serializers.FloatField()
    needed = serializers.FloatField()
    factor = serializers.FloatField(help_text="How many times as much, or as little.")


class BetweenShape(serializers.Serializer[Any]):
    """What keeps one issue above another."""

    upper = serializers.CharField()
    lower = serializers.CharField()
    reason = serializers.CharField()
    firm = serializers.BooleanField(help_text="No single figure less than doubled or halved would turn the two around.")
    moves = MoveShape(many=True)


class WhyShape(serializers.Serializer[Any]):
    """Where an open issue stands; without a rank where it is ended or merged."""

    rank = serializers.IntegerField(allow_null=True)
    of = serializers.IntegerField(allow_null=True)
    above = BetweenShape(allow_null=True)
    below = BetweenShape(allow_null=True)


class Scoring(APIView):
    """A launch's matrix and formula."""

    @extend_schema(operation_id="scoring_read", responses={200: ScoringShape, **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """The matrix and the formula in force."""
        launch = access_launch(Principal.of(request), slug, right=Right.READ)
        return Response(facts_of(rules_of(launch)))

    @extend_schema(operation_id="scoring_change", request=ScoringShape, responses={200: ScoringShape, **PROBLEMS})
    def patch(self, request: Request, slug: str) -> Response:
        """Changes what is sent and has the open issues scored again within seconds."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.MANAGE)
        said = given(ScoringShape, request.data, partial=True)
        return Response(facts_of(_changed(launch, said, principal)))


class IssueScores(APIView):
    """The history of an issue's score."""

    @extend_schema(operation_id="issues_scores", responses={200: ScoreShape(many=True), **PROBLEMS})
    def get(self, request: Request, key: str) -> Response:
        """The newest 200, newest first."""
        issue = access_issue(Principal.of(request), key, right=Right.READ)
        return Response(ScoreShape(issue.scores.order_by("-pk")[:200], many=True).data)


class PinShape(serializers.Serializer[Any]):
    """Whether a severity is pinned, by whom and why, and what it would be."""

    pinned = serializers.BooleanField()
    severity = serializers.IntegerField()
    by = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    would_be = serializers.IntegerField(help_text="What the rules say now.")
    why = serializers.CharField()


class PinOrderShape(serializers.Serializer[Any]):
    """What to pin it at, and why."""

    severity = serializers.IntegerField(min_value=1, max_value=5)
    reason = serializers.CharField()
    version = serializers.IntegerField(required=False)


class IssuePin(APIView):
    """A pinned severity, which measured reach does not move."""

    @extend_schema(operation_id="issues_pin_read", responses={200: PinShape, **PROBLEMS})
    def get(self, request: Request, key: str) -> Response:
        """Whether it is pinned, and what it would be."""
        return Response(_pin(access_issue(Principal.of(request), key, right=Right.READ)))

    @extend_schema(operation_id="issues_pin", request=PinOrderShape, responses={200: PinShape, **PROBLEMS})
    def put(self, request: Request, key: str) -> Response:
        """Pins it; it says why."""
        principal = Principal.of(request)
        issue = access_issue(principal, key, right=Right.TRIAGE)
        said = read_order(request.data, texts=("reason",))
        pins.pin(
            issue.pk, severity=said.get("severity"), reason=said["reason"], version=said["version"],
            actor=principal.actor, now=clock.now(),
        )  # fmt: skip
        return Response(_pin(access_issue(principal, key, right=Right.READ)))

    @extend_schema(operation_id="issues_pin_release", responses={200: PinShape, **PROBLEMS})
    def delete(self, request: Request, key: str) -> Response:
        """Lets it move again."""
        principal = Principal.of(request)
        issue = access_issue(principal, key, right=Right.TRIAGE)
        pins.release(issue.pk, actor=principal.actor, now=clock.now())
        return Response(_pin(access_issue(principal, key, right=Right.READ)))


def _pin(issue: Issue) -> dict[str, Any]:
    found = pins.pin_of(issue, now=clock.now())
    if found is None:
        return {
            "pinned": False,
            "severity": issue.severity,
            "by": None,
            "reason": None,
            "would_be": issue.severity,
            "why": "",
        }
    by, reason = found.decision.decider, found.decision.reason
    return {
        "pinned": True,
        "severity": issue.severity,
        "by": by,
        "reason": reason,
        "would_be": found.would_be,
        "why": found.why,
    }


class SideShape(serializers.Serializer[Any]):
    """One issue's value, and where it comes from."""

    value = serializers.CharField()
    origin = serializers.CharField()


class InputShape(serializers.Serializer[Any]):
    """One figure of two issues."""

    name = serializers.CharField()
    differs = serializers.BooleanField()
    upper = SideShape()
    lower = SideShape()


class ComparedShape(BetweenShape):
    """Two issues, what keeps one above the other, and all their figures."""

    inputs = InputShape(many=True)


class IssueThan(APIView):
    """Why one issue stands above another, or below."""

    @extend_schema(operation_id="issues_than", responses={200: ComparedShape, **PROBLEMS})
    def get(self, request: Request, key: str, other: str) -> Response:
        """Which of their figures differ, where each comes from, and how far one would have to move."""
        principal = Principal.of(request)
        one, two = (access_issue(principal, name, right=Right.READ) for name in (key, other))
        found = compared(one.launch, one, two) if one.launch_id == two.launch_id else None
        if found is None:
            raise Problem(409, _("Name two different issues of one launch that are open; only those are ranked."))
        inputs = [
            {"name": each.name, "differs": each.differs, "upper": vars(each.upper), "lower": vars(each.lower)}
            for each in found.inputs
        ]
        return Response((_between(found.between) or {}) | {"inputs": inputs})


class IssueWhy(APIView):
    """Why an issue stands where it does."""

    @extend_schema(operation_id="issues_why", responses={200: WhyShape, **PROBLEMS})
    def get(self, request: Request, key: str) -> Response:
        """Its rank, what holds between it and its neighbours, and how far a figure would have to move."""
        place = place_of(access_issue(Principal.of(request), key, right=Right.READ))
        if place is None:
            return Response({"rank": None, "of": None, "above": None, "below": None})
        neighbours = {"above": _between(place.above), "below": _between(place.below)}
        return Response({"rank": place.rank, "of": place.of, **neighbours})


def _changed(launch: Launch, said: dict[str, Any], principal: Principal) -> ScoringRules:
    before = facts_of(rules_of(launch))
    return change(launch, **(before | said), actor=principal.actor, now=clock.now())


def _between(found: Between | None) -> dict[str, Any] | None:
    if found is None:
        return None
    moves = [vars(move) for move in found.moves]
    said = {"upper": found.upper.key, "lower": found.lower.key, "reason": found.reason}
    return said | {"firm": found.is_firm, "moves": moves}
