"""This module makes a text fit one line: no breaks, nothing that turns its direction, and something to see."""

import unicodedata

# Marks that turn the direction of all that follows; beside other texts they would turn those as well.
_TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_UNSEEN = {"Cc", "Cf", "Zs", "Zl", "Zp"}


def one_line(text: str) -> str:
    """The text without line breaks, needless space and marks that turn direction."""
    return " ".join(text.translate(_TURNS).split())


def is_visible(text: str) -> bool:
    """Whether anything of the text can be seen."""
    return any(unicodedata.category(character) not in _UNSEEN for character in text)


def has_unseen(text: str) -> bool:
    """Whether a character in it cannot be seen or turns the text: two such texts may look the same and not be."""
    return any(unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"} for character in text.strip("\t\r\n "))
