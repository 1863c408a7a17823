"""These tests hold that our own absence, late gateways and quiet components are taken for no trouble."""

from datetime import timedelta

import numpy as np
import pytest

from gateway_ingest import heartbeats, hours, windows
from gateway_ingest.detect.scorer import LEARNING, Scorer
from gateway_ingest.formats.calls import CallFlag
from gateway_ingest.models import (
    Absence,
    Alert,
    AlertStatus,
    Baseline,
    Heartbeat,
    SeriesMemory,
    Source,
    TrafficWatch,
)
from gateway_ingest.receive_calls import CallAnswer, store_calls
from gateway_ingest.routing import Routing
from gateway_ingest.rules import surprise
from gateway_ingest.rules.defaults import DEFAULTS
from gateway_ingest.rules.dry_run import try_out
from gateway_ingest.rules.stored import HOUR, hour_of
from gateway_ingest.rules.surprise import FORGOTTEN_AFTER, STEP, step_of
from hypercare.core.models import MaintenanceWindow
from tests.integration.watched import MINUTE, Gateway

pytestmark = pytest.mark.django_db
MODEL = {"provider": "northwind", "model": "nw-small", "prompt_version": "p2", "input_tokens": 100, "output_tokens": 0}
HELPFUL, UNHELPFUL = {"flags": int(CallFlag.HELPFUL)}, {"flags": int(CallFlag.UNHELPFUL)}


@pytest.fixture
def gateway(launch, now):
    return Gateway(launch, now)


def alerts_of(name):
    return Alert.objects.filter(labels__rule=name)


# --- series that go quiet ---------------------------------------------------------------------------------------


def remembered(gateway, component, series, *, until, heard_at):
    scorer = Scorer()
    moments = [until - number * STEP for number in range(LEARNING + 10, -1, -1)]
    scorer.feed(np.array([at.timestamp() for at in moments]), np.full(len(moments), 20.0))
    SeriesMemory.objects.create(
        launch=gateway.launch,
        component=component,
        series=series,
        memory=scorer.to_bytes(),
        until=until,
        heard_at=heard_at,
    )


def test_component_that_is_timed_no_more_holds_no_other_series_back(gateway):
    latest = step_of(gateway.begins)
    for component, series in (("checkout", "calls"), ("checkout", "p95"), ("gone", "p95")):
        old = latest - (13 * HOUR if series == "p95" else timedelta())
        remembered(gateway, component, series, until=old, heard_at=old)
    gateway.play(8, (20, {"duration": -1}))
    assert {row.until for row in SeriesMemory.objects.all()} == {step_of(gateway.minute - 2 * MINUTE)}
    gateway.play(8, (400, {"duration": -1}))
    assert alerts_of("unusual").get().labels["component"] == "checkout"


def test_series_that_nothing_feeds_is_forgotten_and_frees_its_place(gateway, monkeypatch):
    monkeypatch.setattr(surprise, "MAX_SERIES", 2)
    latest = step_of(gateway.begins)
    for number in range(2):
        remembered(gateway, f"gone{number}", "calls", until=latest, heard_at=latest - FORGOTTEN_AFTER)
    gateway.play(8, (20, {}))
    assert not SeriesMemory.objects.filter(component__startswith="gone").exists()
    gateway.play(5, (20, {}))
    assert SeriesMemory.objects.filter(component="checkout").count() == 2


# --- our own absence --------------------------------------------------------------------------------------------


def away_for_an_hour(gateway):
    gateway.minute += 60 * MINUTE
    gateway.look()


def test_return_after_an_hour_of_our_own_absence_finds_nothing_silent(gateway):
    gateway.was_usual("component", ("checkout",), calls=100.0)
    gateway.unseen(10, (100, {}))
    heartbeats.note(gateway.source, "certificate check", 300, now=gateway.minute)
    for _minute in range(25):
        gateway.play(1, (100, {}))
        heartbeats.note(gateway.source, "certificate check", 300, now=gateway.minute)
    away_for_an_hour(gateway)
    assert [alert.title for alert in Alert.objects.all()] == []
    assert Absence.objects.get().ends_at - Absence.objects.get().begins_at == 60 * MINUTE
    gateway.play(3, (100, {}))
    heartbeats.note(gateway.source, "certificate check", 300, now=gateway.minute)
    gateway.play(9, (100, {}))
    assert [alert.title for alert in Alert.objects.all()] == []


