"""This module lists dead letters for scripts, shows one, replays it or takes it off the list."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gateway_ingest import dead_letters, replaying
from gateway_ingest.api.alerts import LAUNCH
from gateway_ingest.api.launch_filter import launches_asked_for
from gateway_ingest.models import DeadLetter
from gateway_ingest.remedies import remedy_of
from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.api.given import given
from hypercare.core.keys import named
from hypercare.core.roles import Right

_SOURCE = OpenApiParameter("source", int, description="A source's number.")
_REASON = OpenApiParameter("reason", str, description="The reason to the letter.")
_HANDLED = OpenApiParameter("handled", bool, description="true for those replayed or dismissed; else those that wait.")


class LetterFilter(serializers.Serializer[Any]):
    """Which letters; those that wait, unless `handled` is true."""

    source = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)  # type: ignore[assignment]  # the contract's word
    reason = serializers.CharField(required=False, max_length=500)
    handled = serializers.BooleanField(required=False, default=False)


class LetterShown(serializers.ModelSerializer[DeadLetter]):
    """A dead letter in a list; `count` is how many it stands for."""

    id = serializers.CharField(source="key", read_only=True)
    launch = serializers.SlugField(source="source.launch.slug", read_only=True)
    source = serializers.IntegerField(source="source_id", read_only=True)  # type: ignore[assignment]  # the contract's word
    can_be_replayed = serializers.BooleanField(read_only=True)

    class Meta:
        model = DeadLetter
        fields: tuple[str, ...] = (
            *("id", "launch", "source", "format", "reason", "count", "refusal", "truncated", "received_at"),
            *("handled_at", "can_be_replayed"),
        )


class OneLetterShown(LetterShown):
    """One letter with what came, without secrets, and what to do about it; `advice` is empty where a replay may do."""

    can_be_mapped = serializers.SerializerMethodField()
    advice = serializers.SerializerMethodField()

    class Meta(LetterShown.Meta):
        fields = (*LetterShown.Meta.fields, "body", "can_be_mapped", "advice")

    def get_can_be_mapped(self, row: DeadLetter) -> bool:
        """Whether a mapping of its source would be asked."""
        return remedy_of(row).can_map

    def get_advice(self, row: DeadLetter) -> str:
        """What to do where a replay does not help."""
        return remedy_of(row).advice


@extend_schema_view(get=extend_schema(parameters=[LAUNCH, _SOURCE, _REASON, _HANDLED]))
class Letters(generics.ListAPIView[DeadLetter]):
    """Dead letters, newest first."""

    serializer_class = LetterShown
    queryset = DeadLetter.objects.none()

    def get_queryset(self) -> QuerySet[DeadLetter]:
        """The letters asked for, of launches that the caller manages."""
        said = given(LetterFilter, self.request.query_params.dict())
        waits = {"handled_at__isnull": not said.pop("handled")}
        launches = launches_asked_for(self.request, right=Right.MANAGE)
        rows = DeadLetter.objects.filter(source__launch__in=launches, **waits, **said)
        return rows.select_related("source__launch")


class OneLetter(APIView):
    """One dead letter."""

    @extend_schema(responses={200: OneLetterShown})
    def get(self, request: Request, key: str) -> Response:
        """The letter with what is kept of its body."""
        return Response(OneLetterShown(_letter(request, key)).data)


class LetterReplayed(serializers.Serializer[Any]):
    """What came of a replay: how many alerts or deployments were taken, and why others were not."""

    accepted = serializers.IntegerField()
    duplicate = serializers.BooleanField()
    rejected = serializers.ListField(child=serializers.DictField())
    receipts = serializers.ListField(child=serializers.CharField())
    dead_letter = serializers.CharField(allow_blank=True, help_text="The new letter of what was not taken.")


class ReplayLetter(APIView):
    """A letter at the door once more."""

    @extend_schema(request=None, responses={200: LetterReplayed})
    def post(self, request: Request, key: str) -> Response:
        """Takes it as if it came now; where nothing is taken it waits on. 409 for one that was handled or cannot be."""
        letter, principal = _letter(request, key), Principal.of(request)
        answer = replaying.replay(letter, actor=principal.actor, now=clock.now())
        return Response(LetterReplayed(answer).data)


class DismissLetter(APIView):
    """The end of a letter."""

    @extend_schema(request=None, responses={200: LetterShown})
    def post(self, request: Request, key: str) -> Response:
        """Takes it off the list for good, with a word in the timeline; again changes nothing."""
        letter, principal = _letter(request, key), Principal.of(request)
        rows = DeadLetter.objects.filter(pk=letter.pk)
        dead_letters.dismiss(rows, letter.launch, actor=principal.actor, now=clock.now())
        return Response(LetterShown(_letter(request, key)).data)


def _letter(request: Request, key: str) -> DeadLetter:
    """The letter of that key, for whoever manages its launch; 404 for another launch's."""
    rows = DeadLetter.objects.select_related("source__launch")
    return named(rows, key, "DL", by=Principal.of(request), right=Right.MANAGE)
