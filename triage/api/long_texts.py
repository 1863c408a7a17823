"""This module reads the long texts and the lists of names in an order, which have limits of their own further in."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from hypercare.core.problem import wrong


def long_text(said: Mapping[str, Any], name: str, *, otherwise: str = "") -> str:
    """The text under a name, or `otherwise` where there is none; Problem 400 for anything but a text."""
    value = said.get(name)
    if value is None:
        return otherwise
    if not isinstance(value, str):
        raise wrong(f"/{name}", _("“%(name)s” must be a text.") % {"name": name})
    return value


def names(said: Mapping[str, Any], name: str, *, otherwise: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The list of texts under a name, or `otherwise`; Problem 400 for anything else."""
    value = said.get(name)
    if value is None:
        return otherwise
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise wrong(f"/{name}", _("“%(name)s” must be a list of texts.") % {"name": name})
    return tuple(value)
