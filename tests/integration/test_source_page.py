"""These tests open a source's page: what to copy, how it is, and each thing that a lead may set there."""

import base64
import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from gateway_ingest import programs, sources
from gateway_ingest.health import health_of
from gateway_ingest.models import Backfill, Batch, CallRetention, Source
from hypercare.core import clock as core_clock
from hypercare.core.models import TimelineEntry
from hypercare.core.sealing import unseal
from hypercare.core.timeline import SYSTEM
from tests.conftest import bearer

KEY = re.compile(r"hcs_[\w-]{40,}")
WHSEC = "whsec_" + base64.b64encode(b"x" * 32).decode()
WHPK = "whpk_" + base64.b64encode(b"x" * 32).decode()


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def source(launch, now):
    made, key = sources.create(launch, name="gateway", program="nginx-json", actor=SYSTEM, now=now)
    made.key = key
    return made


@pytest.fixture
def page(people):
    client = Client()
    client.force_login(people["lead"])
    return client


def at(name, source):
    return reverse(f"gateway_ingest:{name}", args=["shop", source.pk])


def text(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def kinds():
    return list(TimelineEntry.objects.order_by("pk").values_list("kind", flat=True))


def send(source, *rows, to="calls/"):
    body = "\n".join(json.dumps(row) for row in rows)
    return Client().post(f"/ingest/{source.key}/{to}", body, content_type="text/plain").json()


def call(seconds_ago, now, **more):
    at_ = (now - timedelta(seconds=seconds_ago)).timestamp()
    return {"msec": f"{at_:.3f}", "request_method": "GET", "uri": "/a", "status": 200} | more


def _alert(key):
    return json.dumps({"title": "Till is offline", "fingerprint": key})


# --- configurations -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_every_program_gets_its_configuration_with_address_and_key(page, name):
    made = page.post(
        reverse("gateway_ingest:source_create", args=["shop"]), {"name": f"my {name}", "program": name}
    ).content.decode()
    (key,) = set(KEY.findall(made))
    shown = programs.pieces(programs.PROGRAMS[name], url="http://127.0.0.1:8000", key=key)
    assert any("http://127.0.0.1:8000" in piece.text and key in piece.text for piece in shown)
    assert not any("@" + mark in piece.text for piece in shown for mark in ("URL@", "KEY@", "FORMAT@"))
    assert Source.objects.get(name=f"my {name}").program == name


@pytest.mark.parametrize("says", programs.Says)
def test_trial_of_each_kind_is_taken(source, says, launch):
    import os
    import subprocess

    program = next(one for one in programs.PROGRAMS.values() if one.says == says)
    command = programs.trial(program, url="http://127.0.0.1:8000", key=source.key)
    assert subprocess.run(["sh", "-n", "-c", command], check=False, env=os.environ).returncode == 0
    path = re.search(r"/ingest/\S+", command)[0]
    body = re.search(r"-d '(.*)'$|echo '(.*)' \|", command, re.MULTILINE)
    sent = (body[1] or body[2]).replace("'$(date +%s)'", str(int(source.created_at.timestamp())))
    answer = Client().post(
        path, sent, content_type="application/json", headers={"Authorization": f"Bearer {source.key}"}
    )
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)


def test_later_the_key_is_a_place_to_fill_in_and_another_program_can_be_looked_at(page, source):
    shown = page.get(at("source", source)).content.decode()
    assert (programs.KEY_PLACE in shown, source.key in shown, "log_format hypercare" in shown) == (True, False, True)
    other = page.get(at("source", source), {"program": "kong"}).content.decode()
    assert ("http_endpoint" in other, "from its documentation" in other) == (True, True)
    assert page.get(at("source", source), {"program": "\x00"}).status_code == 200
    assert Source.objects.get(pk=source.pk).program == "nginx-json"


def test_rotation_shows_the_new_key_once_with_the_configuration(page, source):
    made = page.post(at("source_rotate", source)).content.decode()
    (key,) = set(KEY.findall(made))
    assert key != source.key
    assert "The key before this one works until 29 May, 14:32." in text(page.get(at("source", source)))


def test_every_earlier_key_works_until_its_own_end_and_the_page_lists_them(page, source, clock, now):
    keys = [source.key]
    for _day in range(2):
        source, key = sources.rotate(source, actor=SYSTEM, now=core_clock.now())
        keys.append(key)
        clock.shift(timedelta(hours=6))
    shown = text(page.get(at("source", source)))
    for key, until in zip(keys, ("29 May, 14:32", "29 May, 20:32"), strict=False):
        assert f"The earlier key {key[:9]}… works until {until}." in shown

    def answers(number):
        return [Client().post(f"/ingest/{key}/", _alert(f"{number}{place}"), content_type="application/json").status_code
                for place, key in enumerate(keys)]  # fmt: skip

    assert answers("a") == [202, 202, 202]
    clock.move_to(now + timedelta(hours=25))
    assert answers("b") == [404, 202, 202]
    clock.move_to(now + timedelta(hours=31))
    assert answers("c") == [404, 404, 202]


