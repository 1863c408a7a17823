"""This module lets scripts name a launch's own metrics, and read every measurement of a launch."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.given import given
from hypercare.core.api.strict import Text
from hypercare.core.forms.parts import MetricForm, no_attribute
from hypercare.core.keys import named
from hypercare.core.models import Measurement, MetricDefinition
from hypercare.core.parts import remove_part, save_part
from hypercare.core.problem import FieldError, Problem
from hypercare.core.roles import Right

_LAUNCH = OpenApiParameter("launch", str, required=True, description="A launch's slug.")


class NewMetric(serializers.Serializer[MetricDefinition]):
    """A metric by the name its sender gives it; `only` are attributes that a value must carry, as queue=orders."""

    launch = serializers.SlugField(max_length=60)
    name = Text(max_length=50)
    unit = Text(max_length=20, required=False, default="", allow_blank=True)
    only = serializers.ListField(child=Text(max_length=80), required=False, default=list, max_length=10)

    def validate_only(self, words: list[str]) -> list[str]:
        """The attributes; a comma is what people write between two."""
        if wrong := [word for word in words if "," in word]:
            raise serializers.ValidationError(no_attribute(wrong[0]))
        return words


class MetricShown(serializers.ModelSerializer[MetricDefinition]):
    """A metric; its values are the measurements of `measured_as`."""

    id = serializers.CharField(source="key", read_only=True)
    launch = serializers.SlugRelatedField[MetricDefinition](slug_field="slug", read_only=True)

    class Meta:
        model = MetricDefinition
        fields = ("id", "launch", "name", "unit", "only", "measured_as")


class MeasurementShown(serializers.ModelSerializer[Measurement]):
    """One figure and when it was so."""

    class Meta:
        model = Measurement
        fields = ("metric", "measured_at", "value")


class _Asked(serializers.Serializer[Any]):
    launch = serializers.SlugField(max_length=60)
    metric = serializers.CharField(max_length=60, required=False)


@extend_schema_view(get=extend_schema(parameters=[_LAUNCH]))
class Metrics(generics.ListAPIView[MetricDefinition]):
    """A launch's own metrics; a POST names one."""

    serializer_class = MetricShown
    queryset = MetricDefinition.objects.none()

    def get_queryset(self) -> QuerySet[MetricDefinition]:
        """The metrics of the launch asked for."""
        launch = access_launch(Principal.of(self.request), _asked(self.request)["launch"], right=Right.READ)
        return MetricDefinition.objects.filter(launch=launch).select_related("launch")

    @extend_schema(request=NewMetric, responses={201: MetricShown})
    def post(self, request: Request) -> Response:
        """Names a metric; its values are taken from then on."""
        said, principal = given(NewMetric, request.data), Principal.of(request)
        launch = access_launch(principal, said["launch"], right=Right.MANAGE)
        form = MetricForm(said | {"only": ", ".join(said["only"])}, instance=MetricDefinition(launch=launch))
        try:
            if form.is_valid():
                save_part(form.instance, actor=principal.actor, now=clock.now())
        except ValidationError as error:
            form.add_error(None, error)
        if form.errors:
            raise _wrong(form)
        return Response(MetricShown(form.instance).data, status=201)


class OneMetric(APIView):
    """One metric."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """Its values are taken no longer; those so far stay for 90 days."""
        principal, rows = Principal.of(request), MetricDefinition.objects.select_related("launch")
        row = named(rows, key, "MD", by=principal, right=Right.MANAGE)
        remove_part(row, actor=principal.actor, now=clock.now())
        return Response(status=204)


@extend_schema_view(get=extend_schema(parameters=[_LAUNCH, OpenApiParameter("metric", str)]))
class Measurements(generics.ListAPIView[Measurement]):
    """Measurements, those written last first."""

    serializer_class = MeasurementShown
    queryset = Measurement.objects.none()

    def get_queryset(self) -> QuerySet[Measurement]:
        """The measurements of the launch asked for, perhaps of one metric."""
        asked = _asked(self.request)
        launch = access_launch(Principal.of(self.request), asked["launch"], right=Right.READ)
        rows = Measurement.objects.filter(launch=launch)
        return rows.filter(metric=asked["metric"]) if "metric" in asked else rows


def _asked(request: Request) -> dict[str, Any]:
    return given(_Asked, request.query_params.dict())


def _wrong(form: MetricForm) -> Problem:
    errors = tuple(
        FieldError("" if name == "__all__" else f"/{name}", str(text))
        for name, texts in form.errors.items()
        for text in texts
    )
    return Problem(400, errors[0].detail, errors=errors)
