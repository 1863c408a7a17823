"""This module runs a rule over the stored minutes of the last days, before it is armed, and says when it would have fired."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _

from gateway_ingest import windows
from gateway_ingest.rules import figures, surprise
from gateway_ingest.rules.busiest import busiest, in_parts
from gateway_ingest.rules.keys import Key, shown
from gateway_ingest.rules.ratings import ratings
from gateway_ingest.rules.rule import FIGURES, Measure, Per, Rule
from gateway_ingest.rules.span import MINUTE, Span, with_keys
from gateway_ingest.rules.state import Change
from gateway_ingest.rules.stored import HOUR, components_called, hour_of, read_windows, timed, whole_minute
from gateway_ingest.rules.telling import figures_of
from gateway_ingest.rules.traffic import Traffic
from gateway_ingest.rules.usual import MAX_KEYS, REMEMBERED, keys_learned
from gateway_ingest.rules.watcher import Watcher, refused_by
from gateway_ingest.rules.watching import Figures, Found, watch, watch_figures
from hypercare.core.models import Launch
from hypercare.core.problem import wrong

DAYS = (1, 3, 7)
MAX_WINDOWS = 1_500_000
KEYS_AT_ONCE = 50
MOST_TIMED = 50  # keys whose latencies are read: a second of work for every few of them
LEARNS_FOR = timedelta(days=7)  # as many days as the detector compares with
_SPEND_EVERY = timedelta(minutes=5)
_RATE_EVERY = timedelta(minutes=10)


@dataclass
class WouldFire:
    """One time that the rule would have fired; without an end it still would."""

    key: Key
    began_at: datetime
    severity: str
    value: float
    limit: float
    usual: float | None
    suppressed: bool = False
    ended_at: datetime | None = None

    @property
    def about(self) -> str:
        """The key in words."""
        return shown(self.key)


@dataclass(frozen=True)
class DryRun:
    """What a rule would have done in a span of time."""

    begins: datetime
    ends: datetime
    firings: Sequence[WouldFire]
    keys: int
    held: int
    all_keys: int = 0

    @property
    def told(self) -> Sequence[WouldFire]:
        """Those that would have reached somebody."""
        return [one for one in self.firings if not one.suppressed]

    @property
    def a_day(self) -> float:
        """How often a day."""
        return len(self.told) / max((self.ends - self.begins) / timedelta(days=1), 1e-9)


def try_out(launch: Launch, rule: Rule, *, days: int, now: datetime) -> DryRun:
    """Runs the rule by the very code of the live watch; raises Problem 400 for what cannot be tried."""
    if days not in DAYS:
        raise wrong("/days", _("Try the last 1, 3 or 7 days."))
    if rule.measure is Measure.SILENCE:
        raise wrong("/name", _("When deliveries came is not kept, so this rule cannot be tried on the past."))
    windows.fold()
    ends = whole_minute(now)
    begins = ends - timedelta(days=days)
    reads_from = begins - LEARNS_FOR if rule.measure is Measure.SURPRISE else begins
    _check_size(launch, reads_from, ends)
    watcher = Watcher.of(launch, None, reads_from)
    trial = (_of_figures if rule.measure in FIGURES else _of_counts)(watcher, rule, begins, ends)
    found = sorted(trial.found, key=lambda one: one.look.at)
    held = sum(one.change is Change.HELD for one in found)
    return DryRun(begins, ends, _firings(found), trial.keys, held, all_keys=trial.all_keys)


@dataclass
class _Trial:
    """What was found of how many keys, and how many there are."""

    found: list[Found]
    keys: int
    all_keys: int


def _of_counts(watcher: Watcher, rule: Rule, begins: datetime, ends: datetime) -> _Trial:
    """Some keys at a time, so that memory does not grow with their number; the busiest first."""
    start = begins - rule.minutes * MINUTE
    if rule.measure is Measure.FORGOT or rule.per is Per.CONSUMER:
        span, first, beside = _span_of_all(watcher, rule, begins, ends)
        found = watch(rule, span, {}, watcher.around(), first=first, beside=beside).found
        return _Trial(found, len(span.keys), len(span.keys))
    known = busiest(watcher.launch.pk, rule, start, ends, exact=True)
    missed: list[Key] = []
    if rule.measure is Measure.CALLS:
        called = components_called(watcher.launch.pk)
        learned = keys_learned(watcher.launch, begins - REMEMBERED, rule.per)
        missed = [key for key in learned if key[0] in called]
    all_keys = list(dict.fromkeys([*known.kinds, *missed]))
    keys = all_keys[: MOST_TIMED if rule.measure is Measure.P95_MS else MAX_KEYS]
    found = list[Found]()
    for some in in_parts(keys, KEYS_AT_ONCE):
        stored = read_windows(watcher.launch.pk, start, ends, known.kinds_of(some))
        if rule.measure is Measure.P95_MS:
            span = timed(stored, rule.per, least=rule.least, stretch=rule.minutes)
        else:
            span = with_keys(stored.span(rule.per)[0], some if rule.measure is Measure.CALLS else [])
        around = watcher.with_usual(rule, begins, ends, some).around()
        beside = watcher.beside_maintenance(rule, stored)
        found += watch(rule, span, {}, around, first=rule.minutes, beside=beside).found
    return _Trial(found, len(keys), len(all_keys))


def _span_of_all(watcher: Watcher, rule: Rule, begins: datetime, ends: datetime) -> tuple[Span, int, Span | None]:
    """What has few keys that matter: those with most of what the rule counts; beside it the same without maintenance."""
    if rule.measure is Measure.FORGOT:
        return *figures.forgotten(watcher.launch, rule, begins, ends, most=KEYS_AT_ONCE), None
    start = begins - rule.minutes * MINUTE
    known = busiest(watcher.launch.pk, rule, start, ends, exact=True)
    stored = read_windows(watcher.launch.pk, start, ends, known.kinds_of([()]))
    beside = watcher.beside_maintenance(rule, stored, most=KEYS_AT_ONCE)
    return refused_by(rule, stored, most=KEYS_AT_ONCE), rule.minutes, beside


def _of_figures(watcher: Watcher, rule: Rule, begins: datetime, ends: datetime) -> _Trial:
    if rule.measure is Measure.SURPRISE:
        return _of_series(watcher, rule, begins, ends)
    told = _figures(watcher, rule, begins, ends)
    return _Trial(watch_figures(rule, told, {}, watcher.around(), ends=[]).found, len(told), len(told))


def _of_series(watcher: Watcher, rule: Rule, begins: datetime, ends: datetime) -> _Trial:
    """The detector learns from the week before and is then asked; a few components at a time."""
    launch, start = watcher.launch, hour_of(begins - LEARNS_FOR)
    known = busiest(launch.pk, rule, start, ends, exact=True)
    keys = known.first(MOST_TIMED)
    found: list[Found] = []
    series = 0
    for some in in_parts(keys, KEYS_AT_ONCE):
        stored = read_windows(launch.pk, start, ends, known.kinds_of(some))
        scored, _after = surprise.scored(stored, {}, zone=launch.zone, away=watcher.away)
        asked = {key: [one for one in course if one[0] > begins] for key, course in scored.items()}
        found += watch_figures(rule, asked, {}, watcher.around(), ends=[]).found
        series += len(asked)
    return _Trial(found, series, series if len(keys) == len(known.kinds) else len(surprise.SERIES) * len(known.kinds))


def _figures(watcher: Watcher, rule: Rule, begins: datetime, ends: datetime) -> Figures:
    launch = watcher.launch
    if rule.measure is Measure.SPENT_SHARE:
        return figures.spending(launch, watcher.targets, _every(_SPEND_EVERY, begins, ends))
    if rule.measure is Measure.RATING_CHANCE:
        return ratings(launch, _every(_RATE_EVERY, begins, ends))
    courses: dict[Key, list[tuple[datetime, Traffic]]] = {}
    for at in _every(24 * HOUR, begins, ends):
        for key, course in figures.days_left(figures.foreseen(launch, watcher.targets, at), at).items():
            courses.setdefault(key, []).extend(course)
    return courses


def _every(step: timedelta, begins: datetime, ends: datetime) -> list[datetime]:
    number = int((ends - begins) / step)
    return [begins + place * step for place in range(1, number + 1)]


def _firings(found: Sequence[Found]) -> list[WouldFire]:
    """What was found, as times from a beginning to an end."""
    firings: list[WouldFire] = []
    latest: dict[tuple[Key, bool], WouldFire] = {}
    for one in found:
        place = (one.key, one.change is Change.SUPPRESSED)
        known = latest.get(place)
        goes_on = known is not None and known.ended_at is not None and one.look.at - known.ended_at <= 5 * MINUTE
        if one.change is Change.FIRED or (one.change is Change.SUPPRESSED and not goes_on):
            known = latest[place] = _would_fire(one)
            firings.append(known)
        if known is not None and one.change in {Change.RESOLVED, Change.SUPPRESSED}:
            known.ended_at = one.look.at
        elif known is not None and one.change is Change.WORSE:
            known.severity, known.value = str(one.state.severity), figures_of(one.rule, one.look).value
    return firings


def _would_fire(one: Found) -> WouldFire:
    told = figures_of(one.rule, one.look)
    return WouldFire(
        key=one.key,
        began_at=one.look.at,
        severity=str(one.state.severity or one.rule.steps[0].severity),
        value=told.value,
        limit=told.limit,
        usual=told.usual,
        suppressed=one.change is Change.SUPPRESSED,
    )


def _check_size(launch: Launch, begins: datetime, ends: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM gateway_ingest_window w WHERE w.at >= %s AND w.at < %s AND w.kind_id IN "
            "(SELECT id FROM gateway_ingest_callkind WHERE launch_id = %s) LIMIT %s) AS counted",
            [begins, ends, launch.pk, MAX_WINDOWS + 1],
        )
        if cursor.fetchone()[0] > MAX_WINDOWS:
            raise wrong("/days", _("There is too much traffic in so many days; try fewer."))
