"""These tests hold the watch to fair looks: late gateways, maintenance of all sorts, calls without a component, evidence."""

from datetime import timedelta

import pytest
import time_machine

from gateway_ingest import call_kinds, retiring
from gateway_ingest.feeds import feeds_of
from gateway_ingest.formats.calls import CallFlag
from gateway_ingest.models import Alert, AlertStatus, Baseline, Firing, Heartbeat, RuleState, Source, TrafficWatch
from gateway_ingest.receive_calls import CallAnswer, store_calls
from gateway_ingest.routing import Routing
from gateway_ingest.rules.defaults import DEFAULTS
from gateway_ingest.rules.dry_run import try_out
from gateway_ingest.rules.stored import HOUR, hour_of
from hypercare.core.models import MaintenanceWindow
from hypercare.core.parts import remove_part, save_part, set_retired
from hypercare.core.timeline import SYSTEM
from tests.integration.watched import MINUTE, Gateway

pytestmark = pytest.mark.django_db
BURST = [(10, {"status": 500}), (10, {})]
REFUSED = {"status": 401, "consumer": "mallory"}


@pytest.fixture
def gateway(launch, now):
    return Gateway(launch, now)


def alerts_of(name):
    return Alert.objects.filter(labels__rule=name)


def delivers(gateway, minutes, *groups, late=timedelta()):
    """One delivery of all calls of some minutes, so long after the last of them ended."""
    calls = [
        gateway.call(at, number, **fields) for at in minutes for count, fields in groups for number in range(count)
    ]
    gateway.batches += 1
    name, now = f"calls:key:{gateway.batches}", max(minutes) + MINUTE + late
    store_calls(gateway.source, calls, CallAnswer(), to=Routing(gateway.launch), batch_id=name, now=now)


def was_late(gateway, late, *groups, every=1, minutes=40):
    """Deliveries of the time before the watch began."""
    begins = gateway.begins - late - minutes * MINUTE
    for first in range(0, minutes, every):
        delivers(gateway, [begins + (first + number) * MINUTE for number in range(every)], *groups, late=late)


def plays_late(gateway, minutes, late, *groups, every=1):
    """So many minutes of a gateway that delivers each few minutes at once, and late."""
    for number in range(minutes):
        gateway.minute += MINUTE
        if (number + 1) % every == 0:
            last = gateway.minute - late - MINUTE
            delivers(gateway, [last - back * MINUTE for back in range(every)], *groups, late=late)
        gateway.look()


def mends(launch, begins, ends, slug=None):
    component = launch.components.get(slug=slug) if slug else None
    MaintenanceWindow.objects.create(
        launch=launch, component=component, begins_at=begins, ends_at=ends, reason="New disk", set_by="Alice"
    )


# --- late gateways ------------------------------------------------------------------------------------------------


def test_gateway_that_delivers_every_five_minutes_is_watched(gateway):
    was_late(gateway, 3 * MINUTE, (20, {}), every=5)
    plays_late(gateway, 12, 3 * MINUTE, *BURST, every=5)
    assert alerts_of("error_burst").get().status == AlertStatus.FIRING


def test_gateway_that_is_always_late_is_watched_as_late_as_it_is(gateway):
    was_late(gateway, 12 * MINUTE, (20, {}), minutes=15)
    plays_late(gateway, 9, 12 * MINUTE, *BURST)
    assert alerts_of("error_burst").get().status == AlertStatus.FIRING
    assert Firing.objects.get(rule__name="error_burst").began_at < gateway.minute - 12 * MINUTE


def test_unsafe_answer_that_comes_late_is_told(gateway):
    was_late(gateway, 25 * MINUTE, (3, {}), minutes=10)
    plays_late(gateway, 2, 25 * MINUTE, (3, {}))
    plays_late(gateway, 1, 25 * MINUTE, (1, {"flags": int(CallFlag.UNSAFE), "model": "m"}))
    assert alerts_of("unsafe_flag").get().status == AlertStatus.FIRING


@pytest.mark.parametrize("late", [timedelta(minutes=50), timedelta(hours=30)])
def test_unsafe_answer_that_comes_later_than_ever_is_told_with_its_time(gateway, late):
    was_late(gateway, timedelta(), (3, {}), minutes=10)
    gateway.play(3, (3, {}))
    told = {"flags": int(CallFlag.UNSAFE), "model": "m", "consumer": "stella"}
    delivers(gateway, [gateway.minute - late], (2, told), late=late)
    gateway.play(1, (3, {}))
    alert = alerts_of("unsafe_flag").get()
    assert (alert.status, alert.labels["component"]) == (AlertStatus.FIRING, "checkout")
    rule = alert.feedback.context["rule"]
    assert (rule["releases"], rule["consumers"]) == (["4.2"], 1)
    assert rule["oldest_call_at"] == (gateway.minute - MINUTE - late).isoformat()
    assert "They were told late: the oldest answer is from " in alert.summary
    gateway.play(13, (3, {}))
    assert alerts_of("unsafe_flag").get().status == AlertStatus.RESOLVED
    assert Firing.objects.filter(rule__name="unsafe_flag").count() == 1


