"""This module adds and removes the routes of a source: only somebody who may manage both launches joins them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from gateway_ingest.models import RouteField, Source, SourceRoute
from hypercare.core.access import Principal, check
from hypercare.core.models import Launch
from hypercare.core.problem import Problem, not_found, wrong
from hypercare.core.roles import Right
from hypercare.core.timeline import Actor, Entry, record

MAX_ROUTES = 50


@dataclass(frozen=True)
class NewRoute:
    """What a route shall look at, and which launch gets what fits."""

    field: str
    name: str
    value: str
    launch: Launch


@transaction.atomic
def add(source: Source, new: NewRoute, *, principal: Principal, now: datetime) -> SourceRoute:
    """A new route, the last in order; it is written into the timeline of both launches.

    Raises Problem 403 or 404 where the person may not manage one of them, 409 for a route that is there or too many.
    """
    check(principal, source.launch, right=Right.MANAGE)
    check(principal, new.launch, right=Right.MANAGE)
    source = Source.objects.select_for_update(no_key=True, of=("self",)).select_related("launch").get(pk=source.pk)
    if source.routes.count() >= MAX_ROUTES:
        raise Problem(409, _("A source has at most 50 routes."))
    facts = {"field": new.field, "name": new.name, "value": new.value}
    try:
        with transaction.atomic():
            route = SourceRoute.objects.create(
                source=source, launch=new.launch, made_by=principal.user, made_at=now, **facts
            )
    except IntegrityError as error:
        detail = _("This source has a route for that already; remove it first.")
        raise wrong("/value", detail, status=409) from error
    _note(route, "source.routed", actor=principal.actor, now=now)
    return route


@transaction.atomic
def replace_all(source: Source, wanted: Sequence[NewRoute], *, principal: Principal, now: datetime) -> None:
    """Makes these the source's routes, in this order; those that stay as they are at the beginning are left alone.

    Raises Problem as `add`.
    """
    present = list(source.routes.select_related("source__launch", "launch"))
    same = 0
    while same < min(len(present), len(wanted)) and _is_like(present[same], wanted[same]):
        same += 1
    for route in present[same:]:
        remove(route, actor=principal.actor, now=now)
    for new in wanted[same:]:
        add(source, new, principal=principal, now=now)


def _is_like(route: SourceRoute, new: NewRoute) -> bool:
    return (route.field, route.name, route.value, route.launch_id) == (new.field, new.name, new.value, new.launch.pk)


@transaction.atomic
def remove(route: SourceRoute, *, actor: Actor, now: datetime) -> None:
    """Ends a route; with the last one, all goes to the source's own launch again."""
    _note(route, "source.unrouted", actor=actor, now=now)
    route.delete()


def route_seen_from(launch: Launch, number: int) -> SourceRoute:
    """A route of one of the launch's sources, or one of another's that leads here; 404 for any other."""
    route = SourceRoute.objects.select_related("source__launch", "launch").filter(pk=number).first()
    if route is None or launch.pk not in {route.launch_id, route.source.launch_id}:
        raise not_found(_("There is no such route here."))
    return route


def words(route: SourceRoute) -> str:
    """The route's condition in words."""
    if route.field == RouteField.ANYTHING:
        return str(RouteField.ANYTHING.label)
    if route.field == RouteField.LABEL:
        return f"{route.name} = {route.value}"
    return f"{RouteField(route.field).label}: {route.value}"


def _note(route: SourceRoute, kind: str, *, actor: Actor, now: datetime) -> None:
    """Both launches read it; it is one entry where they are one."""
    data = {
        "name": route.source.name,
        "from": route.source.launch.slug,
        "to": route.launch.slug,
        "if": f"{route.field} {route.name} {route.value}".strip(),
    }
    for launch in {route.source.launch, route.launch}:
        record(launch, [Entry(f"source:{route.source_id}", kind, data)], actor=actor, now=now)