def test_what_stays_silent_after_our_return_is_missed(gateway):
    gateway.was_usual("component", ("checkout",), calls=100.0)
    gateway.unseen(10, (100, {}))
    heartbeats.note(gateway.source, "certificate check", 300, now=gateway.minute)
    gateway.play(25, (100, {}))
    heartbeats.note(gateway.source, "certificate check", 300, now=gateway.minute)
    away_for_an_hour(gateway)
    gateway.play(20)
    assert alerts_of("traffic_drop").exists()
    assert alerts_of("feed_silent").filter(labels__heartbeat="certificate check").exists()


def test_time_before_the_first_look_is_no_absence(gateway):
    gateway.send(gateway.begins, (30, {}))
    TrafficWatch.objects.update(looked_until=gateway.begins - 30 * MINUTE, learned_until=None)
    gateway.minute += MINUTE
    gateway.look()
    assert not Absence.objects.exists()


def test_silence_is_no_absence_while_others_deliver(gateway):
    heartbeats.note(gateway.source, "certificate check", 300, now=gateway.minute)
    for number in range(60):
        gateway.send(gateway.begins + number * MINUTE, (10, {}))
    gateway.minute += 60 * MINUTE
    gateway.look()
    assert not Absence.objects.exists()
    assert alerts_of("feed_silent").get().labels["heartbeat"] == "certificate check"


def test_worker_that_was_away_learns_no_interval_from_it(gateway):
    for minute in range(25):
        gateway.play(1, (1, {}))
        Source.objects.filter(pk=gateway.source.pk).update(last_event_at=gateway.begins + minute * MINUTE)
    away_for_an_hour(gateway)
    Source.objects.filter(pk=gateway.source.pk).update(last_event_at=gateway.minute)
    gateway.play(1, (1, {}))
    assert Heartbeat.objects.get().interval <= 60


def test_finding_does_not_end_by_our_absence(gateway):
    gateway.play(8, (50, {"status": 500}), (50, {}))
    away_for_an_hour(gateway)
    assert alerts_of("error_burst").get().status == AlertStatus.FIRING


def test_hour_of_our_absence_is_not_learned_as_quiet(gateway):
    gateway.was_usual("component", ("checkout",), calls=100.0)
    gateway.minute = hour_of(gateway.begins) + HOUR
    TrafficWatch.objects.update(looked_until=gateway.minute)
    gateway.minute += 2 * HOUR
    gateway.look()
    gateway.minute += 6 * MINUTE
    gateway.look()
    assert not Baseline.objects.filter(hour__gte=hour_of(gateway.begins) + HOUR).exists()


# --- late gateways ------------------------------------------------------------------------------------------------


def comes_late(gateway, at, late, *groups):
    calls = [gateway.call(at, number, **fields) for count, fields in groups for number in range(count)]
    gateway.batches += 1
    name = f"calls:key:{gateway.batches}"
    store_calls(gateway.source, calls, CallAnswer(), to=Routing(gateway.launch), batch_id=name, now=at + MINUTE + late)


def plays_late(gateway, minutes, late, *groups):
    for _minute in range(minutes):
        gateway.minute += MINUTE
        if groups:
            comes_late(gateway, gateway.minute - MINUTE - late, late, *groups)
        gateway.look()


def test_gateway_that_always_delivers_late_is_no_traffic_drop(gateway):
    gateway.was_usual("component", ("checkout",), calls=100.0)
    late = 12 * MINUTE
    for number in range(40, 0, -1):
        comes_late(gateway, gateway.begins - late - number * MINUTE, late, (100, {}))
    plays_late(gateway, 15, late, (100, {}))
    assert not alerts_of("traffic_drop").exists()
    plays_late(gateway, 25, late, (10, {}))
    assert alerts_of("traffic_drop").count() == 1


