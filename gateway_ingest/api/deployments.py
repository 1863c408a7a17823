"""This module takes and lists deployments for scripts."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_ingest.api.alerts import LAUNCH
from gateway_ingest.api.launch_filter import launches_asked_for
from gateway_ingest.deployments import NewDeployment, name_of, record_deployment
from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.given import given
from hypercare.core.idempotency import answer_once
from hypercare.core.models import Deployment
from hypercare.core.roles import Right

_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="The same key within 24 hours gives the first answer."
)


class DeploymentPosted(serializers.Serializer[Deployment]):
    """What a script says of a deployment."""

    launch = serializers.SlugField(max_length=60)
    version = serializers.CharField(max_length=80)
    environment = serializers.CharField(max_length=40)
    component = serializers.SlugField(max_length=60, required=False, allow_blank=True, default="")
    deployed_at = serializers.DateTimeField(required=False, allow_null=True, default=None, default_timezone=UTC)
    summary = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    external_id = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    notes = serializers.CharField(max_length=100_000, required=False, allow_blank=True, default="")
    issues = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, default=list, max_length=200
    )

    def validate_issues(self, named: list[str]) -> tuple[str, ...]:
        """The keys of issues, as IS-12."""
        return tuple(named)

    def validate_deployed_at(self, moment: datetime | None) -> datetime | None:
        """A year that a calendar of ours can hold."""
        if moment and not 2000 <= moment.year < 3000:
            raise serializers.ValidationError(_("Write a time such as 2026-05-28T13:09:00Z."))
        return moment


class DeploymentShown(serializers.Serializer[Deployment]):
    """A deployment as lists show it."""

    id = serializers.SerializerMethodField()
    launch = serializers.SlugField(source="launch.slug")
    component = serializers.SerializerMethodField()
    version = serializers.CharField(source="release.version")
    environment = serializers.CharField(source="environment.name")
    deployed_at = serializers.DateTimeField()
    summary = serializers.CharField()
    external_id = serializers.CharField()
    named_issues = serializers.JSONField()

    def get_id(self, row: Deployment) -> str:
        """For example DP-3."""
        return name_of(row)

    def get_component(self, row: Deployment) -> str | None:
        """The component's slug; null for the whole launch."""
        return row.release.component.slug if row.release.component else None


class DeploymentAnswered(DeploymentShown):
    """The answer to a post; `replayed` when it was known already."""

    replayed = serializers.BooleanField()


@extend_schema_view(get=extend_schema(parameters=[LAUNCH]))
class Deployments(generics.ListAPIView[Deployment]):
    """Deployments, newest first; a POST records one."""

    serializer_class = DeploymentShown
    queryset = Deployment.objects.none()

    def get_queryset(self) -> QuerySet[Deployment]:
        """The deployments of the launches asked for."""
        launches = launches_asked_for(self.request, right=Right.READ)
        return Deployment.objects.filter(launch__in=launches).select_related(
            "launch", "release__component", "environment"
        )

    @extend_schema(
        request=DeploymentPosted, parameters=[_KEY], responses={201: DeploymentAnswered, 200: DeploymentAnswered}
    )
    def post(self, request: Request) -> Response:
        """Records a deployment; the same external id again gives 200 and the first one."""
        fields = given(DeploymentPosted, request.data)
        principal, now = Principal.of(request), clock.now()
        launch = access_launch(principal, fields.pop("launch"), right=Right.INGEST)

        def run() -> tuple[int, dict[str, Any]]:
            row, created = record_deployment(
                launch, NewDeployment(**fields), source=principal.source, actor=principal.actor, now=now
            )
            return (201 if created else 200), dict(DeploymentShown(row).data)

        (status, answer), replayed = answer_once(
            request.headers.get("Idempotency-Key", ""),
            owner=principal.source,
            method="POST",
            path=request.path,
            body=repr(sorted(fields.items())).encode() + launch.slug.encode(),
            now=now,
            run=run,
        )
        return Response(answer | {"replayed": replayed or status == 200}, status=200 if replayed else status)
