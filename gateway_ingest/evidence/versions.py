"""This module holds releases, models or prompt versions that ran at the same time against one another.

Before and after would compare two times. Here every minute of a canary is held against the same quarter of an hour of
the others, within the same routes, so that neither the hour nor what was called makes the difference.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway_ingest.evidence import reading
from gateway_ingest.evidence.ai import LEAST_RATINGS
from gateway_ingest.evidence.alike import Alike
from gateway_ingest.evidence.chance import Ratio, Table, chance_in_strata, chance_of_shares
from gateway_ingest.evidence.deployments import CERTAIN, MINIMUM_CALLS, WORDS, Word
from gateway_ingest.evidence.failures import place_of_kind
from gateway_ingest.evidence.reading import Figures, Wanted
from gateway_ingest.evidence.signature import HOUR, MINUTE, Signature, Span, kinds_of
from gateway_ingest.models import CallKind
from hypercare.core.models import Launch

SPLITS = ("release", "model", "prompt_version")
MOST_VERSIONS = 12
_QUARTER = 15 * MINUTE
_DAY = timedelta(days=1)
_SUMS = ("calls", "errors", "helpful", "unhelpful", "flagged")
Place = tuple[str, str, str]


@dataclass(frozen=True)
class Version:
    """One version of a component beside the one that serves most: its figures, the chances of the differences, and a word.

    `calls` and `errors` are all of its own; the chances are those of the calls that both had at the same time.
    """

    component: str
    name: str
    calls: int
    errors: int
    error_share: float
    p95_ms: float | None
    ratings: int
    helpful_share: float | None
    flagged: int
    compared: int = 0
    against: int = 0
    error_chance: float | None = None
    helpful_chance: float | None = None
    latency: Ratio | None = None
    word: Word | None = None

    @property
    def says(self) -> str:
        """The word in words; empty for the one that all others are held against."""
        return str(WORDS[self.word]) if self.word else ""


@dataclass(frozen=True)
class Versions:
    """The versions of a span by component; the first of each component is what its others are held against."""

    by: str
    span: Span
    rows: list[Version]
    left_out: int


def versions(launch: Launch, span: Span, *, by: str, signature: Signature | None = None) -> Versions:
    """The versions of each component that were called in the span, the busiest first; calls that name none are left out."""
    kinds = [
        kind for kind in kinds_of(launch, signature or Signature()).select_related("component") if getattr(kind, by)
    ]
    found = _counted(launch, span, kinds, by)
    ranked = sorted(found, key=lambda key: (-sum(cell.calls for cell in found[key].values()), key))
    shown = ranked[:MOST_VERSIONS]
    first = {key[0]: key for key in reversed(shown)}
    tests = max(len(shown) - len(first), 1)
    rows = [
        _version(key, found[key], found[first[key[0]]] if key != first[key[0]] else None, tests=tests) for key in shown
    ]
    rows.sort(key=lambda row: shown.index(first[row.component]))
    return Versions(by, span, rows, len(ranked) - len(shown))


# What was counted by place and time.
_Cells = Mapping[tuple[Place, datetime], Figures]


def _counted(launch: Launch, span: Span, kinds: list[CallKind], by: str) -> dict[tuple[str, str], _Cells]:
    """By component and version, then by place and stretch of time: quarters of an hour, hours in spans of more than a day."""
    step = _QUARTER if span.length <= _DAY else HOUR
    keys = {kind.pk: (str(getattr(kind, by)), place_of_kind(kind)) for kind in kinds}
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys.values()))}
    names = {number: key for key, number in numbers.items()}
    groups = {pk: numbers[key] for pk, key in keys.items()}
    found: dict[tuple[str, str], dict[tuple[Place, datetime], Figures]] = defaultdict(dict)
    wanted = Wanted(groups, span, step=step, sketches=("latencies",), sums=_SUMS)
    for (number, at), figures in reading.read(launch.pk, wanted).items():
        if at and (figures.calls or figures.helpful or figures.unhelpful):
            name, place = names[number]
            found[place[0], name][place, at] = figures
    return {key: cells for key, cells in found.items() if any(cell.calls for cell in cells.values())}


def _version(key: tuple[str, str], own: _Cells, first: _Cells | None, *, tests: int) -> Version:
    whole = _sum(own.values())
    ratings = whole.helpful + whole.unhelpful
    row = Version(
        *key, whole.calls, whole.errors, whole.error_share or 0.0, whole.p(0.95), ratings,
        whole.helpful / ratings if ratings >= LEAST_RATINGS else None, whole.flagged,
    )  # fmt: skip
    if first is None:
        return row
    cells = sorted(own.keys() & first.keys())
    tables = [(own[cell].errors, own[cell].calls, first[cell].errors, first[cell].calls) for cell in cells]
    compared, against = sum(table[1] for table in tables), sum(table[3] for table in tables)
    if min(compared, against) < MINIMUM_CALLS:
        return replace(row, compared=compared, against=against, word=Word.TOO_LITTLE)
    found = _Tests(
        errors=chance_in_strata(tables),
        more_errors=_surplus(tables) > 0,
        latency=Alike.of(_by_place(first, cells), _by_place(own, cells)).latency(least=MINIMUM_CALLS),
        helpful=_chance_of_ratings(whole, _sum(first.values())),
    )
    return replace(
        row, compared=compared, against=against, error_chance=found.errors, helpful_chance=found.helpful,
        latency=found.latency, word=found.word(certain=CERTAIN / tests, less_helpful=_is_less(whole, _sum(first.values()))),
    )  # fmt: skip


@dataclass(frozen=True)
class _Tests:
    """What chance alone would make of the differences."""

    errors: float
    more_errors: bool
    latency: Ratio | None
    helpful: float | None

    def word(self, *, certain: float, less_helpful: bool) -> Word:
        """What got worse outweighs what got better."""
        worse = [self.more_errors] if self.errors < certain else []
        worse += [self.latency.value > 1] if self.latency and self.latency.is_certain else []
        worse += [less_helpful] if self.helpful is not None and self.helpful < certain else []
        return Word.WORSE if any(worse) else Word.BETTER if worse else Word.SAME


def _surplus(tables: list[Table]) -> float:
    """How many errors more than if all calls of the same route and time had failed alike."""
    return sum(one - of_one * (one + two) / (of_one + of_two) for one, of_one, two, of_two in tables if of_one + of_two)


def _chance_of_ratings(own: Figures, other: Figures) -> float | None:
    """None where either has too few ratings; they come late, so they are not told apart by time."""
    of, other_of = (each.helpful + each.unhelpful for each in (own, other))
    if min(of, other_of) < LEAST_RATINGS:
        return None
    return chance_of_shares(own.helpful, of, other.helpful, other_of)


def _is_less(own: Figures, other: Figures) -> bool:
    of, other_of = (each.helpful + each.unhelpful for each in (own, other))
    return own.helpful * other_of < other.helpful * of


def _by_place(cells: _Cells, chosen: list[tuple[Place, datetime]]) -> dict[Place, Figures]:
    found: dict[Place, Figures] = defaultdict(Figures)
    for place, at in chosen:
        found[place].add(cells[place, at])
    return dict(found)


def _sum(parts: Iterable[Figures]) -> Figures:
    whole = Figures()
    for each in parts:
        whole.add(each)
    return whole
