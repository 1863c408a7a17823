"""This module is the API of causes: the analysis of an issue, causes counted, and the register of risks."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.given import given
from hypercare.core.roles import Right
from triage.access import access_issue
from triage.api.asked import asked
from triage.api.cause_shapes import (
    BonePosted,
    BonePut,
    CausePut,
    CauseShape,
    CausesShape,
    LaunchPosted,
    RiskPosted,
    RiskPut,
    RiskShape,
    RisksShape,
    WhyPosted,
    WhyPut,
)
from triage.api.schema import PROBLEMS
from triage.models import Issue, Risk
from triage.rootcause import analysis, bones, counting, risks, whys
from triage.rootcause.reading import Analysis, BoneSeen, WhySeen, analysis_of

LISTED = 100
_FILTERS = ("code", "missed", "component", "team")
_CAUSE: dict[Any, Any] = {200: CauseShape, **PROBLEMS}


class IssueCause(APIView):
    """What is known of an issue's cause."""

    @extend_schema(operation_id="issues_cause", responses=_CAUSE)
    def get(self, request: Request, key: str) -> Response:
        """The analysis with its whys and fishbone, each in the order they are read."""
        return _cause(access_issue(Principal.of(request), key, right=Right.READ))

    @extend_schema(operation_id="issues_cause_put", request=CausePut, responses=_CAUSE)
    def put(self, request: Request, key: str) -> Response:
        """Says symptom, root cause, factors and codes; begins the analysis where there is none."""
        who, issue, said = asked(request, key, CausePut)
        version = said.pop("version", None)
        analysis.change(issue, analysis.Summary(**said), actor=who.actor, now=clock.now(), version=version)
        return _cause(issue)


class CauseWhys(APIView):
    """The tree of whys."""

    @extend_schema(operation_id="issues_cause_whys_add", request=WhyPosted, responses={201: CauseShape, **PROBLEMS})
    def post(self, request: Request, key: str) -> Response:
        """A new why, the last below the one it answers."""
        who, issue, said = asked(request, key, WhyPosted)
        under, bone = said.get("under"), said.get("bone")
        whys.add(issue, _why_said(said), under=under, bone=bone, actor=who.actor, now=clock.now())
        return _cause(issue, status=201)


class CauseWhy(APIView):
    """One why."""

    @extend_schema(operation_id="issues_cause_why_put", request=WhyPut, responses=_CAUSE)
    @transaction.atomic
    def put(self, request: Request, key: str, number: int) -> Response:
        """Changes, moves or puts back a why; 400 where it would hang below itself."""
        who, issue, said = asked(request, key, WhyPut)
        common: dict[str, Any] = {"actor": who.actor, "now": clock.now()}
        if said.get("removed") is False:
            whys.put_back(issue, number, **common)
        why = whys.change(issue, number, _why_said(said), version=said.get("version"), **common)
        if "under" in said:
            whys.move(issue, why.pk, under=said["under"], **common)
        if said.get("steps"):
            whys.step(issue, why.pk, steps=said["steps"], **common)
        return _cause(issue)

    @extend_schema(operation_id="issues_cause_why_remove", responses=_CAUSE)
    def delete(self, request: Request, key: str, number: int) -> Response:
        """Takes it away with all below it; it can be put back."""
        who = Principal.of(request)
        issue = access_issue(who, key, right=Right.TRIAGE)
        whys.remove(issue, number, actor=who.actor, now=clock.now())
        return _cause(issue)


class CauseBones(APIView):
    """The fishbone."""

    @extend_schema(operation_id="issues_cause_bones_add", request=BonePosted, responses={201: CauseShape, **PROBLEMS})
    def post(self, request: Request, key: str) -> Response:
        """A new bone, a cause under a bone or under a cause, or the bones of a preset."""
        who, issue, said = asked(request, key, BonePosted)
        common: dict[str, Any] = {"actor": who.actor, "now": clock.now()}
        if "preset" in said:
            bones.add_preset(issue, said["preset"], **common)
        else:
            bones.add(issue, _bone_said(said), under=said.get("under"), **common)
        return _cause(issue, status=201)


class CauseBone(APIView):
    """One bone or cause."""

    @extend_schema(operation_id="issues_cause_bone_put", request=BonePut, responses=_CAUSE)
    @transaction.atomic
    def put(self, request: Request, key: str, number: int) -> Response:
        """Changes, moves or puts back a bone or a cause."""
        who, issue, said = asked(request, key, BonePut)
        common: dict[str, Any] = {"actor": who.actor, "now": clock.now()}
        if said.get("removed") is False:
            bones.put_back(issue, number, **common)
        bone = bones.change(issue, number, _bone_said(said), version=said.get("version"), **common)
        if "under" in said:
            bones.move(issue, bone.pk, under=said["under"], **common)
        return _cause(issue)

    @extend_schema(operation_id="issues_cause_bone_remove", responses=_CAUSE)
    def delete(self, request: Request, key: str, number: int) -> Response:
        """Takes it away with all on it; it can be put back."""
        who = Principal.of(request)
        issue = access_issue(who, key, right=Right.TRIAGE)
        bones.remove(issue, number, actor=who.actor, now=clock.now())
        return _cause(issue)


