"""These tests hold the detector to the hours that people live by, through changes of the clock and of the zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from gateway_ingest.detect.days import HOURS, DayMemory
from gateway_ingest.detect.scorer import Scorer
from gateway_ingest.models import SeriesMemory
from gateway_ingest.rules.surprise import Remembered, _fed, _scorer_of

STOCKHOLM = ZoneInfo("Europe/Stockholm")
STEP = timedelta(minutes=5)
CHANGE = datetime(2026, 10, 25, 1, tzinfo=UTC)


def office(moment):
    """Busy from eight to five on the wall."""
    return 100.0 if 8 <= moment.astimezone(STOCKHOLM).hour < 17 else 5.0


def fed(begins, ends, zone, before=None):
    moments = [begins + number * STEP for number in range(1, int((ends - begins) / STEP) + 1)]
    chance = np.random.default_rng(1).normal(0, 1, len(moments))
    values = np.array([office(moment - STEP) for moment in moments]) + chance
    return _fed(before or Remembered(Scorer()), moments, values, np.ones(len(values), dtype=bool), zone=zone)


@pytest.mark.parametrize(("zone", "finds"), [(STOCKHOLM, False), (ZoneInfo("UTC"), True)])
def test_office_day_after_a_clock_change_is_usual_by_the_wall_and_by_no_other_clock(zone, finds):
    course, _after = fed(CHANGE - timedelta(days=21), CHANGE + timedelta(days=1), zone)
    that_day = [traffic.figure for at, traffic in course if at > CHANGE]
    assert (max(that_day) > 0.45) is finds


def test_memory_moves_with_the_zone():
    times = np.array([(HOURS * day + hour) * 3600.0 for day in range(3) for hour in range(HOURS)])
    values = np.array([float(number) for number in range(len(times))])
    memory, local = DayMemory(), DayMemory()
    memory.feed(times, values)
    local.feed(times + 2 * 3600, values)
    moved = memory.moved(2)
    for name in ("low_today", "high_today", "day"):
        assert np.array_equal(getattr(moved, name), getattr(local, name)), name
    assert np.array_equal(moved.lows[-3:], local.lows[-3:])
    back = moved.moved(-2)
    assert np.array_equal(back.lows[-3:], np.vstack([memory.lows[-2:], memory.low_today]))


def test_memory_learned_by_another_zone_is_read_by_the_launchs_own():
    memory = DayMemory()
    memory.feed(np.array([0.0, 3600.0]), np.array([1.0, 2.0]))
    row = SeriesMemory(memory=Scorer(days=memory).to_bytes(), until=datetime(2026, 7, 1, tzinfo=UTC), zone="UTC")
    assert _scorer_of(row, "Europe/Stockholm").days.low_today[:5].tolist() == [np.inf, np.inf, 1.0, 2.0, np.inf]
    assert _scorer_of(row, "UTC").days.low_today[:2].tolist() == [1.0, 2.0]
