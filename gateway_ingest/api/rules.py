"""This module lets scripts list and edit rules, arm them, and try them on the past."""

import math
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gateway_ingest.models import Rule, RuleState
from gateway_ingest.rules import arming, rows
from gateway_ingest.rules.defaults import DEFAULTS, MEANINGS
from gateway_ingest.rules.dry_run import DAYS, DryRun, try_out
from gateway_ingest.rules.keys import from_text, named
from gateway_ingest.rules.usefulness import Record, records_of
from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.strict import Text, Whole, YesNo
from hypercare.core.models import Launch
from hypercare.core.roles import Right

_LARGEST = 1e12
LAUNCH = OpenApiParameter("launch", str, required=True, description="The launch's slug.")


class Number(serializers.FloatField):
    """A finite number, not in quotes."""

    def to_internal_value(self, data: Any) -> float:
        """The number; true and false are none."""
        if (
            not isinstance(data, int | float)
            or isinstance(data, bool)
            or not math.isfinite(data)
            or abs(data) > _LARGEST
        ):
            raise serializers.ValidationError(_("This must be a number, without quotes."))
        return float(data)


class RuleStep(serializers.Serializer[Any]):
    """From this limit on the finding is so severe."""

    limit = Number()
    severity = Text()


class RuleShown(serializers.Serializer[Any]):
    """A rule as it is set, where it stands, and how it did. A share is from 0 to 1."""

    name = serializers.CharField()
    title = serializers.CharField()
    meaning = serializers.CharField()
    armed = serializers.BooleanField()
    measure = serializers.CharField()
    per = serializers.CharField()
    against = serializers.CharField()
    below = serializers.BooleanField()
    steps = RuleStep(many=True)
    minutes = serializers.IntegerField()
    least = serializers.IntegerField()
    clear_at = serializers.FloatField()
    clear_minutes = serializers.IntegerField()
    version = serializers.IntegerField()
    firing = serializers.ListField(child=serializers.DictField())
    firings = serializers.IntegerField()
    suppressed = serializers.IntegerField()
    last_fired_at = serializers.DateTimeField(allow_null=True)
    useful_share = serializers.FloatField(allow_null=True)


class RulesFound(serializers.Serializer[Any]):
    """All rules of a launch."""

    results = RuleShown(many=True)


