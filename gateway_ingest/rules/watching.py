"""This module runs one rule over minutes of traffic: the same code for the live watch and for a dry run on the past."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import numpy as np
from numpy.typing import NDArray

from gateway_ingest.absences import GRACE, Absences
from gateway_ingest.rules.keys import Key, named
from gateway_ingest.rules.rule import FIGURES, Against, Measure, Rule
from gateway_ingest.rules.span import MINUTE, Floats, Span
from gateway_ingest.rules.state import Change, Look, State, step
from gateway_ingest.rules.stored import hour_of
from gateway_ingest.rules.traffic import Traffic

States = dict[Key, State]
# What a rule looks at that is not counted from calls: a key's figure at moments in order.
Figures = Mapping[Key, Sequence[tuple[datetime, Traffic]]]

_OVER_CALLS = {
    Measure.ERROR_SHARE: "errors",
    Measure.UNAVAILABLE_SHARE: "unavailable",
    Measure.LIMITED_SHARE: "limited",
    Measure.PROVIDER_ERROR_SHARE: "provider_errors",
    Measure.TOKENS_A_CALL: "tokens",
}
_A_MINUTE = {Measure.MALFORMED: "malformed", Measure.REFUSED: "refused", Measure.CALLS: "calls"}
_COUNTED = {Measure.FLAGGED: "flagged", Measure.FORGOT: "forgot"}


@dataclass(frozen=True)
class Around:
    """What a rule may know beside the traffic: what is usual or wanted of a key, what is critical, what is being mended.

    `away` is when we ourselves were not there.
    """

    usual: Callable[[Rule, Key, datetime], float | None] = lambda _rule, _key, _at: None
    critical: frozenset[str] = frozenset()
    in_maintenance: Callable[[str, datetime, datetime], bool] = lambda _component, _begins, _ends: False
    away: Absences = field(default_factory=Absences)


@dataclass(frozen=True)
class Found:
    """A change that somebody should know of, with the state after it and what was seen."""

    rule: Rule
    key: Key
    change: Change
    state: State
    look: Look


@dataclass
class Watched:
    """The states after some minutes, and what changed on the way."""

    states: States
    found: list[Found] = field(default_factory=list)

    def step(self, rule: Rule, key: Key, look: Look) -> None:
        """Takes one minute more of a key."""
        state, change = step(rule, self.states.get(key, State()), look)
        if state.is_forgettable:
            self.states.pop(key, None)
        else:
            self.states[key] = state
        if change is not Change.NOTHING:
            self.found.append(Found(rule, key, change, state, look))

    def without(self, is_left_out: Callable[[Key], bool], before: Mapping[Key, State]) -> "Watched":
        """The same where nothing changed of some keys."""
        states = {key: state for key, state in self.states.items() if not is_left_out(key)}
        states |= {key: state for key, state in before.items() if is_left_out(key)}
        return Watched(states, [one for one in self.found if not is_left_out(one.key)])

    def take(self, part: "Watched", *, of: Iterable[Key]) -> None:
        """Takes over what was watched apart, of some keys."""
        for key in of:
            self.states.pop(key, None)
        self.states.update(part.states)
        self.found += part.found


def watch(
    rule: Rule,
    span: Span,
    states: Mapping[Key, State],
    around: Around,
    *,
    first: int,
    beside: Span | None = None,
    late: Callable[[Key], int | None] = lambda _key: 0,
) -> Watched:
    """Runs the rule over the minutes of a span from its `first` on; keys nothing is wrong with cost no step.

    `beside` is the span without what is being mended: what it does not reach by itself is not told. `late` says by how
    many minutes a key is looked at later than others; None is not at all.
    """
    watched = Watched(dict(states))
    blind = _blind(rule, span, around)
    reached = reached_in(rule, span, around)
    if rule.measure is Measure.CALLS:
        reached &= ~blind
    told = _told(rule, beside, around)
    places = {key: place for place, key in enumerate(span.keys)}
    wrong = [span.keys[place] for place in np.flatnonzero(reached.any(axis=1)).tolist()]
    for key in dict.fromkeys([*wrong, *states]):
        place, behind = places.get(key), late(key)
        if behind is None:
            continue
        timed = rule.measure is Measure.P95_MS
        seen = _nothing if place is None else partial(span.traffic, place, timed=timed)
        for end in range(first - behind, span.minutes - behind):
            is_reached = place is not None and bool(reached[place, end])
            if is_reached or (key in watched.states and not blind[end]):
                three = _three(rule, seen, end)
                if timed and is_reached and place is not None:
                    three = (span.surely(place, end, rule.minutes), *three[1:])
                look = _look(rule, key, around, span.at(end), three)
                watched.step(rule, key, look if told(key, end) else replace(look, in_maintenance=True))
    watched.found.sort(key=lambda one: one.look.at)
    return watched


def _blind(rule: Rule, span: Span, around: Around) -> NDArray[np.bool_]:
    """The minutes of which nothing is known, because we were away; to miss calls, none of a rule's time may be."""
    back, grace = (rule.minutes, GRACE) if rule.measure is Measure.CALLS else (1, timedelta())
    ends = [span.at(end) for end in range(span.minutes)]
    return np.array([around.away.touch(end - back * MINUTE, end, grace=grace) for end in ends], dtype=np.bool_)


