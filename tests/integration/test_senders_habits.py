"""These tests post as senders with habits of their own do: web forms, clocks without a zone, logs at the common door."""

import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client

from gateway_ingest import batches, call_kinds, sources
from gateway_ingest.models import Alert, Batch, CallKind, DeadLetter, Source
from hypercare.core.models import Component, Deployment, Launch
from hypercare.core.parts import save_part
from hypercare.core.timeline import SYSTEM

FORM = "application/x-www-form-urlencoded"
MONITOR = {"monitorID": "777", "monitorFriendlyName": "Payments", "alertType": "1", "alertDateTime": "1779970800"}
ZABBIX = {"event_id": "90210", "event_name": "Disk is full", "event_value": "1", "trigger_id": "1",
    "event_date": "2026.05.28", "event_time": "14:20:00"}  # fmt: skip


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def source(launch, now):
    made, key = sources.create(launch, name="gateway", actor=SYSTEM, now=now)
    made.key = key
    return made


def post(source, body, to="", kind="application/json", **headers):
    body = body if isinstance(body, str | bytes) else json.dumps(body)
    return Client().post(f"/ingest/{source.key}/{to}", body, content_type=kind, headers=headers)


# --- web forms ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["", "uptimerobot/"])
@pytest.mark.parametrize("kind", [FORM, FORM + "; charset=utf-8"])
def test_monitor_posted_as_a_form_fires_and_ends(source, to, kind):
    assert post(source, urlencode(MONITOR), to, kind).json()["accepted"] == 1
    assert post(source, urlencode(MONITOR | {"alertType": "2"}), to, kind).json()["accepted"] == 1
    alert = Alert.objects.get()
    assert (alert.title, alert.status, alert.fingerprint) == ("Payments", "resolved", "777")


def test_form_that_holds_json_in_one_field_is_read_as_that(source):
    said = {"title": "Down", "severity": "high", "status": "firing", "fingerprint": "f"}
    assert post(source, urlencode({"payload": json.dumps(said)}), "generic/", FORM).json()["accepted"] == 1


def test_json_that_calls_itself_a_form_is_json(source):
    said = {"title": "Down", "severity": "high", "status": "firing", "fingerprint": "f"}
    assert post(source, said, kind=FORM).json()["accepted"] == 1


@pytest.mark.parametrize("body", [b"", b"\xff=\xff", b"&".join(b"a%d=1" % number for number in range(300)), b"a=%00"])
def test_form_that_cannot_be_read_is_400_and_a_dead_letter(source, body):
    answer = post(source, body, kind=FORM)
    assert (answer.status_code, DeadLetter.objects.count()) == (400, 1)


def test_form_nobody_knows_is_a_dead_letter_that_a_mapping_can_read(source):
    answer = post(source, "headline=Till+is+offline", kind=FORM)
    assert answer.json()["accepted"] == 0
    assert DeadLetter.objects.get().body == '{"headline": "Till is offline"}'


# --- clocks -------------------------------------------------------------------------------------------------


def test_zabbix_times_are_taken_in_the_zone_of_the_source(source):
    post(source, ZABBIX)
    assert Alert.objects.get().starts_at == datetime(2026, 5, 28, 12, 32, tzinfo=UTC)  # 14:20 UTC is still to come
    Alert.objects.all().delete()
    Batch.objects.all().delete()
    Source.objects.filter(pk=source.pk).update(zone="Europe/Stockholm")
    post(source, ZABBIX)
    assert Alert.objects.get().starts_at == datetime(2026, 5, 28, 12, 20, tzinfo=UTC)


def test_new_source_of_zabbix_has_the_zone_of_its_launch(launch, now):
    made, _key = sources.create(launch, name="Zabbix", program="zabbix", actor=SYSTEM, now=now)
    other, _key = sources.create(launch, name="nginx", program="nginx-json", actor=SYSTEM, now=now)
    assert (made.zone, other.zone) == ("Europe/Stockholm", "")


def test_time_of_a_mapping_is_taken_in_the_zone_of_the_source(source, now):
    from gateway_ingest import mappings
    from gateway_ingest.mapping import Expressions

    Source.objects.filter(pk=source.pk).update(zone="Asia/Tokyo")
    mappings.save(source, Expressions(title="what", time="when"), actor=SYSTEM, now=now)
    post(source, {"what": "Down", "when": "2026-05-28 21:00:00"})
    assert Alert.objects.get().starts_at == datetime(2026, 5, 28, 12, 0, tzinfo=UTC)


