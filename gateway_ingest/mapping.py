"""This module reads JSON of a sender's own shape by JMESPath expressions, and names the expression where one fails."""

import json
from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping as Members
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import lru_cache
from typing import Any, cast

import jmespath
from django.utils.translation import gettext as _
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import AlertError, FormatError, IncomingAlert, Reading, Unreadable
from gateway_ingest.formats.words import known_severity, known_status, severity_of, status_of
from gateway_ingest.models import AlertSeverity, AlertStatus
from hypercare.core.strict_json import JSON

MAX_LENGTH = 200
ITEMS = "items"
FACTS = ("title", "severity", "status", "key", "component", "time", "link")
# A list made of the same thing twice doubles it, and in a chain of such lists again and again.
_MULTIPLYING = frozenset({"multi_select_list", "multi_select_dict"})
_MAX_MULTIPLYING = 2
_MAX_PARTS = 40
# What a wrong expression may raise beside its own errors: a zero step, or values that cannot be compared.
_FAULTS = (JMESPathError, ValueError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Expressions:
    """An expression for each fact, empty where none is wanted, and what the sender's words mean to us."""

    title: str
    items: str = ""
    severity: str = ""
    status: str = ""
    key: str = ""
    component: str = ""
    time: str = ""
    link: str = ""
    severity_words: Members[str, str] = field(default_factory=dict)
    status_words: Members[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FieldFault:
    """Which expression is at fault, and a sentence that says why."""

    name: str
    error: str


class MappedError(AlertError):
    """An expression found nothing that fits; says which one."""

    def __init__(self, name: str, expression: str, why: str) -> None:
        detail = _("“%(name)s” (%(expression)s): %(why)s")
        super().__init__(detail % {"name": name, "expression": expression, "why": why})
        self.fault = FieldFault(name, why)


def faults_of(expressions: Expressions) -> list[FieldFault]:
    """Each expression that JMESPath does not understand, and each word that means nothing to us."""
    found = [fault for name in (ITEMS, *FACTS) if (fault := _fault_of(name, getattr(expressions, name)))]
    if not expressions.title.strip():
        found.append(FieldFault("title", _("An alert needs a title.")))
    if wrong := [word for word in expressions.severity_words.values() if word not in AlertSeverity.values]:
        detail = _("“%(word)s” is none of: %(known)s.") % {"word": wrong[0], "known": ", ".join(AlertSeverity.values)}
        found.append(FieldFault("severity_words", detail))
    if wrong := [word for word in expressions.status_words.values() if word not in AlertStatus.values]:
        detail = _("“%(word)s” is none of: %(known)s.") % {"word": wrong[0], "known": ", ".join(AlertStatus.values)}
        found.append(FieldFault("status_words", detail))
    return found


def apply(expressions: Expressions, payload: JSON, zone: tzinfo = UTC) -> Reading:
    """The alerts these expressions find; raises FormatError where the list of alerts is none."""
    return [_read_or_say_why(expressions, item, zone) for item in found_items(expressions, payload)]


@dataclass(frozen=True)
class Trial:
    """What a mapping makes of a sample: its alerts, what each expression finds in the first, and what is at fault."""

    reading: Reading = field(default_factory=list)
    found: dict[str, str] = field(default_factory=dict)
    faults: list[FieldFault] = field(default_factory=list)


def try_out(expressions: Expressions, payload: JSON, zone: tzinfo = UTC) -> Trial:
    """Tries a mapping on a sample without storing anything."""
    if faults := faults_of(expressions):
        return Trial(faults=faults)
    try:
        items = found_items(expressions, payload)
    except FormatError as error:
        return Trial(faults=[FieldFault(ITEMS, str(error))])
    if not items:
        return Trial(faults=[FieldFault(ITEMS, _("The list is empty in this sample."))])
    return Trial(
        reading=[_read_or_say_why(expressions, item, zone) for item in items],
        found={name: _shown(expressions, name, items[0]) for name in FACTS if getattr(expressions, name)},
        faults=_faults_in(expressions, items[0]),
    )


def _faults_in(expressions: Expressions, item: JSON) -> list[FieldFault]:
    try:
        alert_of(expressions, item)
    except MappedError as wrong:
        return [wrong.fault]
    except AlertError as wrong:
        return [FieldFault("key", str(wrong))]
    return []


def _shown(expressions: Expressions, name: str, item: JSON) -> str:
    try:
        return json.dumps(_searched(expressions, name, item), ensure_ascii=False)[:200]
    except MappedError:
        return ""


def found_items(expressions: Expressions, payload: JSON) -> list[JSON]:
    """What each alert is read from: the whole body, or each of its list."""
    if not expressions.items:
        return [payload]
    try:
        found = _searched(expressions, ITEMS, payload)
    except MappedError as error:
        raise FormatError(str(error)) from error
    if not isinstance(found, list):
        detail = _("“items” (%(expression)s) found no list.")
        raise FormatError(detail % {"expression": expressions.items})
    return found


def alert_of(expressions: Expressions, item: JSON, zone: tzinfo = UTC) -> IncomingAlert:
    """The alert one item becomes, its time in the sender's zone; raises MappedError that names the expression."""
    title = _text(expressions, "title", item)
    if not title:
        raise MappedError("title", expressions.title, _("it found nothing; every alert needs a title."))
    component = _text(expressions, "component", item)
    try:
        moment = values.moment(_searched(expressions, "time", item), "time", zone)
    except AlertError as error:
        raise MappedError("time", expressions.time, str(error)) from error
    status = _status(expressions, _text(expressions, "status", item))
    own_key = values.key_of(_text(expressions, "key", item))
    return values.alert(
        fingerprint=own_key or values.digest_of([title, component]),
        title=title,
        severity=_severity(expressions, _text(expressions, "severity", item)),
        status=status,
        labels=values.labels_of(values.members(item)),
        components=values.component_names({}, component),
        starts_at=None if status == AlertStatus.RESOLVED else moment,
        ends_at=None,  # many senders repeat the beginning in the message of the end, so the end is when we hear of it
        url=values.link(_searched(expressions, "link", item)),
    )


def _read_or_say_why(expressions: Expressions, item: JSON, zone: tzinfo) -> IncomingAlert | Unreadable:
    try:
        return alert_of(expressions, item, zone)
    except AlertError as wrong:
        return Unreadable(str(wrong))


@lru_cache(maxsize=512)
def _compiled(expression: str) -> ParsedResult:
    return jmespath.compile(expression)


def _fault_of(name: str, expression: str) -> FieldFault | None:
    if not expression:
        return None
    try:
        tree = _compiled(expression).parsed
    except _FAULTS as error:
        detail = _("this is no JMESPath expression: %(error)s") % {"error": _one_line(error)}
        return FieldFault(name, detail)
    kinds = Counter(_kinds_in(tree))
    if kinds.total() > _MAX_PARTS or sum(kinds[each] for each in _MULTIPLYING) > _MAX_MULTIPLYING:
        return FieldFault(name, _("the expression is too long a chain; name the place of the fact more directly."))
    return None


def _kinds_in(part: Members[str, Any]) -> Iterator[str]:
    """The kind of each part of an expression."""
    yield part["type"]
    for child in part.get("children", ()):
        if isinstance(child, dict):
            yield from _kinds_in(child)


def _searched(expressions: Expressions, name: str, item: JSON) -> JSON:
    expression = getattr(expressions, name)
    if not expression:
        return None
    try:
        found: Any = _compiled(expression).search(item)
    except _FAULTS as error:
        raise MappedError(name, expression, _one_line(error)) from error
    return cast("JSON", found)


def _text(expressions: Expressions, name: str, item: JSON) -> str:
    """A text, number or yes-or-no; the first of a list; anything else is at fault."""
    found = _searched(expressions, name, item)
    if isinstance(found, list):
        found = found[0] if found else None
    if isinstance(found, dict | list):
        raise MappedError(name, getattr(expressions, name), _("it found an object, and a text is needed."))
    return values.text(found)


def _severity(expressions: Expressions, word: str) -> AlertSeverity:
    own = {theirs.lower(): ours for theirs, ours in expressions.severity_words.items()}
    return known_severity(own.get(word.lower(), "")) or severity_of(word)


def _status(expressions: Expressions, word: str) -> AlertStatus:
    own = {theirs.lower(): ours for theirs, ours in expressions.status_words.items()}
    if chosen := known_status(own.get(word.lower(), "")):
        return chosen
    try:
        return status_of(word, name="status")
    except AlertError as error:
        why = _("“%(word)s” is no status we know; say what it means.") % {"word": word[:40]}
        raise MappedError("status", expressions.status, why) from error


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
