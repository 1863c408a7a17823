"""This module gives each combination of component, route, release, model and so on a number, and keeps them few.

What would make too many kinds is counted under "other": a sender that puts ids where names belong fills no table.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection, transaction

from gateway_ingest.component_names import component_of, components_by_name
from gateway_ingest.models import CallDetail, CallKind
from hypercare.core.models import Component, FormerName
from hypercare.core.redaction import redact
from hypercare.core.strict_json import UNSAFE_CHARACTER

OTHER = "other"
MAX_ROUTES = 1000
MAX_KINDS = 100_000
_MAX_TEXTS = {
    "hint": 300,
    "method": 20,
    "release": 300,
    "provider": 100,
    "model": 300,
    "prompt_version": 300,
    "error_type": 100,
}
_MAX_LENGTH = {"method": 20, "consumer_class": 12}
_MAX_DETAIL_TEXTS = 300
_MAX_DETAILS = 20_000
_LOCK_OF_KINDS = 7304


class Key(NamedTuple):
    """What makes a kind, in the order of its columns."""

    hint: str
    method: str
    route: str
    status_class: int
    release: str
    consumer_class: str
    provider: str
    model: str
    prompt_version: str
    scheme: str = ""
    error_format: str = ""
    error_type: str = ""


class DetailKey(NamedTuple):
    """What makes a detail."""

    host: str
    answered_model: str
    error_type: str


@dataclass
class _Known:
    """The kinds of a launch, or the details of a source, as far as this process has seen them."""

    ids: dict[tuple[object, ...], int] = field(default_factory=dict)
    texts: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    newest: int = 0


_kinds: dict[int, _Known] = {}
_details: dict[int, _Known] = {}
_guard = threading.Lock()


def kinds_of(launch_id: int, keys: Iterable[Key]) -> tuple[dict[Key, int], set[Key]]:
    """The number of each key, new ones made and committed, and the keys whose route went under "other"."""
    with _guard:
        known = _kinds.setdefault(launch_id, _Known())
        found = {key: _fold(known, key) for key in keys}
        if any(folded is None or folded not in known.ids for folded in found.values()):
            # Held again once it is committed: what is rolled back has numbers that nobody will have.
            _make_kinds(launch_id, _kinds.pop(launch_id), found)
            _kinds[launch_id] = known
            found = {key: _fold(known, key) for key in found}
        capped = {key for key, folded in found.items() if folded and folded.route == OTHER and key.route != OTHER}
        return {key: known.ids[folded] for key, folded in found.items() if folded}, capped


def link_components(*, now: datetime) -> int:
    """Links each kind to the component that has its name now, or to none; says how many it links anew.

    What was usual of a component that lost calls so tells nothing any more.
    """
    linked, components = 0, dict[int, dict[str, Component]]()
    named = CallKind.objects.exclude(hint="").order_by("launch_id", "hint", "component_id")
    for launch_id, hint, before in list(named.values_list("launch_id", "hint", "component__slug").distinct()):
        if launch_id not in components:
            components[launch_id] = components_by_name(launch_id)
        component = component_of([hint], components[launch_id])
        if before == (component.slug if component else None):
            continue
        if before:
            FormerName.note(launch_id, [before], now=now)
        kinds = CallKind.objects.filter(launch_id=launch_id, hint=hint, component__slug=before)
        linked += kinds.update(component=component)
    return linked


def details_of(source_id: int, keys: Iterable[DetailKey]) -> dict[DetailKey, int]:
    """The number of each detail, new ones made and committed."""
    with _guard:
        known = _details.pop(source_id, None) or _Known()
        found = {key: _fold_detail(known, key) for key in keys}
        missing = {folded for folded in found.values() if folded not in known.ids}
        if missing:
            rows = [CallDetail(source_id=source_id, **folded._asdict()) for folded in sorted(missing)]
            CallDetail.objects.bulk_create(rows, ignore_conflicts=True)
            names = ("host", "answered_model", "error_type", "id")
            for *texts, number in CallDetail.objects.filter(source_id=source_id).values_list(*names):
                known.ids[DetailKey(*texts)] = number
        _details[source_id] = known
        return {key: known.ids[folded] for key, folded in found.items()}


def forget() -> None:
    """Forgets the numbers this process knows, for whoever makes the tables anew under it."""
    with _guard:
        _kinds.clear()
        _details.clear()


def _fold(known: _Known, key: Key) -> Key | None:
    """The key as it may be stored; None while a text in it is neither known nor over the limit."""
    if key in known.ids:
        return key
    if len(known.ids) >= MAX_KINDS:
        return Key("", "", OTHER, key.status_class, "", key.consumer_class, "", "", "")
    folded: dict[str, Any] = {}
    for name, limit in _MAX_TEXTS.items():
        text = _clean(getattr(key, name), _MAX_LENGTH.get(name, 200))
        seen = known.texts.get((name, ""), set())
        if text and text not in seen:
            if len(seen) < limit:
                return None
            text = OTHER
        folded[name] = text
    route = _clean(key.route, 200)
    seen = known.texts.get(("route", folded["hint"]), set())
    if route and route not in seen:
        if len(seen) < MAX_ROUTES:
            return None
        route = OTHER
    return key._replace(route=route, **folded)


def _make_kinds(launch_id: int, known: _Known, wanted: Iterable[Key]) -> None:
    """One process at a time, so that all agree on which texts came before the limit."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_OF_KINDS, launch_id])
        _learn(launch_id, known)
        if any(_fold(known, key) not in known.ids for key in wanted):
            ready = {_admitted(known, key) for key in wanted}
            components = components_by_name(launch_id)
            CallKind.objects.bulk_create(
                CallKind(launch_id=launch_id, component=component_of([key.hint], components), **key._asdict())
                for key in sorted(ready)
                if key not in known.ids
            )
            _learn(launch_id, known)


