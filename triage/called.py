"""This module says what people call what a field keeps: an owner is kept by address, a component by its short name."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hypercare.core.models import Component, Launch, User
from triage.models import Decision

FIELDS = ("owner", "component")


def called(launch: Launch, field: str, values: Iterable[str]) -> dict[str, str]:
    """By each stored value its name; nothing of a field whose values need none. At most one query."""
    wanted = {value for value in values if value}
    if field == "owner" and wanted:
        return {person.email: str(person) for person in User.objects.filter(email__in=wanted)}
    if field == "component" and wanted:
        return dict(Component.objects.filter(launch=launch, slug__in=wanted).values_list("slug", "name"))
    return {}


def with_names(data: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What the timeline keeps of a change, with the names that people know the old and the new by."""
    known = {value: names[value] for value in (data["old"], data["new"]) if value in names}
    return data | ({"names": known} if known else {})


def name_values(launch: Launch, decisions: Sequence[Decision]) -> None:
    """Gives decisions the names of what they chose, for a page to show; at most two queries."""
    for field in FIELDS:
        of_field = [decision for decision in decisions if decision.field == field]
        names = called(launch, field, (decision.value for decision in of_field))
        for decision in of_field:
            decision.called = names.get(decision.value, "")
