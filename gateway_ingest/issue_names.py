"""This module finds the issues that the texts of a deployment name: commits, messages, release notes, and its own fields."""

import re
from collections.abc import Iterable
from typing import Final

# How an issue is named: as something the deployment fixes, in a field of the webhook, or merely somewhere in a text.
FIXES: Final = "fixes"
FIELD: Final = "field"
SAID: Final = "said"

MOST_NAMES = 200
_WORDS = (
    r"fix(?:e[sd])?|fixing|close[sd]?|closing|resolve[sd]?|resolving|"
    r"rätta(?:r|t)?|löser|löst|åtgärda(?:r|t)?|stänger"
)
_NAME = re.compile(r"(?<![\w-])IS-([1-9][0-9]{0,17})(?![\w-])", re.IGNORECASE)
# "Fixes IS-12, IS-13 and is-14": the word speaks of all keys that follow one another.
_FIXED = re.compile(
    rf"(?<![\w-])(?:{_WORDS})\b[:\s]{{1,3}}(?:#?IS-[1-9][0-9]{{0,17}}(?:\s?(?:,|&|and|och)\s?|\s)?){{1,50}}",
    re.IGNORECASE,
)
_CONVENTIONAL = re.compile(r"^(?:hot)?fix(?:\([^()\n]{0,80}\))?!?:(.{0,500})$", re.IGNORECASE | re.MULTILINE)


def found_in(texts: Iterable[str], *, fields: Iterable[str] = ()) -> dict[str, str]:
    """The issues named, each by its key with the strongest way it is named: fixed, in a field, said."""
    found: dict[str, str] = {}
    for text in texts:
        fixed = {key for part in (*_FIXED.findall(text), *_CONVENTIONAL.findall(text)) for key in _keys(part)}
        for key in _keys(text):
            if key in fixed or key not in found:
                found[key] = FIXES if key in fixed else SAID
    for key in (key for field in fields for key in _keys(field)):
        found[key] = FIXES if found.get(key) == FIXES else FIELD
    return dict(list(found.items())[:MOST_NAMES])


def _keys(text: str) -> list[str]:
    return [f"IS-{number}" for number in _NAME.findall(text)]
