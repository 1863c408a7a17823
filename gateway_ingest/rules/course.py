"""This module says how a rule's measure went for its keys lately, with the limit and the usual beside it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from gateway_ingest.models import RuleState, TrafficWatch
from gateway_ingest.rules import figures, surprise
from gateway_ingest.rules.busiest import busiest
from gateway_ingest.rules.keys import Key, from_text, shown
from gateway_ingest.rules.looking import foresight_facts
from gateway_ingest.rules.ratings import ratings
from gateway_ingest.rules.rule import FIGURES, Against, Measure, Per, Rule
from gateway_ingest.rules.span import MINUTE, Floats, Span
from gateway_ingest.rules.state import State
from gateway_ingest.rules.stored import read_windows, timed
from gateway_ingest.rules.traffic import plain
from gateway_ingest.rules.usual import Basis
from gateway_ingest.rules.watcher import LONGEST_MINUTES, Watcher, refused_by
from gateway_ingest.rules.watching import Figures, usual_in, values_in
from gateway_ingest.silences import heartbeats_of
from hypercare.core.models import Launch

SHOWN_KEYS = 50
_FIGURE_STEP = timedelta(minutes=5)
_SERIES = {"calls": Measure.CALLS, "errors": Measure.ERROR_SHARE, "p95": Measure.P95_MS}


@dataclass(frozen=True)
class Course:
    """One key's measure at moments in order, with the limit and the usual at each; None where there is nothing to say."""

    key: Key
    moments: list[datetime]
    values: list[float | None]
    limits: list[float | None]
    usual: list[float | None]
    basis: Basis | None = None
    state: State = field(default_factory=State)
    calls: int = 0
    measure: Measure | None = None
    foresight: Mapping[str, Any] = field(default_factory=dict)

    @property
    def about(self) -> str:
        """The key in words."""
        return shown(self.key)

    @property
    def latest(self) -> float | None:
        """The newest value."""
        return next((value for value in reversed(self.values) if value is not None), None)

    @property
    def limit(self) -> float | None:
        """The newest limit."""
        return next((value for value in reversed(self.limits) if value is not None), None)

    @property
    def usual_now(self) -> float | None:
        """The newest usual."""
        return next((value for value in reversed(self.usual) if value is not None), None)


def courses(launch: Launch, rule: Rule, begins: datetime, ends: datetime) -> list[Course]:
    """The courses of a rule's keys: those that fire first, then the busiest. Only of these more than their calls is read."""
    watcher = Watcher.of(launch, TrafficWatch.objects.filter(launch=launch).first(), begins)
    states = {
        from_text(key, rule.per): State.from_json(state)
        for key, state in RuleState.objects.filter(rule__launch=launch, rule__name=rule.name).values_list(
            "key", "state"
        )
    }
    fires = sorted(key for key, state in states.items() if state.firing)[:SHOWN_KEYS]
    of = _of_figures if rule.measure in FIGURES else _of_counts
    known = {course.key: course for course in of(watcher, rule, begins, ends, fires)}
    for key in states:
        known.setdefault(key, Course(key, [], [], [], []))
    told = [replace(course, state=states.get(key, State())) for key, course in known.items()]
    return sorted(told, key=lambda one: (not one.state.firing, not one.foresight, -one.calls, one.key))[:SHOWN_KEYS]


def _of_counts(
    watcher: Watcher, rule: Rule, begins: datetime, ends: datetime, fires: Sequence[Key]
) -> Iterable[Course]:
    span, first = _span(watcher, rule, begins, ends, fires)
    watcher = watcher.with_usual(rule, begins, ends, span.keys)
    values, usual = values_in(rule, span), usual_in(rule, span, watcher.around())
    busy = np.argsort(-span.sums["calls"][:, -1]) if span.keys else np.array([], dtype=np.int64)
    for place in busy.tolist():
        key, limit = span.keys[place], rule.steps[0].limit
        own = _known(usual[place, first:])
        limits: list[float | None] = [limit] * len(own)
        if rule.against is not Against.ITSELF:
            limits = [None if each is None else each * limit for each in own]
        is_usual = rule.against is Against.USUAL
        yield Course(
            key=key,
            moments=[span.at(end) for end in range(first, span.minutes)],
            values=_known(values[place, first:]),
            limits=limits,
            usual=own if is_usual else [None] * len(own),
            basis=watcher.basis_of(rule, key, span.at(span.minutes - 1)) if is_usual else None,
            calls=int(span.sums["calls"][place, -1]),
        )


