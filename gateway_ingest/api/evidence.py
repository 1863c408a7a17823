"""This module answers scripts that ask traffic for evidence."""

import re
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.models import Feedback
from gateway_ingest import api_description, descriptions, evidence
from gateway_ingest.api import evidence_asked as asked
from gateway_ingest.api import evidence_shown as shown
from gateway_ingest.evidence.governance import USUAL_SPAN
from gateway_ingest.evidence.routes import Order
from gateway_ingest.models import ApiDescription
from hypercare.core import clock, keys
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.given import given
from hypercare.core.api.parsing import RawBody
from hypercare.core.models import Deployment, Launch
from hypercare.core.problem import not_found
from hypercare.core.roles import Right

_UNSAFE = re.compile(r"[^\x21-\x7e]")
_COMPONENT = OpenApiParameter("component", str, description="The slug of the component it describes.")
_LAUNCH = OpenApiParameter("launch", str, required=True)


def _said(request: Request, serializer: Any) -> dict[str, Any]:
    return given(serializer, request.query_params.dict())


def _launch(request: Request, said: dict[str, Any], *, right: Right = Right.READ) -> Launch:
    return access_launch(Principal.of(request), said["launch"], right=right)


class ReachOfSignature(APIView):
    """How many consumers calls of a signature came from."""

    @extend_schema(parameters=[asked.SignatureAsked], responses=shown.ReachShown)
    def get(self, request: Request) -> Response:
        """Distinct consumers and their share of all active ones in the same span."""
        said, now = _said(request, asked.SignatureAsked), clock.now()
        launch = _launch(request, said)
        span, signature = asked.span_of(said, now=now), asked.signature_of(said)
        return Response(shown.ReachShown(evidence.reach(launch, signature, span, now=now)).data)


class NearReport(APIView):
    """Calls and errors near a report."""

    @extend_schema(responses=shown.NearShown)
    def get(self, request: Request, key: str) -> Response:
        """By trace id, then request id, then consumer, then component and time, each with a score and reasons."""
        rows = Feedback.objects.select_related("launch", "component", "reporter")
        row = keys.named(rows, key, "HC", by=Principal.of(request), right=Right.READ)
        pieces = evidence.evidence_of(row, now=clock.now())
        return Response(shown.NearShown({"feedback": row.key, "evidence": pieces}).data)


class BeforeAndAfter(APIView):
    """Traffic before and after a deployment."""

    @extend_schema(parameters=[asked.ComparedAsked], responses=shown.ComparisonShown)
    def get(self, request: Request, key: str) -> Response:
        """The same length on both sides, what differs by more than chance, and one word for it."""
        rows = Deployment.objects.select_related("launch", "release__component", "environment")
        row = keys.named(rows, key, "DP", by=Principal.of(request), right=Right.READ)
        length = timedelta(minutes=_said(request, asked.ComparedAsked)["minutes"])
        return Response(shown.ComparisonShown(evidence.before_and_after(row, now=clock.now(), length=length)).data)


class VersionsOfLaunch(APIView):
    """Releases, models or prompt versions that ran at the same time."""

    @extend_schema(parameters=[asked.VersionsAsked], responses=shown.VersionsShown)
    def get(self, request: Request) -> Response:
        """Each held against the one that serves most, in the same routes at the same time."""
        said, now = _said(request, asked.VersionsAsked), clock.now()
        launch = _launch(request, said)
        span, signature = asked.span_of(said, now=now), asked.signature_of(said)
        found = evidence.versions(launch, span, by=said["by"], signature=signature)
        facts = {"by": found.by, "begins": span.begins, "ends": span.ends, "left_out": found.left_out}
        return Response(shown.VersionsShown(facts | {"results": found.rows}).data)


class LifeOfTrace(APIView):
    """The life of one request."""

    @extend_schema(parameters=[asked.LaunchAsked], responses=shown.LifeShown)
    def get(self, request: Request, trace_id: str) -> Response:
        """All calls of the trace in order, and the reports, alerts and deployments around them."""
        launch = _launch(request, _said(request, asked.LaunchAsked))
        if _UNSAFE.search(trace_id) or len(trace_id) > 200:
            raise not_found(_("There is no call of this trace here."))
        life = evidence.life_of(launch, trace_id, now=clock.now())
        if life is None:
            raise not_found(_("There is no call of this trace here."))
        return Response(shown.LifeShown(life).data)


