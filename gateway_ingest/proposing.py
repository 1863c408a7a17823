"""This module proposes how to read a payload nobody has seen: it scores every path by its name and its value's shape."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import AlertError
from gateway_ingest.formats.words import known_severity, known_status
from gateway_ingest.mapping import ITEMS, MAX_LENGTH
from hypercare.core.strict_json import JSON

_MAX_LEAVES = 2000
_MAX_LIST = 200
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ID_SHAPE = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{12,64}|[A-Z]{1,6}-?\d+|\d{3,20}"
)
_ENOUGH = 3

# The better the name, the more points: the last word of a path counts, and what it is of.
_NAMES: dict[str, dict[str, int]] = {
    "title": {
        **dict.fromkeys(("title", "summary", "subject", "headline"), 6),
        **dict.fromkeys(("alertname", "name", "message", "rule", "check"), 4),
        **dict.fromkeys(("description", "text", "reason", "what", "event"), 3),
    },
    "severity": {
        **dict.fromkeys(("severity", "sev"), 6),
        **dict.fromkeys(("level", "priority", "urgency", "impact", "prio"), 5),
    },
    "status": {
        **dict.fromkeys(("status", "state"), 6),
        **dict.fromkeys(("condition", "action", "transition", "phase"), 3),
    },
    "key": {
        **dict.fromkeys(("fingerprint", "dedup", "dedupe"), 7),
        **dict.fromkeys(("key", "id", "uuid", "guid", "identifier", "number"), 4),
    },
    "component": {
        **dict.fromkeys(("component", "service", "application", "app", "system"), 6),
        **dict.fromkeys(("host", "hostname", "resource", "server", "module", "job", "source", "instance", "node"), 3),
    },
    "time": {
        **dict.fromkeys(("started", "start", "starts", "occurred", "triggered", "fired", "begin", "since"), 6),
        **dict.fromkeys(("timestamp", "time", "created", "date", "datetime", "at", "when"), 4),
    },
    "link": {**dict.fromkeys(("url", "link", "href", "permalink"), 6), **dict.fromkeys(("uri", "page"), 3)},
}
# What such a name is often of when it is of something else.
_POORER = {
    "title": ("user", "host", "group", "team", "first", "last", "rule", "id"),
    "key": (
        "user",
        "account",
        "org",
        "organisation",
        "organization",
        "team",
        "tenant",
        "version",
        "trace",
        "request",
        "customer",
        "client",
        "session",
    ),
    "time": ("end", "ends", "ended", "updated", "resolved", "closed", "modified", "sent"),
    "link": ("image", "avatar", "icon", "logo", "callback", "unsubscribe"),
    "status": ("code", "http", "previous", "old", "last", "err", "exec", "data"),
}


@dataclass(frozen=True)
class Choice:
    """The expression proposed for a fact, what it finds in the sample, and why it was chosen."""

    name: str
    expression: str
    example: str
    reason: str


@dataclass(frozen=True)
class _Leaf:
    path: tuple[str, ...]
    value: JSON

    @property
    def expression(self) -> str:
        return ".".join(_quoted(name) for name in self.path)


def propose(payload: JSON) -> dict[str, Choice]:
    """A choice for each fact that the sample seems to hold, and for the list of alerts where there are several."""
    base, path = _where_alerts_are(payload)
    leaves = list(_leaves(base, ()))[:_MAX_LEAVES]
    choices = {name: choice for name in _NAMES if (choice := _best(name, leaves))}
    if path is not None:
        listed = ".".join(_quoted(name) for name in path) or "@"
        reason = _("This is a list of objects that look like alerts; each becomes one.")
        choices[ITEMS] = Choice(ITEMS, listed, "", reason)
    return choices


def _where_alerts_are(payload: JSON) -> tuple[JSON, tuple[str, ...] | None]:
    """The first alert of the best list with its path, or the whole payload."""
    found: tuple[JSON, tuple[str, ...] | None] = (payload, None)
    best = max((_worth(item) for item in _objects(payload)), default=0)
    for path, items in _lists(payload, ()):
        worth = _worth(items[0])
        if worth > best:
            best, found = worth, (items[0], path)
    return found


def _worth(item: JSON) -> int:
    """How much an object by itself looks like an alert: the facts its own members seem to hold."""
    leaves = [_Leaf((name,), value) for name, value in values.members(item).items() if _is_leaf(value)]
    return sum(1 for name in _NAMES if any(_score(name, leaf)[0] >= _ENOUGH for leaf in leaves))


def _objects(value: JSON) -> Iterator[JSON]:
    """The payload and the objects inside it that are in no list: one of them may be the alert itself."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)


