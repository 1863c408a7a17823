"""These tests let one source feed two launches: what is meant for each, who may join them, and what fits no route."""

import json
import random

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway_ingest import source_routes, sources, windows
from gateway_ingest.models import Alert, AlertChange, Batch, DeadLetter, Source, SourceRoute, Window
from hypercare.core.access import Principal
from hypercare.core.launches import create_launch
from hypercare.core.members import set_member
from hypercare.core.models import Component, Deployment, Launch, TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.roles import Role
from hypercare.core.timeline import SYSTEM, Actor
from tests.unit.test_call_traces import SERVED, export, span


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def till(people, now):
    """Alice's other launch."""
    days = {"go_live_on": now.date(), "planned_end_on": now.date()}
    launch = create_launch(Launch(slug="till", name="Till", **days), owner=people["lead"], now=now)
    Component.objects.create(launch=launch, slug="pay", name="Pay")
    return launch


@pytest.fixture
def source(launch, now):
    made, key = sources.create(launch, name="gateway", actor=SYSTEM, now=now)
    made.key = key
    return made


@pytest.fixture
def route(source, people, now):
    def add(field, value, launch, *, name="", who="lead"):
        new = source_routes.NewRoute(field, name, value, launch)
        return source_routes.add(source, new, principal=Principal(people[who]), now=now)

    return add


def alert(key, component="", *, status="firing", **labels):
    found = {"title": key, "severity": "high", "status": status, "fingerprint": key, "component": component}
    return found | ({"labels": labels} if labels else {})


def call(path, *, at=1779971460, status=200, host="shop.example"):
    return {"msec": str(at), "request_method": "GET", "uri": path, "status": status, "host": host}


def post(source, rows, to="", **headers):
    body = rows if isinstance(rows, str) else json.dumps(rows)
    return Client().post(f"/ingest/{source.key}/{to}", body, content_type="application/json", headers=headers).json()


def alerts_by_launch():
    return {(alert.launch.slug, alert.title) for alert in Alert.objects.select_related("launch")}


def calls_by_launch():
    windows.fold()
    found = {}
    for window in Window.objects.select_related("kind__launch"):
        key = (window.kind.launch.slug, window.kind.route)
        found[key] = found.get(key, 0) + window.calls
    return found


# --- what goes where ----------------------------------------------------------------------------------------


def test_alerts_go_to_the_launch_of_their_component_with_reports_and_timelines(source, route, launch, till):
    route("component", "pay", till)
    route("anything", "", launch)
    answer = post(source, [alert("a", "pay"), alert("b", "checkout")])
    assert (answer["accepted"], answer["rejected"]) == (2, [])
    assert alerts_by_launch() == {("till", "a"), ("shop", "b")}
    paid = Alert.objects.get(title="a")
    assert (paid.component.slug, paid.feedback.launch, paid.source) == ("pay", till, source)
    fired = TimelineEntry.objects.filter(kind="alert.fired").values_list("launch__slug", flat=True)
    assert sorted(fired) == ["shop", "till"]
    assert Batch.objects.count() == 1


def test_alert_that_fits_no_route_is_a_counted_dead_letter_that_can_be_replayed(source, route, till, people):
    route("label", "payments", till, name="team")
    payload = {"receiver": "x", "alerts": [
        {"status": "firing", "fingerprint": name, "labels": {"alertname": name, "team": team}}
        for name, team in (("a", "payments"), ("b", "search"))]}  # fmt: skip
    answer = post(source, payload)
    assert (answer["accepted"], [row["index"] for row in answer["rejected"]]) == (1, [1])
    assert "No route of this source fits" in answer["rejected"][0]["error"]
    letter = DeadLetter.objects.get(source=source)
    assert ("search" in letter.body, "payments" in letter.body) == (True, False)
    assert Source.objects.get(pk=source.pk).letters == 1
    route("label", "search", till, name="team")
    client = Client()
    client.force_login(people["lead"])
    client.post(reverse("gateway_ingest:letter_replay", args=["shop", letter.pk]))
    assert alerts_by_launch() == {("till", "a"), ("till", "b")}


