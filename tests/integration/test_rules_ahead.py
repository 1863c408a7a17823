"""These tests hold what looks further than some minutes: unusual courses, slow drifts, and the charts that show why."""

import math
import re
from datetime import timedelta

import numpy as np
import pytest
import time_machine

from gateway_ingest.detect.scorer import LEARNING, Scorer
from gateway_ingest.models import Alert, AlertStatus, Baseline, Rule, SeriesMemory, TrafficTarget, TrafficWatch
from gateway_ingest.rules.keys import as_text
from gateway_ingest.rules.ratings import chance_no_lower
from gateway_ingest.rules.stored import HOUR, hour_of
from gateway_ingest.rules.surprise import STEP, step_of
from tests.integration.watched import MINUTE, Gateway

pytestmark = pytest.mark.django_db
KEY = as_text(("checkout", "GET /pay"))


@pytest.fixture
def gateway(launch, now):
    return Gateway(launch, now)


def drifting(gateway, *, a_day, days=12):
    """Hours of so many days whose latency rises by a share a day, with a daily course, up to 600 ms now."""
    midnight = gateway.begins.replace(hour=22, minute=0) - timedelta(days=1)  # of Stockholm
    hours = [midnight - number * HOUR for number in range(1, 24 * days + 1)]
    random = np.random.default_rng(3)
    noise = {hour: random.normal(1, 0.1) for hour in hours}
    Baseline.objects.bulk_create(
        Baseline(
            launch=gateway.launch, per="route", key=KEY, hour=hour, calls=50.0, malformed=0, refused=0,
            p95_ms=600 * (1 + a_day) ** -((midnight - hour) / timedelta(days=1)) * (1 + 0.2 * math.sin(hour.hour)) * noise[hour],
        )
        for hour in hours
    )  # fmt: skip


def to_next_hour(gateway):
    gateway.minute = hour_of(gateway.begins) + HOUR - MINUTE
    TrafficWatch.objects.update(looked_until=gateway.minute, learned_until=hour_of(gateway.begins) + HOUR)
    gateway.play(1, (1, {}))


def test_latency_that_rises_a_little_every_day_is_told_before_it_crosses_its_target(gateway, lead):
    TrafficTarget.objects.create(launch=gateway.launch, p95_ms=800)
    drifting(gateway, a_day=0.04)
    to_next_hour(gateway)
    alert = Alert.objects.get(labels__rule="slow_drift")
    assert (alert.status, alert.severity) == (AlertStatus.FIRING, "low")
    assert re.search(r"It rises [34]\.?\d*% a day, is at \d+ ms and crosses 800 ms on \w+day \d June\.", alert.summary)
    with time_machine.travel(gateway.now, tick=False):
        page = lead.get("/launches/shop/rules/slow_drift/chart/").content.decode()
    assert "crosses 800 ms on" in page
    assert page.count('class="usual"') == 1
    assert "Where it leads" in page


def test_latency_without_a_drift_is_not_foreseen_to_cross(gateway):
    TrafficTarget.objects.create(launch=gateway.launch, p95_ms=800)
    drifting(gateway, a_day=0.0)
    to_next_hour(gateway)
    assert not Alert.objects.filter(labels__rule="slow_drift").exists()


def test_drift_that_leads_over_the_target_only_in_months_is_no_finding(gateway):
    TrafficTarget.objects.create(launch=gateway.launch, p95_ms=8000)
    drifting(gateway, a_day=0.04)
    to_next_hour(gateway)
    assert not Alert.objects.filter(labels__rule="slow_drift").exists()


def learned(gateway, course):
    """A scorer that has seen days of a course up to now, as the row it is kept in."""
    until = step_of(gateway.begins)
    moments = [until - number * STEP for number in range(LEARNING + 300, -1, -1)]
    scorer = Scorer()
    scorer.feed(np.array([at.timestamp() for at in moments]), np.array([course(at) for at in moments]))
    SeriesMemory.objects.create(
        launch=gateway.launch,
        component="checkout",
        series="calls",
        memory=scorer.to_bytes(),
        until=until,
        heard_at=until,
    )


def busy(at):
    return 100 + 20 * math.sin(at.hour / 24 * 2 * math.pi) + (at.minute * 7919 % 13)


def test_course_that_the_past_does_not_know_is_a_low_finding(gateway, lead):
    learned(gateway, busy)
    gateway.minute = step_of(gateway.begins)
    TrafficWatch.objects.update(looked_until=gateway.minute)
    gateway.play(5, (20, {}))
    assert not Alert.objects.filter(labels__rule="unusual").exists()
    gateway.play(7, (300, {}))
    alert = Alert.objects.get(labels__rule="unusual")
    assert (alert.severity, alert.labels["series"]) == ("low", "calls")
    with time_machine.travel(gateway.now, tick=False):
        page = lead.get("/launches/shop/rules/unusual/chart/?hours=1").content.decode()
    assert "checkout · calls" in page
    assert 'class="line"' in page


def test_course_as_ever_is_no_finding(gateway):
    learned(gateway, busy)
    gateway.minute = step_of(gateway.begins)
    TrafficWatch.objects.update(looked_until=gateway.minute)
    gateway.play(15, (21, {}))
    assert not Alert.objects.filter(labels__rule="unusual").exists()
    assert SeriesMemory.objects.get(series="calls").until == step_of(gateway.minute - 2 * MINUTE)


def test_detector_that_still_learns_says_nothing(gateway):
    gateway.play(5, (20, {}))
    gateway.play(10, (500, {"status": 500}))
    assert not Alert.objects.filter(labels__rule="unusual").exists()
    assert SeriesMemory.objects.filter(component="checkout").count() >= 2


def test_disarmed_detector_learns_nothing(gateway):
    Rule.objects.filter(name="unusual").update(armed=False)
    gateway.play(10, (20, {}))
    assert not SeriesMemory.objects.exists()


def test_chance_of_a_lower_rating_may_be_looked_at_all_the_time():
    """Two versions of one quality, looked at after every rating: at most one course in a hundred may ever reach 1%."""
    random = np.random.default_rng(7)
    fooled = 0
    for _course in range(300):
        ratings = random.random((2, 200)) < 0.8
        new, old = (np.cumsum(each) for each in ratings)
        fooled += any(
            chance_no_lower((new[n], n + 1 - new[n]), (old[n], n + 1 - old[n])) < 0.01 for n in range(49, 200, 5)
        )
    assert fooled <= 6
