"""These tests stand at every door with wrong addresses, signatures and too much, and look at what came in."""

import base64
import gzip
import hashlib
import hmac
import json
from contextlib import ExitStack
from datetime import timedelta

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client

from gateway_ingest import admission, shares, sources
from gateway_ingest.models import Alert, DeadLetter, Source, Window
from hypercare.core.models import Deployment
from hypercare.core.problem import Problem
from hypercare.core.sealing import seal
from hypercare.core.timeline import SYSTEM

ALERT = json.dumps({"title": "Down", "severity": "high", "status": "firing", "fingerprint": "f1"})
CALL = json.dumps({"msec": "1779971460.0", "request_method": "GET", "uri": "/a", "status": 200})
DEPLOY = json.dumps({"version": "1.8.2"})
LOGS = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [
    {"severityNumber": 17, "body": {"stringValue": "Pool is empty"}}]}]}]})  # fmt: skip
SPANS = json.dumps({"resourceSpans": []})
SECRET = "a shared secret"

DOORS = {
    "alerts": ("/ingest/{key}/", ALERT, 202),
    "alerts of a format": ("/ingest/{key}/generic/", ALERT, 202),
    "calls": ("/ingest/{key}/calls/", CALL, 202),
    "traces": ("/ingest/{key}/otlp/v1/traces", SPANS, 200),
    "logs": ("/ingest/{key}/otlp/v1/logs", LOGS, 200),
    "deployments": ("/ingest/{key}/deploys/generic/", DEPLOY, 202),
    "heartbeats": ("/ingest/{key}/heartbeat/", '{"name": "nightly", "interval_seconds": 60}', 202),
}
every_door = pytest.mark.parametrize("door", DOORS)


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def source(launch, now):
    made, key = sources.create(launch, name="gateway", actor=SYSTEM, now=now)
    made.key = key
    return made


def change(source, **facts):
    Source.objects.filter(pk=source.pk).update(**facts)


def post(source, door, *, body=None, address="203.0.113.9", **headers):
    path, usual, _status = DOORS[door]
    return Client().post(
        path.format(key=source.key),
        body or usual,
        content_type="application/json",
        REMOTE_ADDR=address,
        headers=headers,
    )


def stored():
    return Alert.objects.count() + Window.objects.count() + Deployment.objects.count()


def made(body, *, prefix="sha256="):
    return prefix + hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()


# --- addresses ----------------------------------------------------------------------------------------------


@every_door
def test_source_takes_nothing_from_an_address_it_does_not_allow(source, door):
    change(source, allowed_networks=["198.51.100.0/24", "2001:db8::/32"])
    answer = post(source, door)
    assert answer.status_code == 403
    assert "203.0.113.9" in answer.content.decode()
    assert (stored(), DeadLetter.objects.get().body) == (0, "")
    assert Source.objects.get(pk=source.pk).refused == 1


@every_door
@pytest.mark.parametrize("address", ["198.51.100.200", "::ffff:198.51.100.1", "2001:db8::7"])
def test_source_takes_what_comes_from_its_networks(source, door, address):
    change(source, allowed_networks=["198.51.100.0/24", "2001:db8::/32"])
    assert post(source, door, address=address).status_code == DOORS[door][2]