def test_calls_windows_and_kinds_go_to_the_launch_of_their_path(source, route, launch, till, api):
    route("path", "/pay", till)
    route("host", "*.example", launch)
    rows = [call("/pay/1"), call("/pay/2"), call("/basket"), call("/else", host="elsewhere.test")]
    answer = post(source, rows, to="calls/")
    assert (answer["accepted"], [row["line"] for row in answer["rejected"]]) == (3, [4])
    assert calls_by_launch() == {("till", "/pay/{number}"): 2, ("shop", "/basket"): 1}
    assert DeadLetter.objects.get().key == answer["dead_letter"]
    assert post(source, rows, to="calls/") == {"accepted": 0, "duplicate": True}
    assert sum(calls_by_launch().values()) == 3


def test_traces_obey_routes_too(source, route, till):
    route("component", "nobody", till)
    answer = post(source, export(span(SERVED)), to="otlp/v1/traces")
    assert "No route of this source fits" in answer["partialSuccess"]["errorMessage"]
    assert Window.objects.count() == 0


def test_deployments_go_to_the_launch_of_their_environment(source, route, launch, till, people):
    route("label", "till-production", till, name="environment")
    assert post(source, {"version": "1", "environment": "till-production", "component": "pay"}, to="deploys/generic/")
    kept = post(source, {"version": "2", "environment": "production"}, to="deploys/generic/")
    (deployed,) = Deployment.objects.all()
    assert (deployed.launch, deployed.release.component.slug) == (till, "pay")
    letter = DeadLetter.objects.get()
    assert (kept["accepted"], kept["dead_letter"]) == (0, letter.key)
    route("anything", "", launch)
    client = Client()
    client.force_login(people["lead"])
    client.post(reverse("gateway_ingest:letter_replay", args=["shop", letter.pk]))
    assert set(Deployment.objects.values_list("launch__slug", "release__version")) == {("till", "1"), ("shop", "2")}


def test_source_without_routes_feeds_its_own_launch(source, till):
    post(source, [alert("a", "pay")])
    post(source, [call("/pay")], to="calls/")
    assert (alerts_by_launch(), set(calls_by_launch())) == ({("shop", "a")}, {("shop", "/pay")})


def test_open_alert_ends_where_it_is_open_though_the_routes_changed(source, route, launch, till):
    first = route("component", "pay", till)
    post(source, [alert("a", "pay")])
    source_routes.remove(first, actor=SYSTEM, now=first.made_at)
    route("component", "checkout", till)
    route("anything", "", launch)
    post(source, [alert("a", "pay", status="resolved")])
    (over,) = Alert.objects.all()
    assert (over.launch, over.status) == (till, "resolved")
    assert AlertChange.objects.get().alert == over


def test_only_the_end_of_what_is_open_reaches_a_launch_after_its_last_route(source, route, launch, till):
    first = route("component", "pay", till)
    post(source, [alert("a", "pay"), alert("c", "pay")])
    source_routes.remove(first, actor=SYSTEM, now=first.made_at)
    answer = post(source, [alert("a", "pay", status="resolved"), alert("b", "pay"), alert("c", "pay")])
    assert (answer["accepted"], answer["rejected"]) == (3, [])
    assert Alert.objects.get(launch=till, title="a").status == "resolved"
    assert alerts_by_launch() == {("till", "a"), ("till", "c"), ("shop", "b"), ("shop", "c")}


def test_alert_of_a_source_that_gets_its_first_route_still_ends_at_home(source, route, launch, till):
    post(source, [alert("a", "pay"), alert("b", "pay")])
    route("component", "pay", till)
    answer = post(source, [alert("a", "pay", status="resolved"), alert("b", "pay")])
    assert (answer["accepted"], answer["rejected"]) == (2, [])
    assert alerts_by_launch() == {("shop", "a"), ("shop", "b")}
    assert [(one.status, one.count) for one in Alert.objects.order_by("title")] == [("resolved", 1), ("firing", 2)]


