"""This module is the API of a launch's own rules: write, change, switch, try on the past and remove them, read their runs."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api import strict
from hypercare.core.api.given import given
from hypercare.core.happenings import EVENTS
from hypercare.core.keys import named
from hypercare.core.roles import Right
from triage.api.schema import PROBLEMS
from triage.automation import rules
from triage.automation.actions import ACTIONS
from triage.automation.conditions import COMPARISONS, FIELDS
from triage.automation.dry_run import DAYS, Trial, try_out
from triage.models import AutomationRule, AutomationRun, Matching

_LAUNCH = OpenApiParameter("launch", str, required=True, description="A launch's slug.")
_PARTS = ("name", "event", "matching", "conditions", "actions", "place")


class ConditionShape(serializers.Serializer[Any]):
    """A field, how it is compared, and a value; commas divide values of which one will do."""

    field = strict.Choice(choices=list(FIELDS))
    value = serializers.CharField(max_length=200)

    def get_fields(self) -> dict[str, Any]:
        """With the comparison, whose name is a word of Python."""
        return {**super().get_fields(), "is": strict.Choice(choices=list(COMPARISONS))}


class ActionShape(serializers.Serializer[Any]):
    """What is done, and the value and text that this needs."""

    do = strict.Choice(choices=list(ACTIONS))
    value = serializers.CharField(max_length=254, required=False, allow_blank=True, default="")
    text = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")


class RulePosted(serializers.Serializer[AutomationRule]):
    """A rule; it is off until it is switched on."""

    launch = serializers.SlugField(max_length=60)
    name = strict.Text(max_length=rules.LONGEST_NAME)
    event = strict.Choice(choices=list(EVENTS))
    matching = strict.Choice(choices=Matching.values, required=False, default=str(Matching.ALL))
    conditions = ConditionShape(many=True, required=False, default=list)
    actions = ActionShape(many=True)
    place = strict.Whole(min_value=1, max_value=rules.LAST_PLACE, required=False)


class RulePatched(serializers.Serializer[AutomationRule]):
    """What is to be otherwise; `version` is the one that was read."""

    name = strict.Text(max_length=rules.LONGEST_NAME, required=False)
    event = strict.Choice(choices=list(EVENTS), required=False)
    matching = strict.Choice(choices=Matching.values, required=False)
    conditions = ConditionShape(many=True, required=False)
    actions = ActionShape(many=True, required=False)
    place = strict.Whole(min_value=1, max_value=rules.LAST_PLACE, required=False)
    is_on = strict.YesNo(required=False)
    version = strict.Whole(required=False)


class DaysPosted(serializers.Serializer[Any]):
    """How far back it is tried."""

    days = serializers.ChoiceField(choices=list(DAYS))


class AutomationRuleShown(serializers.ModelSerializer[AutomationRule]):
    """A rule; `off_why` is owner or loop where it stopped by itself."""

    id = serializers.CharField(source="key", read_only=True)
    launch = serializers.SlugRelatedField[AutomationRule](slug_field="slug", read_only=True)
    conditions = ConditionShape(many=True)
    actions = ActionShape(many=True)
    owner = serializers.CharField(source="owner_name")

    class Meta:
        model = AutomationRule
        fields = ("id", "launch", *_PARTS, "is_on", "off_why", "owner", "version")


class ActionResultShape(serializers.Serializer[Any]):
    """What came of one action: done, nothing or refused, in words."""

    do = serializers.CharField()
    came = serializers.CharField()
    words = serializers.CharField()


class RunShown(serializers.ModelSerializer[AutomationRun]):
    """One run; `chain` are the rules by whose doing it came to be, `guarded` that the loop guard held it back."""

    rule = serializers.SerializerMethodField()
    chain = serializers.SerializerMethodField()
    results = ActionResultShape(many=True)

    class Meta:
        model = AutomationRun
        fields = (
            *("id", "rule", "event", "subject", "occurred_at", "ran_at", "outcome", "guarded", "why", "results"),
            "chain",
        )

    def get_rule(self, run: AutomationRun) -> str:
        """Its key."""
        return f"AR-{run.rule_id}"

    def get_chain(self, run: AutomationRun) -> list[str]:
        """Their keys, the first first."""
        return [f"AR-{number}" for number in run.chain]


class SeenShape(serializers.Serializer[Any]):
    """What an action would do: would, nothing or refused, in words."""

    look = serializers.CharField()
    words = serializers.CharField()


class CaseShape(serializers.Serializer[Any]):
    """One thing that happened, and what the rule makes of it."""

    at = serializers.DateTimeField()
    subject = serializers.CharField()
    is_met = serializers.BooleanField()
    why = serializers.CharField()
    seen = SeenShape(many=True)


class TrialShape(serializers.Serializer[Trial]):
    """What the rule would have made of the past: counts, and the newest cases."""

    days = serializers.IntegerField()
    looked_at = serializers.IntegerField()
    matched = serializers.IntegerField()
    is_cut = serializers.BooleanField(help_text="only the newest 1,000 were looked at")
    done = serializers.DictField(child=serializers.IntegerField())
    refused = serializers.DictField(child=serializers.IntegerField())
    cases = CaseShape(many=True)
    missed = CaseShape(many=True)


@extend_schema_view(get=extend_schema(operation_id="automation_list", parameters=[_LAUNCH]))
class Rules(generics.ListAPIView[AutomationRule]):
    """A launch's own rules; a POST writes one."""

    serializer_class = AutomationRuleShown
    queryset = AutomationRule.objects.none()

    def get_queryset(self) -> QuerySet[AutomationRule]:
        """The rules of the launch asked for."""
        slug = self.request.query_params.get("launch", "")
        launch = access_launch(Principal.of(self.request), slug, right=Right.READ)
        return AutomationRule.objects.filter(launch=launch).select_related("launch")

    @extend_schema(operation_id="automation_add", request=RulePosted, responses={201: AutomationRuleShown, **PROBLEMS})
    def post(self, request: Request) -> Response:
        """Writes one, switched off."""
        said, by = given(RulePosted, request.data), Principal.of(request)
        launch = access_launch(by, said.pop("launch"), right=Right.MANAGE)
        return Response(AutomationRuleShown(rules.add(launch, said, by=by, now=clock.now())).data, status=201)


