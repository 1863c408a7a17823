"""This module lets scripts read and change one source: from where it may send, how it is signed, and where it leads."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gateway_ingest import source_routes, sources
from gateway_ingest.api.sources import SourceShown, source_of
from gateway_ingest.models import RouteField, Source
from gateway_ingest.source_forms import LimitsForm, RouteForm, SigningForm
from gateway_ingest.source_routes import MAX_ROUTES, NewRoute
from hypercare.core import clock
from hypercare.core.access import Principal, visible_launches
from hypercare.core.api.given import given
from hypercare.core.api.strict import Text, Whole, YesNo
from hypercare.core.problem import FieldError, Problem, wrong
from hypercare.core.roles import Right

# Under which names the forms of the page know what the API calls otherwise.
_LIMITS = {"allowed_networks": "networks"} | {name: name for name in ("rows_a_second", "zone", "environment")}
_SIGNING = {"signature_header": "header", "signing_secret": "secret", "signed_only": "signed_only", "topics": "topics"}


class RouteWanted(serializers.Serializer[Any]):
    """What a route looks at, and the launch that gets what fits; `name` is the label's."""

    field = serializers.ChoiceField(choices=RouteField.choices)
    name = Text(required=False, default="", allow_blank=True, max_length=80)
    value = Text(required=False, default="", allow_blank=True, max_length=200)
    launch = Text(max_length=60)


class SourceChanges(serializers.Serializer[Any]):
    """What may be changed; what is left out stays. `routes` are all there shall be, in their order."""

    allowed_networks = serializers.ListField(
        child=Text(max_length=60), required=False, help_text="Addresses or networks; none allows every address."
    )
    rows_a_second = Whole(required=False, allow_null=True, help_text="null is the installation's own.")
    zone = Text(required=False, allow_blank=True, max_length=64, help_text="Of times that do not say theirs.")
    environment = Text(
        required=False, allow_blank=True, max_length=40, help_text="Of what it sends, where that is not production."
    )
    signature_header = Text(
        required=False, allow_blank=True, max_length=80, help_text="Of an HMAC-SHA256; empty for Standard Webhooks."
    )
    signing_secret = Text(
        required=False, allow_blank=True, max_length=200, write_only=True, help_text="Empty forgets the present one."
    )
    signed_only = YesNo(required=False)
    topics = serializers.ListField(
        child=Text(max_length=300), required=False, help_text="ARNs of Amazon SNS whose signed messages are taken."
    )
    routes = RouteWanted(many=True, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuses names that a source does not have: they are slips."""
        given = self.initial_data if isinstance(self.initial_data, dict) else {}
        if unknown := [str(name) for name in given if name not in self.fields]:
            raise serializers.ValidationError({name: [_("A source has no such field.")] for name in unknown})
        return attrs


class OneSource(APIView):
    """One source."""

    @extend_schema(responses={200: SourceShown})
    def get(self, request: Request, number: int) -> Response:
        """The source with its limits, its signatures and its routes."""
        return Response(SourceShown(source_of(request, number)).data)

    @extend_schema(request=SourceChanges, responses={200: SourceShown})
    def patch(self, request: Request, number: int) -> Response:
        """Changes what is given, all of it or nothing; whoever adds a route manages both launches."""
        found, principal = source_of(request, number), Principal.of(request)
        said = given(SourceChanges, request.data)
        with transaction.atomic():
            # What is left out stays as it is now, also where somebody else changes it at the same moment.
            source = sources.locked(found.pk)
            if source.revoked_at:
                raise Problem(409, _("This source was ended; make a new one."))
            if said.keys() & _LIMITS.keys():
                _set_limits(source, said, principal)
            if said.keys() & _SIGNING.keys():
                _set_signing(source, said, principal)
            if "routes" in said:
                wanted = [_route(place, one, principal) for place, one in enumerate(said["routes"])]
                source_routes.replace_all(source, wanted, principal=principal, now=clock.now())
        return Response(SourceShown(source_of(request, number)).data)


def _set_limits(source: Source, said: Mapping[str, Any], principal: Principal) -> None:
    present: dict[str, Any] = {
        "networks": source.allowed_networks,
        "rows_a_second": source.rows_a_second,
        "zone": source.zone,
        "environment": source.environment,
    }
    given = present | {_LIMITS[name]: value for name, value in said.items() if name in _LIMITS}
    data = given | {"networks": "\n".join(given["networks"]), "zone": given["zone"] or "UTC"}
    form = LimitsForm(data, source=source)
    _check(form, {theirs: f"/{ours}" for ours, theirs in _LIMITS.items()})
    sources.set_limits(source, form.limits, actor=principal.actor, now=clock.now())


def _set_signing(source: Source, said: Mapping[str, Any], principal: Principal) -> None:
    """An empty secret forgets the present one, as a tick does on the page; one that is left out stays."""
    present: dict[str, Any] = {
        "header": source.signature_header,
        "signed_only": source.signed_only,
        "topics": source.topics,
    }
    given = present | {_SIGNING[name]: value for name, value in said.items() if name in _SIGNING}
    data = given | {"topics": "\n".join(given["topics"]), "forget": said.get("signing_secret") == ""}
    form = SigningForm(data, source=source)
    _check(form, {theirs: f"/{ours}" for ours, theirs in _SIGNING.items()})
    sources.set_signing(
        source,
        secret=form.new_secret,
        header=form.cleaned_data["header"],
        signed_only=form.cleaned_data["signed_only"],
        topics=form.cleaned_data["topics"],
        actor=principal.actor,
        now=clock.now(),
    )


def _route(place: int, said: Mapping[str, Any], principal: Principal) -> NewRoute:
    if place >= MAX_ROUTES:
        detail = _("A source has at most 50 routes.")
        raise wrong("/routes", detail)
    form = RouteForm(dict(said), launches=visible_launches(principal, right=Right.MANAGE))
    _check(form, {name: f"/routes/{place}/{name}" for name in ("field", "name", "value", "launch")})
    return NewRoute(**form.cleaned_data)


def _check(form: forms.Form, pointers: Mapping[str, str]) -> None:
    """Raises Problem 400 with what the form of the page would say beside each field."""
    if form.is_valid():
        return
    errors = tuple(
        FieldError(pointers.get(name, ""), str(text)) for name, texts in form.errors.items() for text in texts
    )
    raise Problem(400, errors[0].detail, errors=errors)
