"""This module finds what an API should not do by looking at its traffic: figures, first and last seen, never a name.

Every finding is about routes and kinds of callers as windows know them; paths and consumers themselves are not stored.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gateway_ingest.api_description import Operation, Operations
from gateway_ingest.call_kinds import OTHER
from gateway_ingest.evidence import reading
from gateway_ingest.evidence.reading import Figures, Wanted
from gateway_ingest.evidence.signature import Span
from gateway_ingest.formats.calls import ConsumerClass
from gateway_ingest.models import ApiDescription, CallKind
from hypercare.core.models import Launch

USUAL_SPAN = timedelta(days=7)
EXAMPLES = 5
# One caller who mistypes is no finding.
LEAST_CALLS = 5
_NAMED = frozenset({ConsumerClass.USER, ConsumerClass.KEY, ConsumerClass.APPLICATION, ConsumerClass.TEAM})
# What is open to all by its nature: signs of life, signing in, what browsers and crawlers ask for.
_OPEN_BY_NATURE = re.compile(
    r".*/(?:healthz?|livez?|readyz?|ping|status|metrics|favicon\.ico|robots\.txt|login|signin|logout|\.well-known"
    r"|oauth2?|token|register|docs|openapi(?:\.json|\.ya?ml)?|schema)(?:/.*)?",
    re.IGNORECASE,
)
_VERSION = re.compile(r"[vV](\d{1,3})")


class Rule(StrEnum):
    """What is looked for."""

    NO_AUTHENTICATION = "no_authentication"
    PLAIN_HTTP = "plain_http"
    ERROR_FORMATS = "error_formats"
    UNDOCUMENTED = "undocumented"
    NEVER_CALLED = "never_called"
    DEPRECATED = "deprecated"
    OLD_VERSION = "old_version"


RULE_WORDS = {
    Rule.NO_AUTHENTICATION: gettext_lazy("Answers without anybody named"),
    Rule.PLAIN_HTTP: gettext_lazy("Called over plain HTTP"),
    Rule.ERROR_FORMATS: gettext_lazy("Errors told in several formats"),
    Rule.UNDOCUMENTED: gettext_lazy("Called but not documented"),
    Rule.NEVER_CALLED: gettext_lazy("Documented but never called"),
    Rule.DEPRECATED: gettext_lazy("Deprecated but still called"),
    Rule.OLD_VERSION: gettext_lazy("An older version is still called"),
}


@dataclass(frozen=True)
class Finding:
    """One thing found of one component; `examples` are routes with their calls."""

    rule: Rule
    component: str
    calls: int
    of: int
    consumers: int
    consumers_error: float
    detail: str
    first_at: datetime | None
    last_at: datetime | None
    examples: list[tuple[str, int]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is, in words."""
        return str(RULE_WORDS[self.rule])


@dataclass(frozen=True)
class _Seen:
    """A kind of calls with what was counted of it."""

    kind: CallKind
    component: str
    figures: Figures

    @property
    def name(self) -> str:
        return f"{self.kind.method} {self.kind.route}".strip()

    @property
    def is_answered(self) -> bool:
        return self.kind.status_class in {2, 3}


_ByComponent = Mapping[str, Sequence[_Seen]]


def governance(launch: Launch, span: Span) -> list[Finding]:
    """All findings of a span, by rule and then by how many calls they are about."""
    seen = _seen(launch, span)
    by_component: dict[str, list[_Seen]] = defaultdict(list)
    for each in seen:
        by_component[each.component].append(each)
    descriptions = list(ApiDescription.objects.filter(launch=launch).select_related("component").order_by("pk"))
    described = {one.component.slug for one in descriptions if one.component}
    drafts = [
        *_without_authentication(by_component),
        *_plain_http(by_component),
        *_error_formats(by_component),
        *_old_versions(by_component),
        *(draft for one in descriptions for draft in _against(one, by_component, described)),
    ]
    order = list(Rule)
    return sorted(
        _with_consumers(launch, span, drafts), key=lambda each: (order.index(each.rule), -each.calls, each.component)
    )


