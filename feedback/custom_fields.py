"""This module checks a report's values against the launch's own field definitions."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from hypercare.core.models import FieldDefinition, FieldKind, Launch
from hypercare.core.problem import FieldError


def definitions_of(launch: Launch) -> dict[str, FieldDefinition]:
    """The launch's own fields by key."""
    return {definition.key: definition for definition in FieldDefinition.objects.filter(launch=launch)}


def errors_in(
    values: dict[str, Any], definitions: dict[str, FieldDefinition], *, whole: bool = True
) -> list[FieldError]:
    """What is wrong with the values, one entry a field; with `whole` off, required fields may be missing."""
    errors = []
    for key in values.keys() - definitions.keys():
        known = ", ".join(sorted(definitions)) or _("none yet")
        detail = _("This launch has no field “%(key)s”; known are: %(known)s.") % {
            "key": str(key)[:40],
            "known": known,
        }
        errors.append(FieldError(f"/fields/{str(key)[:40]}", detail))
    for key, definition in definitions.items():
        detail = _complaint(values.get(key), definition) if whole or key in values else ""
        if detail:
            errors.append(FieldError(f"/fields/{key}", detail))
    return errors


def _complaint(value: Any, definition: FieldDefinition) -> str:
    if value is None:
        return _("“%(label)s” is missing.") % {"label": definition.label} if definition.required else ""
    if definition.kind == FieldKind.CHOICE:
        known = ", ".join(definition.choices)
        return "" if value in definition.choices else _("Choose one of %(known)s.") % {"known": known}
    fits, wanted = {
        FieldKind.TEXT: (isinstance(value, str) and len(value) <= 500, _("a text of up to 500 characters")),
        FieldKind.NUMBER: (isinstance(value, int | float) and not isinstance(value, bool), _("a number")),
        FieldKind.BOOLEAN: (isinstance(value, bool), _("true or false")),
        FieldKind.DATE: (_is_date(value), _("a date such as 2026-05-28")),
    }[FieldKind(definition.kind)]
    return "" if fits else _("“%(label)s” must be %(wanted)s.") % {"label": definition.label, "wanted": wanted}


def _is_date(value: Any) -> bool:
    try:
        return bool(date.fromisoformat(value).isoformat() == value)
    except (TypeError, ValueError):
        return False