class RuleChanges(serializers.Serializer[Any]):
    """What may be changed; what is left out stays."""

    armed = YesNo(required=False)
    steps = RuleStep(many=True, required=False)
    minutes = Whole(required=False)
    least = Whole(required=False)
    clear_at = Number(required=False)
    clear_minutes = Whole(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuses names that a rule does not have: they are slips."""
        given = self.initial_data if isinstance(self.initial_data, dict) else {}
        unknown = [str(name) for name in given if name not in self.fields]
        if unknown:
            raise serializers.ValidationError({name: [_("A rule has no such field.")] for name in unknown})
        return attrs

    def as_columns(self) -> dict[str, Any]:
        """The changes as a rule's row keeps them."""
        said = {name: value for name, value in self.validated_data.items() if name in rows.EDITABLE}
        if "steps" in said:
            said["steps"] = [[step["limit"], step["severity"]] for step in said["steps"]]
        return said


class Trial(RuleChanges):
    """Changes to be tried, and on how many of the last days."""

    days = Whole(required=False, default=DAYS[0])


class WouldFireShown(serializers.Serializer[Any]):
    """One time that the rule would have fired."""

    key = serializers.DictField()
    began_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    severity = serializers.CharField()
    value = serializers.FloatField()
    limit = serializers.FloatField()
    usual = serializers.FloatField(allow_null=True)
    suppressed = serializers.BooleanField()


class TrialShown(serializers.Serializer[Any]):
    """What the rule would have done; at most 1,000 of the times are listed."""

    begins = serializers.DateTimeField()
    ends = serializers.DateTimeField()
    times = serializers.IntegerField()
    held = serializers.IntegerField()
    keys = serializers.IntegerField(help_text="how many keys were tried, the busiest first")
    all_keys = serializers.IntegerField(help_text="how many there were")
    firings = WouldFireShown(many=True)


class Rules(APIView):
    """The rules of a launch."""

    @extend_schema(parameters=[LAUNCH], responses=RulesFound)
    def get(self, request: Request) -> Response:
        """In the order of the page."""
        launch = _launch_of(request, right=Right.READ)
        firing, records = _firing(launch), records_of(launch)
        found = rows.rules_of(launch, now=clock.now())
        return Response({"results": [_shown(row, firing, records) for row in found]})


class OneRule(APIView):
    """One rule of a launch."""

    @extend_schema(parameters=[LAUNCH], responses=RuleShown, operation_id="rule_retrieve")
    def get(self, request: Request, name: str) -> Response:
        """As it stands."""
        launch = _launch_of(request, right=Right.READ)
        return _answer(rows.rule_in(launch, name, now=clock.now()))

    @extend_schema(parameters=[LAUNCH], request=RuleChanges, responses=RuleShown)
    def patch(self, request: Request, name: str) -> Response:
        """Edits it, arms or disarms it; all of it or nothing."""
        launch = _launch_of(request, right=Right.MANAGE)
        said = RuleChanges(data=request.data)
        said.is_valid(raise_exception=True)
        actor, now = Principal.of(request).actor, clock.now()
        row = rows.rule_in(launch, name, now=now)
        with transaction.atomic():
            if "armed" in said.validated_data:
                row = (arming.arm if said.validated_data["armed"] else arming.disarm)(row, actor=actor, now=now)
            row = rows.edit(row, said.as_columns(), actor=actor, now=now)
        return _answer(row)


class DryRuns(APIView):
    """A rule's dry run."""

    @extend_schema(parameters=[LAUNCH], request=Trial, responses=TrialShown)
    def post(self, request: Request, name: str) -> Response:
        """Runs the rule, with the changes sent, over the stored minutes of the last days; nothing is saved."""
        launch = _launch_of(request, right=Right.MANAGE)
        said = Trial(data=request.data)
        said.is_valid(raise_exception=True)
        now = clock.now()
        rule = rows.checked(rows.rule_in(launch, name, now=now), said.as_columns())
        tried = try_out(launch, rule, days=said.validated_data["days"], now=now)
        return Response(TrialShown(_tried(name, tried)).data)


def _launch_of(request: Request, *, right: Right) -> Launch:
    slug = request.query_params.get("launch", "")
    if not slug:
        raise serializers.ValidationError({"launch": [_("Name the launch in the address: ?launch=its-slug.")]})
    return access_launch(Principal.of(request), slug, right=right)


def _answer(row: Rule) -> Response:
    launch = row.launch
    return Response(_shown(row, _firing(launch), records_of(launch)))


def _firing(launch: Launch) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    firing = RuleState.objects.filter(rule__launch=launch, firing=True).order_by("key")
    for name, key in firing.values_list("rule__name", "key")[:1000]:
        found.setdefault(name, []).append(key)
    return found


def _shown(row: Rule, firing: dict[str, list[str]], records: dict[str, Record]) -> Any:
    rule, record = rows.read(row), records.get(row.name, Record())
    columns = {name: getattr(row, name) for name in ("name", "armed", "minutes", "least", "clear_at", "clear_minutes")}
    return RuleShown(
        {
            **columns,
            "version": row.version,
            "title": _(DEFAULTS[row.name].title),
            "meaning": _(MEANINGS[row.name]),
            "measure": str(rule.measure),
            "per": str(rule.per),
            "against": str(rule.against),
            "below": rule.below,
            "steps": [{"limit": step.limit, "severity": str(step.severity)} for step in rule.steps],
            "firing": [named(rule.per, from_text(key, rule.per)) for key in firing.get(row.name, [])],
            "firings": record.firings,
            "suppressed": record.suppressed,
            "last_fired_at": record.last_fired_at,
            "useful_share": record.useful_share,
        }
    ).data


def _tried(name: str, tried: DryRun) -> dict[str, Any]:
    per = DEFAULTS[name].per
    return {
        "begins": tried.begins,
        "ends": tried.ends,
        "times": len(tried.told),
        "held": tried.held,
        "keys": tried.keys,
        "all_keys": tried.all_keys,
        "firings": [{**vars(one), "key": named(per, one.key)} for one in list(tried.firings)[:1000]],
    }
