"""This module holds the fields our forms share: one line of clean text, an address, a time zone."""

from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from hypercare.core.clock import FIRST_DAY, LAST_DAY
from hypercare.core.one_line import is_visible, one_line
from hypercare.core.strict_json import clean_text
from hypercare.core.zones import zone_names

_REGIONS = frozenset(
    ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"]
)
_OF_OUR_CALENDAR = _("Choose a day from 2000 to 2999.")


def refuse_unsafe_characters(value: str) -> None:
    """Refuses control characters and what is no whole character."""
    complaints = clean_text(value)
    if complaints:
        raise ValidationError([ValidationError(complaint) for complaint in complaints])


class LineField(forms.CharField):
    """One line of text: space inside it collapses, control characters are refused."""

    default_validators = [refuse_unsafe_characters]

    def to_python(self, value: Any) -> str | None:
        """The text on one line."""
        text = super().to_python(value)
        return one_line(text) if text and is_visible(text) else ""


class LowerEmailField(forms.EmailField):
    """An address; in any case it is the same one."""

    def to_python(self, value: Any) -> str | None:
        """The address in small letters."""
        text = super().to_python(value)
        return text.lower() if text else text


class DayField(forms.DateField):
    """A calendar day, as browsers write it whatever the language."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        ours = [MinValueValidator(FIRST_DAY, _OF_OUR_CALENDAR), MaxValueValidator(LAST_DAY, _OF_OUR_CALENDAR)]
        super().__init__(widget=widget, input_formats=["%Y-%m-%d"], validators=ours, **options)


class TimeOfDayField(forms.TimeField):
    """A time of day, as browsers write it whatever the language."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
        super().__init__(widget=widget, input_formats=["%H:%M", "%H:%M:%S"], **options)


@cache
def _zones() -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for zone in sorted(zone_names()):
        region, _slash, place = zone.partition("/")
        if region in _REGIONS and place:
            groups.setdefault(region, []).append((zone, place.replace("_", " ").replace("/", ", ")))
    return [("UTC", [("UTC", "UTC")]), *groups.items()]


def zone_choices(present: str = "") -> list[tuple[str, list[tuple[str, str]]]]:
    """Every place of the time zone database by region, and the present value where it is none of these."""
    zones = _zones()
    known = any(present == zone for _region, places in zones for zone, _name in places)
    return zones if known or not present else [(str(_("Now")), [(present, present)]), *zones]


def offer(form: forms.BaseForm, name: str, choices: Any) -> None:
    """Fills a choice that depends on who looks, with rows of a queryset or with pairs."""
    setattr(form.fields[name], "queryset" if isinstance(choices, QuerySet) else "choices", choices)
