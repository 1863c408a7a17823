"""This module is the API of war rooms: list, open and read them, read their timeline, and do what people do in them."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.pages import NewestFirst
from hypercare.core.problem import Problem, wrong
from hypercare.core.roles import Right
from triage.access import access_issue
from triage.api.room_shapes import (
    CallOutShape,
    DecisionShape,
    DutyShape,
    EndShape,
    LineShape,
    OpenShape,
    OrderShape,
    PromiseShape,
    RoomPageShape,
    RoomShape,
    TimelineShape,
    WholeRoomShape,
)
from triage.api.schema import PROBLEMS, read_order
from triage.models import LineKind, WarRoom
from triage.review import follow_ups
from triage.warroom import decided, duties, promises, rooms, talk, updates, words
from triage.warroom.page import kept_moments, room_page, timeline
from triage.warroom.rooms import access_room

ORDERS = ("say", "take", "give-up", "decide", "promise", "tell", "close")
_TEXTS = ("text", "kind", "at", "role", "area", "person", "what", "why", "supersedes", "due_at", "conditions", "actions",
          "needs", "words", "issue", "reason")  # fmt: skip


@extend_schema_view(
    get=extend_schema(
        operation_id="rooms_list",
        parameters=[OpenApiParameter("launch", str, required=True), OpenApiParameter("cursor", str)],
        responses={200: RoomPageShape, **PROBLEMS},
    ),
    post=extend_schema(
        operation_id="rooms_open", request=OpenShape, responses={200: RoomShape, 201: RoomShape, **PROBLEMS}
    ),
)
class Rooms(APIView):
    """War rooms of a launch."""

    def get(self, request: Request) -> Response:
        """Rooms, newest first."""
        launch = access_launch(Principal.of(request), request.query_params.get("launch", ""), right=Right.READ)
        pages = NewestFirst()
        page: list[WarRoom] = pages.paginate_queryset(rooms.rooms_of(launch), request, view=self) or []
        return pages.get_paginated_response(RoomShape(page, many=True).data)

    def post(self, request: Request) -> Response:
        """Opens the room of an issue: 201, or 200 with the one that is live."""
        principal = Principal.of(request)
        said = read_order(request.data, texts=_TEXTS)
        issue = access_issue(principal, said["issue"], right=Right.TRIAGE)
        now = clock.now()
        opened = rooms.open_room(issue, reason=said["reason"], actor=principal.actor, now=now)
        return Response(RoomShape(opened).data, status=201 if opened.opened_at == now else 200)


class Room(APIView):
    """One war room."""

    @extend_schema(operation_id="rooms_read", responses={200: WholeRoomShape, **PROBLEMS})
    def get(self, request: Request, key: str) -> Response:
        """The room with its roles, who is there, the next update, call-outs, decisions and actions."""
        return Response(_shape(access_room(Principal.of(request), key, right=Right.READ)))


class RoomTimeline(APIView):
    """Everything that happened around a room."""

    @extend_schema(
        operation_id="rooms_timeline",
        parameters=[OpenApiParameter("before", str)],
        responses={200: TimelineShape, **PROBLEMS},
    )
    def get(self, request: Request, key: str) -> Response:
        """Fifty lines, newest first."""
        room, now = access_room(Principal.of(request), key, right=Right.READ), clock.now()
        page = timeline(room, kept_moments(room, now=now), now=now, before=request.query_params.get("before", ""))
        return Response({"before": page.older or None, "results": LineShape(page.lines, many=True).data})


class RoomOrder(APIView):
    """What people do in a room."""

    @extend_schema(
        operation_id="rooms_order",
        parameters=[
            OpenApiParameter(
                "order", str, "path", enum=["say", "take", "give-up", "decide", "promise", "tell", "close"]
            )
        ],
        request=OrderShape,
        responses={200: WholeRoomShape, **PROBLEMS},
    )
    def post(self, request: Request, key: str, order: str) -> Response:
        """Does it and answers the room as it is now."""
        principal = Principal.of(request)
        room = access_room(principal, key, right=Right.TRIAGE)
        said = read_order(request.data, texts=_TEXTS)
        if order not in _ORDERS:
            raise Problem(404, _("There is nothing here."))
        _ORDERS[order](room, said, principal)
        return Response(_shape(access_room(principal, key, right=Right.READ)))


class PromiseEnd(APIView):
    """The end of a promise."""

    @extend_schema(operation_id="promises_end", request=EndShape, responses={200: PromiseShape, **PROBLEMS})
    def post(self, request: Request, key: str) -> Response:
        """Kept, or dropped with a reason."""
        principal = Principal.of(request)
        one = promises.access_promise(principal, key, right=Right.TRIAGE)
        follow_ups.check_may_end(one, principal)
        said = read_order(request.data, texts=_TEXTS)
        if not isinstance(said.get("kept"), bool):
            detail = _("Say whether it was kept: “kept” is true or false.")
            raise wrong("/kept", detail)
        ended = promises.end(one, kept=said["kept"], reason=said["reason"], actor=principal.actor, now=clock.now())
        return Response(PromiseShape(ended).data)


def _say(room: WarRoom, said: dict[str, Any], principal: Principal) -> None:
    at = words.moment(said["at"], "at")
    kind = said["kind"] or LineKind.CHAT
    talk.say(room, text=said["text"], kind=kind, at=at, actor=principal.actor, now=clock.now())


def _take(room: WarRoom, said: dict[str, Any], principal: Principal) -> None:
    person = duties.person_of(room.launch, said["person"])
    duties.take(room, role=said["role"], area=said["area"], person=person, actor=principal.actor, now=clock.now())


def _give_up(room: WarRoom, said: dict[str, Any], principal: Principal) -> None:
    duties.give_up(room, role=said["role"], area=said["area"], actor=principal.actor, now=clock.now())


def _decide(room: WarRoom, said: dict[str, Any], principal: Principal) -> None:
    decided.decide(
        room.launch, about=rooms.key_of_live(room), what=said["what"], why=said["why"], supersedes=said["supersedes"],
        actor=principal.actor, now=clock.now(),
    )  # fmt: skip


def _promise(room: WarRoom, said: dict[str, Any], principal: Principal) -> None:
    promises.promise(
        room.launch, about=rooms.key_of_live(room), what=said["what"],
        owner=duties.person_of(room.launch, said["person"]) or principal.user, due_at=words.moment(said["due_at"], "due_at"),
        actor=principal.actor, now=clock.now(),
    )  # fmt: skip


def _tell(room: WarRoom, said: dict[str, Any], principal: Principal) -> None:
    chosen = said.get("audiences")
    if not isinstance(chosen, list) or not all(isinstance(name, str) for name in chosen):
        chosen = []
    updates.tell(
        room, conditions=said["conditions"], actions=said["actions"], needs=said["needs"], audiences=chosen,
        actor=principal.actor, now=clock.now(),
    )  # fmt: skip


def _close(room: WarRoom, said: dict[str, Any], principal: Principal) -> None:
    rooms.close_room(room, words=said["words"], actor=principal.actor, now=clock.now())


_ORDERS = {
    "say": _say,
    "take": _take,
    "give-up": _give_up,
    "decide": _decide,
    "promise": _promise,
    "tell": _tell,
    "close": _close,
}


def _shape(room: WarRoom) -> dict[str, Any]:
    page = room_page(room, now=clock.now(), with_timeline=False)
    more = {
        "roles": DutyShape(page.duties, many=True).data,
        "here": [str(one.user) for one in page.here],
        "next_update_at": page.due.at if page.due else None,
        "update_is_late": bool(page.due and page.due.is_late),
        "call_outs": CallOutShape(page.call_outs, many=True).data,
        "decisions": DecisionShape(page.decisions, many=True).data,
        "promises": PromiseShape(page.promises, many=True).data,
    }
    return dict(RoomShape(room).data) | more