def test_unsafe_answer_that_came_while_nobody_watched_is_told(gateway):
    gateway.play(1, (3, {}))
    gateway.send(gateway.minute, (1, {"flags": int(CallFlag.UNSAFE), "model": "m"}))
    gateway.minute += timedelta(hours=2)
    gateway.play(1, (3, {}))
    assert alerts_of("unsafe_flag").get().status == AlertStatus.FIRING


def test_unsafe_answers_of_a_backfill_of_the_past_are_no_news(gateway):
    gateway.play(1, (3, {}))
    delivers(
        gateway, [gateway.minute - timedelta(days=30)], (1, {"flags": int(CallFlag.UNSAFE)}), late=timedelta(days=30)
    )
    gateway.play(2, (3, {}))
    assert not alerts_of("unsafe_flag").exists()


# --- retired components -------------------------------------------------------------------------------------------


def test_traffic_drop_of_a_retired_component_ends_at_once_and_does_not_come_back(gateway, launch):
    gateway.was_usual("component", ("checkout",), calls=20.0)
    gateway.unseen(15, (20, {}))
    gateway.play(14, (20, {"component": "catalog-api"}))
    assert alerts_of("traffic_drop").get().status == AlertStatus.FIRING
    checkout = launch.components.get(slug="checkout")
    set_retired(checkout, is_retired=True, actor=SYSTEM, now=gateway.now)
    retiring.rest_all(now=gateway.now)
    alert = alerts_of("traffic_drop").get()
    assert (alert.status, alert.changes.latest("pk").reason) == (AlertStatus.RESOLVED, "Its component was retired.")
    assert not Firing.objects.filter(rule__name="traffic_drop", ended_at=None).exists()
    gateway.play(5, (20, {"component": "catalog-api"}))
    assert (alerts_of("traffic_drop").get().episode, RuleState.objects.filter(firing=True).count()) == (1, 0)
    set_retired(checkout, is_retired=False, actor=SYSTEM, now=gateway.now)
    gateway.play(2, (20, {"component": "catalog-api"}))
    assert alerts_of("traffic_drop").get().status == AlertStatus.FIRING


@pytest.mark.parametrize("name", ["checkout", "Shop_Pay"])
def test_name_of_a_removed_component_is_waited_for_no_longer(gateway, launch, name):
    checkout = launch.components.get(slug="checkout")
    checkout.hints = ["shop pay"]
    save_part(checkout, actor=SYSTEM, now=gateway.now - HOUR)
    gateway.was_usual("component", ("checkout",), calls=20.0)
    gateway.unseen(15, (20, {"component": name}))
    gateway.play(14, (20, {"component": "catalog-api"}))
    assert alerts_of("traffic_drop").get().status == AlertStatus.FIRING
    remove_part(checkout, actor=SYSTEM, now=gateway.now)
    goes_by_the_names(gateway)
    alert = alerts_of("traffic_drop").get()
    assert (alert.status, alert.changes.latest("pk").reason[:26]) == (
        AlertStatus.RESOLVED,
        "Its component was removed,",
    )
    gateway.play(5, (20, {"component": "catalog-api"}))
    assert (alerts_of("traffic_drop").get().episode, RuleState.objects.filter(firing=True).count()) == (1, 0)


def test_component_that_lost_a_name_is_not_missed_for_the_calls_that_went_with_it(gateway, launch):
    checkout = launch.components.get(slug="checkout")
    checkout.hints = ["shop pay"]
    save_part(checkout, actor=SYSTEM, now=gateway.now - HOUR)
    gateway.was_usual("component", ("checkout",), calls=40.0)
    gateway.unseen(15, (38, {"component": "shop-pay"}), (2, {}))
    checkout.name, checkout.hints = "Till", []
    save_part(checkout, actor=SYSTEM, now=gateway.now)
    goes_by_the_names(gateway)
    assert dict(launch.call_kinds.values_list("hint", "component__slug")) == {"checkout": "checkout", "shop-pay": None}
    gateway.play(14, (2, {}))
    assert not alerts_of("traffic_drop").exists()


def goes_by_the_names(gateway):
    """What the worker does once a component was changed."""
    call_kinds.link_components(now=gateway.now)
    retiring.rest_all(now=gateway.now)


def test_component_of_a_fast_source_is_not_kept_waiting_by_a_slow_one(gateway, launch, now):
    slow = Gateway(launch, now, name="archive")
    slow.begins = slow.minute = gateway.begins
    was_late(slow, 40 * MINUTE, (10, {"component": "catalog-api"}), minutes=10)
    gateway.was_usual("component", ("checkout",), calls=20.0)
    delivers(gateway, [gateway.begins - number * MINUTE for number in range(1, 61)], (20, {}))
    gateway.unseen(10, (20, {}))
    gateway.play(14, (2, {}))
    assert alerts_of("traffic_drop").get().labels["component"] == "checkout"
    assert feeds_of(launch.pk).components_of(gateway.source.pk) == {"checkout"}


