"""This module holds serializer fields that take the right JSON type and no other: 5 is no text, "5" is no number."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from hypercare.core.clock import FIRST_DAY, LAST_DAY
from hypercare.core.strict_json import clean_text


class Text(serializers.CharField):
    """A text in quotes, on one line, without control characters."""

    def to_internal_value(self, data: Any) -> str:
        """The text; space inside it collapses."""
        if not isinstance(data, str):
            raise serializers.ValidationError(_("This must be a text in quotes."))
        complaints = clean_text(data)
        if complaints:
            raise serializers.ValidationError(complaints)
        return " ".join(data.split())

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Refuses another type before anything else looks at it."""
        if data is not serializers.empty and data is not None:
            self.to_internal_value(data)
        return super().run_validation(data)


class Choice(serializers.ChoiceField):
    """One of a few texts."""

    def to_internal_value(self, data: Any) -> Any:
        """The value, if it is one of them."""
        if not isinstance(data, str):
            raise serializers.ValidationError(_("This must be a text in quotes."))
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A whole number, not in quotes."""

    def to_internal_value(self, data: Any) -> int:
        """The number; true and false are none."""
        if not isinstance(data, int) or isinstance(data, bool):
            raise serializers.ValidationError(_("This must be a whole number, without quotes."))
        return super().to_internal_value(data)


class YesNo(serializers.BooleanField):
    """true or false, and no word for it."""

    def to_internal_value(self, data: Any) -> bool:
        """The value."""
        if not isinstance(data, bool):
            raise serializers.ValidationError(_("This must be true or false, without quotes."))
        return data


class Day(serializers.DateField):
    """A day such as 2026-05-28."""

    def to_internal_value(self, value: Any) -> Any:
        """The day."""
        if not isinstance(value, str):
            raise serializers.ValidationError(_("This must be a day in quotes, such as 2026-05-28."))
        day = super().to_internal_value(value)
        if not FIRST_DAY <= day <= LAST_DAY:
            raise serializers.ValidationError(_("Choose a day from 2000 to 2999."))
        return day


@extend_schema_field(
    {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$", "example": "15:00:00"}
)
class TimeOfDay(serializers.TimeField):
    """A time of day such as 15:00."""

    def to_internal_value(self, value: Any) -> Any:
        """The time."""
        if not isinstance(value, str):
            raise serializers.ValidationError(_("This must be a time in quotes, such as 15:00."))
        return super().to_internal_value(value)
