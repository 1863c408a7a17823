"""This module reads what a call gave, by the shape that its documentation shows."""

from typing import Any

from rest_framework.serializers import Serializer


def given(shape: type[Serializer[Any]], data: Any, *, partial: bool = False) -> dict[str, Any]:
    """The values by name, of a `partial` one those that were given; 400 naming each field that does not fit."""
    said = shape(data=data, partial=partial)
    said.is_valid(raise_exception=True)
    return dict(said.validated_data)