class Causes(APIView):
    """The causes of a launch, counted."""

    @extend_schema(
        operation_id="launches_causes",
        parameters=[OpenApiParameter(name, str) for name in _FILTERS],
        responses={200: CausesShape, **PROBLEMS},
    )
    def get(self, request: Request, slug: str) -> Response:
        """How many analyses per code, reason why it was missed, component and team."""
        launch = access_launch(Principal.of(request), slug, right=Right.READ)
        found = counting.count(launch, {name: request.query_params.get(name, "") for name in _FILTERS})
        rows = [row.issue.key for row in found.rows.order_by("-pk")[:LISTED]]
        without = counting.without_analysis(launch).count()
        return Response(CausesShape({"total": found.total, "without": without, "issues": rows, **found.bars}).data)


class Risks(APIView):
    """The register of risks of a launch."""

    @extend_schema(
        operation_id="risks_list",
        parameters=[OpenApiParameter("launch", str, required=True)],
        responses={200: RisksShape, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """All of it, at most 500, the highest number of now first."""
        launch = access_launch(Principal.of(request), request.query_params.get("launch", ""), right=Right.READ)
        rows = risks.register(launch).prefetch_related("issues")
        return Response(RisksShape({"offered": len(risks.not_offered(launch)), "results": rows}).data)

    @extend_schema(operation_id="risks_add", request=RiskPosted, responses={201: RiskShape, **PROBLEMS})
    def post(self, request: Request) -> Response:
        """A new risk."""
        who, said = Principal.of(request), given(RiskPosted, request.data)
        launch = access_launch(who, said.pop("launch"), right=Right.TRIAGE)
        made = risks.add(launch, risks.RiskSaid(said), actor=who.actor, now=clock.now())
        return Response(RiskShape(made).data, status=201)


class RisksCommon(APIView):
    """The risks that launches have in common."""

    @extend_schema(operation_id="risks_take_common", request=LaunchPosted, responses={200: RisksShape, **PROBLEMS})
    def post(self, request: Request) -> Response:
        """Adds those that were never in the register."""
        who = Principal.of(request)
        launch = access_launch(who, given(LaunchPosted, request.data)["launch"], right=Right.TRIAGE)
        risks.take_common(launch, actor=who.actor, now=clock.now())
        return Response(RisksShape({"offered": 0, "results": risks.register(launch).prefetch_related("issues")}).data)


class RiskOne(APIView):
    """One risk."""

    @extend_schema(operation_id="risks_read", responses={200: RiskShape, **PROBLEMS})
    def get(self, request: Request, key: str) -> Response:
        """Ratings before and after the action, owner, due day and the issues in which it happened."""
        return Response(RiskShape(risks.access_risk(Principal.of(request), key, right=Right.READ)).data)

    @extend_schema(operation_id="risks_put", request=RiskPut, responses={200: RiskShape, **PROBLEMS})
    @transaction.atomic
    def put(self, request: Request, key: str) -> Response:
        """Changes it, or puts it back; 409 names who changed it since."""
        who, risk = self._named(request, key)
        said = given(RiskPut, request.data)
        version, removed = said.pop("version", None), said.pop("removed", None)
        if removed is False:
            risks.put_back(risk, actor=who.actor, now=clock.now())
        changed = risks.change(risk, risks.RiskSaid(said), actor=who.actor, now=clock.now(), version=version)
        return Response(RiskShape(changed).data)

    @extend_schema(operation_id="risks_remove", responses={200: RiskShape, **PROBLEMS})
    def delete(self, request: Request, key: str) -> Response:
        """Takes it from the register; it can be put back."""
        who, risk = self._named(request, key)
        risks.remove(risk, actor=who.actor, now=clock.now())
        risk.refresh_from_db()
        return Response(RiskShape(risk).data)

    def _named(self, request: Request, key: str) -> tuple[Principal, Risk]:
        who = Principal.of(request)
        return who, risks.access_risk(who, key, right=Right.TRIAGE)


def _why_said(said: dict[str, Any]) -> whys.WhySaid:
    names = ("text", "sureness", "verified_by", "code", "action", "evidence")
    return whys.WhySaid(**{name: said[name] for name in names if name in said})


def _bone_said(said: dict[str, Any]) -> bones.BoneSaid:
    return bones.BoneSaid(**{name: said[name] for name in ("text", "standing") if name in said})


def _cause(issue: Issue, *, status: int = 200) -> Response:
    found = analysis_of(issue)
    return Response(CauseShape(_seen(found) if found else _not_begun(issue)).data, status=status)


def _not_begun(issue: Issue) -> dict[str, Any]:
    nothing: dict[str, Any] = dict.fromkeys(("cause", "code", "missed", "begun_by"), "")
    nothing |= {"begun_at": None, "changed_at": None, "factors": [], "whys": [], "bones": [], "version": 0}
    return nothing | {"issue": issue.key, "symptom": analysis.symptom_of(issue)}


def _seen(found: Analysis) -> dict[str, Any]:
    return vars(found) | {"whys": list(_flat(found.whys, None)), "bones": list(_flat(found.bones, None))}


def _flat(level: tuple[WhySeen, ...] | tuple[BoneSeen, ...], under: int | None) -> list[dict[str, Any]]:
    """Depth first, each with the number of what it hangs from."""
    rows: list[dict[str, Any]] = []
    for one in level:
        told = vars(one) | {"under": under}
        if isinstance(one, WhySeen):
            told["is_end"] = one.is_end
        rows += [told, *_flat(one.below, one.number)]
    return rows
