"""This module finds the component a machine means by its own names for things."""

from collections.abc import Iterable

from hypercare.core.models import Component


def components_by_name(launch_id: int) -> dict[str, Component]:
    """The launch's components by slug, plain name and hint; a slug wins over another's name, a name over a hint."""
    rows = list(Component.objects.filter(launch_id=launch_id).order_by("pk"))
    hints = {plain(hint): row for row in reversed(rows) for hint in row.hints}
    return hints | {plain(row.name): row for row in rows} | {row.slug: row for row in rows}


def component_of(names: Iterable[str], components: dict[str, Component]) -> Component | None:
    """The first of the names that is known."""
    return next((components[plain(name)] for name in names if plain(name) in components), None)


def plain(name: str) -> str:
    """`Catalog_API` and `catalog-api` are the same to us."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.lower()).split())