def _lists(value: JSON, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[JSON]]]:
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value[:_MAX_LIST]):
        yield path, value
    elif isinstance(value, dict) and len(path) < 4:
        for name, inner in value.items():
            yield from _lists(inner, (*path, name))


def _leaves(value: JSON, path: tuple[str, ...]) -> Iterator[_Leaf]:
    if isinstance(value, dict) and len(path) < 6:
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    elif _is_leaf(value) and path:
        yield _Leaf(path, value)


def _is_leaf(value: JSON) -> bool:
    return value is not None and not isinstance(value, dict | list) and values.text(value) != ""


def _best(name: str, leaves: list[_Leaf]) -> Choice | None:
    scored = [(_score(name, leaf), leaf) for leaf in leaves if len(leaf.expression) <= MAX_LENGTH]
    fitting = [entry for entry in scored if entry[0][0] >= _ENOUGH]
    if not fitting:
        return None
    # Of equals the one nearer to the top, and then the one that stands first.
    (_points, reasons), leaf = max(fitting, key=lambda entry: (entry[0][0], -len(entry[1].path)))
    return Choice(name, leaf.expression, values.words(values.text(leaf.value))[:80], " ".join(reasons))


def _score(name: str, leaf: _Leaf) -> tuple[int, list[str]]:
    """Points for the name and for the value, with a sentence for each."""
    words = [word.lower() for word in _WORDS.findall(leaf.path[-1])]
    by_name = max((_NAMES[name].get(word, 0) for word in words), default=0)
    by_value, why = _SHAPES[name](values.text(leaf.value))
    if by_value < 0:
        return 0, []
    poorer = 3 if any(word in _POORER.get(name, ()) for word in words) else 0
    reasons = [_("Its name says so.")] if by_name else []
    return by_name + by_value - poorer - len(leaf.path) // 3, reasons + ([why] if why else [])


def _title_shape(text: str) -> tuple[int, str]:
    if _is_link(text) or _is_time(text):
        return -1, ""
    return (2, _("It reads like a sentence.")) if 2 <= len(text.split()) <= 40 else (0, "")


def _severity_shape(text: str) -> tuple[int, str]:
    return (4, _("“%(word)s” is a severity we know.") % {"word": text}) if known_severity(text) else _short(text)


def _status_shape(text: str) -> tuple[int, str]:
    return (4, _("“%(word)s” is a status we know.") % {"word": text}) if known_status(text) else _short(text)


def _short(text: str) -> tuple[int, str]:
    return (-1, "") if len(text) > 40 or _is_link(text) else (0, "")


def _key_shape(text: str) -> tuple[int, str]:
    if _is_link(text) or len(text) > 160 or len(text.split()) > 3:
        return -1, ""
    return (2, _("It has the shape of an id.")) if _ID_SHAPE.fullmatch(text) else (0, "")


def _component_shape(text: str) -> tuple[int, str]:
    return (-1, "") if _is_link(text) or len(text) > 80 or _is_time(text) else (0, "")


def _time_shape(text: str) -> tuple[int, str]:
    return (3, _("It is a time.")) if _is_time(text) else (-1, "")


def _link_shape(text: str) -> tuple[int, str]:
    return (3, _("It is a web address.")) if _is_link(text) else (-1, "")


_SHAPES: dict[str, Callable[[str], tuple[int, str]]] = {
    "title": _title_shape,
    "severity": _severity_shape,
    "status": _status_shape,
    "key": _key_shape,
    "component": _component_shape,
    "time": _time_shape,
    "link": _link_shape,
}


def _is_link(text: str) -> bool:
    return values.link(text) != ""


def _is_time(text: str) -> bool:
    try:
        return len(text) >= 8 and values.moment(text, "time") is not None
    except AlertError:
        return False


def _quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else json.dumps(name)
