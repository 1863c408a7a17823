"""These tests make, rotate and end sources on the page and by the API, and read alerts and dead letters back."""

import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from gateway_ingest import sources
from gateway_ingest.models import Alert, DeadLetter, Source, SourceRoute
from hypercare.core.launches import create_launch
from hypercare.core.models import Launch, TimelineEntry
from hypercare.core.timeline import SYSTEM
from tests.conftest import bearer

ALERT = {
    "status": "firing",
    "labels": {"alertname": "Down", "severity": "error", "job": "Checkout"},
    "fingerprint": "f1",
}
NEW = {"name": "Alertmanager", "program": "alertmanager"}


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def source_and_key(launch, now):
    return sources.create(launch, name="Alertmanager", actor=SYSTEM, now=now)


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def fire(key, *alerts):
    body = json.dumps({"receiver": "hypercare", "alerts": list(alerts)})
    return Client().post(f"/ingest/{key}/", body, content_type="application/json")


def page_of(launch):
    return reverse("gateway_ingest:sources", args=[launch.slug])


# --- the API ------------------------------------------------------------------------------------------------


def test_new_source_answers_its_key_once_and_the_key_works(api, launch):
    made = api.post("/api/v1/sources/", {"launch": "shop", "name": "Alertmanager"})
    assert made.status_code == 201
    assert made.json()["key"].startswith("hcs_")
    assert made.json()["ingest_url"].endswith(f"/ingest/{made.json()['key']}/")
    assert fire(made.json()["key"], ALERT).status_code == 202
    listed = api.get("/api/v1/sources/", {"launch": "shop"}).json()["results"]
    assert [(row["name"], "key" in row) for row in listed] == [("Alertmanager", False)]
    assert made.json()["key"] not in json.dumps(listed)


def test_script_says_what_sends_and_reads_how_it_is(api, launch):
    made = api.post("/api/v1/sources/", {"launch": "shop", "name": "Zabbix", "program": "zabbix"}).json()
    assert (made["program"], made["zone"], made["allowed_networks"], made["letters"]) == (
        "zabbix",
        "Europe/Stockholm",
        [],
        0,
    )
    fire(made["key"], {"status": "firing"})
    assert api.get("/api/v1/sources/", {"launch": "shop"}).json()["results"][0]["letters"] == 1
    assert api.post("/api/v1/sources/", {"launch": "shop", "name": "A", "program": "moon"}).status_code == 400


def test_key_is_stored_as_a_hash_only(source_and_key):
    source, key = source_and_key
    assert key not in str(vars(source))
    assert (len(source.digest), source.hint) == (64, key[:9])


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"launch": "shop"}, 400, "/name"),
        ({"launch": "shop", "name": ""}, 400, "/name"),
        ({"launch": "shop", "name": "x" * 81}, 400, "/name"),
        ({"launch": "shop", "name": ["a"]}, 400, "/name"),
        ({"launch": "shop", "name": "Alertmanager"}, 409, "/name"),
        ({"launch": "Not A Slug", "name": "A"}, 400, "/launch"),
    ],
)
def test_bad_source_is_refused_with_its_field(api, source_and_key, body, status, pointer):
    answer = api.post("/api/v1/sources/", body)
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (status, [pointer])


def test_unknown_launch_is_404(api):
    assert api.post("/api/v1/sources/", {"launch": "elsewhere", "name": "A"}).status_code == 404


@pytest.mark.parametrize(
    ("role", "scopes", "status"),
    [
        ("lead", ["launch:admin"], 201),
        ("admin", ["admin"], 201),
        ("lead", ["ingest:write"], 403),
        ("responder", ["admin"], 403),
        ("stakeholder", ["admin"], 403),
        ("outsider", ["admin"], 404),
    ],
)
def test_only_who_manages_the_launch_makes_sources(people, now, role, scopes, status):
    client = bearer(people[role], scopes=scopes, now=now)
    assert client.post("/api/v1/sources/", {"launch": "shop", "name": "A"}).status_code == status


def test_source_is_rotated_and_ended_by_the_api(api, source_and_key):
    source, key = source_and_key
    new_key = api.post(f"/api/v1/sources/{source.pk}/rotate/").json()["key"]
    assert [fire(one, ALERT | {"fingerprint": one[-6:]}).status_code for one in (key, new_key)] == [202, 202]
    assert api.post(f"/api/v1/sources/{source.pk}/end/").json()["revoked_at"]
    assert [fire(one, ALERT).status_code for one in (key, new_key)] == [404, 404]
    assert api.post(f"/api/v1/sources/{source.pk}/rotate/").status_code == 409