def test_end_of_an_alert_that_is_open_in_two_launches_ends_both_and_counts_as_one(source, route, launch, till, now):
    first = route("component", "pay", till)
    post(source, [alert("a", "pay")])
    source_routes.remove(first, actor=SYSTEM, now=now)
    post(source, [alert("a", "pay")])
    answer = post(source, [alert("a", "pay", status="resolved")])
    assert answer["accepted"] == 1
    assert set(Alert.objects.values_list("launch__slug", "status")) == {("till", "resolved"), ("shop", "resolved")}
    assert AlertChange.objects.count() == 2


def test_end_says_that_the_only_launch_it_could_reach_is_closed(source, route, launch, till, now):
    route("component", "pay", till)
    post(source, [alert("a", "pay")])
    Launch.objects.filter(pk=till.pk).update(closed_at=now)
    answer = post(source, [alert("a", "pay", status="resolved")])
    assert (answer["accepted"], answer["rejected"][0]["error"]) == (0, "Till was closed and takes nothing more.")


def test_ended_source_ends_what_it_has_open_in_every_launch(source, route, launch, till, people, now):
    route("component", "pay", till)
    route("anything", "", launch)
    post(source, [alert("a", "pay"), alert("b"), alert("c")])
    post(source, [alert("c", status="resolved")])
    assert sources.end(source, actor=Actor.person(people["lead"]), now=now) == 2
    assert not Alert.objects.exclude(status="resolved").exists()
    told = TimelineEntry.objects.filter(kind="alert.ended").values_list("launch__slug", "data__reason")
    assert set(told) == {(slug, "Its source “gateway” was ended.") for slug in ("shop", "till")}
    assert TimelineEntry.objects.get(kind="source.ended").data["alerts"] == 2
    assert sources.end(source, actor=SYSTEM, now=now) == 0


def test_same_alert_in_two_launches_is_two_alerts(source, route, launch, till, now):
    first = route("component", "pay", till)
    post(source, [alert("a", "pay")])
    source_routes.remove(first, actor=SYSTEM, now=now)
    post(source, [alert("a", "pay")])
    assert alerts_by_launch() == {("till", "a"), ("shop", "a")}


def test_closed_launch_takes_nothing_and_the_others_their_part(source, route, launch, till, now):
    route("component", "pay", till)
    route("anything", "", launch)
    Launch.objects.filter(pk=till.pk).update(closed_at=now)
    answer = post(source, [alert("a", "pay"), alert("b")])
    assert (answer["accepted"], answer["rejected"][0]["error"]) == (1, "Till was closed and takes nothing more.")
    answer = post(source, [call("/a")], to="calls/")
    assert answer["accepted"] == 1


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["/pay", "/pay/x", "/basket", "/none"]), min_size=1, max_size=30), st.integers(0, 9))
def test_however_deliveries_are_cut_and_repeated_each_launch_counts_its_own_once(
    source, route, launch, till, paths, seed
):
    SourceRoute.objects.all().delete()
    windows.fold()
    Window.objects.all().delete()
    Batch.objects.all().delete()
    route("path", "/pay", till)
    route("path", "/basket", launch)
    chance, rows = random.Random(seed), [call(path, at=1779971460 + place) for place, path in enumerate(paths)]
    size = chance.randint(1, len(rows))
    parts = [rows[start : start + size] for start in range(0, len(rows), size)]
    for part in chance.sample(parts * 2, len(parts) * 2):
        post(source, part, to="calls/")
    wanted = {
        ("till", "/pay"): paths.count("/pay"),
        ("till", "/pay/x"): paths.count("/pay/x"),
        ("shop", "/basket"): paths.count("/basket"),
    }
    assert calls_by_launch() == {key: number for key, number in wanted.items() if number}


# --- who may join launches ----------------------------------------------------------------------------------


