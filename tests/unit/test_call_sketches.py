"""These tests hold that sketches are small, near the truth, and the same whatever order their parts come in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_ingest import distinct, latencies

SHARES = (0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999)


def series(kind):
    random = np.random.default_rng(7)
    if kind == "Pareto":
        return (random.pareto(1.2, 100_000) + 1) * 4000
    if kind == "two-peaked":
        return np.concatenate([random.normal(8_000, 900, 70_000), random.normal(1_200_000, 80_000, 30_000)])
    return random.lognormal(10, 1.4, 99)


def sketch_of(micros):
    return latencies.merged(b"", latencies.buckets_of(micros.astype(np.int64)))


@pytest.mark.parametrize("kind", ["Pareto", "two-peaked", "99 of a service"])
def test_quantiles_are_within_one_percent(kind):
    micros = np.sort(series(kind).astype(np.int64))
    sketch = sketch_of(micros)
    for share in SHARES:
        exact = micros[max(0, int(np.ceil(share * len(micros))) - 1)]
        assert latencies.quantile(sketch, share) == pytest.approx(exact, rel=0.0101)


def test_sketch_of_few_durations_is_small():
    assert len(sketch_of(series("99 of a service"))) < 100
    assert len(sketch_of(np.array([125_000]))) == 4


DURATIONS = st.lists(st.integers(0, 10**11), max_size=150)


@settings(deadline=None)
@given(st.lists(DURATIONS, max_size=5), st.randoms(use_true_random=False))
def test_latencies_are_the_same_in_any_order(parts, random):
    def whole(parts):
        sketch = b""
        for part in parts:
            sketch = latencies.merged(sketch, latencies.buckets_of(np.array(part, dtype=np.int64)))
        return sketch

    shuffled = random.sample(parts, len(parts))
    assert whole(parts) == whole(shuffled) == latencies.union([whole([part]) for part in shuffled])
    assert latencies.counts_of(whole(parts)).sum() == sum(map(len, parts))


@pytest.mark.parametrize("number", [0, 1, 64])
def test_few_consumers_are_counted_exactly(number):
    hashes = np.arange(number, dtype=np.uint32) * np.uint32(2654435761)
    sketch = distinct.merged(distinct.merged(b"", hashes), hashes)
    assert distinct.count(sketch) == distinct.Distinct(number, 0.0)


@pytest.mark.parametrize("number", [65, 500, 5_000, 50_000, 500_000])
def test_many_consumers_are_counted_within_the_error_shown(number):
    random = np.random.default_rng(number)
    sketch = distinct.merged(b"", random.integers(0, 2**32, number, dtype=np.uint32))
    found = distinct.count(sketch)
    assert found.number == pytest.approx(number, rel=found.error + 1e-3)
    assert found.error < 0.02


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 2**32 - 1), max_size=90), max_size=4), st.randoms(use_true_random=False))
def test_consumers_are_the_same_in_any_order_and_however_often(parts, random):
    def whole(parts):
        sketch = b""
        for part in parts:
            sketch = distinct.merged(sketch, np.array(part, dtype=np.uint32))
        return sketch

    again = random.sample(parts, len(parts)) + parts[:2]
    assert whole(parts) == whole(again) == distinct.union([whole([part]) for part in again])