def _told(rule: Rule, beside: Span | None, around: Around) -> Callable[[Key, int], bool]:
    """Whether what a key does in a minute is not only that of what is being mended."""
    if beside is None:
        return lambda _key, _end: True
    reached, places = reached_in(rule, beside, around), {key: place for place, key in enumerate(beside.keys)}
    return lambda key, end: key in places and bool(reached[places[key], end])


def watch_figures(
    rule: Rule, figures: Figures, states: Mapping[Key, State], around: Around, *, ends: Sequence[datetime]
) -> Watched:
    """Runs the rule over figures that come one by one; a key whose figure is gone has none at these ends."""
    watched = Watched(dict(states))
    gone = {key: [(end, Traffic(1)) for end in ends] for key in states if key not in figures}
    for key, course in {**figures, **gone}.items():
        for at, traffic in course:
            watched.step(rule, key, _look(rule, key, around, at, (traffic, traffic, traffic)))
    watched.found.sort(key=lambda one: one.look.at)
    return watched


def values_in(rule: Rule, span: Span) -> Floats:
    """The measure of each key at each minute's end, in its own unit; not a number where there is nothing to say."""
    measure = rule.measure
    if measure is Measure.P95_MS:
        return _p95_of_all(rule, span)
    calls = span.counted("calls", rule.minutes)
    with np.errstate(invalid="ignore", divide="ignore"):
        if measure in _OVER_CALLS:
            return np.asarray(np.where(calls > 0, span.counted(_OVER_CALLS[measure], rule.minutes) / calls, np.nan))
        if measure in _A_MINUTE:
            return np.asarray(span.counted(_A_MINUTE[measure], rule.minutes) / rule.minutes, dtype=np.float64)
        return span.counted(_COUNTED[measure], rule.minutes).astype(np.float64)


def usual_in(rule: Rule, span: Span, around: Around) -> Floats:
    """What is usual or wanted of each key at each minute's end; it changes with the hour only."""
    found = np.full((len(span.keys), span.minutes), np.nan)
    if rule.against is Against.ITSELF:
        return found
    for begin, end in _hours(span, rule.minutes):
        for place, key in enumerate(span.keys):
            usual = around.usual(rule, key, span.at(begin))
            found[place, begin:end] = np.nan if usual is None else usual
    return found


def reached_in(rule: Rule, span: Span, around: Around) -> NDArray[np.bool_]:
    """Where the whole time reaches the rule's first limit on enough cases."""
    values = values_in(rule, span)
    cases = span.counted("calls", rule.minutes).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        if rule.against is not Against.ITSELF:
            usual = usual_in(rule, span, around)
            values = np.where(usual > 0, values / usual, np.nan)
            if rule.measure is Measure.CALLS:
                cases = usual * rule.minutes
        beyond = values < rule.steps[0].limit if rule.below else values > rule.steps[0].limit
        return np.asarray(beyond & (cases >= rule.least), dtype=np.bool_)


def _three(rule: Rule, seen: Callable[[int, int], Traffic], end: int) -> tuple[Traffic, Traffic, Traffic]:
    """The rule's whole time and its two halves, up to the end of a minute."""
    middle = max(rule.minutes // 2, 1)
    return seen(end, rule.minutes), seen(end - rule.minutes + middle, middle), seen(end, middle)


def _nothing(_end: int, stretch: int) -> Traffic:
    return Traffic(stretch)


def _look(rule: Rule, key: Key, around: Around, at: datetime, three: tuple[Traffic, Traffic, Traffic]) -> Look:
    component = named(rule.per, key).get("component", "")
    usual = around.usual(rule, key, at) if rule.against is not Against.ITSELF else None
    whole, older, newer = three
    return Look(
        at=at,
        whole=whole,
        older=older,
        newer=newer,
        usual=usual,
        critical=component in around.critical,
        in_maintenance=around.in_maintenance(component, at - _stretch(rule), at),
    )


def _stretch(rule: Rule) -> timedelta:
    """The time whose traffic a look rests on; most figures that come one by one rest on their own moment."""
    is_momentary = rule.measure in FIGURES and rule.measure is not Measure.SURPRISE
    return MINUTE if is_momentary else rule.minutes * MINUTE


def _p95_of_all(rule: Rule, span: Span) -> Floats:
    found = np.full((len(span.keys), span.minutes), np.nan)
    for place in span.sketches:
        found[place] = span.p95_ms(place, rule.minutes)
    return found


def _hours(span: Span, stretch: int) -> list[tuple[int, int]]:
    """The stretches of minutes that begin in one hour and end in one hour."""
    ends = [span.at(minute) for minute in range(span.minutes)]
    hours = [(hour_of(end - stretch * MINUTE), hour_of(end - MINUTE)) for end in ends]
    starts = [place for place in range(span.minutes) if place == 0 or hours[place] != hours[place - 1]]
    return list(zip(starts, [*starts[1:], span.minutes], strict=True))


def counted_by(measure: Measure) -> str:
    """What a measure counts of its calls; of a latency that is each call."""
    return {**_OVER_CALLS, **_A_MINUTE, **_COUNTED}.get(measure, "calls")