@pytest.mark.parametrize("number", ["0", "9" * 30])
def test_source_that_is_not_there_is_404(api, number):
    assert api.post(f"/api/v1/sources/{number}/end/").status_code == 404


def test_alerts_are_listed_as_the_contract_says(api, source_and_key, now):
    fire(source_and_key[1], ALERT)
    (row,) = api.get("/api/v1/alerts/", {"launch": "shop"}).json()["results"]
    alert = Alert.objects.get()
    assert row == {
        "id": alert.key,
        "launch": "shop",
        "source": "Alertmanager",
        "title": "Down",
        "summary": "",
        "severity": "high",
        "status": "firing",
        "count": 1,
        "episode": 1,
        "component": "checkout",
        "fingerprint": "f1",
        "labels": ALERT["labels"],
        "url": "",
        "starts_at": "2026-05-28T12:32:00Z",
        "ends_at": None,
        "first_seen_at": "2026-05-28T12:32:00Z",
        "latest_seen_at": "2026-05-28T12:32:00Z",
        "feedback": alert.feedback.key,
    }


def test_alerts_are_filtered_by_status_and_severity(api, source_and_key):
    fire(
        source_and_key[1],
        ALERT,
        ALERT | {"fingerprint": "f2", "status": "resolved"},
        ALERT | {"fingerprint": "f3", "labels": {"alertname": "Slow", "severity": "info"}},
    )

    def found(**filters):
        return {row["fingerprint"] for row in api.get("/api/v1/alerts/", filters).json()["results"]}

    assert found() == {"f1", "f2", "f3"}
    assert found(status="firing") == {"f1", "f3"}
    assert found(severity="high") == {"f1", "f2"}
    assert found(severity="info", status="firing") == {"f3"}
    assert api.get("/api/v1/alerts/", {"status": "asleep"}).status_code == 400


def test_alert_lists_take_the_same_queries_for_one_and_for_three(api, people, source_and_key):
    client, page = signed_in(people["lead"]), reverse("gateway_ingest:alerts", args=["shop"])

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert api.get("/api/v1/alerts/", {"launch": "shop"}).status_code == client.get(page).status_code == 200
        return len(captured)

    queries()
    fire(source_and_key[1], ALERT)
    one = queries()
    fire(source_and_key[1], ALERT | {"fingerprint": "f2"}, ALERT | {"fingerprint": "f3"})
    assert queries() == one


def test_alerts_are_paged_by_cursor(api, source_and_key):
    fire(source_and_key[1], *[ALERT | {"fingerprint": f"f{number}"} for number in range(5)])
    first = api.get("/api/v1/alerts/", {"launch": "shop", "page_size": 3}).json()
    second = api.get(first["next"]).json()
    assert [row["fingerprint"] for row in first["results"] + second["results"]] == ["f4", "f3", "f2", "f1", "f0"]
    assert second["next"] is None


def test_outsider_sees_no_alerts(people, source_and_key, now):
    fire(source_and_key[1], ALERT)
    client = bearer(people["outsider"], scopes=["admin"], now=now)
    assert client.get("/api/v1/alerts/").json()["results"] == []
    assert client.get("/api/v1/alerts/", {"launch": "shop"}).status_code == 404


@pytest.mark.parametrize("value", ["\x00", "Not a slug", "a" * 61])
def test_launch_that_is_no_slug_is_400(api, value):
    assert api.get("/api/v1/alerts/", {"launch": value}).status_code == 400


# --- the pages ----------------------------------------------------------------------------------------------


def test_page_makes_a_source_and_shows_key_and_configuration_once(people, launch):
    client = signed_in(people["lead"])
    shown = client.post(reverse("gateway_ingest:source_create", args=["shop"]), NEW)
    (key,) = set(re.findall(r"hcs_[\w-]{40,}", shown.content.decode()))
    assert "url: http://127.0.0.1:8000/ingest/alertmanager/" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert fire(key, ALERT).status_code == 202
    assert key not in client.get(page_of(launch)).content.decode()


def test_page_refuses_a_name_that_is_taken(people, source_and_key):
    answer = signed_in(people["lead"]).post(reverse("gateway_ingest:source_create", args=["shop"]), NEW)
    assert answer.status_code == 409
    assert "already has a source of that name" in answer.content.decode()
    assert Source.objects.count() == 1