def test_hour_whose_calls_came_late_is_learned_anew(gateway):
    first = hour_of(gateway.begins)
    gateway.send(first, (30, {}))
    gateway.minute = first + HOUR + 5 * MINUTE
    TrafficWatch.objects.update(looked_until=gateway.minute)
    gateway.play(1)
    assert Baseline.objects.get(per="component", hour=first).calls == 0.5
    for minute in range(10):
        comes_late(gateway, first + minute * MINUTE, HOUR, (57, {}))
    windows.fold()
    hours.add_up(now=gateway.minute + HOUR)
    gateway.minute += MINUTE
    gateway.look()
    assert Baseline.objects.get(per="component", hour=first).calls == 10.0


def test_hours_sent_afterwards_are_learned_too(gateway):
    gateway.look()
    long_ago = hour_of(gateway.begins) - 50 * HOUR
    comes_late(gateway, long_ago, HOUR, (60, {}))
    windows.fold()
    hours.add_up(now=gateway.now)
    gateway.minute += MINUTE
    gateway.look()
    assert Baseline.objects.get(per="component", hour=long_ago).calls == 1.0


# --- ratings ------------------------------------------------------------------------------------------------------


def lower_rating(gateway):
    old, new = MODEL | {"prompt_version": "p1"}, MODEL
    gateway.play(1, (60, old | HELPFUL))
    gateway.play(1, (40, new | HELPFUL), (20, new | UNHELPFUL))
    gateway.play(1, (1, new))


def rolled_back(gateway):
    for _step in range(7):
        gateway.minute += 9 * MINUTE
        TrafficWatch.objects.update(looked_until=gateway.minute)
        gateway.play(1, (5, MODEL | {"prompt_version": "p1"}))
    gateway.play(3, (5, MODEL | {"prompt_version": "p1"}))


def test_lower_rating_ends_with_a_rollback_and_comes_back_with_the_version(gateway):
    lower_rating(gateway)
    alert = alerts_of("helpful_drop").get()
    assert alert.status == AlertStatus.FIRING
    rolled_back(gateway)
    alert.refresh_from_db()
    assert alert.status == AlertStatus.RESOLVED
    gateway.play(2, (5, MODEL))
    alert.refresh_from_db()
    assert (alert.status, alert.episode) == (AlertStatus.FIRING, 2)


def test_dry_run_finds_pairs_that_are_compared_no_more(gateway, launch):
    lower_rating(gateway)
    gateway.minute += 40 * MINUTE
    third = MODEL | {"prompt_version": "p3"}
    gateway.send(gateway.minute, (60, third | HELPFUL))
    tried = try_out(launch, DEFAULTS["helpful_drop"], days=1, now=gateway.minute + 2 * HOUR)
    assert [one.key for one in tried.firings] == [("checkout", "p2", "p1")]
    assert tried.firings[0].ended_at is not None


# --- maintenance --------------------------------------------------------------------------------------------------


def failing(component, bad, good):
    of = MODEL | {"component": component}
    return [(bad, of | {"status": 500}), (good, of)]


def test_provider_whose_failing_calls_come_from_what_is_mended_is_not_told(gateway, launch):
    of = {"launch": launch, "begins_at": gateway.begins, "ends_at": gateway.begins + 60 * MINUTE, "set_by": "Alice"}
    MaintenanceWindow.objects.create(**of, component=launch.components.get(slug="checkout"), reason="New model")
    gateway.play(8, *failing("checkout", 50, 50), *failing("catalog-api", 0, 100))
    assert not alerts_of("provider_failing").exists()
    assert launch.rules.get(name="provider_failing").firings.filter(suppressed=True).exists()
    tried = try_out(launch, DEFAULTS["provider_failing"], days=1, now=gateway.minute)
    assert [one.suppressed for one in tried.firings] == [True]
    gateway.play(8, *failing("checkout", 50, 50), *failing("catalog-api", 20, 80))
    assert alerts_of("provider_failing").exists()
