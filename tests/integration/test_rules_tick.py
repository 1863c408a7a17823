"""These tests hold the watch to exactly once: late data, repeated, killed and racing looks, flapping, mending, many keys."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext

from feedback.models import Feedback
from gateway_ingest import ending, windows
from gateway_ingest.formats.calls import CallFlag
from gateway_ingest.models import (
    Alert,
    AlertChange,
    AlertStatus,
    Baseline,
    Firing,
    Heartbeat,
    Rule,
    RuleState,
    Source,
    TrafficTarget,
    TrafficWatch,
)
from gateway_ingest.rules import rows, tick
from gateway_ingest.rules.stored import HOUR
from hypercare.core.launches import close, create_launch
from hypercare.core.models import Launch, MaintenanceWindow, TimelineEntry
from hypercare.core.timeline import SYSTEM
from tests.integration.watched import MINUTE, Gateway

pytestmark = pytest.mark.django_db
BURST = [(50, {"status": 500}), (950, {})]
CALM = [(1000, {})]


@pytest.fixture
def gateway(launch, now):
    return Gateway(launch, now)


def burst_alert():
    return Alert.objects.get(labels__rule="error_burst")


# --- a finding and its end ----------------------------------------------------------------------------------------


def test_finding_is_one_report_with_its_evidence_and_ends_with_its_cause(gateway):
    gateway.play(8, *BURST)
    alert = burst_alert()
    evidence = alert.feedback.context["rule"]
    assert (evidence["name"], evidence["component"], evidence["route"]) == ("error_burst", "checkout", "GET /pay")
    assert (evidence["value"], evidence["limit"], evidence["calls"]) == (0.05, 0.01, 4000)
    assert (evidence["releases"], evidence["routes"]) == (["4.2"], ["GET /pay"])
    assert evidence["until"] == (gateway.begins + 4 * MINUTE).isoformat()
    assert "/launches/shop/rules/error_burst/?of=" in evidence["chart"]
    assert alert.url == evidence["chart"]
    assert "removed" not in alert.url
    assert alert.component.slug == "checkout"
    gateway.play(7, *CALM)
    alert.refresh_from_db()
    assert alert.status == AlertStatus.RESOLVED
    assert Feedback.objects.count() == 1
    assert AlertChange.objects.filter(alert=alert, status=AlertStatus.RESOLVED).count() == 1
    firing = Firing.objects.get()
    assert (firing.alert, firing.value, firing.ended_at is not None) == (alert, 0.05, True)
    assert not RuleState.objects.filter(firing=True).exists()


def test_finding_counts_who_was_affected(gateway):
    callers = [(20, {"status": 500, "consumer": f"shopper {number}"}) for number in range(7)]
    gateway.play(6, *callers)
    assert burst_alert().feedback.context["rule"]["consumers"] == 7


def test_finding_that_gets_worse_raises_its_alert_and_stays_one_report(gateway):
    gateway.play(6, (20, {"status": 500}), (980, {}))
    assert burst_alert().severity == "high"
    gateway.play(6, (200, {"status": 500}), (800, {}))
    assert (burst_alert().severity, burst_alert().episode) == ("critical", 1)
    assert Feedback.objects.filter(title__startswith="Error burst").count() == 1
    assert TimelineEntry.objects.filter(kind="alert.worse").count() == 1


def test_budget_step_is_told_once_a_day(gateway, launch):
    TrafficTarget.objects.create(launch=launch, daily_budget=100)
    call = {"provider": "p", "model": "m"}
    for cost in (85, 11, 5, 25, 10):
        gateway.play(2, (1, call | {"cost": cost * 10**9 // 2}))
    alert = Alert.objects.get(labels__rule="budget_steps")
    assert (alert.severity, alert.episode, Feedback.objects.count()) == ("critical", 1, 1)
    assert TimelineEntry.objects.filter(kind="alert.worse").count() == 3
    tomorrow = gateway.minute.replace(hour=22, minute=0)  # midnight in Stockholm
    gateway.minute = tomorrow
    TrafficWatch.objects.update(looked_until=tomorrow)
    gateway.play(4, (1, call | {"cost": 10**9}))
    alert.refresh_from_db()
    assert alert.status == AlertStatus.RESOLVED


def test_finding_nobody_confirms_any_more_ends_after_half_an_hour(gateway):
    gateway.play(6, *BURST)
    gateway.play(36)
    assert burst_alert().status == AlertStatus.RESOLVED


def test_flapping_finding_is_held_and_said_to_be(gateway, launch):
    Rule.objects.filter(name="error_burst").update(minutes=2, clear_minutes=1)
    for _turn in range(4):
        gateway.play(2, *BURST)
        gateway.play(3, *CALM)
    alert = burst_alert()
    assert (alert.status, alert.episode) == (AlertStatus.FIRING, 2)
    assert TimelineEntry.objects.get(kind="rule.held").data["key"] == "checkout · GET /pay"


def test_finding_on_a_critical_journey_is_critical_at_once(gateway, launch):
    gateway.play(6, (20, {"status": 500, "component": "catalog-api"}), (980, {"component": "catalog-api"}))
    assert burst_alert().severity == "critical"


# --- once ---------------------------------------------------------------------------------------------------------


def test_second_look_at_the_same_minutes_changes_nothing(gateway):
    gateway.play(8, *BURST)
    before = _everything()
    assert gateway.look() is False
    assert _everything() == before


def _everything():
    models = (Alert, Firing, RuleState, TrafficWatch, Feedback, AlertChange)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_look_that_is_killed_before_its_commit_is_done_again_whole(gateway, launch):
    gateway.play(3, *BURST)
    gateway.send(gateway.minute, *BURST)
    gateway.minute += MINUTE

    def die(execute, sql, params, many, context):
        if str(sql).startswith('UPDATE "gateway_ingest_trafficwatch"'):
            raise OperationalError("the worker is gone")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(die), pytest.raises(OperationalError):
        gateway.look()
    assert (Alert.objects.count(), Feedback.objects.count(), Firing.objects.count()) == (0, 0, 0)
    assert gateway.look() is True
    assert (burst_alert().episode, Feedback.objects.count(), Firing.objects.count()) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_workers_that_look_at_once_make_one_finding(gateway, launch):
    for number in range(6):
        gateway.send(gateway.begins + number * MINUTE, *BURST)
    gateway.minute += 6 * MINUTE
    windows.fold()
    looked, ready = [], threading.Barrier(4)

    def work():
        ready.wait()
        looked.append(tick.watch_launch(Launch.objects.get(pk=launch.pk), now=gateway.now))
        connections.close_all()

    workers = [threading.Thread(target=work) for _number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(looked) == [False, False, False, True]
    assert (burst_alert().count, Feedback.objects.count(), Firing.objects.count()) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_workers_that_find_no_watch_make_one(launch, now):
    def work():
        tick.watch_of(Launch.objects.get(pk=launch.pk), now=now)
        connections.close_all()

    workers = [threading.Thread(target=work) for _number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (TrafficWatch.objects.count(), Source.objects.count()) == (1, 1)


def test_edit_during_a_look_makes_it_look_again(gateway, launch, monkeypatch):
    gateway.play(3, *BURST)
    gateway.send(gateway.minute, *BURST)
    gateway.minute += MINUTE
    real = tick.look

    def slow_look(*given):
        seen = real(*given)
        rows.edit(Rule.objects.get(name="error_burst"), {"least": 10**6}, actor=SYSTEM, now=gateway.now)
        return seen

    monkeypatch.setattr(tick, "look", slow_look)
    assert gateway.look() is False
    monkeypatch.undo()
    assert gateway.look() is True
    assert not Alert.objects.filter(labels__rule="error_burst").exists()


# --- ended by a person ------------------------------------------------------------------------------------------


def test_finding_that_a_person_ended_is_quiet_and_may_fire_anew(gateway):
    gateway.play(6, *BURST)
    ending.end_by_hand(burst_alert(), reason="Known, the supplier mends it", actor=SYSTEM, now=gateway.now)
    state = RuleState.objects.get(rule__name="error_burst")
    assert (state.firing, burst_alert().status) == (False, AlertStatus.RESOLVED)
    assert Firing.objects.get(rule__name="error_burst").ended_at == gateway.now
    gateway.play(4, *BURST)
    assert (burst_alert().status, burst_alert().episode) == (AlertStatus.RESOLVED, 1)
    gateway.play(3, *BURST)
    assert (burst_alert().status, burst_alert().episode) == (AlertStatus.FIRING, 2)
    assert Firing.objects.filter(rule__name="error_burst").count() == 2


def test_page_of_a_rules_alert_says_when_it_fires_again(gateway, people, client):
    gateway.play(6, *BURST)
    client.force_login(people["lead"])
    shown = client.get(f"/launches/shop/alerts/{burst_alert().pk}/").content.decode()
    assert "It fires again once it was below its limit in between, once all of its time came after this" in shown


def test_end_by_hand_during_a_look_makes_it_look_again(gateway, monkeypatch):
    gateway.play(6, *BURST)
    gateway.send(gateway.minute, *BURST)
    gateway.minute += MINUTE
    real = tick.look

    def slow_look(*given):
        seen = real(*given)
        ending.end_by_hand(burst_alert(), reason="Known", actor=SYSTEM, now=gateway.now)
        return seen

    monkeypatch.setattr(tick, "look", slow_look)
    assert gateway.look() is False
    monkeypatch.undo()
    assert gateway.look() is True
    assert (RuleState.objects.get(rule__name="error_burst").firing, burst_alert().status) == (False, "resolved")


# --- late, missing, long ago --------------------------------------------------------------------------------------


def test_batch_that_comes_late_is_seen_with_the_next_minutes(gateway):
    for number in range(6):
        gateway.play(1)
        if number >= 3:
            gateway.send(gateway.begins + (number - 3) * MINUTE, *BURST)
    assert not Alert.objects.exists()
    gateway.play(2)
    assert not Alert.objects.exists()
    for number in range(3, 8):
        gateway.send(gateway.begins + number * MINUTE, *BURST)
    gateway.play(1, *BURST)
    assert burst_alert().status == AlertStatus.FIRING


def test_minute_is_looked_at_only_once_it_has_settled(gateway, launch):
    gateway.send(gateway.minute, *BURST)
    assert tick.watch_launch(launch, now=gateway.minute + MINUTE + timedelta(seconds=29)) is False
    assert tick.watch_launch(launch, now=gateway.minute + MINUTE + timedelta(seconds=30)) is True


def test_minutes_that_nobody_watched_are_caught_up_one_by_one(gateway):
    for number in range(20):
        gateway.send(gateway.begins + number * MINUTE, *(BURST if 3 <= number < 10 else CALM))
    gateway.minute += 20 * MINUTE
    gateway.look()
    assert burst_alert().status == AlertStatus.RESOLVED
    firing = Firing.objects.get()
    assert firing.began_at == gateway.begins + 7 * MINUTE
    assert firing.ended_at == gateway.begins + 16 * MINUTE


def test_minutes_longer_ago_than_half_an_hour_are_passed_over(gateway):
    for number in range(10):
        gateway.send(gateway.begins + number * MINUTE, *BURST)
    gateway.minute += 60 * MINUTE
    gateway.look()
    assert not Alert.objects.exists()


# --- mending, several launches, closing ---------------------------------------------------------------------------


def test_component_in_maintenance_is_counted_and_not_told(gateway, launch):
    of = {"launch": launch, "begins_at": gateway.begins, "ends_at": gateway.begins + 30 * MINUTE, "set_by": "Alice"}
    MaintenanceWindow.objects.create(**of, component=launch.components.get(slug="checkout"), reason="New disk")
    catalog = [(count, fields | {"component": "catalog-api"}) for count, fields in BURST]
    gateway.play(8, *BURST, *catalog)
    assert burst_alert().component.slug == "catalog-api"
    hidden = Firing.objects.get(suppressed=True, rule__name="error_burst")
    assert (hidden.alert, hidden.ended_at) == (None, gateway.begins + 8 * MINUTE)
    gateway.play(28, *BURST)
    assert Alert.objects.filter(labels__rule="error_burst").count() == 2


def test_trouble_of_a_maintenance_rings_no_bell_after_it(gateway, launch):
    of = {"launch": launch, "begins_at": gateway.begins, "ends_at": gateway.begins + 8 * MINUTE, "set_by": "Alice"}
    MaintenanceWindow.objects.create(**of, reason="New disk")
    gateway.play(8, *BURST)
    gateway.play(8, *CALM)
    assert not Alert.objects.exists()


def test_launches_do_not_hear_of_one_another(gateway, people, now):
    days = {"go_live_on": now.date(), "planned_end_on": now.date()}
    other = create_launch(Launch(slug="other", name="Other", **days), owner=people["outsider"], now=now)
    theirs = Gateway(other, now)
    for _minute in range(7):
        theirs.send(theirs.minute, *CALM)
        theirs.minute += MINUTE
        gateway.play(1, *BURST)
        theirs.look()
    assert set(Alert.objects.values_list("launch__slug", flat=True)) == {"shop"}
    assert not RuleState.objects.filter(rule__launch=other).exists()


def test_one_launchs_trouble_leaves_the_others_watched(gateway, people, now, monkeypatch):
    days = {"go_live_on": now.date(), "planned_end_on": now.date()}
    other = create_launch(Launch(slug="other", name="Other", **days), owner=people["outsider"], now=now)
    theirs = Gateway(other, now)
    theirs.send(now, *CALM)
    for number in range(6):
        gateway.send(gateway.begins + number * MINUTE, *BURST)
    gateway.minute += 6 * MINUTE
    real = tick.look

    def break_on_theirs(launch, *given):
        if launch.slug == "other":
            raise ValueError("a broken row")
        return real(launch, *given)

    monkeypatch.setattr(tick, "look", break_on_theirs)
    assert tick.watch_all(clock=lambda: gateway.now) == 1
    assert burst_alert().status == AlertStatus.FIRING


def test_closed_launch_is_watched_no_more(gateway, launch, now):
    gateway.play(3, *BURST)
    gateway.send(gateway.minute, *BURST)
    close(launch, actor=SYSTEM, now=now)
    assert tick.watch_all(clock=lambda: gateway.now + MINUTE) == 0
    assert not Alert.objects.exists()


def test_new_launch_has_its_rules_before_anybody_opens_them(people, now):
    days = {"go_live_on": now.date(), "planned_end_on": now.date()}
    fresh = create_launch(Launch(slug="fresh", name="Fresh", **days), owner=people["lead"], now=now)
    gateway = Gateway(fresh, now)
    Rule.objects.filter(launch=fresh).delete()
    gateway.play(6, *BURST)
    assert burst_alert().launch == fresh


# --- cost ---------------------------------------------------------------------------------------------------------


def test_number_of_queries_does_not_grow_with_that_of_keys(gateway):
    def asked(name, keys):
        groups = [
            (30, {"path": f"/{name}{number}x/list", "status": 500 if number % 2 else 200}) for number in range(keys)
        ]
        gateway.play(5, *groups)
        gateway.send(gateway.minute, *groups)
        gateway.minute += MINUTE
        windows.fold()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            tick.watch_launch(gateway.launch, now=gateway.now)
        return len(queries)

    asked("first", 4)  # from here on something fires, and is looked after at each further look
    few = asked("few", 4)
    assert asked("many", 60) <= few + 2


def test_quiet_keys_leave_no_rows(gateway):
    gateway.play(8, *[(30, {"path": f"/route{number}x/list"}) for number in range(50)])
    assert not RuleState.objects.exists()


def test_keys_that_were_noisy_are_forgotten_once_they_are_calm(gateway):
    gateway.play(8, *BURST)
    gateway.play(40, *CALM)
    assert not RuleState.objects.exists()


# --- silence ------------------------------------------------------------------------------------------------------


def test_source_of_calls_is_missed_after_twice_its_usual_interval(gateway):
    for minute in range(25):
        gateway.play(1, (1, {}))
        Source.objects.filter(pk=gateway.source.pk).update(last_event_at=gateway.begins + minute * MINUTE)
    assert Heartbeat.objects.get().gaps >= Heartbeat.LEARNED_GAPS
    gateway.play(4)
    assert not Alert.objects.filter(labels__rule="feed_silent").exists()
    gateway.play(4)
    alert = Alert.objects.get(labels__rule="feed_silent")
    assert (alert.status, alert.labels["source"]) == (AlertStatus.FIRING, "gateway")
    gateway.play(3, (1, {}))
    Source.objects.filter(pk=gateway.source.pk).update(last_event_at=gateway.now)
    gateway.play(2, (1, {}))
    Source.objects.filter(pk=gateway.source.pk).update(last_event_at=gateway.now)
    gateway.play(1, (1, {}))
    alert.refresh_from_db()
    assert alert.status == AlertStatus.RESOLVED


# --- what is usual ------------------------------------------------------------------------------------------------


def test_hours_are_learned_once_they_are_over_and_become_usual(gateway, launch):
    for number in range(3 * 12):
        gateway.send(gateway.begins + number * 5 * MINUTE, (30, {"duration": 200_000}))
    windows.fold()
    gateway.minute += 190 * MINUTE
    with time_machine.travel(gateway.now, tick=False):
        gateway.look()
    learned = Baseline.objects.filter(per="route").order_by("hour")
    assert [row.hour for row in learned] == [gateway.begins.replace(minute=0) + number * HOUR for number in range(3)]
    assert learned[1].p95_ms == pytest.approx(200, rel=0.02)
    gateway.play(12, (30, {"duration": 400_000}))
    alert = Alert.objects.get(labels__rule="latency_regression")
    assert alert.feedback.context["rule"]["usual"] == pytest.approx(200, rel=0.02)


def test_component_that_sleeps_at_night_is_not_missed_then(gateway):
    gateway.was_usual("component", ("checkout",), calls=100.0)
    nights = Baseline.objects.filter(hour__hour=gateway.begins.hour)
    nights.update(calls=0.0)
    gateway.unseen(10, (1, {}))
    gateway.play(12)
    assert not Alert.objects.filter(labels__rule="traffic_drop").exists()


def test_young_launch_is_held_against_its_last_two_hours(gateway):
    gateway.was_usual("component", ("checkout",), days=1, calls=100.0)
    latest = Baseline.objects.filter(hour__gte=gateway.begins - 3 * HOUR)
    latest.update(calls=40.0)
    gateway.unseen(10, (40, {}))
    gateway.play(12, (30, {}))
    assert not Alert.objects.filter(labels__rule="traffic_drop").exists()
    gateway.play(16, (5, {}))
    assert Alert.objects.filter(labels__rule="traffic_drop").count() == 1


def test_new_release_is_held_against_the_past_of_its_route(gateway):
    gateway.was_usual("route", ("checkout", "GET /pay"), malformed=2.0)
    old, new = {"release": "4.2", "status": 422}, {"release": "4.3", "status": 422}
    gateway.play(12, (2, old), (60, {}), (30, new))
    (alert,) = Alert.objects.filter(labels__rule="client_error_surge")
    assert alert.labels["release"] == "4.3"


def test_first_wrong_calls_of_a_month_are_no_surge(gateway):
    gateway.was_usual("route", ("checkout", "GET /pay"), malformed=0.0, refused=0.0)
    gateway.play(12, (3, {"status": 400}), (60, {}))
    assert not Alert.objects.filter(labels__rule="client_error_surge").exists()


def test_unsafe_answer_is_a_finding_by_itself(gateway):
    gateway.play(1, (1, {"flags": int(CallFlag.PRIVACY_LEAK), "model": "m"}))
    report = Alert.objects.get(labels__rule="unsafe_flag").feedback
    assert report.context["alert"]["suggested_severity"] == 2
