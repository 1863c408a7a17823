"""These tests hold rules to fair comparisons: few calls, hours and weekends, first days, and what is mended or late."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from gateway_ingest import latencies
from gateway_ingest.absences import Absences
from gateway_ingest.delays import Delays
from gateway_ingest.feeds import Feeds
from gateway_ingest.mending import Mending
from gateway_ingest.models import Heartbeat, Source
from gateway_ingest.rules.chart import draw
from gateway_ingest.rules.defaults import DEFAULTS
from gateway_ingest.rules.figures import Targets, silences
from gateway_ingest.rules.keys import as_text, from_text
from gateway_ingest.rules.rule import Measure, Per
from gateway_ingest.rules.span import MINUTE, Span, span_of
from gateway_ingest.rules.usual import Learned
from gateway_ingest.rules.watcher import Watcher
from gateway_ingest.rules.watching import Around, watch
from gateway_ingest.silences import beat
from hypercare.core.models import Component, MaintenanceWindow

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 5, 25, tzinfo=UTC)
KEY = ("checkout",)
ROUTE = ("checkout", "GET /pay")


# --- few calls ----------------------------------------------------------------------------------------------------


def span_of_calls(counts, durations=None):
    """One route with so many calls a minute, and how long each took in milliseconds."""
    counts = np.asarray(counts)
    key = ROUTE if durations is not None else KEY
    span = span_of(MONDAY, len(counts), [key] * len(counts), np.arange(len(counts)), {"calls": counts})[0]
    if durations is None:
        return span
    parts = np.split((1000 * durations).astype(np.int64), np.cumsum(counts)[:-1])
    sketches = [(minute, latencies.merged(b"", latencies.buckets_of(part))) for minute, part in enumerate(parts)]
    return Span(span.begins, span.minutes, span.keys, span.sums, {0: sketches})


def fired(name, span, usual):
    rule = DEFAULTS[name]
    around = Around(usual=lambda _rule, _key, _at: usual)
    return [one for one in watch(rule, span, {}, around, first=rule.minutes).found if str(one.change) == "fired"]


@pytest.mark.parametrize("a_minute", [3, 10])
def test_latency_that_is_as_ever_is_no_regression_however_few_the_calls(a_minute):
    """Half of all durations lie within a factor of two, and the slowest of a few calls are slow by chance."""
    random = np.random.default_rng(11)
    counts = random.poisson(a_minute, 720)
    durations = 100 * np.exp(random.normal(0, 0.8, counts.sum()))
    usual = 100 * np.exp(1.645 * 0.8)
    assert fired("latency_regression", span_of_calls(counts, durations), usual) == []
    slower = np.concatenate([durations, 2.5 * durations])
    assert fired("latency_regression", span_of_calls(np.concatenate([counts, counts]), slower), usual)


def test_rounding_to_milliseconds_is_no_regression():
    durations = np.concatenate([np.zeros(1200), np.full(1200, 2.0)])
    span, learned = span_of_calls([40] * 60, durations), hours_of({"p95_ms": 0.001})
    usual = learned.at(Per.ROUTE, ROUTE, Measure.P95_MS, MONDAY + 9 * DAY).value
    assert fired("latency_regression", span, usual) == []


def test_uneven_coming_of_a_few_calls_is_no_traffic_drop():
    counts = np.random.default_rng(5).poisson(2.0, 4 * 1440)
    assert fired("traffic_drop", span_of_calls(counts), 2.0) == []
    counts[3000:3020] = 0
    assert len(fired("traffic_drop", span_of_calls(counts), 2.0)) == 1


# --- hours, days, weeks -------------------------------------------------------------------------------------------


def hours_of(figures=None, *, zone="UTC", days=9, since=MONDAY, until=None, calls=lambda _local: 100.0, p95=None):
    """What was learned of a component and a route in each hour of some days from a Monday on."""
    rows, at = [], since
    while at < (until or MONDAY + days * DAY):
        local = at.astimezone(ZoneInfo(zone))
        told = {"calls": calls(local), "malformed": 0.0, "refused": 0.0, "tokens_a_call": None, "p95_ms": None}
        told |= {"p95_ms": p95(local)} if p95 else {}
        told |= figures or {}
        for per, key in ((Per.COMPONENT, KEY), (Per.ROUTE, ROUTE)):
            rows.append((str(per), as_text(key), at, *told.values()))
        at += HOUR
    return Learned(zone, rows)


def expected(learned, rule, at):
    """What a rule holds its measure against in its time up to a moment."""
    watcher = Watcher(None, Targets({}, {}), lambda _at: learned, frozenset(), frozenset(), Mending(), Absences())
    return watcher.limit_of(DEFAULTS[rule], KEY if rule == "traffic_drop" else ROUTE, at)


def by_day(local):
    return 100.0 if local.weekday() < 5 and 8 <= local.hour < 18 else 0.0


def test_weekend_without_calls_is_usual_once_weekends_are_known():
    learned = hours_of(days=28, calls=by_day)
    saturday = MONDAY + 33 * DAY + 12 * HOUR
    assert not learned.at(Per.COMPONENT, KEY, Measure.CALLS, saturday).value
    assert learned.at(Per.COMPONENT, KEY, Measure.CALLS, saturday + 2 * DAY).value == pytest.approx(100)


def test_first_weekend_of_who_is_not_called_at_night_is_not_missed():
    learned = hours_of(days=5, until=MONDAY + 5 * DAY + 9 * HOUR, calls=by_day)
    assert not expected(learned, "traffic_drop", MONDAY + 5 * DAY + 9 * HOUR + 20 * MINUTE)


def test_first_weekend_of_who_is_called_round_the_clock_is_watched():
    learned = hours_of(days=5, until=MONDAY + 5 * DAY + 9 * HOUR)
    assert expected(learned, "traffic_drop", MONDAY + 5 * DAY + 9 * HOUR + 20 * MINUTE) == pytest.approx(100)


def test_first_evening_tells_nothing_and_noon_does():
    learned = hours_of(since=MONDAY + 8 * HOUR, until=MONDAY + 18 * HOUR, calls=by_day)
    assert expected(learned, "traffic_drop", MONDAY + 18 * HOUR + 20 * MINUTE) is None
    assert expected(learned, "traffic_drop", MONDAY + 12 * HOUR + 20 * MINUTE) == pytest.approx(100)


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "Europe/Stockholm", "America/St_Johns"])
def test_hour_is_held_against_the_same_hour_in_every_zone(zone):
    learned = hours_of(zone=zone, p95=lambda local: 1000.0 if local.hour == 5 else 100.0)
    for hours in range(24):
        at = MONDAY + 8 * DAY + hours * HOUR
        own = 1000 if at.astimezone(ZoneInfo(zone)).hour == 5 else 100
        found = learned.at(Per.ROUTE, ROUTE, Measure.P95_MS, at)
        assert found.days > 6
        assert abs(found.value - own) < 150


def test_time_that_lies_in_two_hours_is_held_against_the_milder():
    """A nightly run from two to three is slow; its last minutes are judged at three."""
    learned = hours_of(p95=lambda local: 5000.0 if local.hour == 2 else 100.0)
    day = MONDAY + 8 * DAY
    assert expected(learned, "latency_regression", day + 3 * HOUR) > 4000
    assert expected(learned, "latency_regression", day + 3 * HOUR + 9 * MINUTE) > 4000
    assert expected(learned, "latency_regression", day + 3 * HOUR + 10 * MINUTE) < 500
    assert expected(learned, "latency_regression", day + 2 * HOUR) < 500


def test_calls_are_expected_only_as_far_as_the_hours_on_both_sides_have_them():
    """A shop opens at half past eight and closes at half past five."""
    learned = hours_of(days=28, calls=lambda local: {8: 50.0, 17: 50.0}.get(local.hour, 100.0 * (8 < local.hour < 17)))
    day = MONDAY + 28 * DAY
    assert not expected(learned, "traffic_drop", day + 8 * HOUR + 20 * MINUTE)
    assert not expected(learned, "traffic_drop", day + 17 * HOUR + 50 * MINUTE)
    assert expected(learned, "traffic_drop", day + 12 * HOUR) == pytest.approx(100)


def test_trial_on_the_past_does_not_know_the_hour_it_judges():
    calm = hours_of(until=MONDAY + DAY + 12 * HOUR)
    outage = hours_of(
        until=MONDAY + DAY + 14 * HOUR, calls=lambda local: 0.0 if (local.day, local.hour) > (26, 11) else 100.0
    )
    at = MONDAY + DAY + 12 * HOUR + 30 * MINUTE
    assert expected(calm, "traffic_drop", at) == expected(outage, "traffic_drop", at) == pytest.approx(100)


# --- signs of life ------------------------------------------------------------------------------------------------


def heard(*stretches, every=MINUTE):
    one = Heartbeat(source=Source(name="gateway"), last_at=stretches[0][0], interval=60.0)
    for begins, ends in stretches:
        at = begins
        while at <= ends:
            beat(one, at)
            at += every
    return one


def silent(one, at):
    return silences([one], at, zone="UTC", quiet=lambda _source: Absences())["gateway", ""][0][1].figure


def test_source_that_falls_silent_in_its_first_evening_is_not_missed():
    one = heard((MONDAY + 8 * HOUR, MONDAY + 18 * HOUR - MINUTE))
    assert silent(one, MONDAY + 23 * HOUR) < 2
    assert one.unknown_hours > 150


def test_source_that_falls_silent_at_noon_of_its_first_day_is_missed_within_its_normal_limit():
    one = heard((MONDAY + 8 * HOUR, MONDAY + 12 * HOUR - 2 * MINUTE))
    assert silent(one, MONDAY + 12 * HOUR + 4 * MINUTE) > 2


def test_source_that_falls_silent_in_the_middle_of_a_first_evening_hour_is_missed_in_it():
    one = heard((MONDAY + 20 * HOUR, MONDAY + 22 * HOUR + 10 * MINUTE))
    assert silent(one, MONDAY + 22 * HOUR + 20 * MINUTE) > 2


def test_silence_that_began_in_an_unknown_evening_is_missed_in_the_morning():
    one = heard((MONDAY + 8 * HOUR, MONDAY + 18 * HOUR - MINUTE))
    assert silent(one, MONDAY + DAY + 8 * HOUR + 6 * MINUTE) > 2


def test_source_that_rests_at_night_is_not_missed_on_its_first_weekend():
    days = [(MONDAY + day * DAY + 8 * HOUR, MONDAY + day * DAY + 17 * HOUR + 30 * MINUTE) for day in range(5)]
    assert silent(heard(*days, every=5 * MINUTE), MONDAY + 5 * DAY + 12 * HOUR) < 2


def test_source_that_speaks_at_night_is_missed_on_its_first_weekend():
    one = heard((MONDAY, MONDAY + 5 * DAY + 11 * HOUR), every=5 * MINUTE)
    assert silent(one, MONDAY + 5 * DAY + 12 * HOUR) > 2


# --- late, mended, nameless -----------------------------------------------------------------------------------------


def test_component_waits_for_its_own_sources_only():
    slow, fast = 7, 8
    feeds = Feeds({(slow, "billing"): MONDAY, (fast, "checkout"): MONDAY, (slow, "checkout"): MONDAY - DAY})
    delays = Delays({slow: 12 * MINUTE}, feeds, MONDAY - 2 * HOUR)
    assert (delays.of("billing"), delays.of("checkout")) == (12 * MINUTE, timedelta())
    assert delays.of("never heard of") == 12 * MINUTE
    assert Delays({slow: 3 * HOUR}, feeds, MONDAY).longest == timedelta()


def mended(component, begins, ends):
    return MaintenanceWindow(component=component and Component(slug=component), begins_at=begins, ends_at=ends)


def test_source_is_quiet_while_all_that_it_feeds_is_mended():
    feeds = Feeds({(1, "checkout"): MONDAY, (1, "search"): MONDAY, (2, "search"): MONDAY, (1, "old"): MONDAY - DAY})
    windows = (mended("checkout", MONDAY, MONDAY + 3 * HOUR), mended("search", MONDAY + HOUR, MONDAY + 2 * HOUR))
    mending = Mending(windows, feeds)
    assert mending.quiet(Absences(), 1).times == [(MONDAY + HOUR, MONDAY + 2 * HOUR)]
    assert mending.quiet(Absences(), 2).times == [(MONDAY + HOUR, MONDAY + 2 * HOUR)]
    assert mending.quiet(Absences(), 3).times == ()
    assert Mending((mended(None, MONDAY, MONDAY + HOUR),)).quiet(Absences(), 3).times == [(MONDAY, MONDAY + HOUR)]


def test_calls_that_name_no_component_have_a_key_like_others():
    assert from_text(as_text(("",)), Per.COMPONENT) == ("",)
    assert from_text(as_text(()), Per.BUDGET) == ()


# --- charts -------------------------------------------------------------------------------------------------------


def test_chart_of_a_long_course_keeps_its_one_peak():
    values = [1.0] * 4000
    values[1234] = 50.0
    moments = [MONDAY + number * MINUTE for number in range(4000)]
    nothing = [None] * 4000
    found = draw(moments, values, limits=nothing, usual=nothing, marks=[], zone="UTC", amount=str)
    assert min(float(part.split()[1]) for part in found.line.replace("M", "L").split("L")[1:]) == found.top