def test_forwarded_address_counts_only_behind_a_proxy_of_ours(source, settings):
    change(source, allowed_networks=["198.51.100.0/24"])
    forged = {"X-Forwarded-For": "198.51.100.1"}
    assert post(source, "alerts", **forged).status_code == 403
    settings.BEHIND_PROXY = True
    assert post(source, "alerts", **forged).status_code == 202
    assert post(source, "alerts", **{"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}).status_code == 403


# --- signatures over the body -------------------------------------------------------------------------------


@pytest.fixture
def signed(source):
    change(source, signing_secret=seal(SECRET), signature_header="x-hub-signature-256", signed_only=True)
    return source


@every_door
def test_body_signed_in_a_header_is_taken_and_any_other_is_refused(signed, door):
    body = DOORS[door][1]
    assert post(signed, door, **{"X-Hub-Signature-256": made(body)}).status_code == DOORS[door][2]
    for wrong in ({}, {"X-Hub-Signature-256": made(body + " ")}, {"X-Hub-Signature-256": ""}, {"Other": made(body)}):
        assert post(signed, door, **wrong).status_code == 403
    assert list(DeadLetter.objects.filter(body="").values_list("count", flat=True)) == [4]


@pytest.mark.parametrize(
    "written",
    [
        made(ALERT, prefix=""),
        made(ALERT, prefix="v1="),
        made(ALERT).upper().replace("SHA256=", "sha256=").lower(),
        f"v1=0000,{made(ALERT, prefix='v1=')}",
        base64.b64encode(hmac.new(SECRET.encode(), ALERT.encode(), hashlib.sha256).digest()).decode(),
    ],
    ids=["bare", "v1", "hex", "two", "base64"],
)
def test_signature_may_be_written_as_its_senders_do(signed, written):
    assert post(signed, "alerts", **{"X-Hub-Signature-256": written}).status_code == 202


def test_signature_is_checked_but_not_demanded_where_signed_only_is_off(signed):
    change(signed, signed_only=False)
    assert post(signed, "alerts").status_code == 202
    assert post(signed, "alerts", **{"X-Hub-Signature-256": "sha256=00"}).status_code == 403


def test_secret_sealed_with_another_key_is_503_and_not_an_open_door(signed):
    change(signed, signing_secret="not sealed by us")
    assert post(signed, "alerts", **{"X-Hub-Signature-256": made(ALERT)}).status_code == 503


# --- Standard Webhooks by a public key ----------------------------------------------------------------------


@pytest.fixture
def pair(source):
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    change(source, signing_secret=seal("whpk_" + base64.b64encode(public).decode()), signed_only=True)
    return private


def v1a(private, body, moment, *, said=None):
    stamp = str(int(moment.timestamp()))
    signature = base64.b64encode(private.sign(f"m-1.{stamp}.".encode() + body.encode())).decode()
    return {"webhook-id": "m-1", "webhook-timestamp": stamp, "webhook-signature": said or f"v1,AAAA v1a,{signature}"}


@pytest.mark.parametrize("door", ["alerts", "calls", "deployments"])
def test_message_signed_by_a_private_key_is_taken(source, pair, now, door):
    assert post(source, door, **v1a(pair, DOORS[door][1], now)).status_code == 202


def test_message_of_another_key_an_old_one_or_an_unsigned_one_is_refused(source, pair, now):
    others = [
        v1a(Ed25519PrivateKey.generate(), ALERT, now),
        v1a(pair, ALERT, now - timedelta(minutes=6)),
        v1a(pair, ALERT + " ", now),
        v1a(pair, ALERT, now, said="v1a,no base64 !"),
        v1a(pair, ALERT, now) | {"webhook-timestamp": "noon"},
        {},
    ]
    assert [post(source, "alerts", **headers).status_code for headers in others] == [403] * 6
    assert stored() == 0


# --- how much -----------------------------------------------------------------------------------------------


@every_door
def test_source_beyond_its_rate_is_told_to_come_again(source, door):
    change(source, rows_a_second=1)
    assert post(source, door).status_code == DOORS[door][2]
    admission.charge(source, 30)
    late = post(source, door, body=DOORS[door][1] + " ")
    assert (late.status_code, 1 <= int(late["Retry-After"]) <= 30) == (503, True)
    assert Source.objects.get(pk=source.pk).limited == 1


def test_rows_count_and_not_deliveries(source):
    change(source, rows_a_second=1)
    many = json.dumps([json.loads(ALERT) | {"fingerprint": f"f{number}"} for number in range(200)])
    assert post(source, "alerts", body=many).json()["accepted"] == 200
    assert post(source, "alerts").status_code == 503


def test_flood_of_one_source_leaves_the_others_alone(source, launch, now):
    other, key = sources.create(launch, name="other", actor=SYSTEM, now=now)
    other.key = key
    change(source, rows_a_second=1)
    assert post(source, "alerts").status_code == 202
    admission.charge(source, 1000)
    assert post(source, "alerts").status_code == 503
    assert post(other, "alerts").status_code == 202


def test_any_kind_of_door_may_ask_without_a_request(source, now):
    change(source, allowed_networks=["198.51.100.7/32"])
    source.refresh_from_db()
    admission.admit(source, admission.Caller("198.51.100.7", {}, b"{}"), now=now)
    with pytest.raises(Problem, match="takes nothing from the address"):
        admission.admit(source, admission.Caller("198.51.100.8", {}, b"{}"), now=now)


@pytest.mark.parametrize("to", ["", "otlp/v1/logs"])
def test_large_delivery_of_alerts_needs_one_of_its_sources_places_and_a_small_one_none(source, to):
    with ExitStack() as held:
        for _place in range(shares.AT_ONCE):
            held.enter_context(shares.place_of(source.pk, rate=1000))
        address, small = f"/ingest/{source.key}/{to}", json.dumps({"resourceLogs": []})
        answer = Client().post(
            address,
            gzip.compress(small.encode()),
            content_type="application/json",
            headers={"Content-Encoding": "gzip"},
        )
        assert (answer.status_code, answer["Retry-After"]) == (503, "1")
        padded = small + " " * 70_000
        assert Client().post(address, padded, content_type="application/json").status_code == 503
        assert Client().post(address, small, content_type="application/json").status_code in {200, 202}
    assert Client().post(address, padded, content_type="application/json").status_code in {200, 202}
