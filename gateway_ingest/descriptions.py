"""This module keeps what an API says of itself: one description for a component, or for the whole launch."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from gateway_ingest import api_description
from gateway_ingest.models import ApiDescription
from hypercare.core.models import Component, Launch
from hypercare.core.problem import Problem, not_found, wrong
from hypercare.core.redaction import redact
from hypercare.core.timeline import Actor, Entry, record

MOST_DESCRIPTIONS = 50


@transaction.atomic
def upload(launch: Launch, content: bytes, *, component: str, actor: Actor, now: datetime) -> ApiDescription:
    """Reads a file and puts it in the place of the one before it; raises Problem 400 or 413."""
    if len(content) > api_description.MAX_BYTES:
        raise Problem(413, _("The file has more than 2 MB."))
    about = _component(launch, component)
    try:
        found = api_description.read(content)
    except api_description.DescriptionError as error:
        raise wrong("/file", str(error)) from None
    Launch.objects.select_for_update().get(pk=launch.pk)
    mine = ApiDescription.objects.filter(launch=launch)
    if not mine.filter(component=about).exists() and mine.count() >= MOST_DESCRIPTIONS:
        raise Problem(409, _("A launch has at most %(limit)d descriptions.") % {"limit": MOST_DESCRIPTIONS})
    mine.filter(component=about).delete()
    row = ApiDescription.objects.create(
        launch=launch,
        component=about,
        title=redact(found.title).text[:200],
        version=redact(found.version).text[:80],
        operations=[[each.method, each.path, each.deprecated] for each in found.operations],
        uploaded_by=actor.user,
        uploaded_at=now,
    )
    _record(row, "description.uploaded", actor=actor, now=now)
    return row


@transaction.atomic
def remove(row: ApiDescription, *, actor: Actor, now: datetime) -> None:
    """Removes a description; traffic is no longer held against it."""
    _record(row, "description.removed", actor=actor, now=now)
    row.delete()


def description_in(launch: Launch, number: int) -> ApiDescription:
    """The launch's description; 404 for another's."""
    row = ApiDescription.objects.filter(launch=launch, pk=number).select_related("launch", "component").first()
    if row is None:
        raise not_found(_("There is no such description in this launch."))
    return row


def _component(launch: Launch, slug: str) -> Component | None:
    if not slug:
        return None
    component = Component.objects.filter(launch=launch, slug=slug).first()
    if component is None:
        detail = _("There is no component “%(slug)s” in this launch.") % {"slug": slug[:60]}
        raise wrong("/component", detail)
    return component


def _record(row: ApiDescription, kind: str, *, actor: Actor, now: datetime) -> None:
    data = {"component": row.component.slug if row.component else "", "operations": len(row.operations)}
    record(row.launch, [Entry(row.key, kind, data)], actor=actor, now=now)