def _learn(launch_id: int, known: _Known) -> None:
    rows = CallKind.objects.filter(launch_id=launch_id, pk__gt=known.newest).order_by("pk")
    for number, *columns in rows.values_list("id", *Key._fields):
        key = Key(*columns)
        known.ids[key] = known.newest = number
        _note(known, key)


def _note(known: _Known, key: Key) -> None:
    for name in _MAX_TEXTS:
        known.texts.setdefault((name, ""), set()).add(getattr(key, name))
    known.texts.setdefault(("route", key.hint), set()).add(key.route)


def _admitted(known: _Known, key: Key) -> Key:
    """The key with its new texts let in, as long as there is room."""
    texts: dict[str, Any] = {}
    for name, limit in _MAX_TEXTS.items():
        seen = known.texts.setdefault((name, ""), set())
        texts[name] = _let_in(seen, _clean(getattr(key, name), _MAX_LENGTH.get(name, 200)), limit)
    routes = known.texts.setdefault(("route", texts["hint"]), set())
    route = _let_in(routes, _clean(key.route, 200), MAX_ROUTES)
    return _fold(known, key) or key._replace(route=route, **texts)


def _let_in(seen: set[str], text: str, limit: int) -> str:
    if not text or text in seen:
        return text
    if len(seen) >= limit:
        return OTHER
    seen.add(text)
    return text


def _fold_detail(known: _Known, key: DetailKey) -> DetailKey:
    if key in known.ids:
        return key
    if len(known.ids) >= _MAX_DETAILS:
        return DetailKey(OTHER, "", "")
    texts = [
        _let_in(known.texts.setdefault((name, ""), set()), _clean(text, 200), _MAX_DETAIL_TEXTS)
        for name, text in zip(key._fields, key, strict=True)
    ]
    return DetailKey(*texts)


@lru_cache(16_384)
def _clean(text: str, length: int) -> str:
    """What may be stored of a text: no control characters, no secrets, no more than fits."""
    return redact(UNSAFE_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)).text[:length] if text else text