def test_line_about_the_first_event_asks_until_it_came(people, source_and_key):
    source, key = source_and_key
    address = reverse("gateway_ingest:source_first_event", args=["shop", source.pk])
    client = signed_in(people["lead"])
    assert 'hx-trigger="every 2s"' in client.get(address).content.decode()
    fire(key, ALERT)
    came = client.get(address).content.decode()
    assert "First event received at 14:32:00" in came
    assert "hx-trigger" not in came
    Source.objects.update(first_event_at=source.created_at - timedelta(days=9))
    assert "First event received at 19 May 2026, 14:32:00" in client.get(address).content.decode()


def test_page_lists_last_events_and_dead_letters(people, launch, source_and_key):
    fire(source_and_key[1], ALERT)
    fire(source_and_key[1], {"status": "firing"})
    shown = signed_in(people["lead"]).get(page_of(launch)).content.decode()
    assert "28 May, 14:32" in shown
    assert DeadLetter.objects.get().key in shown
    assert "The alert has no labels" in shown


def test_page_replaces_and_ends_a_key(people, launch, source_and_key):
    source, old_key = source_and_key
    client = signed_in(people["lead"])
    assert (
        "works for 24 hours more"
        in client.post(reverse("gateway_ingest:source_rotate", args=["shop", source.pk])).content.decode()
    )
    assert client.post(reverse("gateway_ingest:source_end", args=["shop", source.pk])).status_code == 302
    assert fire(old_key, ALERT).status_code == 404
    kinds = TimelineEntry.objects.filter(subject=f"source:{source.pk}").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["source.created", "source.rotated", "source.ended"]


def test_source_of_another_launch_is_404(people, launch, source_and_key, now):
    source, _key = source_and_key
    source.launch = copy_of(launch, slug="other")
    source.save()
    assert (
        signed_in(people["lead"]).post(reverse("gateway_ingest:source_end", args=["shop", source.pk])).status_code
        == 404
    )


def copy_of(launch, *, slug):
    launch.pk, launch.slug = None, slug
    launch.save()
    return launch


@pytest.mark.parametrize(
    ("role", "of_sources", "of_alerts"),
    [
        ("lead", 200, 200),
        ("admin", 200, 200),
        ("responder", 403, 200),
        ("agent", 403, 200),
        ("stakeholder", 403, 200),
        ("reporter", 403, 403),
        ("outsider", 404, 404),
    ],
)
def test_pages_follow_the_rights_of_roles(people, launch, role, of_sources, of_alerts):
    client = signed_in(people[role])
    assert client.get(page_of(launch)).status_code == of_sources
    assert client.get(reverse("gateway_ingest:alerts", args=["shop"])).status_code == of_alerts


def test_guest_is_asked_to_sign_in(launch):
    assert Client().get(page_of(launch))["Location"].startswith("/accounts/login/")


def test_alerts_page_shows_the_loudest_open_alert_first(people, source_and_key):
    fire(
        source_and_key[1],
        ALERT | {"fingerprint": "f1", "status": "resolved", "annotations": {"summary": "Over now"}},
        ALERT | {"fingerprint": "f2", "labels": {"alertname": "Whisper", "severity": "info"}},
        ALERT | {"fingerprint": "f3", "labels": {"alertname": "Loud bell", "severity": "critical"}},
    )
    shown = signed_in(people["stakeholder"]).get(reverse("gateway_ingest:alerts", args=["shop"])).content.decode()
    assert 0 < shown.index("Loud bell") < shown.index("Whisper") < shown.index("Over now")
    assert "2 open of 3" in shown


def test_alerts_page_filters_by_its_address(people, source_and_key):
    fire(
        source_and_key[1], ALERT, ALERT | {"fingerprint": "f2", "labels": {"alertname": "Whisper", "severity": "info"}}
    )
    client, address = signed_in(people["lead"]), reverse("gateway_ingest:alerts", args=["shop"])
    quiet = client.get(address, {"severity": "info"}).content.decode()
    assert ("Whisper" in quiet, ">Down" in quiet) == (True, False)
    assert "Your filter hides everything" in client.get(address, {"status": "suppressed"}).content.decode()
    assert client.get(address, {"status": "\x00", "severity": "loud", "page": "-3"}).status_code == 200


def test_alerts_page_has_pages(people, source_and_key, clock):
    for number in range(51):
        clock.shift(timedelta(seconds=1))
        fire(
            source_and_key[1],
            ALERT | {"fingerprint": f"f{number}", "annotations": {"summary": f"Alert number {number};"}},
        )
    client, address = signed_in(people["lead"]), reverse("gateway_ingest:alerts", args=["shop"])
    assert "Alert number 0;" not in client.get(address).content.decode()
    assert "Alert number 0;" in client.get(address, {"page": "2"}).content.decode()