def _seen(launch: Launch, span: Span) -> list[_Seen]:
    kinds = {kind.pk: kind for kind in CallKind.objects.filter(launch=launch).select_related("component")}
    found = reading.read(launch.pk, Wanted({pk: pk for pk in kinds}, span, sums=("calls",)))
    return [
        _Seen(kinds[pk], kind.component.slug if (kind := kinds[pk]).component else kind.hint, figures)
        for (pk, _bucket), figures in found.items()
    ]


@dataclass(frozen=True)
class _Draft:
    """A finding and the kinds whose consumers are still to be counted."""

    finding: Finding
    kinds: frozenset[int] = frozenset()


def _with_consumers(launch: Launch, span: Span, drafts: Sequence[_Draft]) -> list[Finding]:
    """Only of what was found are sketches read; those of all kinds of a week would be many."""
    kinds = {pk for draft in drafts for pk in draft.kinds}
    read = reading.read(launch.pk, Wanted({pk: pk for pk in kinds}, span, sketches=("consumers",), sums=("calls",)))
    sketches = {pk: figures.sketches["consumers"] for (pk, _bucket), figures in read.items()}
    return [_counted(draft, [each for pk in draft.kinds for each in sketches.get(pk, [])]) for draft in drafts]


def _counted(draft: _Draft, sketches: Sequence[bytes]) -> Finding:
    consumers = reading.distinct_of(sketches)
    return replace(draft.finding, consumers=consumers.number, consumers_error=consumers.error)


def _finding(rule: Rule, component: str, seen: Sequence[_Seen], *, of: int, detail: str) -> _Draft:
    whole, by_name = Figures(), defaultdict[str, int](int)
    for each in seen:
        whole.add(each.figures)
        by_name[each.name] += each.figures.calls
    examples = sorted(by_name.items(), key=lambda pair: (-pair[1], pair[0]))[:EXAMPLES]
    found = Finding(rule, component, whole.calls, of, 0, 0.0, detail, whole.first_at, whole.last_at, examples)
    return _Draft(found, frozenset(each.kind.pk for each in seen))


def _calls(seen: Sequence[_Seen]) -> int:
    return sum(each.figures.calls for each in seen)


def _without_authentication(by_component: _ByComponent) -> Iterator[_Draft]:
    """Successful calls by nobody named, where callers otherwise are; routes that are open by nature do not count."""
    names_some = {
        name for name, seen in by_component.items() if any(each.kind.consumer_class in _NAMED for each in seen)
    }
    for component, seen in by_component.items():
        answered = [each for each in seen if each.is_answered and not _OPEN_BY_NATURE.fullmatch(each.kind.route)]
        nameless = [
            each for each in answered if each.kind.consumer_class not in _NAMED and each.kind.method != "OPTIONS"
        ]
        if not names_some or _calls(nameless) < LEAST_CALLS:
            continue
        if component in names_some:
            detail = _("Other calls of this component name a user or a key.")
        else:
            detail = _("No call of this component names anybody, while other components' calls do.")
        yield _finding(Rule.NO_AUTHENTICATION, component, nameless, of=_calls(answered), detail=detail)


def _plain_http(by_component: _ByComponent) -> Iterator[_Draft]:
    for component, seen in by_component.items():
        plain = [each for each in seen if each.kind.scheme == "http" and each.kind.status_class != 3]
        if _calls(plain) >= LEAST_CALLS:
            detail = _("What is sent can be read on its way. Redirects to https do not count.")
            yield _finding(Rule.PLAIN_HTTP, component, plain, of=_calls(seen), detail=detail)


def _error_formats(by_component: _ByComponent) -> Iterator[_Draft]:
    """The formats of a component's errors, where several are more than a mishap; the rarer ones are the examples."""
    for component, seen in by_component.items():
        failed = [each for each in seen if each.kind.error_format]
        by_format: dict[str, list[_Seen]] = defaultdict(list)
        for each in failed:
            by_format[each.kind.error_format].append(each)
        counted = sorted(((_calls(part), name) for name, part in by_format.items()), reverse=True)
        counted = [(calls, name) for calls, name in counted if calls >= LEAST_CALLS]
        if len(counted) < 2:
            continue
        rarer = [each for _calls_of, name in counted[1:] for each in by_format[name]]
        detail = ", ".join(f"{name}: {calls}" for calls, name in counted)
        yield _finding(Rule.ERROR_FORMATS, component, rarer, of=_calls(failed), detail=detail)


