"""This module finds the component a machine means by its own names for things."""

from collections.abc import Iterable
from datetime import datetime

from hypercare.core import rows
from hypercare.core.models import Component, FormerName
from hypercare.core.plain_names import plain


def components_by_name(launch_id: int) -> dict[str, Component]:
    """The launch's components by slug, plain name and hint; a slug wins over another's name, a name over a hint."""
    found = rows.read(Component, "launch_id = %s ORDER BY id", [launch_id])
    hints = {plain(hint): row for row in reversed(found) for hint in row.hints}
    return hints | {plain(row.name): row for row in found} | {row.slug: row for row in found}


def component_of(names: Iterable[str], components: dict[str, Component]) -> Component | None:
    """The first of the names that is known."""
    return next((components[plain(name)] for name in names if plain(name) in components), None)


def former_names(launch_id: int) -> dict[str, datetime]:
    """Until when plain names led to components of the launch that they lead to no longer, or that lost calls."""
    return dict(FormerName.objects.filter(launch=launch_id).values_list("name", "until"))
