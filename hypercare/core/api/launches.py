"""This module lets scripts make, list, read and change launches."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.fields import get_error_detail
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock, launches
from hypercare.core.access import Principal, access_launch, check_may_create_launches, visible_launches
from hypercare.core.api import strict
from hypercare.core.api.given import given
from hypercare.core.api.pages import NewestFirst
from hypercare.core.api.shapes import LaunchPage, LaunchShape, shapes_of
from hypercare.core.idempotency import answer_once
from hypercare.core.models import Launch, Phase
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from hypercare.core.zones import zone_names

PLANNED = timedelta(days=20)
MAX_ACTIVE_USERS = 2_000_000_000


class LaunchFacts(serializers.Serializer[Launch]):
    """What a launch may be told about itself."""

    name = strict.Text(max_length=120)
    zone = strict.Text(max_length=64)
    language = strict.Choice(choices=settings.LANGUAGES)
    phase = strict.Choice(choices=Phase.choices)
    go_live_on = strict.Day()
    planned_end_on = strict.Day()
    hard_end_on = strict.Day(allow_null=True)
    active_users = strict.Whole(min_value=1, max_value=MAX_ACTIVE_USERS, allow_null=True)
    report_at = strict.TimeOfDay()
    report_grace_minutes = strict.Whole(min_value=0, max_value=720)
    transient_minutes = strict.Whole(min_value=0, max_value=240)
    transient_quiet_minutes = strict.Whole(min_value=1, max_value=240)
    transient_times_a_day = strict.Whole(min_value=0, max_value=50)


class NewLaunch(LaunchFacts):
    """A new launch needs a name; the rest is proposed."""

    slug = strict.Text(max_length=60, required=False)

    def get_fields(self) -> dict[str, Any]:
        """All but the name may be left out."""
        fields = super().get_fields()
        for name, field in fields.items():
            field.required = name == "name"
        return fields


class LaunchChange(LaunchFacts):
    """Any of the facts, and whether the launch is closed."""

    closed = strict.YesNo()


class Launches(APIView):
    """The launches one has a part in."""

    @extend_schema(operation_id="launches_list", responses={200: LaunchPage})
    def get(self, request: Request) -> Response:
        """Launches, newest first."""
        principal = Principal.of(request)
        pages = NewestFirst()
        page: list[Launch] = pages.paginate_queryset(visible_launches(principal), request, view=self) or []
        return pages.get_paginated_response(shapes_of(page, principal, now=clock.now()))

    @extend_schema(operation_id="launches_create", request=NewLaunch, responses={201: LaunchShape})
    def post(self, request: Request) -> Response:
        """Makes a launch; the one who asks leads it."""
        principal = Principal.of(request)
        check_may_create_launches(principal)
        now = clock.now()
        (status, body), _replayed = answer_once(
            request.headers.get("Idempotency-Key", ""),
            owner=principal.source,
            method="POST",
            path=request.path,
            body=json.dumps(request.data, sort_keys=True).encode(),
            now=now,
            run=lambda: (201, _create(request.data, principal, now=now)),
        )
        return Response(body, status=status)


class OneLaunch(APIView):
    """One launch."""

    @extend_schema(operation_id="launches_read", responses={200: LaunchShape})
    def get(self, request: Request, slug: str) -> Response:
        """The launch with what the caller is in it."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.READ_OWN)
        return Response(shapes_of([launch], principal, now=clock.now())[0])

    @extend_schema(operation_id="launches_change", request=LaunchChange(partial=True), responses={200: LaunchShape})
    def patch(self, request: Request, slug: str) -> Response:
        """Changes the facts that are sent, all of them or none."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.MANAGE)
        wanted = given(LaunchChange, request.data, partial=True)
        if not wanted:
            known = ", ".join(LaunchChange().fields)
            raise Problem(400, _("There is nothing to change; send some of %(known)s.") % {"known": known})
        changed = _change(launch, wanted, principal, now=clock.now())
        return Response(shapes_of([changed], principal, now=clock.now())[0])


def _create(data: Any, principal: Principal, *, now: datetime) -> Any:
    wanted = given(NewLaunch, data)
    facts = {name: value for name, value in wanted.items() if value is not None}
    facts["slug"] = facts.get("slug") or launches.propose_slug(facts["name"])
    launch = Launch(**facts)
    launch.go_live_on = launch.go_live_on or clock.local_day(now, _known_or_utc(launch.zone))
    launch.planned_end_on = launch.planned_end_on or launch.go_live_on + PLANNED
    try:
        launches.create_launch(launch, owner=principal.user, now=now)
    except ValidationError as error:
        raise _as_refusal(error) from error
    return shapes_of([launch], principal, now=now)[0]


@transaction.atomic
def _change(launch: Launch, facts: dict[str, Any], principal: Principal, *, now: datetime) -> Launch:
    closed = facts.pop("closed", None)
    try:
        launches.change_facts(launch, facts, actor=principal.actor, now=now)
    except ValidationError as error:
        raise _as_refusal(error) from error
    if closed is not None:
        (launches.close if closed else launches.reopen)(launch, actor=principal.actor, now=now)
    return Launch.objects.get(pk=launch.pk)


def _known_or_utc(zone: str) -> str:
    """A zone to take today's date from; an unknown one is refused when the launch is checked."""
    return zone if zone in zone_names() else "UTC"


def _as_refusal(error: ValidationError) -> serializers.ValidationError:
    return serializers.ValidationError(get_error_detail(error))
