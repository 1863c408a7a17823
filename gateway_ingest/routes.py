"""This module folds a path into the route it belongs to: numbers, ids, hashes, tokens and addresses become a name in braces."""

import re
from functools import lru_cache
from itertools import pairwise

_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*")
_PLAIN_NUMBER = re.compile(r"/[0-9]+(?=/|\Z)")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_HASH = re.compile(r"(?=[a-f]*\d|[A-F]*\d)(?:[0-9a-f]{8,}|[0-9A-F]{8,})")
_ADDRESS = re.compile(r"[^@\s]+(?:@|%40)[^@\s]+\.[A-Za-z]{2,}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T[\d:.Z+-]*)?")
_WORD_AND_NUMBER = re.compile(r"([A-Za-z][A-Za-z_]{0,15}[-_])?\d{3,}([A-Za-z]{0,2})")
_BREAKS = re.compile(r"[-_.,+~!'()%:]+")
_TEMPLATE = re.compile(r"\{[^{}]{0,40}\}|:[A-Za-z_]\w{0,30}|<[^<>]{1,40}>|\*")
_VERSION = re.compile(r"[vV]\d{1,3}(?:\.\d{1,3}){0,2}")
_LONG = 24
_MAX_PARTS = 12
_MAX_ROUTE = 200


def route_of(path: str) -> str:
    """The template of a path without its query, for example `/orders/{number}`."""
    # Most ids are plain numbers: with those gone first, nearly every path has been seen before.
    return _route_of(_PLAIN_NUMBER.sub("/{number}", path)) if path else ""


@lru_cache(65_536)
def _route_of(path: str) -> str:
    parts = path.split("/")
    folded = "/".join(_folded(part) for part in parts[: _MAX_PARTS + 1])
    route = folded + ("/…" if len(parts) > _MAX_PARTS + 1 else "")
    return route if len(route) <= _MAX_ROUTE else route[: _MAX_ROUTE - 1] + "…"


_FOLDS = ((_DATE, "{date}"), (_NUMBER, "{number}"), (_UUID, "{uuid}"), (_ADDRESS, "{email}"), (_HASH, "{hash}"))


def _folded(part: str) -> str:
    """One part of a path; a short word stays as it is."""
    if not part or (part.isalpha() and len(part) < _LONG) or _VERSION.fullmatch(part) or _TEMPLATE.fullmatch(part):
        return part
    for pattern, name in _FOLDS:
        if pattern.fullmatch(part):
            return name
    if found := _WORD_AND_NUMBER.fullmatch(part):
        return f"{found[1] or ''}{{number}}{found[2]}"
    return "{token}" if _looks_random(part) else part


def _looks_random(part: str) -> bool:
    """Whether any stretch of it mixes letters, digits and capitals as no name mixes them."""
    return any(_is_mixed(stretch) for stretch in _BREAKS.split(part) if len(stretch) >= 10)


def _is_mixed(stretch: str) -> bool:
    changes = sum(one.isdigit() != two.isdigit() for one, two in pairwise(stretch))
    humps = sum(one.islower() and two.isupper() for one, two in pairwise(stretch))
    return (
        changes >= 4 or (len(stretch) >= 20 and changes > 0) or (len(stretch) >= 16 and humps >= 5) or len(stretch) > 60
    )
