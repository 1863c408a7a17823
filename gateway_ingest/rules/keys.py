"""This module says which key of a rule a kind of calls belongs to, and how a key is kept and shown."""

import hashlib
from dataclasses import dataclass

from gateway_ingest.rules.rule import Per

Key = tuple[str, ...]
_BETWEEN = "\x1f"

# What each part of a key is; evidence and charts name it so.
PARTS: dict[Per, tuple[str, ...]] = {
    Per.LAUNCH: (),
    Per.COMPONENT: ("component",),
    Per.ROUTE: ("component", "route"),
    Per.RELEASE: ("component", "route", "release"),
    Per.CONSUMER: ("consumer",),
    Per.PROVIDER: ("provider",),
    Per.PROMPT_VERSION: ("component", "prompt_version"),
    Per.BUDGET: ("component",),
    Per.VERSION: ("component", "version", "earlier_version"),
    Per.SENDER: ("source", "heartbeat"),
    Per.SERIES: ("component", "series"),
}
_MAY_BE_WHOLE = frozenset({Per.LAUNCH, Per.BUDGET})


@dataclass(frozen=True)
class KindOfCalls:
    """What calls have in common, as far as rules tell it apart."""

    component: str
    critical: bool
    method: str
    route: str
    release: str
    provider: str
    prompt_version: str


def key_of(per: Per, kind: KindOfCalls) -> Key | None:
    """The key; None where the kind has no part in such keys."""
    route = f"{kind.method} {kind.route}".strip()
    if per is Per.PROVIDER:
        return (kind.provider,) if kind.provider else None
    if per is Per.PROMPT_VERSION:
        return (kind.component, kind.prompt_version) if kind.prompt_version else None
    if per is Per.RELEASE:
        return (kind.component, route, kind.release)
    if per is Per.ROUTE:
        return (kind.component, route)
    return (kind.component,) if per is Per.COMPONENT else ()


def named(per: Per, key: Key) -> dict[str, str]:
    """The parts by name, without the empty ones."""
    return {name: part for name, part in zip(PARTS[per], key, strict=False) if part}


def as_text(key: Key) -> str:
    """The key as a row keeps it."""
    return _BETWEEN.join(key)


def from_text(kept: str, per: Per) -> Key:
    """The key that a row kept; the empty one is the whole launch, or else calls whose only part has no name."""
    return () if not kept and per in _MAY_BE_WHOLE else tuple(kept.split(_BETWEEN))


def component_of(per: Per, key: Key) -> str | None:
    """The component a key is about; None where a key lies across components."""
    return key[0] if key and PARTS[per][:1] == ("component",) else None


def shown(key: Key) -> str:
    """The key as people read it."""
    return " · ".join(part for part in key if part)


def fingerprint(rule_name: str, key: Key) -> str:
    """What the rule's alert about this key is known by."""
    return f"rule:{rule_name}:{hashlib.blake2b(as_text(key).encode(), digest_size=12).hexdigest()}"


def short_name(rule_name: str, key: Key) -> str:
    """What addresses call the key; no secret scanner takes it for one."""
    return fingerprint(rule_name, key).rpartition(":")[2][:12]