def test_earlier_keys_are_ended_at_once_where_one_got_into_wrong_hands(page, source):
    old = source.key
    source, key = sources.rotate(source, actor=SYSTEM, now=core_clock.now())
    assert "End the earlier keys now" in text(page.get(at("source", source)))
    shown = text(page.post(at("source_end_keys", source), follow=True))
    assert "1 earlier key was ended." in shown
    assert "End the earlier keys now" not in shown
    answers = [Client().post(f"/ingest/{one}/", _alert("a"), content_type="application/json") for one in (old, key)]
    assert [answer.status_code for answer in answers] == [404, 202]
    assert TimelineEntry.objects.get(kind="source.keys_ended").data["number"] == 1


@pytest.mark.parametrize(
    "name",
    ["a\N{RIGHT-TO-LEFT OVERRIDE}b", "a\N{ZERO WIDTH SPACE}b", "a\N{SOFT HYPHEN}b", "\N{ZERO WIDTH JOINER}", "a\x07"],
)
def test_name_of_characters_that_cannot_be_seen_is_refused(page, people, now, name):
    address = reverse("gateway_ingest:source_create", args=["shop"])
    assert page.post(address, {"name": name, "program": "nginx-json"}).status_code == 400
    client = bearer(people["lead"], scopes=["admin"], now=now)
    assert client.post("/api/v1/sources/", {"launch": "shop", "name": name}, format="json").status_code == 400
    assert Source.objects.count() == 0


# --- how it is ----------------------------------------------------------------------------------------------


def test_health_tells_rate_lag_and_what_was_not_taken(page, source, now, clock):
    for minute in range(3):
        send(source, *(call(5 - minute, now, uri=f"/{number}") for number in range(10)), {"what": "ever"})
        clock.shift(timedelta(minutes=1))
    found = health_of([Source.objects.get()], now=now + timedelta(minutes=3))[source.pk]
    assert (found.rows, found.deliveries, found.rejected, found.waiting_letters) == (30, 3, 3, 3)
    assert found.minutes[-4:] == (10, 10, 10, 0)
    assert (found.lag.total_seconds(), found.lag_words, found.state) == (64, "64 s", "rejecting")
    shown = text(page.get(reverse("gateway_ingest:sources_health", args=["shop"])))
    assert "gateway nginx some was not taken" in shown
    assert "64 s" in shown


@pytest.mark.parametrize(
    ("minutes", "program", "state"),
    [
        (None, "nginx-json", "waiting"),
        (1, "nginx-json", "hearing"),
        (11, "nginx-json", "silent"),
        (600, "grafana", "hearing"),
    ],
)
def test_silence_of_traffic_is_worth_a_look_and_that_of_alerts_is_not(source, now, minutes, program, state):
    heard = None if minutes is None else now - timedelta(minutes=minutes)
    Source.objects.filter(pk=source.pk).update(program=program, last_event_at=heard)
    assert health_of([Source.objects.get()], now=now)[source.pk].state == state


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [(None, ""), (400, "under 1 s"), (119_000, "119 s"), (120_000, "2 min"), (7_200_000, "2 h"), (864_000_000, "10 d")],
)
def test_lag_is_said_in_its_largest_unit(source, now, milliseconds, words):
    Batch.objects.create(source=source, batch_id="b", accepted=1, lag=milliseconds, received_at=now)
    assert health_of([source], now=now)[source.pk].lag_words == words


def test_page_takes_as_many_queries_for_one_source_as_for_five(page, launch, source, now):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert page.get(reverse("gateway_ingest:sources", args=["shop"])).status_code == 200
        return len(captured)

    queries()
    one = queries()
    for number in range(4):
        made, made.key = sources.create(launch, name=f"s{number}", actor=SYSTEM, now=now)
        send(made, call(1, now))
    assert queries() == one


def test_facts_are_asked_for_again_and_again_without_the_rest_of_the_page(page, source, now):
    shown = page.get(at("source", source)).content.decode()
    assert f'hx-get="{at("source_facts", source)}" hx-trigger="every 5s"' in shown
    send(source, call(1, now))
    facts = page.get(at("source_facts", source))
    assert "hearing" in text(facts)
    assert "<html" not in facts.content.decode()


# --- limits, signatures, backfill, retention ----------------------------------------------------------------


