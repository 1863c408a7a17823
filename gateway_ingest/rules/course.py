"""This module says how a rule's measure went for its keys lately, with the limit and the usual beside it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from gateway_ingest.models import RuleState, TrafficWatch
from gateway_ingest.rules import figures, surprise
from gateway_ingest.rules.keys import Key, from_text, shown
from gateway_ingest.rules.looking import LONGEST_MINUTES, Watcher, foresight_facts, forgotten, heartbeats_of
from gateway_ingest.rules.rule import FIGURES, Against, Measure, Per, Rule
from gateway_ingest.rules.span import MINUTE, Floats, Span
from gateway_ingest.rules.state import State
from gateway_ingest.rules.stored import read_windows, refusals, timed
from gateway_ingest.rules.traffic import plain
from gateway_ingest.rules.usual import Basis
from gateway_ingest.rules.watching import Figures, usual_in, values_in
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
    """The courses of a rule's keys: those that fire first, then the busiest."""
    watch = TrafficWatch.objects.filter(launch=launch).first()
    watcher = Watcher.of(launch, watch, begins)
    states = {
        from_text(key): State.from_json(state)
        for key, state in RuleState.objects.filter(rule__launch=launch, rule__name=rule.name).values_list(
            "key", "state"
        )
    }
    found = (
        _of_figures(watcher, rule, begins, ends) if rule.measure in FIGURES else _of_counts(watcher, rule, begins, ends)
    )
    known = {course.key: course for course in found}
    for key in states:
        known.setdefault(key, Course(key, [], [], [], []))
    told = [replace(course, state=states.get(key, State())) for key, course in known.items()]
    return sorted(told, key=lambda one: (not one.state.firing, not one.foresight, -one.calls, one.key))[:SHOWN_KEYS]


def _of_counts(watcher: Watcher, rule: Rule, begins: datetime, ends: datetime) -> Iterable[Course]:
    span, first = _span(watcher, rule, begins, ends)
    values, usual = values_in(rule, span), usual_in(rule, span, watcher.around())
    busy = np.argsort(-span.sums["calls"][:, -1]) if span.keys else np.array([], dtype=np.int64)
    for place in busy[:SHOWN_KEYS].tolist():
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


def _span(watcher: Watcher, rule: Rule, begins: datetime, ends: datetime) -> tuple[Span, int]:
    if rule.measure is Measure.FORGOT:
        return forgotten(watcher.launch, rule, begins, ends)
    stretch = min(rule.minutes, LONGEST_MINUTES)
    stored = read_windows(watcher.launch.pk, begins - stretch * MINUTE, ends)
    if rule.per is Per.CONSUMER:
        return refusals(stored, above=int(rule.steps[0].limit / 2)), stretch
    if rule.measure is Measure.P95_MS:
        return timed(stored, rule.per, least=1, stretch=stretch), stretch
    return stored.span(rule.per)[0], stretch


def _of_figures(watcher: Watcher, rule: Rule, begins: datetime, ends: datetime) -> Iterable[Course]:
    if rule.measure is Measure.SURPRISE:
        return _of_series(watcher, begins, ends)
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


def _of_series(watcher: Watcher, begins: datetime, ends: datetime) -> Iterable[Course]:
    """The series themselves, in which the unusual values are marked; their scores tell a person nothing."""
    begins = surprise.step_of(begins)
    stored = read_windows(watcher.launch.pk, begins - _FIGURE_STEP, ends)
    for (component, series), moments, values in surprise.series_of(stored):
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
        return figures.ratings(launch, moments)
    return figures.silences(heartbeats_of(launch), ends)


def _known(values: Floats) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
