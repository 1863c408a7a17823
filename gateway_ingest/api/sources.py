"""This module lets scripts make, list, rotate and end sources; a key is answered once, when it is made."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gateway_ingest import sources
from gateway_ingest.api.alerts import LAUNCH
from gateway_ingest.api.launch_filter import launches_asked_for
from gateway_ingest.models import Source, SourceRoute
from gateway_ingest.programs import PROGRAMS
from gateway_ingest.source_forms import check_secret
from hypercare.core import clock
from hypercare.core.access import Principal, access_launch, visible_launches
from hypercare.core.api.given import given
from hypercare.core.problem import not_found
from hypercare.core.roles import Right


class NewSource(serializers.Serializer[Source]):
    """What a new source needs."""

    launch = serializers.SlugField(max_length=60)
    name = serializers.CharField(max_length=sources.MAX_NAME)
    signing_secret = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="Of Standard Webhooks, beginning with whsec_."
    )
    signed_only = serializers.BooleanField(default=False, help_text="Refuse whatever is not signed.")
    program = serializers.ChoiceField(
        choices=sorted(PROGRAMS), required=False, default="", help_text="What sends; the page shows its configuration."
    )

    def validate_signing_secret(self, given: str) -> str:
        """Refuses what no signature can be made with."""
        try:
            if given:
                check_secret(given)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error
        return given


class RouteShown(serializers.ModelSerializer[SourceRoute]):
    """A route: what fits goes to its launch; `name` is the label's, where it looks at one."""

    launch = serializers.SlugRelatedField[SourceRoute](slug_field="slug", read_only=True)

    class Meta:
        model = SourceRoute
        fields = ("field", "name", "value", "launch")


_SHOWN: tuple[str, ...] = (
    *("id", "launch", "name", "hint", "created_at", "revoked_at"),
    *("first_event_at", "last_event_at", "repeats", "letters", "refused", "limited", "signed_only", "signature_header"),
    *("program", "zone", "environment", "allowed_networks", "rows_a_second", "has_secret", "topics", "routes"),
)


class SourceShown(serializers.ModelSerializer[Source]):
    """A source as lists show it; the hint is the beginning of its key."""

    launch = serializers.SlugRelatedField[Source](slug_field="slug", read_only=True)
    has_secret = serializers.SerializerMethodField()
    routes = RouteShown(many=True, read_only=True)

    class Meta:
        model = Source
        fields = _SHOWN

    def get_has_secret(self, row: Source) -> bool:
        """Whether a signing secret is set; it is never shown."""
        return bool(row.signing_secret)


class SourceWithKey(SourceShown):
    """A source with the key that is shown this once, and where to post."""

    key = serializers.CharField()
    ingest_url = serializers.CharField()

    class Meta(SourceShown.Meta):
        fields = (*_SHOWN, "key", "ingest_url")


@extend_schema_view(get=extend_schema(parameters=[LAUNCH]))
class Sources(generics.ListAPIView[Source]):
    """Sources, newest first; a POST makes one."""

    serializer_class = SourceShown
    queryset = Source.objects.none()

    def get_queryset(self) -> QuerySet[Source]:
        """The sources of the launches asked for."""
        launches = launches_asked_for(self.request, right=Right.MANAGE)
        return (
            Source.objects.filter(launch__in=launches, traffic_watch=None)
            .select_related("launch")
            .prefetch_related("routes__launch")
        )

    @extend_schema(request=NewSource, responses={201: SourceWithKey})
    def post(self, request: Request) -> Response:
        """Makes a source."""
        wanted = given(NewSource, request.data)
        principal = Principal.of(request)
        launch = access_launch(principal, wanted["launch"], right=Right.MANAGE)
        source, key = sources.create(
            launch,
            name=wanted["name"],
            signing_secret=wanted.get("signing_secret", ""),
            signed_only=wanted["signed_only"],
            program=wanted["program"],
            actor=principal.actor,
            now=clock.now(),
        )
        return Response(_with_key(source, key), status=201)


class RotateSource(APIView):
    """A new key for a source."""

    @extend_schema(request=None, responses={200: SourceWithKey})
    def post(self, request: Request, number: int) -> Response:
        """Answers the new key; the present one works for 24 hours more."""
        source, key = sources.rotate(source_of(request, number), actor=Principal.of(request).actor, now=clock.now())
        return Response(_with_key(source, key))


class EarlierKeysEnded(serializers.Serializer[Source]):
    """How many keys before the present one still worked."""

    ended_keys = serializers.IntegerField()


class EndEarlierKeys(APIView):
    """The end of a source's keys before the present one."""

    @extend_schema(request=None, responses={200: EarlierKeysEnded})
    def post(self, request: Request, number: int) -> Response:
        """Ends them at once, for a key that got into wrong hands; the present key works on."""
        ended = sources.end_earlier_keys(source_of(request, number), actor=Principal.of(request).actor, now=clock.now())
        return Response({"ended_keys": ended})


class SourceEnded(SourceShown):
    """A source that was ended, and how many open alerts ended with it."""

    ended_alerts = serializers.IntegerField()

    class Meta(SourceShown.Meta):
        fields = (*_SHOWN, "ended_alerts")


class EndSource(APIView):
    """The end of a source."""

    @extend_schema(request=None, responses={200: SourceEnded})
    def post(self, request: Request, number: int) -> Response:
        """Ends it and all its keys at once, and the alerts it has open, which nothing else would end."""
        source = source_of(request, number)
        ended = sources.end(source, actor=Principal.of(request).actor, now=clock.now())
        source.refresh_from_db()
        return Response(SourceShown(source).data | {"ended_alerts": ended})


def source_of(request: Request, number: int) -> Source:
    """The source of that number, for whoever may manage its launch; 404 for everybody else."""
    launches = visible_launches(Principal.of(request), right=Right.MANAGE)
    source = Source.objects.select_related("launch").filter(launch__in=launches, pk=number, traffic_watch=None).first()
    if source is None:
        raise not_found(_("There is no such source here for you."))
    return source


def _with_key(source: Source, key: str) -> dict[str, Any]:
    shown = dict(SourceShown(source).data)
    return shown | {"key": key, "ingest_url": f"{settings.PUBLIC_URL}/ingest/{key}/"}
