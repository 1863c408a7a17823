"""This module decides what may never be stored and puts a placeholder such as `[card removed]` in its place.

What people need for helping stays: e-mail addresses, phone and order numbers, trace ids, UUIDs, commits.
Every pattern is bounded or possessive, so time grows with the length of the text and nothing else; the
patterns are in `secret_patterns`, numbers with check digits in `account_numbers`.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass

from hypercare.core import account_numbers, secret_names, secret_patterns
from hypercare.core.strict_json import JSON

# Removing one secret can lay bare the edge of another, but no chain of them: the third round agrees.
ROUNDS = 4
# Machines say the same short texts over and over. Only texts that proved clean are remembered, so never a secret.
REMEMBERED, LONGEST_REMEMBERED = 20_000, 300


@dataclass(frozen=True)
class Redacted:
    """A text that may be stored, and how many secrets of each kind it lost."""

    text: str
    counts: dict[str, int]


@dataclass(frozen=True)
class RedactedValue:
    """A JSON value that may be stored, and how many secrets of each kind it lost."""

    value: JSON
    counts: dict[str, int]


def redact(text: str) -> Redacted:
    """Mask every secret in `text`. Doing it twice changes nothing more."""
    counts: Counter[str] = Counter()
    return Redacted(_masked(text, counts), dict(counts))


def without_secret(identifier: str) -> str:
    """The identifier, or its hash where it looks like a secret: so two of them never become one."""
    if redact(identifier).text == identifier:
        return identifier
    return hashlib.sha256(identifier.encode()).hexdigest()


def redact_value(value: JSON) -> RedactedValue:
    """Mask every secret in the strings of `value`, and wholly whatever stands under a secret's name."""
    counts: Counter[str] = Counter()
    return RedactedValue(_walked(value, counts), dict(counts))


_clean: set[str] = set()


def _masked(text: str, counts: Counter[str]) -> str:
    if text in _clean:
        return text
    masked = _masked_anew(text, counts)
    if masked == text and len(text) <= LONGEST_REMEMBERED:
        if len(_clean) >= REMEMBERED:
            _clean.clear()
        _clean.add(text)
    return masked


def _masked_anew(text: str, counts: Counter[str]) -> str:
    for _round in range(ROUNDS):
        before, lowered = text, text.lower()
        for pattern in secret_patterns.PATTERNS:
            for needle in pattern.needles:
                if needle in lowered:
                    text = pattern.mask(text, counts)
                    lowered = text.lower()
                    break
        text = account_numbers.mask_cards(account_numbers.mask_ibans(text, counts), counts)
        if text == before:
            break
    return text


def _walked(value: JSON, counts: Counter[str]) -> JSON:
    if isinstance(value, str):
        return _masked(value, counts)
    if isinstance(value, list):
        return [_walked(item, counts) for item in value]
    if isinstance(value, dict):
        return _members(value, counts)
    if isinstance(value, int) and account_numbers.is_card(str(value)):
        counts["card"] += 1
        return secret_patterns.placeholder("card")
    return value


def _members(members: dict[str, JSON], counts: Counter[str]) -> JSON:
    result: dict[str, JSON] = {}
    named = members.get("name", members.get("key"))
    for name, value in members.items():
        # Header lists and telemetry write {"name": "cookie", "value": "..."}.
        label = named if name == "value" and isinstance(named, str) else name
        result[_free_name(_masked(name, counts), result)] = _member(label, value, counts)
    return result


def _member(name: str, value: JSON, counts: Counter[str]) -> JSON:
    kind = secret_names.kind_of_name(name)
    if kind is None or value is None or isinstance(value, bool) or value in ("", [], {}):
        return _walked(value, counts)
    if isinstance(value, str) and secret_patterns.is_placeholder(value):
        return value
    counts[kind] += 1
    return secret_patterns.placeholder(kind)


def _free_name(name: str, taken: dict[str, JSON]) -> str:
    """Two names that differ only in what was removed stay two names."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free
