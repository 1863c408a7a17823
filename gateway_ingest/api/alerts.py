"""This module lists alerts for scripts, and ends one that its machine does not end."""

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gateway_ingest import ending
from gateway_ingest.api.launch_filter import launches_asked_for
from gateway_ingest.models import Alert, AlertSeverity, AlertStatus
from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.api.given import given
from hypercare.core.keys import named
from hypercare.core.roles import Right

_SHOWN_WITH = ("launch", "source", "component", "feedback")
LAUNCH = OpenApiParameter("launch", str, description="A launch's slug; without it, all launches you may see.")


class AlertFilter(django_filters.FilterSet):
    """Filters of the list; each may be given several times."""

    status = django_filters.MultipleChoiceFilter(choices=AlertStatus.choices)
    severity = django_filters.MultipleChoiceFilter(choices=AlertSeverity.choices)

    class Meta:
        model = Alert
        fields = ["status", "severity"]


class AlertShown(serializers.ModelSerializer[Alert]):
    """One alert as the contract shows it."""

    id = serializers.CharField(source="key", read_only=True)
    launch = serializers.SlugRelatedField[Alert](slug_field="slug", read_only=True)
    source = serializers.SlugRelatedField[Alert](slug_field="name", read_only=True)  # type: ignore[assignment]  # the contract's word
    component = serializers.SlugRelatedField[Alert](slug_field="slug", read_only=True, allow_null=True)
    feedback = serializers.SlugRelatedField[Alert](slug_field="key", read_only=True, allow_null=True)

    class Meta:
        model = Alert
        fields = (
            *("id", "launch", "source", "title", "summary", "severity", "status", "count", "episode", "component"),
            *("fingerprint", "labels", "url", "starts_at", "ends_at", "first_seen_at", "latest_seen_at", "feedback"),
        )


@extend_schema_view(get=extend_schema(parameters=[LAUNCH]))
class Alerts(generics.ListAPIView[Alert]):
    """Alerts, newest first."""

    serializer_class = AlertShown
    filter_backends = (DjangoFilterBackend,)
    filterset_class = AlertFilter
    queryset = Alert.objects.none()

    def get_queryset(self) -> QuerySet[Alert]:
        """The alerts of the launches asked for."""
        launches = launches_asked_for(self.request, right=Right.READ)
        return Alert.objects.filter(launch__in=launches).select_related(*_SHOWN_WITH)


class WhyOver(serializers.Serializer[Alert]):
    """Why an alert is over though its machine does not say so."""

    reason = serializers.CharField(max_length=ending.MAX_REASON)


class EndAlert(APIView):
    """The end of an alert by a person."""

    @extend_schema(request=WhyOver, responses={200: AlertShown})
    def post(self, request: Request, key: str) -> Response:
        """Ends it, with the person and the reason on its timeline and its issue's; 409 for one that is over already.

        Should its machine say again that it fires, it begins a new episode. A rule of the launch fires again once it was
        below its limit in between, once all of its time came after this, or if it gets worse.
        """
        principal, known = Principal.of(request), Alert.objects.select_related(*_SHOWN_WITH)
        alert = named(known, key, "AL", by=principal, right=Right.TRIAGE)
        said = given(WhyOver, request.data)
        ending.end_by_hand(alert, reason=said["reason"], actor=principal.actor, now=clock.now())
        return Response(AlertShown(known.get(pk=alert.pk)).data)
