"""These tests hold what rules look at besides plain counts: chances, intervals, keys, spans, charts and words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_ingest import latencies
from gateway_ingest.absences import Absences
from gateway_ingest.models import AlertSeverity, Heartbeat, Source
from gateway_ingest.rules.chart import Mark, draw
from gateway_ingest.rules.defaults import DEFAULT_RULES, MEANINGS
from gateway_ingest.rules.figures import silences
from gateway_ingest.rules.keys import (
    PARTS,
    KindOfCalls,
    as_text,
    fingerprint,
    from_text,
    key_of,
    named,
    short_name,
    shown,
)
from gateway_ingest.rules.ratings import chance_no_lower
from gateway_ingest.rules.rule import Measure, Per, Rule, Step
from gateway_ingest.rules.span import MINUTE, Span, span_of, with_keys
from gateway_ingest.rules.watching import Around, watch
from gateway_ingest.rules.wording import MEASURES, amount, limit_words
from gateway_ingest.silences import beat, is_silent_hour
from hypercare.core.redaction import redact

NOON = datetime(2026, 5, 28, 12, tzinfo=UTC)
KIND = KindOfCalls(
    "checkout", critical=True, method="GET", route="/pay", release="4.2", provider="northwind", prompt_version="p2"
)


# --- chances ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("new", "old", "is_lower"),
    [((40, 20), (60, 0), True), ((52, 8), (60, 0), False), ((30, 30), (45, 15), False), ((200, 200), (300, 100), True)],
)
def test_lower_rating_is_believed_only_with_evidence(new, old, is_lower):
    assert (chance_no_lower(new, old) < 0.01) is is_lower


@given(*[st.tuples(st.integers(0, 10**6), st.integers(0, 10**6))] * 2)
def test_chance_is_a_share_and_certain_for_a_rating_as_good(new, old):
    chance = chance_no_lower(new, old)
    assert 0 <= chance <= 1
    if sum(new) and sum(old) and new[0] * sum(old) >= old[0] * sum(new):
        assert chance == 1


# --- signs of life ------------------------------------------------------------------------------------------------


def heartbeat(**fields):
    return Heartbeat(**{"source": Source(name="gateway"), "last_at": NOON, "interval": 60.0} | fields)


def test_interval_follows_the_longest_gap_and_forgets_it_slowly():
    one, at = heartbeat(), NOON
    for seconds in (30, 300, *[30] * 60):
        at += timedelta(seconds=seconds)
        beat(one, at)
        assert seconds != 300 or one.interval == 300
    assert one.gaps == 62
    assert 30 < one.interval < 100


def test_declared_interval_is_not_learned_away():
    one = heartbeat(declared=True, interval=3600.0)
    beat(one, NOON + timedelta(hours=9))
    assert (one.interval, one.last_at) == (3600.0, NOON + timedelta(hours=9))


def test_silence_is_counted_in_intervals_once_they_are_known():
    at = NOON + timedelta(minutes=20)
    here = {"zone": "UTC", "quiet": lambda _source: Absences()}
    found = silences([heartbeat(), heartbeat(name="import", declared=True, interval=600.0)], at, **here)
    assert {key: course[0][1].figure for key, course in found.items()} == {("gateway", "import"): 2.0}
    found = silences([heartbeat(gaps=20)], at, **here)
    assert found["gateway", ""][0][1].figure == 8.0  # no learned interval counts as less than two and a half minutes


def by_day(one, *, days, opens=8, closes=18):
    """Signs of life every minute in the hours of some days, with a last one half an hour before the evening."""
    for day in range(days):
        begins = NOON.replace(hour=opens) + timedelta(days=day)
        for minute in range(5, 60 * (closes - opens) - 30):
            beat(one, begins + timedelta(minutes=minute))


def figure_at(one, at):
    return silences([one], at, zone="UTC", quiet=lambda _source: Absences())["gateway", ""][0][1].figure


def test_source_that_speaks_by_day_is_not_waited_for_at_night_once_it_was_silent_there():
    one = heartbeat(last_at=NOON.replace(hour=8))
    by_day(one, days=1)
    night = NOON.replace(hour=23)
    by_day(one, days=3)
    assert figure_at(one, night + timedelta(days=2)) < 2
    assert figure_at(one, NOON.replace(hour=8, minute=4) + timedelta(days=3)) < 2
    assert one.interval < 100  # a night makes no interval


def test_source_that_speaks_by_day_is_missed_by_day():
    one = heartbeat(last_at=NOON.replace(hour=8))
    by_day(one, days=3)
    for minute in range(5, 90):
        beat(one, NOON.replace(hour=8) + timedelta(days=3, minutes=minute))
    assert figure_at(one, NOON.replace(hour=9, minute=40) + timedelta(days=3)) > 2


def test_silent_hours_that_are_heard_again_are_waited_for_again():
    one = heartbeat(last_at=NOON.replace(hour=8))
    by_day(one, days=2)
    assert is_silent_hour(one.hours, NOON.replace(hour=22), "UTC")
    at = NOON + timedelta(days=1, hours=8)
    while at < NOON + timedelta(days=9):
        beat(one, at := at + timedelta(minutes=1))
    assert not is_silent_hour(one.hours, NOON.replace(hour=22), "UTC")


def test_time_in_which_we_were_away_is_no_silence_and_no_interval():
    away = Absences([(NOON + 5 * MINUTE, NOON + 65 * MINUTE)])
    one = heartbeat(declared=True, interval=300.0)
    found = silences([one], NOON + 72 * MINUTE, zone="UTC", quiet=lambda _source: away)
    assert found["gateway", ""][0][1].figure == pytest.approx((5 + 2) * 60 / 300)
    learned = beat(heartbeat(gaps=5), NOON + 72 * MINUTE, away=away)
    assert learned.interval == 420


# --- keys ---------------------------------------------------------------------------------------------------------


def test_each_sort_of_key_has_its_parts():
    found = {per: key_of(per, KIND) for per in Per if per in {Per.ROUTE, Per.RELEASE, Per.PROVIDER, Per.PROMPT_VERSION}}
    assert found == {
        Per.ROUTE: ("checkout", "GET /pay"),
        Per.RELEASE: ("checkout", "GET /pay", "4.2"),
        Per.PROVIDER: ("northwind",),
        Per.PROMPT_VERSION: ("checkout", "p2"),
    }
    assert set(PARTS) == set(Per)
    assert named(Per.RELEASE, found[Per.RELEASE]) == {"component": "checkout", "route": "GET /pay", "release": "4.2"}


def test_kind_without_a_provider_has_no_part_in_providers():
    assert key_of(Per.PROVIDER, replace(KIND, provider="")) is None


@given(st.lists(st.text(st.characters(exclude_characters="\x1f", exclude_categories=["Cs"])), min_size=1).map(tuple))
def test_key_survives_being_kept(key):
    assert from_text(as_text(key), Per.ROUTE) == key
    assert len(fingerprint("error_burst", key)) < 100


def test_name_of_a_key_in_addresses_is_taken_for_no_secret():
    for number in range(200):
        address = f"https://a.example/launches/shop/rules/error_burst/?of={short_name('error_burst', (str(number),))}&at=2026-05-28T12:36Z"
        assert redact(address).text == address
    assert shown(("checkout", "", "4.2")) == "checkout · 4.2"


# --- spans --------------------------------------------------------------------------------------------------------


def span(errors, calls=100):
    """One key with so many errors a minute."""
    minute = np.arange(len(errors))
    counts = {"calls": np.full(len(errors), calls), "errors": np.array(errors)}
    return span_of(NOON, len(errors), [("a",)] * len(errors), minute, counts)[0]


def test_span_counts_what_any_stretch_had():
    found = span([1, 2, 3, 4]).counted("errors", 2)
    assert found.tolist() == [[1, 3, 5, 7]]
    assert span([1, 2, 3, 4]).traffic(0, 3, 3).errors == 9


def test_span_takes_rows_of_one_minute_together():
    counts = {"calls": np.array([5, 7])}
    found, places = span_of(NOON, 1, [("a",), ("a",)], np.array([0, 0]), counts)
    assert (found.keys, places.tolist(), found.traffic(0, 0, 1).calls) == ([("a",)], [0, 0], 12)


def test_rolling_quantile_is_that_of_the_durations_in_the_stretch():
    durations = [np.full(50, 100_000), np.full(50, 900_000), np.full(50, 100_000)]
    sketches = {
        0: [(minute, latencies.merged(b"", latencies.buckets_of(each))) for minute, each in enumerate(durations)]
    }
    base = span([0, 0, 0], calls=50)
    found = Span(base.begins, 3, base.keys, base.sums, sketches)
    assert found.p95_ms(0, 1).tolist() == pytest.approx([100, 900, 100], rel=0.011)
    assert found.p95_ms(0, 2).tolist() == pytest.approx([100, 900, 900], rel=0.011)


def test_watch_steps_only_where_something_is_wrong():
    rule = Rule("x", "x", Measure.ERROR_SHARE, Per.COMPONENT, (Step(0.01, AlertSeverity.HIGH),), minutes=2)
    watched = watch(rule, span([0, 0, 0, 5, 5, 5, 0, 0, 0, 0]), {}, Around(), first=2)
    assert [str(one.change) for one in watched.found] == ["fired", "resolved"]
    assert watched.found[0].look.at == NOON + 5 * MINUTE
    calm = watch(rule, span([0] * 10), {}, Around(), first=2)
    assert (calm.found, calm.states) == ([], {})


def test_keys_without_traffic_can_be_missed():
    rule = Rule("x", "x", Measure.CALLS, Per.COMPONENT, (Step(0.5, AlertSeverity.HIGH),), minutes=2, below=True)
    seen = with_keys(span([0] * 6), [("b",)])
    usual = Around(usual=lambda _rule, _key, _at: 50.0)
    rule = rule.__class__(**{**vars(rule), "against": "usual"})
    assert [one.key for one in watch(rule, seen, {}, usual, first=2).found] == [("b",)]


# --- charts and words -----------------------------------------------------------------------------------------------


def drawn(values, **more):
    moments = [NOON + number * MINUTE for number in range(len(values))]
    given = {"limits": [5.0] * len(values), "usual": [None] * len(values), "marks": []} | more
    return draw(
        moments, values, zone="UTC", amount=lambda value: f"{value:g}" if value is not None else "unknown", **given
    )


def test_chart_breaks_its_line_where_nothing_is_known():
    assert drawn([1.0, None, 2.0]).line.count("M") == 2
    assert drawn([None, None]) is None


def test_chart_marks_when_the_rule_fired_in_picture_and_table():
    found = drawn([1.0] * 60, marks=[Mark(NOON + 30 * MINUTE, NOON + 31 * MINUTE)])
    assert len(found.marks) == 1
    assert [row.fires for row in found.rows].count(True) in {1, 2}


def test_long_course_is_thinned_to_what_a_screen_shows():
    found = drawn([float(number) for number in range(5000)])
    assert found.line.count("L") <= 361
    assert len(found.rows) <= 25


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e12)), min_size=1, max_size=50))
def test_chart_stays_inside_its_frame(values):
    found = drawn(values)
    if found is not None:
        places = [float(part) for part in found.line.replace("M", " ").replace("L", " ").split()]
        assert all(0 <= x <= found.width for x in places[::2])
        assert all(0 <= y <= found.height for y in places[1::2])


def test_figures_are_said_with_their_units():
    assert amount(Measure.ERROR_SHARE, 0.05432) == "5.43%"
    assert amount(Measure.P95_MS, 1240.4) in {"1,240 ms", "1240 ms"}
    assert [amount(Measure.P95_MS, value) for value in (0.0, 0.02, 0.44)] == ["0 ms", "< 1 ms", "0.4 ms"]
    assert amount(Measure.CALLS, None) == "unknown"
    assert set(MEASURES) == set(Measure)
    assert all(limit_words(rule, step.limit) for rule in DEFAULT_RULES for step in rule.steps)
    assert set(MEANINGS) == {rule.name for rule in DEFAULT_RULES}