def _old_versions(by_component: _ByComponent) -> Iterator[_Draft]:
    """Routes of /v1/ while the same route of /v2/ is called too."""
    for component, seen in by_component.items():
        newest: dict[str, int] = {}
        versions = [(each, *_version_of(each.kind.route)) for each in seen if each.is_answered]
        for _each, version, bare in versions:
            newest[bare] = max(newest.get(bare, -1), version)
        old = [each for each, version, bare in versions if 0 <= version < newest[bare]]
        if _calls(old) >= LEAST_CALLS:
            of = _calls([each for each, version, _bare in versions if version >= 0])
            detail = _("A newer version of the same routes is called too.")
            yield _finding(Rule.OLD_VERSION, component, old, of=of, detail=detail)


def _version_of(route: str) -> tuple[int, str]:
    """The number in the first part such as v2, and the route without it; -1 where there is none."""
    parts = route.split("/")
    for place, part in enumerate(parts):
        if found := _VERSION.fullmatch(part):
            return int(found[1]), "/".join([*parts[:place], "v*", *parts[place + 1 :]])
    return -1, route


def _against(description: ApiDescription, by_component: _ByComponent, described: AbstractSet[str]) -> Iterator[_Draft]:
    """What traffic and an uploaded description disagree about.

    The description of a whole launch speaks for the components that have none of their own, but whatever was called
    anywhere was called.
    """
    component = description.component.slug if description.component else ""
    everything = [each for name, part in by_component.items() if not component or name == component for each in part]
    seen = [each for each in everything if component or each.component not in described]
    operations = [Operation(*each) for each in description.operations]
    tree = Operations(operations)
    belongs: dict[tuple[str, str], Operation | None] = {}
    for each in everything:
        key = (each.kind.method, each.kind.route)
        if key not in belongs:
            belongs[key] = tree.of(*key)

    def operation(each: _Seen) -> Operation | None:
        return belongs[each.kind.method, each.kind.route]

    named = {"title": description.title, "version": description.version}
    yield from _undocumented(component, seen, operation, named)
    old = [each for each in seen if (one := operation(each)) and one.deprecated]
    if _calls(old) >= LEAST_CALLS:
        detail = _("%(title)s %(version)s marks these operations as deprecated.") % named
        yield _finding(Rule.DEPRECATED, component, old, of=_calls(seen), detail=detail)
    called = {one.name for one in belongs.values() if one}
    known = {each.name for each in operations}
    is_capped = any(each.kind.route == OTHER for each in everything)
    if seen and not is_capped and (never := sorted(known - called)):
        said = {**named, "number": len(never), "all": len(known)}
        detail = _("%(number)d of %(all)d operations of %(title)s %(version)s were not called.") % said
        examples = [(name, 0) for name in never[:EXAMPLES]]
        yield _Draft(Finding(Rule.NEVER_CALLED, component, 0, 0, 0, 0.0, detail, None, None, examples))


def _undocumented(
    component: str, seen: Sequence[_Seen], operation: Callable[[_Seen], Operation | None], named: dict[str, str]
) -> Iterator[_Draft]:
    """Routes that answered well or broke, and stand in no description; what was only ever refused may be a scanner.

    Of what is counted under "other", nobody knows which routes those are.
    """
    named_routes = [each for each in seen if each.kind.method != "OPTIONS" and each.kind.route != OTHER]
    answered = {each.name for each in named_routes if each.is_answered}
    unknown = [each for each in named_routes if each.name in answered and not operation(each)]
    if _calls(unknown) >= LEAST_CALLS:
        detail = _("These routes answer, but %(title)s %(version)s does not describe them.") % named
        yield _finding(Rule.UNDOCUMENTED, component, unknown, of=_calls(seen), detail=detail)