# --- maintenance --------------------------------------------------------------------------------------------------


def test_consumer_refused_by_what_is_mended_is_not_told(gateway, launch):
    mends(launch, gateway.begins, gateway.begins + 60 * MINUTE, "checkout")
    gateway.play(5, (60, REFUSED), (20, REFUSED | {"component": "catalog-api"}))
    assert not alerts_of("auth_failures_of_one").exists()
    assert Firing.objects.filter(rule__name="auth_failures_of_one", suppressed=True).exists()
    tried = try_out(launch, DEFAULTS["auth_failures_of_one"], days=1, now=gateway.minute)
    assert [one.suppressed for one in tried.firings] == [True]
    gateway.play(4, (60, REFUSED), (60, REFUSED | {"component": "catalog-api"}))
    assert alerts_of("auth_failures_of_one").count() == 1


def test_source_that_was_quiet_while_all_was_mended_is_not_missed_at_its_end(gateway, launch):
    gateway.play(2, (1, {}))
    Heartbeat.objects.update(last_at=gateway.minute, gaps=30)
    mends(launch, gateway.minute, gateway.minute + 20 * MINUTE, "checkout")
    Source.objects.filter(pk=gateway.source.pk).update(last_event_at=gateway.minute)
    gateway.minute += 22 * MINUTE
    TrafficWatch.objects.update(looked_until=gateway.minute)
    gateway.play(2)
    assert not alerts_of("feed_silent").exists()
    gateway.play(8)
    assert "It was last heard on 28 May, 14:34 and is expected every 150 s." in alerts_of("feed_silent").get().summary
    assert Heartbeat.objects.get().interval <= 60


def test_hour_in_which_something_was_mended_is_not_learned_of_it(gateway, launch):
    first = hour_of(gateway.begins)
    mends(launch, first + 10 * MINUTE, first + 40 * MINUTE, "checkout")
    gateway.send(first, (30, {}), (30, {"component": "catalog-api"}))
    gateway.minute = first + HOUR + 5 * MINUTE
    TrafficWatch.objects.update(looked_until=gateway.minute)
    gateway.play(1)
    assert set(Baseline.objects.filter(per="component").values_list("key", flat=True)) == {"catalog-api"}


# --- calls without a component --------------------------------------------------------------------------------------


def test_calls_that_name_no_component_are_missed_only_when_they_stay_away(gateway):
    gateway.was_usual("component", ("",), calls=20.0)
    gateway.unseen(10, (20, {"component": ""}))
    gateway.play(5, (20, {"component": ""}))
    assert not alerts_of("traffic_drop").exists()
    gateway.play(12)
    assert alerts_of("traffic_drop").count() == 1


def test_finding_about_calls_without_a_component_is_one(gateway):
    gateway.play(15, (30, {"component": "", "status": 503}), (70, {"component": ""}))
    alert = alerts_of("dependency_timeout").get()
    assert (alert.count, Firing.objects.filter(rule__name="dependency_timeout").count()) == (1, 1)


# --- evidence -----------------------------------------------------------------------------------------------------


def test_finding_names_the_routes_and_releases_that_it_is_about(gateway):
    good = [(30, {"path": f"/a{number}/list", "release": "4.1"}) for number in range(12)]
    gateway.play(7, *good, (40, {"path": "/zoo", "status": 503, "release": "4.2"}))
    facts = alerts_of("dependency_timeout").get().feedback.context["rule"]
    assert (facts["routes"], facts["releases"]) == (["GET /zoo"], ["4.2"])


# --- names that change, a worker that is gone ------------------------------------------------------------------------


def test_name_that_became_a_component_is_not_missed_under_the_old_one(gateway, launch):
    gateway.was_usual("component", ("basket-svc",), calls=100.0)
    gateway.unseen(10, (100, {"component": "basket-svc"}))
    launch.call_kinds.filter(hint="basket-svc").update(component=launch.components.get(slug="checkout"))
    gateway.play(12, (100, {"component": "basket-svc"}))
    assert not alerts_of("traffic_drop").exists()


def test_page_says_when_nobody_looks(gateway, lead):
    gateway.play(1, (5, {}))
    pages = []
    for later in (MINUTE, 20 * MINUTE):
        with time_machine.travel(gateway.now + later, tick=False):
            pages.append(lead.get("/launches/shop/rules/").content.decode())
    assert ["the worker does not run" in page for page in pages] == [False, True]


def test_page_says_what_a_source_has_still_to_learn(gateway, lead):
    Heartbeat.objects.create(
        source=gateway.source, last_at=gateway.now, interval=60, gaps=30, hours="h" * 8 + "?" * 160
    )
    assert "still learning 160 hours of the week" in lead.get("/launches/shop/rules/").content.decode()
