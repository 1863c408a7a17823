"""This module lists a launch's routes with what was counted of each: calls, errors, p95, consumers, and their course."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway_ingest.evidence import reading
from gateway_ingest.evidence.reading import Figures, Wanted
from gateway_ingest.evidence.series import steps_of, usual_step
from gateway_ingest.evidence.signature import Signature, Span, kinds_of
from hypercare.core.models import Launch

SHOWN = 50
_NEEDED = ("calls", "errors")


class Order(StrEnum):
    """What stands on top."""

    CALLS = "calls"
    ERRORS = "errors"
    SHARE = "share"


@dataclass(frozen=True)
class RouteRow:
    """One route of one component."""

    component: str
    method: str
    route: str
    calls: int
    errors: int
    error_share: float
    p95_ms: float | None
    consumers: int
    consumers_error: float
    course: list[int]


@dataclass(frozen=True)
class Routes:
    """The routes of a span, and how all of them together ran."""

    rows: list[RouteRow]
    found: int
    calls: int
    errors: int
    course: list[tuple[datetime, int, int]]


def routes(
    launch: Launch, span: Span, *, component: str = "", order: Order = Order.CALLS, limit: int = SHOWN
) -> Routes:
    """The first routes in the order asked for; only of those shown are steps and sketches read."""
    kinds = kinds_of(launch, Signature(component=component)).select_related("component")
    places = {
        kind.pk: (kind.component.slug if kind.component else kind.hint, kind.method, kind.route) for kind in kinds
    }
    numbers = {place: number for number, place in enumerate(dict.fromkeys(places.values()))}
    groups = {pk: numbers[place] for pk, place in places.items()}
    step = usual_step(span)
    moments = steps_of(span, step)
    whole = reading.read(launch.pk, Wanted(dict.fromkeys(groups, 0), span, step=step, sums=_NEEDED))
    found = reading.read(launch.pk, Wanted(groups, span, sums=_NEEDED))
    totals = {number: figures for (number, _at), figures in found.items() if figures.calls}
    ranked = sorted(totals, key=lambda one: _rank(totals[one], order))
    # Only what is shown is read step by step; all routes of a week would be millions of figures.
    shown = ranked[:limit]
    first = set(shown)
    chosen = {pk: number for pk, number in groups.items() if number in first}
    by_step = reading.read(launch.pk, Wanted(chosen, span, step=step, sums=_NEEDED))
    full = reading.read(launch.pk, Wanted(chosen, span, sketches=("latencies", "consumers"), sums=_NEEDED))
    names = {number: place for place, number in numbers.items()}
    rows = [
        _row(names[number], full.get((number, None)) or totals[number],
            [by_step[number, at].calls if (number, at) in by_step else 0 for at in moments])
        for number in shown
    ]  # fmt: skip
    nothing = Figures()
    course = [(at, (here := whole.get((0, at), nothing)).calls, here.errors) for at in moments]
    calls, errors = (sum(each.sums[name] for each in totals.values()) for name in _NEEDED)
    return Routes(rows, len(ranked), calls, errors, course)


def _rank(figures: Figures, order: Order) -> tuple[float, int]:
    first = {Order.CALLS: figures.calls, Order.ERRORS: figures.errors, Order.SHARE: figures.errors / figures.calls}
    return -first[order], -figures.calls


def _row(place: tuple[str, str, str], figures: Figures, course: list[int]) -> RouteRow:
    consumers = figures.consumers
    share = figures.errors / figures.calls if figures.calls else 0.0
    return RouteRow(
        *place, figures.calls, figures.errors, share, figures.p(0.95), consumers.number, consumers.error, course
    )