class OneRule(APIView):
    """One rule."""

    @extend_schema(operation_id="automation_read", responses={200: AutomationRuleShown, **PROBLEMS})
    def get(self, request: Request, key: str) -> Response:
        """As it is."""
        return Response(AutomationRuleShown(_rule(request, key, Right.READ)).data)

    @extend_schema(
        operation_id="automation_change", request=RulePatched, responses={200: AutomationRuleShown, **PROBLEMS}
    )
    def patch(self, request: Request, key: str) -> Response:
        """Changes what is named; 409 where somebody changed it since `version`."""
        rule, by, now = _rule(request, key, Right.MANAGE), Principal.of(request), clock.now()
        said = given(RulePatched, request.data)
        on, version = said.pop("is_on", None), said.pop("version", None)
        if said:
            rule = rules.change(rule, said, by=by, now=now, version=version)
        if on is not None:
            rule = rules.switch(rule, on=on, by=by, now=now, version=None if said else version)
        return Response(AutomationRuleShown(rule).data)

    @extend_schema(operation_id="automation_remove", responses={204: None, **PROBLEMS})
    def delete(self, request: Request, key: str) -> Response:
        """Removes it with its runs; what it did stays."""
        rules.remove(_rule(request, key, Right.MANAGE), actor=Principal.of(request).actor, now=clock.now())
        return Response(status=204)


class DryRun(APIView):
    """A rule on the past."""

    @extend_schema(operation_id="automation_dry_run", request=DaysPosted, responses={200: TrialShape, **PROBLEMS})
    def post(self, request: Request, key: str) -> Response:
        """What it would have done; nothing is."""
        rule, days = _rule(request, key, Right.READ), given(DaysPosted, request.data)["days"]
        return Response(TrialShape(try_out(rule, days=int(days), now=clock.now())).data)


@extend_schema_view(get=extend_schema(operation_id="automation_runs"))
class Runs(generics.ListAPIView[AutomationRun]):
    """The runs of a rule, newest first."""

    serializer_class = RunShown
    queryset = AutomationRun.objects.none()

    def get_queryset(self) -> QuerySet[AutomationRun]:
        """All of one rule."""
        return AutomationRun.objects.filter(rule=_rule(self.request, self.kwargs["key"], Right.READ))


def _rule(request: Request, key: str, right: Right) -> AutomationRule:
    rows = AutomationRule.objects.select_related("launch", "owner")
    return named(rows, key, "AR", by=Principal.of(request), right=right)
