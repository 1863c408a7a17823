"""This module says which launch gets what a source sends: the first of its routes that fits, or its own without any."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from gateway_ingest.formats import IncomingAlert
from gateway_ingest.formats.calls import IncomingCall
from gateway_ingest.formats.deploys import IncomingDeployment
from gateway_ingest.models import RouteField, Source, SourceRoute
from hypercare.core import rows
from hypercare.core.models import Launch
from hypercare.core.plain_names import plain

# Under which labels alerts name their host and their path.
_HOSTS = ("host", "hostname", "instance", "domain", "server")
_PATHS = ("path", "route", "handler", "uri")
_FACTS_OF_CALLS = ("method", "release", "provider", "model", "prompt_version", "consumer_class")
_MAX_REMEMBERED = 10_000

Said = TypeVar("Said")


@dataclass(frozen=True)
class Traits:
    """What routes look at."""

    components: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """One route, as it is compared."""

    field: str
    name: str
    value: str
    launch: Launch

    def fits(self, traits: Traits) -> bool:
        """Whether what was said is meant."""
        if self.field == RouteField.COMPONENT:
            return plain(self.value) in map(plain, traits.components)
        if self.field == RouteField.HOST:
            return any(_is_host(host, self.value) for host in traits.hosts)
        if self.field == RouteField.PATH:
            return any(_is_below(path, self.value) for path in traits.paths)
        return self.field == RouteField.ANYTHING or traits.labels.get(self.name) == self.value


@dataclass(frozen=True)
class Routing:
    """The routes of one source; without any, all is for its own launch."""

    home: Launch
    rules: tuple[Rule, ...] = ()
    remembered: dict[tuple[str, ...], Launch | None] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, source: Source) -> "Routing":
        """As they stand now; a source that was fetched as one without routes is taken at its word."""
        if not getattr(source, "has_routes", True):
            return cls(source.launch)
        return cls.of_all([source])[source.pk]

    @classmethod
    def of_all(cls, sources: Sequence[Source]) -> "dict[int, Routing]":
        """Those of several sources, by their numbers."""
        found = rows.read(SourceRoute, "source_id = ANY(%s) ORDER BY id", [[source.pk for source in sources]])
        launches = Launch.objects.in_bulk({row.launch_id for row in found}) if found else {}
        rules: dict[int, list[Rule]] = {source.pk: [] for source in sources}
        for row in found:
            rules[row.source_id].append(Rule(row.field, row.name, row.value, launches[row.launch_id]))
        return {
            source.pk: cls(
                source.launch, tuple(sorted(rules[source.pk], key=lambda rule: rule.field == RouteField.ANYTHING))
            )
            for source in sources
        }

    @property
    def launches(self) -> list[Launch]:
        """Every launch that may get something."""
        found = [rule.launch for rule in self.rules] or [self.home]
        return list({launch.pk: launch for launch in found}.values())

    def launch_of(self, traits: Traits) -> Launch | None:
        """The launch of the first rule that fits; None where none does."""
        if not self.rules:
            return self.home
        return next((rule.launch for rule in self.rules if rule.fits(traits)), None)

    def launch_of_call(self, call: IncomingCall) -> Launch | None:
        """The same for a call; a gateway's calls are alike, so what was found for one is remembered."""
        if not self.rules:
            return self.home
        facts = tuple(getattr(call, name) for name in _FACTS_OF_CALLS)
        key = (call.component, call.host, call.path, *facts)
        if key not in self.remembered:
            if len(self.remembered) >= _MAX_REMEMBERED:
                self.remembered.clear()
            labels = dict(zip(_FACTS_OF_CALLS, facts, strict=True))
            self.remembered[key] = self.launch_of(Traits((call.component,), (call.host,), (call.path,), labels))
        return self.remembered[key]


def refusal() -> str:
    """Why something that fits no route was not taken."""
    return _("No route of this source fits, so no launch gets it; add a route on the page of the source.")


def traits_of_alert(alert: IncomingAlert) -> Traits:
    """What routes look at in an alert: its labels, and the address it points to."""
    hosts = [alert.labels[name] for name in _HOSTS if name in alert.labels]
    paths = [alert.labels[name] for name in _PATHS if name in alert.labels]
    host, path = _address_of(alert.url)
    return Traits(
        alert.component_names,
        tuple(name for name in (*hosts, host) if name),
        tuple(name for name in paths or [path] if name),
        alert.labels,
    )


def traits_of_deployment(said: IncomingDeployment) -> Traits:
    """What routes look at in a deployment."""
    return Traits(said.component_names, labels={"environment": said.environment, "version": said.version})


def aimed(source: Source, launch: Launch) -> Source:
    """The source as it speaks to this launch: for storing what it says there, never to be saved itself."""
    if launch.pk == source.launch_id:
        return source
    turned = copy.copy(source)
    turned.launch = launch
    return turned


def grouped(found: Iterable[tuple[Launch, Said]]) -> dict[Launch, list[Said]]:
    """What each launch gets, the launches in the order of their numbers, so that two deliveries lock them alike."""
    groups: dict[Launch, list[Said]] = {}
    for launch, said in found:
        groups.setdefault(launch, []).append(said)
    return dict(sorted(groups.items(), key=lambda pair: pair[0].pk))


def _is_host(host: str, wanted: str) -> bool:
    """`*.example.org` is every host below it; a port says nothing."""
    bare, pattern = host.lower().rstrip(".").partition(":")[0], wanted.lower()
    return bare.endswith(pattern[1:]) if pattern.startswith("*.") else bare == pattern


def _is_below(path: str, wanted: str) -> bool:
    """`/shop` is `/shop` and `/shop/7`, and not `/shopping`."""
    return path == wanted or path.startswith(wanted if wanted.endswith("/") else f"{wanted}/")


def _address_of(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.hostname or "", parts.path
