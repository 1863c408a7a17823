"""This module counts what else can be wrong with calls than that they fail: that they are slow, or rated not helpful."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from gateway_ingest.evidence import reading
from gateway_ingest.evidence.deployments import MINIMUM_CALLS
from gateway_ingest.evidence.failures import Rate, Watched
from gateway_ingest.evidence.reading import Wanted
from gateway_ingest.evidence.signature import Span
from gateway_ingest.latencies import middle_of

# So much more than the usual p95 is slow: of usual calls few take as long.
SLOWER = 1.5
_MICROS = 1000


@dataclass(frozen=True)
class WatchedSlow(Watched):
    """Calls by how long they take: what is slower than usual counts as a failure."""

    slower_than_ms: float = 0.0

    @classmethod
    def than_in(cls, span: Span, watched: Watched) -> Self | None:
        """What is slow against the p95 of a usual span; None where too little was called to say what is usual."""
        pks = [kind.pk for kind in watched.kinds]
        usual = reading.total(watched.launch.pk, pks, span, sums=("calls",), sketches=("latencies",))
        p95 = usual.p(0.95)
        if p95 is None or usual.calls < MINIMUM_CALLS:
            return None
        return cls(watched.launch, watched.kinds, frozenset(), slower_than_ms=SLOWER * p95)

    def _counted(self, groups: Mapping[int, int], span: Span) -> dict[int, Rate]:
        found = reading.read(self.launch.pk, Wanted(groups, span, sums=("calls",), sketches=("latencies",)))
        durations = {number: figures.durations for (number, _bucket), figures in found.items()}
        rates = {}
        for number, counts in durations.items():
            is_slow = middle_of(counts.nonzero()[0]) > self.slower_than_ms * _MICROS
            slow = int(counts[counts.nonzero()[0]][is_slow].sum())
            rates[number] = Rate(int(counts.sum()), slow, durations=counts)
        return rates


@dataclass(frozen=True)
class WatchedAnswers(Watched):
    """Answers by what people said of them: each rating counts as a call, each that says not helpful as a failure."""

    @classmethod
    def of_calls(cls, watched: Watched) -> Self:
        """The ratings of the same calls."""
        return cls(watched.launch, watched.kinds, frozenset())

    def _counted(self, groups: Mapping[int, int], span: Span) -> dict[int, Rate]:
        found = reading.read(self.launch.pk, Wanted(groups, span, sums=("helpful", "unhelpful")))
        return {
            number: Rate(figures.helpful + figures.unhelpful, figures.unhelpful)
            for (number, _bucket), figures in found.items()
        }
