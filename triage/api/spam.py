"""This module answers how it stands with spam and noise in a launch, and lets the machine set aside or only mark."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.given import given
from hypercare.core.models import Launch
from hypercare.core.roles import Right
from triage.api.schema import PROBLEMS
from triage.models import Sieve
from triage.sifting import aside
from triage.sifting.standing import SHOWN, counts_of, taught_in


class SpamOrder(serializers.Serializer[Any]):
    """Whether the machine may set aside by itself."""

    sets_aside = serializers.BooleanField()


class SpamShape(SpamOrder):
    """How it stands."""

    waiting = serializers.IntegerField(help_text="Set aside, without a person's word yet.")
    suspected = serializers.IntegerField(help_text="In the inbox, marked.")
    confirmed = serializers.IntegerField(help_text="Set aside and confirmed by a person.")
    judged = serializers.IntegerField(help_text="Reports of which a person said what they are.")
    genuine = serializers.IntegerField(help_text="Those of them that are genuine.")
    only_mark = serializers.ListField(child=serializers.CharField(), help_text="Rules that were taken back too often.")


class Spam(APIView):
    """Spam and noise of a launch."""

    @extend_schema(operation_id="spam_read", responses={200: SpamShape, **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """Whether the machine sets aside by itself, and the counts; the reports themselves: `feedback/?set_aside=true`."""
        return Response(_standing(access_launch(Principal.of(request), slug, right=Right.READ)))

    @extend_schema(operation_id="spam_turn", request=SpamOrder, responses={200: SpamShape, **PROBLEMS})
    def patch(self, request: Request, slug: str) -> Response:
        """Turns setting aside on or off; what is set aside already is left to people and time."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.MANAGE)
        order = given(SpamOrder, request.data)
        aside.turn(launch, on=order["sets_aside"], actor=principal.actor, now=clock.now())
        return Response(_standing(launch))


def _standing(launch: Launch) -> dict[str, Any]:
    taught = taught_in(launch)
    return {
        "sets_aside": Sieve.objects.filter(launch=launch).exists(),
        **dict(zip(SHOWN, counts_of(launch), strict=True)),
        "judged": taught["all"],
        "genuine": taught["back"],
        "only_mark": taught["mistrusted"],
    }
