"""This module keeps why a figure is what it is as data; it becomes words where somebody reads or stores it."""

from functools import lru_cache
from typing import Any, NamedTuple

from django.utils.translation import get_language, gettext, override


class Reason(NamedTuple):
    """A sentence to be translated, and what stands in it."""

    text: str
    values: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        """The sentence in the reader's language."""
        return words(self, get_language() or "en")


def because(text: str, **values: Any) -> Reason:
    """A reason; mark its text with gettext_noop."""
    return Reason(text, tuple(values.items()))


# Thousands of issues have the same few reasons, and a look into a catalogue costs more than a figure.
@lru_cache(maxsize=20_000)
def words(reason: Reason, language: str) -> str:
    """The sentence in a language."""
    with override(language):
        said = gettext(reason.text)
    return said % dict(reason.values) if reason.values else said