def _span(watcher: Watcher, rule: Rule, begins: datetime, ends: datetime, fires: Sequence[Key]) -> tuple[Span, int]:
    if rule.measure is Measure.FORGOT:
        return figures.forgotten(watcher.launch, rule, begins, ends, most=SHOWN_KEYS)
    stretch = min(rule.minutes, LONGEST_MINUTES)
    begins -= stretch * MINUTE
    found = busiest(watcher.launch.pk, rule, begins, ends, exact=False)
    keys = [()] if rule.per is Per.CONSUMER else found.first(SHOWN_KEYS, before=fires)
    stored = read_windows(watcher.launch.pk, begins, ends, found.kinds_of(keys))
    if rule.per is Per.CONSUMER:
        return refused_by(rule, stored, most=SHOWN_KEYS), stretch
    if rule.measure is Measure.P95_MS:
        return timed(stored, rule.per, least=1, stretch=stretch), stretch
    return stored.span(rule.per)[0], stretch


def _of_figures(
    watcher: Watcher, rule: Rule, begins: datetime, ends: datetime, fires: Sequence[Key]
) -> Iterable[Course]:
    if rule.measure is Measure.SURPRISE:
        return _of_series(watcher, rule, begins, ends, fires)
    if rule.measure is Measure.DAYS_LEFT:
        return _of_drifts(watcher, ends)
    return [
        Course(
            key=key,
            moments=[at for at, _traffic in course],
            values=[plain(rule.measure, traffic) for _at, traffic in course],
            limits=[rule.steps[0].limit] * len(course),
            usual=[None] * len(course),
            calls=max((traffic.calls for _at, traffic in course), default=0),
        )
        for key, course in _figures(watcher, rule, begins, ends).items()
    ]


def _of_series(
    watcher: Watcher, rule: Rule, begins: datetime, ends: datetime, fires: Sequence[Key]
) -> Iterable[Course]:
    """The series themselves, in which the unusual values are marked; their scores tell a person nothing."""
    launch, begins = watcher.launch, surprise.step_of(begins) - _FIGURE_STEP
    found = busiest(launch.pk, rule, begins, ends, exact=False)
    components = dict.fromkeys((component,) for component, _series in fires)
    chosen = found.first(math.ceil(SHOWN_KEYS / len(_SERIES)), before=list(components))
    stored = read_windows(launch.pk, begins, ends, found.kinds_of(chosen))
    for (component, series), moments, values in surprise.series_of(stored, away=watcher.away):
        nothing: list[float | None] = [None] * len(moments)
        known = _known(values)
        yield Course((component, series), moments, known, nothing, nothing, measure=_SERIES[series], calls=len(known))


def _of_drifts(watcher: Watcher, ends: datetime) -> Iterable[Course]:
    """The latency by day, and where its drift leads until it crosses the target."""
    for component, one in figures.foreseen(watcher.launch, watcher.targets, ends).items():
        moments, values = list(one.moments), [*one.values]
        drift, ahead = one.drift, list[datetime]()
        if one.warns and drift and drift.crosses_at:
            ahead = [drift.newest_at + (drift.crosses_at - drift.newest_at) * part / 6 for part in range(1, 8)]
        line = [*moments, *ahead]
        yield Course(
            key=(component, "p95"),
            moments=line,
            values=[*values, *[None] * len(ahead)],
            limits=[one.target] * len(line),
            usual=[one.at(moment) for moment in line],
            measure=Measure.P95_MS,
            calls=len(values),
            foresight=foresight_facts(one),
        )


def _figures(watcher: Watcher, rule: Rule, begins: datetime, ends: datetime) -> Figures:
    launch = watcher.launch
    steps = int((ends - begins) / _FIGURE_STEP)
    moments = [begins + number * _FIGURE_STEP for number in range(1, steps + 1)]
    if rule.measure is Measure.SPENT_SHARE:
        return figures.spending(launch, watcher.targets, moments)
    if rule.measure is Measure.RATING_CHANCE:
        return ratings(launch, moments)
    silent = heartbeats_of(launch, watcher.quiet, learns=False)
    return figures.silences(silent, ends, zone=launch.zone, quiet=watcher.quiet)


def _known(values: Floats) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
