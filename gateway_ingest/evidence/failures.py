"""This module counts how many calls of the same routes failed as a signature says, by release where calls name one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway_ingest.evidence import reading
from gateway_ingest.evidence.places import belonging_to
from gateway_ingest.evidence.reading import Wanted
from gateway_ingest.evidence.signature import MINUTE, Signature, Span, kinds_of
from gateway_ingest.latencies import Buckets
from gateway_ingest.models import CallKind
from hypercare.core.models import Launch
from hypercare.core.plain_names import plain


@dataclass(frozen=True)
class Rate:
    """Calls of some routes, how many of them failed as asked, and over how many minutes they were counted."""

    calls: int = 0
    failures: int = 0
    minutes: float = 0.0
    begins: datetime | None = None
    ends: datetime | None = None
    durations: Buckets | None = field(default=None, compare=False, repr=False)

    @property
    def p95_ms(self) -> float | None:
        """What 95 of 100 calls did not exceed, where durations were counted."""
        return reading.milliseconds(self.durations, 0.95) if self.durations is not None else None

    @property
    def share(self) -> float:
        """The share that failed; nought where nothing was called."""
        return self.failures / self.calls if self.calls else 0.0

    @property
    def pace(self) -> float:
        """Calls a minute."""
        return self.calls / self.minutes if self.minutes else 0.0

    def __add__(self, other: "Rate") -> "Rate":
        return Rate(
            self.calls + other.calls,
            self.failures + other.failures,
            self.minutes + other.minutes,
            min(filter(None, (self.begins, other.begins)), default=None),
            max(filter(None, (self.ends, other.ends)), default=None),
            _together(self.durations, other.durations),
        )

    def beside(self, other: "Rate") -> "Rate":
        """With other calls of the same span, so that its minutes count once."""
        return replace(self + other, minutes=self.minutes, begins=self.begins, ends=self.ends)


def _together(one: Buckets | None, other: Buckets | None) -> Buckets | None:
    return other if one is None else one if other is None else one + other


@dataclass(frozen=True)
class Watched:
    """The kinds of calls that a signature is about in one environment: all calls of its routes, those that fail among them."""

    launch: Launch
    kinds: tuple[CallKind, ...]
    failing: frozenset[int]
    refusal: str = ""

    @classmethod
    def of(cls, launch: Launch, signatures: Sequence[Signature], environment: str) -> "Watched":
        """The kinds of calls of these signatures that belong to an environment, or why there are none."""
        everywhere = [replace(one, status_class=0, error_type="") for one in signatures]
        found = list(kinds_of(launch, everywhere).select_related("component"))
        own = belonging_to(environment, found, launch)
        failing = set(kinds_of(launch, signatures).values_list("pk", flat=True))
        return cls(launch, tuple(own.kinds), frozenset(failing), own.refusal)

    @property
    def places(self) -> set[tuple[str, str, str]]:
        """The component, method and route of each."""
        return {place_of_kind(kind) for kind in self.kinds}

    def rate(self, span: Span) -> Rate:
        """What was called and failed in a span."""
        return self.rates(span, lambda _kind: True).get(True) or Rate(
            0, 0, span.length / MINUTE, span.begins, span.ends
        )

    def rates(self, span: Span, part: Callable[[CallKind], object]) -> dict[object, Rate]:
        """The same in parts, by what `part` says of each kind; parts without a call are left out."""
        parts = {kind.pk: part(kind) for kind in self.kinds}
        numbers = {said: place for place, said in enumerate(dict.fromkeys(parts.values()))}
        found = self._counted({pk: numbers[said] for pk, said in parts.items()}, span)
        return {
            said: replace(rate, minutes=span.length / MINUTE, begins=span.begins, ends=span.ends)
            for said, number in numbers.items()
            if (rate := found.get(number)) and rate.calls
        }

    def _counted(self, groups: Mapping[int, int], span: Span) -> dict[int, Rate]:
        """How many were called of each group of kinds, and how many of them failed."""
        apart = {pk: 2 * number + (pk in self.failing) for pk, number in groups.items()}
        found = reading.read(self.launch.pk, Wanted(apart, span, sums=("calls",)))
        rates: dict[int, Rate] = {}
        for (number, _bucket), figures in found.items():
            rates[number // 2] = rates.get(number // 2, Rate()) + Rate(figures.calls, number % 2 * figures.calls)
        return rates

    def rate_of_all(self, spans: Iterable[Span]) -> Rate:
        """What was called and failed in several spans together."""
        return sum((self.rate(span) for span in spans), Rate())


def place_of_kind(kind: CallKind) -> tuple[str, str, str]:
    """Its component, method and route."""
    return kind.component.slug if kind.component else kind.hint, kind.method, kind.route


def release_name(version: str) -> str:
    """A version as it is compared: `v1.8.3` and `1.8.3` are one release."""
    name = plain(version)
    return name[1:] if name[:1] == "v" and name[1:2].isdigit() else name