# --- what a script may set ----------------------------------------------------------------------------------


@pytest.fixture
def change(api, source_and_key):
    def send(body):
        return api.patch(f"/api/v1/sources/{source_and_key[0].pk}/", body, format="json")

    return send


def test_script_sets_limits_signatures_and_topics_and_reads_them_back(api, change, source_and_key):
    topic = "arn:aws:sns:eu-north-1:123456789012:alarms"
    wanted = {
        "allowed_networks": ["10.0.0.0/8", "203.0.113.7/32"],
        "rows_a_second": 50,
        "zone": "Europe/Stockholm",
        "signature_header": "x-signature",
        "signed_only": True,
        "topics": [topic],
    }
    answer = change(wanted | {"signing_secret": "long enough"})
    assert (answer.status_code, answer.json()) == (200, answer.json() | wanted | {"has_secret": True, "routes": []})
    assert "long enough" not in answer.content.decode()
    assert change({"rows_a_second": None}).json()["allowed_networks"] == wanted["allowed_networks"]
    assert api.get(f"/api/v1/sources/{source_and_key[0].pk}/").json()["rows_a_second"] is None
    forgotten = change({"signing_secret": "", "signature_header": "", "signed_only": False}).json()
    assert (forgotten["has_secret"], forgotten["signature_header"], forgotten["topics"]) == (False, "", [topic])
    kinds = TimelineEntry.objects.filter(kind__in=("source.limits", "source.signing")).values_list("kind", flat=True)
    assert sorted(kinds) == ["source.limits", "source.limits", "source.signing", "source.signing"]


def test_script_sets_all_routes_in_their_order(api, change, people, now):
    days = {"go_live_on": now.date(), "planned_end_on": now.date()}
    create_launch(Launch(slug="till", name="Till", **days), owner=people["lead"], now=now)
    first = {"field": "component", "name": "", "value": "pay", "launch": "till"}
    rest = {"field": "anything", "name": "", "value": "", "launch": "shop"}
    team = {"field": "label", "name": "team", "value": "payments", "launch": "till"}
    assert change({"routes": [first, rest]}).json()["routes"] == [first, rest]
    assert change({"routes": [first, team, rest]}).json()["routes"] == [first, team, rest]
    assert api.get("/api/v1/sources/", {"launch": "shop"}).json()["results"][0]["routes"] == [first, team, rest]
    assert TimelineEntry.objects.filter(launch__slug="shop", kind="source.routed").count() == 4
    assert change({"routes": []}).json()["routes"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"allowed_networks": ["10.0.0.300"]}, "/allowed_networks"),
        ({"allowed_networks": "10.0.0.0/8"}, "/allowed_networks"),
        ({"rows_a_second": 0}, "/rows_a_second"),
        ({"rows_a_second": "many"}, "/rows_a_second"),
        ({"zone": "Mars/Olympus"}, "/zone"),
        ({"signature_header": "X Signature", "signing_secret": "long enough"}, "/signature_header"),
        ({"signature_header": "x-signature"}, "/signing_secret"),
        ({"signing_secret": "plain"}, "/signing_secret"),
        ({"topics": ["mine"]}, "/topics"),
        ({"routes": [{"field": "path", "value": "shop", "launch": "shop"}]}, "/routes/0/value"),
        ({"routes": [{"field": "anything", "launch": "elsewhere"}]}, "/routes/0/launch"),
        ({"routes": [{"field": "moon", "launch": "shop"}]}, "/routes/0/field"),
        ({"name": "Other"}, "/name"),
    ],
)
def test_wrong_setting_names_its_field_and_nothing_is_changed(change, source_and_key, body, pointer):
    before = Source.objects.values().get()
    answer = change({"signed_only": True} | body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert (Source.objects.values().get(), SourceRoute.objects.count()) == (before, 0)


def test_same_route_twice_and_a_source_that_was_ended_are_conflicts(api, change, source_and_key):
    same = {"field": "component", "value": "pay", "launch": "shop"}
    assert change({"routes": [same, same]}).status_code == 409
    assert SourceRoute.objects.count() == 0
    api.post(f"/api/v1/sources/{source_and_key[0].pk}/end/")
    assert change({"rows_a_second": 5}).status_code == 409


def test_end_by_the_api_says_how_many_alerts_it_ended(api, source_and_key):
    fire(source_and_key[1], ALERT, ALERT | {"fingerprint": "f2"})
    assert api.post(f"/api/v1/sources/{source_and_key[0].pk}/end/").json()["ended_alerts"] == 2
