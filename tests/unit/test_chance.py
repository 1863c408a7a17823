"""These tests hold our statistics against scipy's, and the verdict on a deployment against hand-made sides."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from gateway_ingest import latencies
from gateway_ingest.evidence.alike import Alike
from gateway_ingest.evidence.chance import chance_in_strata, chance_of_shares, ratio_of_quantiles
from gateway_ingest.evidence.deployments import Side, Word, verdict
from gateway_ingest.evidence.reading import Figures
from gateway_ingest.evidence.signature import Span

BEGIN = datetime(2026, 5, 28, 12, tzinfo=UTC)


def of_normal(hits, of, other_hits, other_of):
    """Two proportions by the chi-square of the table, which is the square of the normal test."""
    table = [[hits, of - hits], [other_hits, other_of - other_hits]]
    return stats.chi2_contingency(table, correction=False).pvalue


@pytest.mark.parametrize(
    "table", [(30, 1000, 60, 1000), (5, 100, 12, 110), (1000, 50_000, 1200, 52_000), (500, 1000, 500, 1000)]
)
def test_many_errors_are_judged_by_the_test_of_two_proportions(table):
    assert chance_of_shares(*table) == pytest.approx(of_normal(*table), rel=1e-9)


@pytest.mark.parametrize("table", [(0, 60, 5, 60), (1, 50, 9, 70), (3, 3, 0, 50), (0, 50, 0, 70), (1, 5000, 8, 5000)])
def test_few_errors_are_judged_by_fishers_exact_test(table):
    hits, of, other_hits, other_of = table
    exact = stats.fisher_exact([[hits, of - hits], [other_hits, other_of - other_hits]]).pvalue
    assert chance_of_shares(*table) == pytest.approx(exact, rel=1e-6)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 400), st.integers(1, 400), st.integers(0, 400), st.integers(1, 400))
def test_chance_is_a_probability_and_the_same_from_both_sides(hits, of, other_hits, other_of):
    hits, other_hits = min(hits, of), min(other_hits, other_of)
    chance = chance_of_shares(hits, of, other_hits, other_of)
    assert 0 <= chance <= 1
    assert chance == pytest.approx(chance_of_shares(other_hits, other_of, hits, of), rel=1e-6)


def test_nothing_counted_proves_nothing():
    assert chance_of_shares(0, 0, 9, 10) == 1.0


def test_huge_unequal_samples_are_judged_in_no_time():
    assert chance_of_shares(3, 1_000_000, 40_000_000, 10**12) < 1e-6
    assert 0 < chance_of_shares(1, 50, 1_000_000, 50_000_000) <= 1


def sketch(micros):
    return latencies.counts_of(latencies.merged(b"", latencies.buckets_of(np.asarray(micros, dtype=np.int64))))


def lognormal(seed, number, *, scale=1.0):
    return np.random.default_rng(seed).lognormal(11.5, 0.6, number) * scale


def test_same_durations_are_no_difference_in_nearly_all_samples():
    sure = [ratio_of_quantiles(sketch(lognormal(s, 400)), sketch(lognormal(s + 500, 400)), 0.95).is_certain
        for s in range(200)]  # fmt: skip
    assert sum(sure) <= 5


def test_slower_durations_are_seen_with_their_size():
    ratio = ratio_of_quantiles(sketch(lognormal(1, 3000)), sketch(lognormal(2, 3000, scale=1.5)), 0.95)
    assert ratio.is_certain
    assert ratio.low < 1.5 < ratio.high
    assert ratio.value == pytest.approx(1.5, rel=0.12)


def test_interval_is_that_of_drawing_samples_again():
    before, after = lognormal(3, 500), lognormal(4, 500, scale=1.2)
    dice = np.random.default_rng(9)
    again = [
        np.quantile(dice.choice(after, 500), 0.95) / np.quantile(dice.choice(before, 500), 0.95) for _ in range(2000)
    ]
    ratio = ratio_of_quantiles(sketch(before), sketch(after), 0.95)
    assert ratio.low == pytest.approx(np.quantile(again, 0.005), rel=0.06)
    assert ratio.high == pytest.approx(np.quantile(again, 0.995), rel=0.06)


def test_no_durations_give_no_ratio():
    assert ratio_of_quantiles(sketch([]), sketch([1000]), 0.95) is None


def side(calls, errors, micros=()):
    counts = sketch(micros)
    p95 = latencies.quantile_of(counts, 0.95)
    share = errors / calls if calls else None
    return Side(Span(BEGIN, BEGIN + timedelta(hours=1)), calls, errors, share, None, p95 and p95 / 1000, None, 0)


def judged(before, after, ratio=None):
    chance = chance_of_shares(before.errors, before.calls, after.errors, after.calls)
    return verdict(before, after, error_chance=chance, latency=ratio)


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        ((1000, 5), (1000, 60), Word.WORSE),
        ((1000, 60), (1000, 5), Word.BETTER),
        ((1000, 20), (1000, 22), Word.SAME),
        ((49, 0), (1000, 500), Word.TOO_LITTLE),
        ((1000, 0), (49, 49), Word.TOO_LITTLE),
        ((50, 0), (50, 20), Word.WORSE),
        ((0, 0), (0, 0), Word.TOO_LITTLE),
    ],
)
def test_verdict_is_one_of_four_words(before, after, word):
    assert judged(side(*before), side(*after))[0] == word


def test_faster_with_more_errors_is_worse_and_both_are_told():
    slow, fast = lognormal(5, 3000), lognormal(6, 3000, scale=0.5)
    ratio = ratio_of_quantiles(sketch(slow), sketch(fast), 0.95)
    word, reasons = judged(side(3000, 3, slow), side(3000, 200, fast), ratio)
    assert word == Word.WORSE
    assert "Errors rose from 0.10% to 6.67% of calls" in reasons[0]
    assert reasons[1].startswith("p95 fell from")


# --- other routes called --------------------------------------------------------------------------------------------


def called(number, errors, millis):
    """Calls of one route that took about so long."""
    found = Figures()
    found.sums |= {"calls": number, "errors": errors}
    found.sketches["latencies"] = [
        latencies.merged(b"", latencies.buckets_of(lognormal(number, number, scale=millis / 100).astype(np.int64)))
    ]
    return found


FAST, SLOW = ("shop", "GET", "/item"), ("shop", "GET", "/search")


def test_slow_and_faulty_route_that_is_called_more_often_is_no_worse_release():
    before = {FAST: called(9500, 10, 100), SLOW: called(500, 50, 900)}
    after = {FAST: called(5000, 5, 100), SLOW: called(5000, 500, 900)}
    alike = Alike.of(before, after)
    assert alike.chance_of_errors > 0.05
    assert not alike.latency(least=50).is_certain
    whole = [
        side(sum(one.calls for one in each.values()), sum(one.errors for one in each.values()))
        for each in (before, after)
    ]
    word, reasons = verdict(*whole, error_chance=alike.chance_of_errors, latency=alike.latency(least=50), alike=alike)
    assert word == Word.SAME
    assert reasons[1].startswith(
        "Other routes were called than before: called as after, it would have had 5.05% errors"
    )


def test_release_that_makes_each_route_worse_is_found_though_the_whole_is_better():
    before = {FAST: called(5000, 50, 100), SLOW: called(5000, 500, 900)}
    after = {FAST: called(9500, 200, 150), SLOW: called(500, 100, 1350)}
    alike = Alike.of(before, after)
    assert sum(one.errors for one in after.values()) < sum(one.errors for one in before.values())
    assert alike.chance_of_errors < 0.01
    assert alike.latency(least=50).low > 1.15


def test_strata_are_judged_as_by_cochran_mantel_and_haenszel():
    tables = [(30, 1000, 60, 1100), (12, 200, 15, 400)]
    drawn = [stats.hypergeom(of + other, hits + more, of) for hits, of, more, other in tables]
    surplus = sum(hits - each.mean() for (hits, *_rest), each in zip(tables, drawn, strict=True))
    chance = 2 * stats.norm.sf(abs(surplus) / np.sqrt(sum(each.var() for each in drawn)))
    assert chance_in_strata(tables) == pytest.approx(chance, rel=1e-9)


def test_broken_route_that_is_new_is_worse():
    alike = Alike.of({FAST: called(900, 0, 100)}, {FAST: called(800, 0, 100), SLOW: called(100, 100, 100)})
    assert alike.chance_of_errors < 1e-6


def test_one_timed_call_is_no_slower_release():
    few = called(400, 0, 100)
    few.sketches["latencies"] = [latencies.merged(b"", latencies.buckets_of(np.array([5_000_000])))]
    assert Alike.of({FAST: called(400, 0, 100)}, {FAST: few}).latency(least=50) is None