# --- logs at the common door --------------------------------------------------------------------------------


def test_export_of_logs_is_known_at_the_common_door(source):
    records = [
        {"severityNumber": 17, "body": {"stringValue": "Pool is empty"}},
        {"severityNumber": 9, "body": {"stringValue": "All is well"}},
    ]
    answer = post(source, {"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).json()
    assert (answer["accepted"], answer["rejected"], answer["quiet"]) == (1, [], 1)
    assert Alert.objects.get().title == "Pool is empty"


# --- deployments --------------------------------------------------------------------------------------------


def test_deployment_with_the_same_idempotency_key_is_recorded_once(source):
    first = post(source, {"version": "1"}, "deploys/generic/", **{"Idempotency-Key": "run-7"}).json()
    again = post(source, {"version": "1", "summary": "retried"}, "deploys/generic/", **{"Idempotency-Key": "run-7"})
    other = post(source, {"version": "1", "summary": "retried"}, "deploys/generic/", **{"Idempotency-Key": "run-8"})
    assert (first["accepted"], again.json(), other.json()["accepted"]) == (1, {"accepted": 0, "duplicate": True}, 1)
    assert Deployment.objects.count() == 2
    long = post(source, {"version": "1"}, "deploys/generic/", **{"Idempotency-Key": "x" * 201})
    assert long.status_code == 400


@pytest.mark.parametrize(
    "given",
    [
        "2026-05-28T12:00:00Z",
        1779969600,
        1779969600000,
        "1779969600",
        "2026.05.28 12:00:00",
        "Thu, 28 May 2026 12:00:00 GMT",
    ],
)
def test_time_of_a_deployment_is_read_as_those_of_alerts(source, given):
    post(source, {"version": "1", "deployed_at": given}, "deploys/generic/")
    assert Deployment.objects.get().deployed_at == datetime(2026, 5, 28, 12, 0, tzinfo=UTC)


# --- components that come later -----------------------------------------------------------------------------


def test_kinds_are_linked_when_their_component_comes_or_gets_their_name_as_a_hint(source, launch, now):
    rows = [
        {"msec": "1779971460.0", "request_method": "GET", "uri": "/a", "status": 200, "service": name}
        for name in ("search_api", "legacy-7", "nobody")
    ]
    post(source, rows, "calls/")
    assert call_kinds.link_components(now=now) == 0
    save_part(Component(launch=launch, name="Search API"), actor=SYSTEM, now=now)
    assert call_kinds.link_components(now=now) == 1
    later = Component.objects.get(slug="checkout")
    later.hints = [*later.hints, "legacy-7"]
    save_part(later, actor=SYSTEM, now=now)
    assert call_kinds.link_components(now=now) == 1
    found = dict(CallKind.objects.values_list("hint", "component__slug"))
    assert found == {"search_api": "search-api", "legacy-7": "checkout", "nobody": None}


def test_kinds_of_another_launch_are_not_linked(source, launch, now, people):
    post(
        source,
        [{"msec": "1779971460.0", "request_method": "GET", "uri": "/a", "status": 200, "service": "pay"}],
        "calls/",
    )
    CallKind.objects.update(component=None)
    days = {"go_live_on": now.date(), "planned_end_on": now.date()}
    other = Launch.objects.create(slug="other", name="Other", created_at=now, **days)
    launch.components.all().delete()
    Component.objects.create(launch=other, slug="pay", name="Pay")
    assert call_kinds.link_components(now=now) == 0


def test_deliveries_of_yesterday_are_forgotten(source, now, clock):
    post(source, {"version": "1"}, "deploys/generic/")
    assert batches.forget_old(now=now) == 0
    clock.shift(86_401)
    from hypercare.core import clock as ours

    assert (batches.forget_old(now=ours.now()), Batch.objects.count()) == (1, 0)


# --- ends that come first -----------------------------------------------------------------------------------


def test_firing_soon_after_an_end_whose_beginning_nobody_told_begins_an_episode(source):
    queue = {"title": "Queue is long", "fingerprint": "q"}
    post(source, queue | {"status": "resolved", "ends_at": "2026-05-28T12:20:00Z"})
    known = Alert.objects.get()
    assert (known.status, known.starts_at) == ("resolved", datetime(2026, 5, 28, 12, 20, tzinfo=UTC))
    post(source, queue | {"starts_at": "2026-05-28T12:30:00Z"})
    known.refresh_from_db()
    assert (known.status, known.feedback is not None) == ("firing", True)