class AiTable(APIView):
    """Models and prompt versions side by side."""

    @extend_schema(parameters=[asked.SpanAsked], responses=shown.AiShown)
    def get(self, request: Request) -> Response:
        """Speed, tokens, cost, errors, flags and ratings of each."""
        said = _said(request, asked.SpanAsked)
        launch, span = _launch(request, said), asked.span_of(said, now=clock.now())
        rows = evidence.ai_table(launch, span)
        return Response(shown.AiShown({"begins": span.begins, "ends": span.ends, "results": rows}).data)


class RoutesOfLaunch(APIView):
    """Routes with what was counted of each."""

    @extend_schema(parameters=[asked.RoutesAsked], responses=shown.RoutesShown)
    def get(self, request: Request) -> Response:
        """The first 50 in the order asked for."""
        said = _said(request, asked.RoutesAsked)
        launch, span = _launch(request, said), asked.span_of(said, now=clock.now())
        found = evidence.routes(launch, span, component=said["component"], order=Order(said["order"]))
        return Response(shown.RoutesShown({"begins": span.begins, "ends": span.ends} | vars(found)).data)


class SeriesOfMeasure(APIView):
    """A measure over time."""

    @extend_schema(parameters=[asked.SeriesAsked], responses=shown.SeriesShown)
    def get(self, request: Request) -> Response:
        """A point for every step, at most 400."""
        said = _said(request, asked.SeriesAsked)
        launch, span = _launch(request, said), asked.span_of(said, now=clock.now())
        step = timedelta(minutes=said["step_minutes"]) if said.get("step_minutes") else None
        found = evidence.series(launch, said["measure"], span, signature=asked.signature_of(said), step=step)
        minutes = found.step // timedelta(minutes=1)
        points = {"measure": found.measure, "step_minutes": minutes, "points": found.points}
        return Response(shown.SeriesShown(points).data)


class GovernanceFindings(APIView):
    """What an API should not do, found in its traffic."""

    @extend_schema(parameters=[asked.SpanAsked], responses=shown.GovernanceShown)
    def get(self, request: Request) -> Response:
        """By rule; without `from` of the last seven days."""
        said = _said(request, asked.SpanAsked)
        launch, span = _launch(request, said), asked.span_of(said, now=clock.now(), usual=USUAL_SPAN)
        rows = evidence.governance(launch, span)
        return Response(shown.GovernanceShown({"begins": span.begins, "ends": span.ends, "results": rows}).data)


class _File(RawBody):
    """An OpenAPI file."""

    limit = api_description.MAX_BYTES


class Descriptions(APIView):
    """Uploaded OpenAPI files."""

    parser_classes = [_File]

    @extend_schema(operation_id="descriptions_list", parameters=[asked.LaunchAsked], responses=shown.DescriptionsShown)
    def get(self, request: Request) -> Response:
        """The newest first."""
        launch = _launch(request, _said(request, asked.LaunchAsked))
        rows = ApiDescription.objects.filter(launch=launch).select_related("component").order_by("-pk")
        return Response(shown.DescriptionsShown({"results": rows}).data)

    @extend_schema(
        parameters=[_LAUNCH, _COMPONENT],
        request={"application/json": OpenApiTypes.OBJECT, "application/yaml": OpenApiTypes.STR},
        responses={201: shown.DescriptionShown},
    )
    def post(self, request: Request) -> Response:
        """Takes a file in JSON or YAML as the body; it replaces the one of the same component."""
        said = _said(request, asked.DescriptionAsked)
        launch, component = _launch(request, said, right=Right.MANAGE), said["component"]
        content = request.data if isinstance(request.data, bytes) else b""
        actor = Principal.of(request).actor
        row = descriptions.upload(launch, content, component=component, actor=actor, now=clock.now())
        return Response(shown.DescriptionShown(row).data, status=201)


class OneDescription(APIView):
    """One uploaded OpenAPI file."""

    def _row(self, request: Request, key: str, *, right: Right) -> ApiDescription:
        rows = ApiDescription.objects.select_related("launch", "component")
        return keys.named(rows, key, "AD", by=Principal.of(request), right=right)

    @extend_schema(operation_id="descriptions_read", responses=shown.DescriptionShown)
    def get(self, request: Request, key: str) -> Response:
        """What it is about."""
        return Response(shown.DescriptionShown(self._row(request, key, right=Right.READ)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """Removes it."""
        row = self._row(request, key, right=Right.MANAGE)
        descriptions.remove(row, actor=Principal.of(request).actor, now=clock.now())
        return Response(status=204)