def test_limits_are_set_and_told(page, source):
    given = {"networks": "203.0.113.7, 10.1.2.3/8\n2001:db8::1", "rows_a_second": "500", "zone": "Europe/Stockholm"}
    assert page.post(at("source_limits", source), given).status_code == 302
    source.refresh_from_db()
    assert source.allowed_networks == ["203.0.113.7/32", "10.0.0.0/8", "2001:db8::1/128"]
    assert (source.rows_a_second, source.zone) == (500, "Europe/Stockholm")
    assert TimelineEntry.objects.get(kind="source.limits").data["networks"].startswith("203.0.113.7/32")
    assert page.post(at("source_limits", source), {"networks": "", "zone": "UTC"}).status_code == 302
    source.refresh_from_db()
    assert (source.allowed_networks, source.rows_a_second, source.zone) == ([], None, "")


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"networks": "10.0.0.300"}, "“10.0.0.300” is no address or network"),
        ({"networks": "\n".join(f"10.0.0.{number}" for number in range(51))}, "At most 50 networks"),
        ({"rows_a_second": "0"}, "greater than or equal to 1"),
        ({"rows_a_second": "many"}, "Enter a whole number"),
        ({"zone": "Mars/Olympus"}, "Select a valid choice"),
    ],
)
def test_wrong_limit_is_said_beside_its_field(page, source, given, wrong):
    answer = page.post(at("source_limits", source), {"zone": "UTC"} | given)
    assert (answer.status_code, wrong in text(answer)) == (400, True)
    assert "source.limits" not in kinds()


@pytest.mark.parametrize("secret", [WHSEC, WHPK])
def test_secret_of_standard_webhooks_or_public_key_is_kept_sealed(page, source, secret):
    assert page.post(at("source_signing", source), {"secret": secret, "signed_only": "on"}).status_code == 302
    source.refresh_from_db()
    assert (unseal(source.signing_secret), source.signed_only, source.signature_header) == (secret, True, "")
    assert secret not in page.get(at("source", source)).content.decode()
    assert page.post(at("source_signing", source), {"forget": "on"}).status_code == 302
    source.refresh_from_db()
    assert (source.signing_secret, source.signed_only) == ("", False)


def test_header_and_its_secret_are_kept_together(page, source):
    given = {"header": "X-Hub-Signature-256", "secret": "long enough"}
    assert page.post(at("source_signing", source), given).status_code == 302
    source.refresh_from_db()
    assert (source.signature_header, unseal(source.signing_secret)) == ("x-hub-signature-256", "long enough")
    assert page.post(at("source_signing", source), {"header": "X-Other"}).status_code == 302
    assert page.post(at("source_signing", source), {"header": ""}).status_code == 400


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"secret": "plain"}, "A signing secret is whsec_"),
        ({"secret": "whpk_c2hvcnQ="}, "a public key whpk_ and 32"),
        ({"header": "X Signature", "secret": "long enough"}, "letters, digits and hyphens only"),
        ({"header": "X-Signature", "secret": "short"}, "protects nothing"),
        ({"header": "X-Signature"}, "Enter the secret that belongs"),
        ({"header": "X-Signature", "forget": "on"}, "empty this too"),
    ],
)
def test_wrong_signature_setting_is_said_beside_its_field(page, source, given, wrong):
    answer = page.post(at("source_signing", source), given)
    assert (answer.status_code, wrong in text(answer)) == (400, True)
    assert Source.objects.get(pk=source.pk).signing_secret == ""


def test_backfill_lets_old_rows_in_until_it_ends(page, source, now):
    old = call(60 * 86_400, now)
    assert send(source, old)["accepted"] == 0
    assert page.post(at("source_backfill", source), {"hours": "24"}).status_code == 302
    assert "Old rows are taken until 29 May, 14:32." in text(page.get(at("source", source)))
    assert send(source, old | {"uri": "/b"})["accepted"] == 1
    assert page.post(at("source_backfill", source), {"hours": "0"}).status_code == 302
    assert send(source, old | {"uri": "/c"})["accepted"] == 0
    assert (Backfill.objects.count(), kinds().count("source.backfill")) == (0, 2)
    assert page.post(at("source_backfill", source), {"hours": "5000"}).status_code == 400


def test_days_that_calls_are_kept_are_set_with_a_word_in_the_timeline(page, launch):
    address = reverse("gateway_ingest:call_retention", args=["shop"])
    assert page.post(address, {"keep_days": "30"}).status_code == 302
    assert page.post(address, {"keep_days": "30"}).status_code == 302
    assert CallRetention.objects.get(launch=launch).keep_days == 30
    (told,) = TimelineEntry.objects.filter(kind="calls.retention")
    assert told.data == {"before": 14, "days": 30}
    for wrong in ("0", "401", "", "many", "-1"):
        assert page.post(address, {"keep_days": wrong}).status_code == 400
    assert CallRetention.objects.get(launch=launch).keep_days == 30


def test_ended_source_shows_what_it_was_and_takes_no_orders(page, source):
    page.post(at("source_end", source))
    shown = text(page.get(at("source", source)))
    assert "ended 28 May" in shown
    assert "Save limits" not in shown
    assert page.post(at("source_rotate", source)).status_code == 409


def test_page_says_how_many_open_alerts_the_end_of_a_source_ends(page, source):
    for key in ("a", "b"):
        Client().post(f"/ingest/{source.key}/", _alert(key), content_type="application/json")
    assert "It also ends 2 alerts that are open" in text(page.get(at("source", source)))
    told = text(page.post(at("source_end", source), follow=True))
    assert "2 open alerts were ended too." in told
    assert "It also ends" not in text(page.get(at("source", source)))
