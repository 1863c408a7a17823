"""This module decides which bytes are acceptable JSON and says in a sentence what is wrong with the others.

Beyond the grammar it refuses what other programs read differently or a database cannot hold: repeated
names, NaN and infinities, integers beyond 64 bits, deep nesting, lone surrogates, NUL and every other
control character except tab, line feed and carriage return.
"""

import codecs
import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias, cast

import regex as re
from django.utils.translation import gettext as _

JSON: TypeAlias = "dict[str, JSON] | list[JSON] | str | int | float | bool | None"

MAX_DEPTH = 64
MAX_NUMBER_LENGTH = 64
INT64 = range(-(2**63), 2**63)

UNSAFE_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
ESCAPE_OF_UNSAFE = re.compile(r"\\(?:[bf]|u(?:00[01]|[dD][89a-fA-F]))")
# A string without its closing quote still matches, so that no character is looked at twice.
BRACKET_OR_STRING = re.compile(r'[\[\]{}]|"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


class BadJson(ValueError):
    """The body is not acceptable JSON.

    `detail` is a sentence for its sender; `where` is a JSON pointer or a position.
    """

    def __init__(self, detail: str, where: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.where = where


class BodyTooLarge(BadJson):
    """The body is longer than the limit (HTTP 413 rather than 400)."""


@dataclass(frozen=True)
class _Fault:
    """Stands in the parsed tree where something refused stood, so that a walk can name the place."""

    detail: str


class _Reader:
    """Reads with the C decoder and leaves a fault in place of whatever is refused."""

    def __init__(self) -> None:
        self.faulty = False
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self._pairs,
            parse_constant=self._constant,
            parse_int=self._integer,
            parse_float=self._real,
        )

    def read(self, text: str) -> object:
        return self.decoder.decode(text)

    def _fault(self, detail: str) -> _Fault:
        self.faulty = True
        return _Fault(detail)

    def _pairs(self, pairs: list[tuple[str, object]]) -> object:
        members = dict(pairs)
        if len(members) == len(pairs):
            return members
        repeated = Counter(name for name, _value in pairs).most_common(1)[0][0]
        return self._fault(
            _("The name %(name)s stands more than once in the same object. Keep one of them.")
            % {"name": _shown(repeated)}
        )

    def _constant(self, name: str) -> _Fault:
        return self._fault(_("%(name)s is not a JSON number. Send null or a finite number.") % {"name": name})

    def _integer(self, digits: str) -> object:
        if len(digits) <= 20 and (number := int(digits)) in INT64:
            return number
        return self._fault(
            _("The integer %(number)s does not fit into 64 bits. Send it as a string.") % {"number": _shown(digits)}
        )

    def _real(self, digits: str) -> object:
        if len(digits) <= MAX_NUMBER_LENGTH and math.isfinite(number := float(digits)):
            return number
        return self._fault(
            _("The number %(number)s is too large or too long. Send it as a string.") % {"number": _shown(digits)}
        )


def parse(body: bytes, *, max_bytes: int, max_depth: int = MAX_DEPTH) -> JSON:
    """Return the value that `body` holds. Raises BadJson, or its subclass BodyTooLarge."""
    value, is_suspicious = _read(body, max_bytes, max_depth)
    if is_suspicious and (fault := _first_fault(value)):
        raise fault
    return cast("JSON", value)


def parse_rows(body: bytes, *, max_bytes: int, max_depth: int = MAX_DEPTH) -> "list[JSON | BadJson]":
    """Return each element of an array, or what is wrong with it. Raises BadJson for a body that is no array."""
    value, is_suspicious = _read(body, max_bytes, max_depth)
    if not isinstance(value, list):
        raise BadJson(_("The body is no array. Put the values between [ and ]."), "/")
    return [(_first_fault(item) if is_suspicious else None) or cast("JSON", item) for item in value]


def _first_fault(value: object) -> BadJson | None:
    for pointer, detail in _faults(value):
        return BadJson(_("At %(pointer)s: %(detail)s") % {"pointer": pointer, "detail": detail}, pointer)
    return None


def _read(body: bytes, max_bytes: int, max_depth: int) -> tuple[object, bool]:
    """The value, with faults in place of what is refused, and whether it may hold any."""
    if len(body) > max_bytes:
        detail = _("The body has %(size)d bytes and the limit is %(limit)d. Send it in smaller parts.")
        raise BodyTooLarge(detail % {"size": len(body), "limit": max_bytes}, f"byte {max_bytes}")
    text = _decode(body)
    _check_depth(text, max_depth)
    reader = _Reader()
    try:
        value = reader.read(text)
    except json.JSONDecodeError as error:
        raise _syntax_error(error) from error
    return value, reader.faulty or ESCAPE_OF_UNSAFE.search(text) is not None


def clean_text(value: str) -> list[str]:
    """Return a sentence for each thing that keeps `value` from being stored; none when it is clean."""
    found = set(UNSAFE_CHARACTER.findall(value))
    problems = []
    if "\x00" in found:
        problems.append(_("The text contains a NUL character (U+0000). Remove it."))
    if any(character >= "\ud800" for character in found):
        problems.append(_("The text contains half of a surrogate pair. Send whole characters in UTF-8."))
    controls = sorted(f"U+{ord(character):04X}" for character in found if "\x00" < character < " ")
    if controls:
        detail = _("The text contains control characters (%(characters)s). Only tab and line breaks may stay.")
        problems.append(detail % {"characters": ", ".join(controls)})
    return problems


def _decode(body: bytes) -> str:
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        detail = _("The body is not UTF-8: byte %(offset)d (line %(line)d) cannot be read. Encode the text as UTF-8.")
        where = f"byte {error.start}"
        raise BadJson(detail % {"offset": error.start, "line": line}, where) from error
    if not text.strip(" \t\r\n"):
        raise BadJson(_("The body is empty. Send a JSON value."), "line 1, column 1")
    return text


def _check_depth(text: str, max_depth: int) -> None:
    """Refuse deep nesting before the decoder, which recurses, sees it."""
    if text.count("[") + text.count("{") <= max_depth:
        return
    depth = 0
    for token in BRACKET_OR_STRING.finditer(text):
        character = token[0]
        if character in "[{":
            depth += 1
            if depth > max_depth:
                where = _position(text, token.start())
                detail = _("Arrays and objects are nested more than %(limit)d deep at %(where)s. Send it flatter.")
                raise BadJson(detail % {"limit": max_depth, "where": where}, where)
        elif character in "]}":
            depth -= 1


def _faults(value: object) -> Iterator[tuple[str, str]]:
    """Yield pointer and sentence of whatever is refused inside `value`, in document order."""
    waiting: list[tuple[str, object]] = [("", value)]
    while waiting:
        pointer, item = waiting.pop()
        if isinstance(item, _Fault):
            yield pointer or "/", item.detail
        elif isinstance(item, str):
            yield from ((pointer or "/", problem) for problem in clean_text(item))
        elif isinstance(item, list):
            waiting.extend((f"{pointer}/{index}", item[index]) for index in reversed(range(len(item))))
        elif isinstance(item, dict):
            for name in item:
                yield from ((f"{pointer}/{_step(name)}", problem) for problem in clean_text(name))
            waiting.extend((f"{pointer}/{_step(name)}", item[name]) for name in reversed(item))


def _step(name: str) -> str:
    escaped = name.replace("~", "~0").replace("/", "~1")
    return UNSAFE_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", escaped)[:80]


def _shown(text: str) -> str:
    """Quote a piece of the body, short and without characters that could harm the reader of the message."""
    short = text if len(text) <= 40 else text[:40] + "…"
    return json.dumps(UNSAFE_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", short), ensure_ascii=False)


def _position(text: str, index: int) -> str:
    line = text.count("\n", 0, index) + 1
    column = index - text.rfind("\n", 0, index)
    return f"line {line}, column {column}"


def _syntax_error(error: json.JSONDecodeError) -> BadJson:
    where = f"line {error.lineno}, column {error.colno}"
    reason, cure = _explained(error.msg)
    detail = _("The body is not valid JSON at %(where)s: %(reason)s. %(cure)s")
    return BadJson(detail % {"where": where, "reason": reason, "cure": cure}, where)


def _explained(message: str) -> tuple[str, str]:
    """Turn the decoder's remark into what was wrong and how to put it right."""
    known = (
        ("Expecting property name", _("a name in double quotes was expected"), _('Write names as "name".')),
        ("Illegal trailing comma", _("a comma stands before the closing bracket"), _("Remove the comma.")),
        ("Expecting ':'", _("a colon was expected after the name"), _('Write "name": value.')),
        ("Expecting ','", _("a comma or a closing bracket was expected"), _("Separate values with commas.")),
        ("Expecting value", _("a value was expected"), _("Look for a stray comma or a cut-off body.")),
        (
            "Extra data",
            _("something follows the end of the value"),
            _("Send one value; put several into an array."),
        ),
        ("Unterminated string", _("a string is not closed"), _("Close it with a double quote.")),
        (
            "Invalid control character",
            _("a raw control character stands in a string"),
            _("Write it as \\n or \\t."),
        ),
        ("Invalid \\", _("a backslash starts no known escape"), _("Write a backslash as \\\\.")),
    )
    for start, reason, cure in known:
        if message.startswith(start):
            return reason, cure
    return message[:1].lower() + message[1:], _("Check the body with a JSON validator.")
