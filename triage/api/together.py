"""This module is the API of the wall, the daily stand-up and the shift."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.pages import NewestFirst
from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from triage.api.room_shapes import (
    DecisionShape,
    HandOverShape,
    ShiftPageShape,
    ShiftShape,
    StandupNoteShape,
    StandupOrderShape,
    StandupShape,
    TileShape,
    WallShape,
)
from triage.api.schema import PROBLEMS, read_order
from triage.models import ShiftNote
from triage.warroom import decided, duties, shift, standup
from triage.warroom.decided import decisions_about
from triage.warroom.wall import Tile, wall

STANDUP_ORDERS = ("begin", "go", "note", "decide", "end")
_TEXTS = ("block", "text", "what", "why", "to")


class WallFigures(APIView):
    """What the wall shows."""

    @extend_schema(operation_id="wall_read", responses={200: WallShape, **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """The verdict, what is open, and the figures as they were measured last."""
        launch = access_launch(Principal.of(request), slug, right=Right.READ)
        shown = wall(launch, now=clock.now())
        live = [shown.incident.room, *shown.other_rooms] if shown.incident else []
        return Response(
            {
                "verdict": shown.verdict.colour,
                "reason": shown.verdict.reason,
                "open": {f"SEV{severity}": count for severity, count in shown.open.items()},
                "rooms": [room.key for room in live],
                "alerts_firing": shown.firing,
                "exit_met": shown.met,
                "exit_all": len(shown.exits),
                "tiles": TileShape([_tile(one) for one in shown.tiles], many=True).data,
            }
        )


def _tile(one: Tile) -> dict[str, Any]:
    said = {name: getattr(one, name) for name in ("value", "n", "p90", "measured_at", "yesterday", "last_week")}
    return {"name": one.gauge.name, "label": str(one.gauge.label), "target": one.gauge.target} | said


class StandupToday(APIView):
    """Today's stand-up."""

    @extend_schema(operation_id="standup_read", responses={200: StandupShape, **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """The block it is at, and what was noted and decided."""
        return Response(_standup(access_launch(Principal.of(request), slug, right=Right.READ)))


class StandupOrder(APIView):
    """What is done in a stand-up."""

    @extend_schema(
        operation_id="standup_order",
        parameters=[OpenApiParameter("order", str, "path", enum=STANDUP_ORDERS)],
        request=StandupOrderShape,
        responses={200: StandupShape, **PROBLEMS},
    )
    def post(self, request: Request, slug: str, order: str) -> Response:
        """Does it and answers the stand-up as it is now."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.TRIAGE)
        said, now, actor = read_order(request.data, texts=_TEXTS), clock.now(), principal.actor
        if order not in STANDUP_ORDERS:
            raise Problem(404, _("There is nothing here."))
        one = standup.begin(launch, actor=actor, now=now) if order == "begin" else standup.running(launch, now=now)
        if order == "go":
            standup.go_to(one, block=said["block"], now=now)
        elif order == "note":
            standup.note(one, block=said["block"] or one.block, text=said["text"], actor=actor, now=now)
        elif order == "decide":
            decided.decide(launch, about=one.key, what=said["what"], why=said["why"], actor=actor, now=now)
        elif order == "end":
            standup.end(one, actor=actor, now=now)
        return Response(_standup(launch))


def _standup(launch: Launch) -> dict[str, Any]:
    now = clock.now()
    one = standup.of_today(launch, now=now)
    return {
        "id": one.key if one else None,
        "day": clock.local_day(now, launch.zone).isoformat(),
        "block": one.block if one else None,
        "begun_at": one.begun_at if one else None,
        "ended_at": one.ended_at if one else None,
        "notes": StandupNoteShape(one.notes.order_by("pk") if one else [], many=True).data,
        "decisions": DecisionShape(decisions_about(launch, one.key) if one else [], many=True).data,
    }


class Shifts(APIView):
    """Notes of shifts."""

    @extend_schema(
        operation_id="shifts_list",
        parameters=[OpenApiParameter("cursor", str)],
        responses={200: ShiftPageShape, **PROBLEMS},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Notes, newest first."""
        launch = access_launch(Principal.of(request), slug, right=Right.READ)
        pages = NewestFirst()
        page = pages.paginate_queryset(ShiftNote.objects.filter(launch=launch), request, view=self) or []
        return pages.get_paginated_response(ShiftShape(page, many=True).data)

    @extend_schema(operation_id="shifts_hand_over", request=HandOverShape, responses={201: ShiftShape, **PROBLEMS})
    def post(self, request: Request, slug: str) -> Response:
        """Hands the shift over, with the facts as they stand now."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.TRIAGE)
        said = read_order(request.data, texts=_TEXTS)
        taker = duties.person_of(launch, said["to"]) or principal.user
        note = shift.hand_over(launch, to=taker, text=said["text"], actor=principal.actor, now=clock.now())
        return Response(ShiftShape(note).data, status=201)


class ShiftTake(APIView):
    """The acknowledgement of a shift's note."""

    @extend_schema(operation_id="shifts_take", request=None, responses={200: ShiftShape, **PROBLEMS})
    def post(self, request: Request, key: str) -> Response:
        """Takes the shift over; only who it was handed to may."""
        principal = Principal.of(request)
        note = shift.access_note(principal, key, right=Right.TRIAGE)
        return Response(ShiftShape(shift.take_over(note, actor=principal.actor, now=clock.now())).data)
