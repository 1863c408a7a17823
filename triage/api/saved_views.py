"""This module is the API of saved views of the board and the list."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.roles import Right
from triage.api import schema
from triage.board import readers, saved_views
from triage.models import HowOften, SavedView

VIEW: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string", "maxLength": 60},
        "query": {"type": "string", "description": "Filters and grouping as in the board's address."},
        "visibility": {"type": "string", "enum": ["private", "team", "default"]},
        "owner": {"type": "string", "readOnly": True},
    },
    "required": ["name", "visibility"],
}
MAIL = {"type": "object", "properties": {"often": {"type": "string", "enum": HowOften.values}}, "required": ["often"]}
VIEWS = {"type": "object", "properties": {"results": {"type": "array", "items": VIEW}}}


class SavedViews(APIView):
    """The views a person sees."""

    @extend_schema(operation_id="views_list", responses={200: VIEWS, **schema.PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """Your own and those of everyone."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.READ)
        return Response({"results": [_shape(view) for view in saved_views.views_of(launch, reader=principal.user)]})

    @extend_schema(
        operation_id="views_save", request={"application/json": VIEW}, responses={200: VIEW, **schema.PROBLEMS}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Keeps a view, in the place of your own of that name."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.READ)
        order = schema.read_order(request.data, texts=("name", "query", "visibility"))
        kept = {name: order[name] for name in ("name", "query", "visibility")}
        return Response(_shape(saved_views.save(launch, principal=principal, now=clock.now(), **kept)))


class SavedViewOne(APIView):
    """One view."""

    @extend_schema(operation_id="views_remove", responses={204: None, **schema.PROBLEMS})
    def delete(self, request: Request, slug: str, number: int) -> Response:
        """Forgets it."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.READ)
        saved_views.remove(launch, number, principal=principal)
        return Response(status=204)


class ViewMail(APIView):
    """Mail about what newly enters a view."""

    @extend_schema(
        operation_id="views_mail", request={"application/json": MAIL}, responses={200: MAIL, **schema.PROBLEMS}
    )
    def post(self, request: Request, slug: str, number: int) -> Response:
        """Begins it, or changes how often it comes; what is in the view now is not told."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.READ)
        order = schema.read_order(request.data, texts=("often",))
        view = saved_views.view_of(launch, number, reader=principal.user)
        return Response({"often": readers.begin(view, principal.user, often=order["often"], now=clock.now()).often})

    @extend_schema(operation_id="views_mail_end", responses={204: None, **schema.PROBLEMS})
    def delete(self, request: Request, slug: str, number: int) -> Response:
        """Ends it."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.READ)
        readers.end(saved_views.view_of(launch, number, reader=principal.user), principal.user)
        return Response(status=204)


def _shape(view: SavedView) -> dict[str, Any]:
    return {
        "id": view.pk, "name": view.name, "query": view.query, "visibility": view.visibility, "owner": str(view.owner),
    }  # fmt: skip