def test_only_who_manages_both_launches_joins_them(source, route, people, till, now):
    set_member(source.launch, people["admin"], role=Role.ADMIN, actor=SYSTEM, now=now)
    with pytest.raises(Problem) as refused:
        route("anything", "", till, who="admin")
    assert refused.value.status == 404
    set_member(till, people["admin"], role=Role.RESPONDER, actor=SYSTEM, now=now)
    with pytest.raises(Problem) as refused:
        route("anything", "", till, who="admin")
    assert (refused.value.status, SourceRoute.objects.count()) == (403, 0)


@pytest.fixture
def page(people):
    client = Client()
    client.force_login(people["lead"])
    return client


def test_page_offers_and_takes_only_launches_that_the_person_manages(source, page, people, till, now):
    address = reverse("gateway_ingest:source_route_add", args=["shop", source.pk])
    strange = create_launch(
        Launch(slug="strange", name="Strange", go_live_on=now.date(), planned_end_on=now.date()),
        owner=people["outsider"],
        now=now,
    )
    shown = page.get(reverse("gateway_ingest:source", args=["shop", source.pk])).content.decode()
    assert ('value="till"' in shown, 'value="strange"' in shown) == (True, False)
    assert page.post(address, {"field": "anything", "launch": strange.slug}).status_code == 400
    assert page.post(address, {"field": "component", "value": "pay", "launch": "till"}).status_code == 302
    route = SourceRoute.objects.get()
    assert (route.launch, route.made_by) == (till, people["lead"])
    told = TimelineEntry.objects.filter(kind="source.routed").values_list("launch__slug", "data__to")
    assert set(told) == {("shop", "till"), ("till", "till")}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"field": "component"}, "Say what it has to be."),
        ({"field": "label", "value": "x"}, "Which label?"),
        ({"field": "path", "value": "shop"}, "begins with a slash"),
        ({"field": "host", "value": "two words"}, "Write a host such as"),
        ({"field": "moon", "value": "x"}, "Select a valid choice"),
        ({"field": "component", "value": "a\x07b"}, "control character"),
    ],
)
def test_route_that_says_nothing_is_refused_with_a_sentence(source, page, said, wrong):
    address = reverse("gateway_ingest:source_route_add", args=["shop", source.pk])
    answer = page.post(address, said | {"launch": "shop"})
    assert (answer.status_code, SourceRoute.objects.count()) == (400, 0)
    assert wrong in answer.content.decode()


def test_same_route_twice_is_refused(source, page, route, till):
    route("component", "pay", till)
    address = reverse("gateway_ingest:source_route_add", args=["shop", source.pk])
    answer = page.post(address, {"field": "component", "value": "pay", "launch": "shop"})
    assert (answer.status_code, "has a route for that already" in answer.content.decode()) == (409, True)


def test_launch_that_is_fed_sees_by_whom_and_may_end_it(source, route, people, till, now):
    made = route("component", "pay", till)
    set_member(till, people["responder"], role=Role.LEAD, actor=SYSTEM, now=now)
    client = Client()
    client.force_login(people["responder"])
    shown = client.get(reverse("gateway_ingest:sources", args=["till"])).content.decode()
    assert ("of Meridian Shop" in shown, "set up by Alice Lead" in shown) == (True, True)
    assert client.get(reverse("gateway_ingest:source", args=["shop", source.pk])).status_code == 403
    address = reverse("gateway_ingest:source_route_remove", args=["till", made.pk])
    assert client.post(address).status_code == 302
    assert (SourceRoute.objects.count(), TimelineEntry.objects.filter(kind="source.unrouted").count()) == (0, 2)


def test_route_between_other_launches_is_404(route, launch, till, people, now):
    made = route("component", "pay", till)
    other = create_launch(
        Launch(slug="third", name="Third", go_live_on=now.date(), planned_end_on=now.date()),
        owner=people["outsider"],
        now=now,
    )
    client = Client()
    client.force_login(people["outsider"])
    address = reverse("gateway_ingest:source_route_remove", args=[other.slug, made.pk])
    assert (client.post(address).status_code, SourceRoute.objects.count()) == (404, 1)
