"""This module leaves of a body only the alerts that were not taken, so that a replay of it brings no other again."""

from collections.abc import Collection, Sequence

from hypercare.core.strict_json import JSON

# Under which names formats put their list of alerts.
_LISTS = ("alerts", "messages")


def items_of(payload: JSON, number: int) -> list[JSON]:
    """What each of so many alerts was read from, where a format has a list of them; empty where it is the whole body."""
    found = [payload.get(name) for name in _LISTS] if isinstance(payload, dict) else [payload]
    return next((one for one in found if isinstance(one, list) and len(one) == number), [])


def only(payload: JSON, items: list[JSON], indexes: Collection[int]) -> JSON:
    """The payload with only these of its items, wherever they stand in it; just them where they are not found there."""
    wanted = set(indexes)
    if not items or len(wanted) == len(items):
        return payload
    kept = [item for index, item in enumerate(items) if index in wanted]
    dropped = [item for index, item in enumerate(items) if index not in wanted]
    # Texts and numbers may be the same thing in several places; objects and lists are where they are.
    is_telling = all(isinstance(item, dict | list) for item in dropped)
    rest, found = _without(payload, items, kept, {id(item) for item in dropped} if is_telling else set())
    return rest if found else kept


def _without(node: JSON, items: list[JSON], kept: Sequence[JSON], dropped: set[int]) -> tuple[JSON, bool]:
    """The node without what is dropped, and whether anything was."""
    if node is items:
        return list(kept), True
    if isinstance(node, list):
        parts = [_without(each, items, kept, dropped) for each in node if id(each) not in dropped]
        return [part for part, _found in parts], len(parts) < len(node) or any(found for _part, found in parts)
    if isinstance(node, dict):
        members = {name: _without(value, items, kept, dropped) for name, value in node.items()}
        return {name: part for name, (part, _found) in members.items()}, any(found for _part, found in members.values())
    return node, False
