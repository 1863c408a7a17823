"""This module finds which component a report is about: named by the reporter, or told by page, name and hint words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from feedback.models import Feedback
from hypercare.core.models import Component
from triage.classify.features import MAX_CHARACTERS
from triage.classify.suggestion import Suggestion, suggest
from triage.vocabulary import read_once, stem, words_of

FIELD = "component"
_ADDRESS_KEYS = ("page", "url", "path", "route", "service", "endpoint")
_ROUTE = re.compile(r"(?<![\w/])/[a-z][\w\-/]{2,}", re.IGNORECASE)
_BY_NAME, _BY_PAGE, _BY_HINT, _EACH_MORE, _SUREST = 0.85, 0.80, 0.66, 0.08, 0.97


@dataclass(frozen=True)
class _Signs:
    """By what a component is known."""

    component: Component
    names: tuple[tuple[str, ...], ...]
    hints: tuple[tuple[str, ...], ...]
    routes: tuple[str, ...]


@dataclass(frozen=True)
class _Trace:
    strength: float
    found: str


class ComponentFinder:
    """Knows a launch's components by their signs, so that a batch is read quickly."""

    def __init__(self, components: Sequence[Component]) -> None:
        self._slugs = {component.pk: component.slug for component in components}
        self._signs = [_signs_of(component) for component in components]

    def suggest(self, row: Feedback) -> Suggestion | None:
        """The component with its reason; nothing when no sign is there."""
        if row.component_id in self._slugs:
            slug = self._slugs[row.component_id]
            return suggest(
                FIELD,
                slug,
                confidence=1.0,
                reason=_("named by the reporter"),
                origin="rule",
                decider="rule: named by the reporter",
            )
        traces = self._traces(row)
        if not traces:
            return None
        (confidence, found, slug), *others = sorted(
            ((_add_up(each), each, slug) for slug, each in traces.items()), key=lambda said: (-said[0], said[2])
        )
        words = ", ".join(dict.fromkeys(trace.found for trace in found))
        reason = _("because of: %(words)s") % {"words": words}
        if others and others[0][0] >= confidence - 0.02:
            reason = _("%(reason)s; “%(other)s” fits as well") % {"reason": reason, "other": others[0][2]}
            confidence = min(confidence, 0.5)
        return suggest(
            FIELD, slug, confidence=confidence, reason=reason, origin="rule", decider="rule: component words"
        )

    def _traces(self, row: Feedback) -> dict[str, list[_Trace]]:
        text = f"{row.title}\n{row.body}".strip()[:MAX_CHARACTERS]
        words, _thoughts = read_once(text)
        spoken = " " + " ".join(stem(word) for word in words) + " "
        page = _page_of(row)
        routes = " ".join(_ROUTE.findall(text)).lower()
        found = {signs.component.slug: _find(signs, spoken, page, routes) for signs in self._signs}
        return {slug: traces for slug, traces in found.items() if traces}


def _signs_of(component: Component) -> _Signs:
    names = {_stems(component.name), _stems(component.slug)}
    hints = [hint for hint in component.hints if not hint.startswith("/")]
    routes = [hint.lower().rstrip("/*") for hint in component.hints if hint.startswith("/")]
    return _Signs(component, tuple(names), tuple(_stems(hint) for hint in hints), tuple(routes))


def _stems(name: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in words_of(name.replace("-", " ").replace("_", " ")))


def _find(signs: _Signs, spoken: str, page: str, routes: str) -> list[_Trace]:
    traces = []
    name = next((name for name in signs.names if name and _has(spoken, name)), None)
    if name:
        traces.append(_Trace(_BY_NAME, _("its name “%(name)s”") % {"name": signs.component.name}))
    place = _place_of(signs, page) or _place_of(signs, routes)
    if place:
        traces.append(_Trace(_BY_PAGE, _("the page %(page)s") % {"page": place}))
    traces += [
        _Trace(_BY_HINT, _("the word “%(word)s”") % {"word": said})
        for hint, said in zip(signs.hints, [h for h in signs.component.hints if not h.startswith("/")], strict=True)
        if hint and hint != name and _has(spoken, hint)
    ]
    return traces


def _has(spoken: str, name: tuple[str, ...]) -> bool:
    return f" {' '.join(name)} " in spoken


def _place_of(signs: _Signs, place: str) -> str:
    """The part of an address that belongs to the component."""
    if not place:
        return ""
    for route in signs.routes:
        if route in place:
            return route
    segments = set(re.split(r"[/\s?#&=.]+", place))
    known = {signs.component.slug, *("-".join(hint) for hint in signs.hints)}
    return next((f"/{segment}" for segment in sorted(segments) if segment in known or stem(segment) in known), "")


def _page_of(row: Feedback) -> str:
    context = row.context if isinstance(row.context, dict) else {}
    said = [context.get(key) for key in _ADDRESS_KEYS]
    return " ".join(_path(value) for value in said if isinstance(value, str))[:MAX_CHARACTERS].lower()


def _path(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.path}?{parts.fragment}" if parts.scheme else address


def _add_up(traces: Sequence[_Trace]) -> float:
    best = max(trace.strength for trace in traces)
    return min(best + _EACH_MORE * (len(traces) - 1), _SUREST)
