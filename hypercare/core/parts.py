"""This module changes what a launch is made of: its teams, its components, its own fields on reports and its metrics."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from hypercare.core import wake
from hypercare.core.models import Component, FieldDefinition, FormerName, Launch, MetricDefinition, Team
from hypercare.core.plain_names import plain
from hypercare.core.timeline import Actor, Entry, record

_KINDS = {Team: "team", Component: "component", FieldDefinition: "field", MetricDefinition: "metric"}

# Traffic that names a component may have come before it; and what rules found of one is over once it is gone.
LINK_TASK = "gateway_ingest.link_components"

Part = Team | Component | FieldDefinition | MetricDefinition


@transaction.atomic
def save_part(part: Part, *, actor: Actor, now: datetime) -> None:
    """Saves a new or changed part; raises ValidationError for bad fields."""
    new = part.pk is None
    if isinstance(part, Component) and not part.slug:
        part.slug = free_slug(part.launch, part.name)
    part.full_clean()
    before = _names_of(part)
    try:
        with transaction.atomic():
            part.save()
    except IntegrityError as error:
        raise ValidationError(_("Somebody has just saved one of that name; look again.")) from error
    _note(part, "added" if new else "changed", actor=actor, now=now)
    _let_go(part, before - _names_of(part), now=now)


@transaction.atomic
def set_retired(component: Component, *, is_retired: bool, actor: Actor, now: datetime) -> None:
    """Retires a component, or takes it back; rules let go of it at once."""
    row = Component.objects.select_for_update(of=("self",)).select_related("launch").get(pk=component.pk)
    if bool(row.retired_at) == is_retired:
        return
    row.retired_at = now if is_retired else None
    row.save(update_fields=["retired_at"])
    _note(row, "retired" if is_retired else "returned", actor=actor, now=now)
    wake.worker_after_commit(LINK_TASK)


@transaction.atomic
def remove_part(part: Part, *, actor: Actor, now: datetime) -> None:
    """Removes a part; reports that named it stay."""
    _note(part, "removed", actor=actor, now=now)
    names = _names_of(part)
    part.delete()
    _let_go(part, names, now=now)


def free_slug(launch: Launch, name: str) -> str:
    """A component's address in its launch, made from its name."""
    plain = "-".join(word for word in slugify(name).replace("_", "-").split("-") if word)[:50].strip("-") or "component"
    taken = set(Component.objects.filter(launch=launch, slug__startswith=plain).values_list("slug", flat=True))
    free, number = plain, 1
    while free in taken:
        number += 1
        free = f"{plain}-{number}"
    return free


def _names_of(part: Part) -> set[str]:
    """The plain names by which machines may mean a stored component."""
    row = Component.objects.filter(pk=part.pk).first() if isinstance(part, Component) else None
    return {plain(name) for name in (row.slug, row.name, *row.hints)} if row else set()


def _let_go(part: Part, names: set[str], *, now: datetime) -> None:
    """Nobody waits any more for what was called by the names that a component lost."""
    if isinstance(part, Component):
        FormerName.note(part.launch_id, names, now=now)
        wake.worker_after_commit(LINK_TASK)


def _note(part: Part, what: str, *, actor: Actor, now: datetime) -> None:
    name = part.label if isinstance(part, FieldDefinition) else part.name
    kind = _KINDS[type(part)]
    record(part.launch, [Entry(f"{kind}:{part.pk}", f"{kind}.{what}", {"name": name})], actor=actor, now=now)
