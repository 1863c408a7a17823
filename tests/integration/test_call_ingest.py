"""These tests post call logs as gateways do, against the real database, and look at what is stored and found again."""

import gzip
import json
import random
import threading
from datetime import UTC, datetime, timedelta
from unittest.mock import ANY

import psycopg
import pytest
import time_machine
import zstandard
from django.db import OperationalError, connection, connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway_ingest import call_kinds, distinct, latencies, partitions, sources, windows
from gateway_ingest.call_columns import columns_of
from gateway_ingest.calls import STORE
from gateway_ingest.formats.calls import IncomingCall
from gateway_ingest.models import (
    Backfill,
    Batch,
    CallKind,
    CallRetention,
    DeadLetter,
    Feed,
    Source,
    Window,
    WindowPart,
)
from hypercare.core.timeline import SYSTEM
from tests.conftest import bearer
from tests.unit.call_samples import OBJECTS, SAMPLES, SECRET, TRACE
from tests.unit.test_call_traces import NEW, SERVED, binary, export, span

REQUEST = "0b8d6a52-8a39-4a0c-9f1e-5a4f2f6f9d11"


@pytest.fixture
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def source(launch, now, clock):
    return sources.create(launch, name="nginx", actor=SYSTEM, now=now)


@pytest.fixture
def key(source):
    return source[1]


@pytest.fixture
def send(key):
    def post(*rows, to="", **headers):
        body = rows[0] if rows and isinstance(rows[0], bytes) else "\n".join(map(str, rows)).encode()
        return post_body(body, f"/ingest/{key}/calls/{to}", **headers)

    return post


def post_body(body, path, content_type="text/plain", **headers):
    return Client().post(path, body, content_type=content_type, headers=headers)


def line(
    number=1, *, at="28/May/2026:12:31:00 +0000", status=200, trace=TRACE, address="198.51.100.7", seconds="0.125"
):
    return (
        f'{address} - - [{at}] "GET /products/{number}?key={SECRET} HTTP/1.1" {status} 512 "-" "curl/8" rt={seconds} '
        f'traceparent="00-{trace}-00f067aa0ba902b7-01" rid="{REQUEST}" service="catalog_api" release="4.2"'
    )


def stored():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM gateway_ingest_call")
        return cursor.fetchone()[0]


def folded():
    """The windows, with everything in them that deliveries noted."""
    windows.fold()
    return Window.objects


def everything_stored():
    """All that our tables hold, as text."""
    windows.fold()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM gateway_ingest_call")
        rows = cursor.fetchall()
    models = (CallKind, Window, DeadLetter, Batch)
    return repr(rows) + repr([list(model.objects.values()) for model in models])


# --- stored and found ---------------------------------------------------------------------------------------


def test_call_is_stored_found_by_its_trace_and_rolled_up(send, api):
    assert send(line()).json() == {"accepted": 1, "rejected": []}
    (call,) = api.get(f"/api/v1/calls/?launch=shop&trace_id={TRACE}").json()["results"]
    assert call == {
        "launch": "shop", "at": "2026-05-28T12:31:00Z", "source": "nginx", "component": "catalog-api", "method": "GET",
        "route": "/products/{number}", "host": "", "status": 200, "duration_ms": 125.0, "upstream_ms": None,
        "first_byte_ms": None, "bytes": 512, "trace_id": TRACE, "request_id": REQUEST.replace("-", ""),
        "consumer": ANY, "consumer_class": "address", "release": "4.2", "provider": "", "model": "",
        "answered_model": "", "prompt_version": "", "input_tokens": None, "output_tokens": None, "cost": None,
        "flags": [], "error_type": "",
    }  # fmt: skip
    window = folded().get()
    assert (window.calls, window.errors, window.duration_sum, f"{window.at:%H:%M}") == (1, None, 125_000, "12:31")


@pytest.mark.parametrize("query", [f"request_id={REQUEST}", f"request_id={REQUEST.upper()}", "consumer=198.51.100.7"])
def test_call_is_found_by_request_and_by_consumer(send, api, query):
    send(line(), line(2, address="198.51.100.8", trace="1" * 32).replace(REQUEST, "another-one"))
    (call,) = api.get(f"/api/v1/calls/?launch=shop&{query}").json()["results"]
    assert call["trace_id"] == TRACE
    (same,) = api.get(f"/api/v1/calls/?launch=shop&consumer={call['consumer']}").json()["results"]
    assert same == call


@pytest.mark.parametrize("name", ["0123456789abcdef", "0000000000000001", "ffffffffffffffff"])
def test_consumer_whose_name_is_sixteen_digits_is_found_by_it_and_never_shown(send, api, name):
    send(line().replace(" - - [", f" - {name} ["))
    (call,) = api.get(f"/api/v1/calls/?launch=shop&consumer={name}").json()["results"]
    assert name not in call["consumer"]
    (same,) = api.get("/api/v1/calls/", {"launch": "shop", "consumer": call["consumer"]}).json()["results"]
    assert same == call
    bare = call["consumer"].removeprefix("code:")
    assert api.get(f"/api/v1/calls/?launch=shop&consumer={bare}").json()["results"] == []


def test_consumer_named_like_the_code_of_another_stays_apart_from_it(send, api):
    send(line())
    (first,) = api.get(f"/api/v1/calls/?launch=shop&trace_id={TRACE}").json()["results"]
    for number, name in enumerate([first["consumer"], first["consumer"].removeprefix("code:")], 1):
        send(line(trace=str(number) * 32).replace(" - - [", f" - {name} ["))
    found = api.get("/api/v1/calls/", {"launch": "shop", "consumer": first["consumer"]}).json()["results"]
    assert found == [first]


def test_id_that_spells_no_bytes_is_found_and_shown_as_it_was(send, api):
    send(line().replace(REQUEST, "chatcmpl-8x7"))
    (call,) = api.get("/api/v1/calls/?launch=shop&request_id=chatcmpl-8x7").json()["results"]
    assert call["request_id"] == "chatcmpl-8x7"


def test_nothing_secret_is_stored(send):
    rows = [json.dumps(row) if isinstance(row, dict) else row for _name, row, _wanted in SAMPLES]
    assert send(*rows, "broken ?key=" + SECRET, json.dumps({"password": SECRET})).json()["accepted"] == len(SAMPLES)
    assert SECRET not in everything_stored()
    assert "198.51.100.7" not in everything_stored()


def test_calls_of_another_launch_are_not_found(send, people, now):
    send(line())
    outside = bearer(people["outsider"], scopes=["admin"], now=now)
    assert outside.get(f"/api/v1/calls/?launch=shop&trace_id={TRACE}").status_code == 404
    assert outside.get(f"/api/v1/calls/?trace_id={TRACE}").json()["results"] == []


def test_other_key_is_404(db):
    assert post_body(b"x", "/ingest/hcs_nobody/calls/").status_code == 404
    assert post_body(b"x", "/ingest/calls/", Authorization="Bearer nobody").status_code == 401


def test_many_calls_are_found_page_by_page(send, api):
    send(*(line(number, at=f"28/May/2026:12:{number:02}:00 +0000") for number in range(30)))
    first = api.get(f"/api/v1/calls/?launch=shop&trace_id={TRACE}&page_size=20").json()
    second = api.get(first["next"]).json()
    assert (len(first["results"]), len(second["results"]), second["next"]) == (20, 10, None)
    assert len({call["at"] for call in first["results"] + second["results"]}) == 30


@pytest.mark.parametrize("query", ["", "trace_id=", "trace_id=a&request_id=b", f"trace_id={TRACE}&cursor=x"])
def test_search_without_one_id_is_refused(api, query):
    assert api.get(f"/api/v1/calls/?launch=shop&{query}").status_code == 400


def test_windows_are_listed_with_quantiles_and_consumers(send, api):
    send(*(line(number, seconds="0.100", address=f"198.51.100.{number}") for number in range(60)), line(status=503))
    address = "/api/v1/windows/?launch=shop&from=2026-05-28T12:00:00Z&to=2026-05-28T13:00:00Z"
    good, bad = sorted(api.get(address).json()["results"], key=lambda row: row["status_class"])
    assert (good["calls"], good["errors"], good["consumers"], good["consumers_error"]) == (60, 0, 60, 0.0)
    assert good["p95_ms"] == pytest.approx(100, rel=0.01)
    assert (bad["calls"], bad["errors"], bad["route"], bad["component"]) == (1, 1, "/products/{number}", "catalog-api")
    assert api.get(address.replace("2026-05-28", "2026-06-28")).json()["results"] == []


@pytest.mark.parametrize("query", ["", "launch=shop", "launch=shop&from=x&to=y",
    "launch=shop&from=2026-05-01T00:00:00Z&to=2026-05-28T13:00:00Z"])  # fmt: skip
def test_windows_need_a_launch_and_a_short_span(api, query):
    assert api.get(f"/api/v1/windows/?{query}").status_code == 400


# --- once ----------------------------------------------------------------------------------------------------


def test_same_body_is_stored_once_within_an_hour(send, clock):
    send(line())
    assert send(line()).json() == {"accepted": 0, "duplicate": True}
    clock.shift(timedelta(minutes=61))
    assert send(line()).json()["accepted"] == 1
    assert (stored(), Source.objects.get().repeats) == (2, 1)


def test_same_key_is_stored_once_whatever_the_body(send):
    send(line(), idempotency_key="file-7:0")
    assert send(line(2), idempotency_key="file-7:0").json()["duplicate"] is True
    assert send(line(), idempotency_key="file-7:900").json()["accepted"] == 1
    assert stored() == 2


def test_body_packed_anew_for_its_second_try_is_stored_once(send):
    body = line().encode()
    first, second = gzip.compress(body, mtime=1), gzip.compress(body, mtime=2)
    assert first != second
    assert send(first, content_encoding="gzip").json()["accepted"] == 1
    assert send(second, content_encoding="gzip").json() == {"accepted": 0, "duplicate": True}
    assert send(zstandard.compress(body), content_encoding="zstd").json()["duplicate"] is True
    assert send(body).json()["duplicate"] is True
    assert stored() == 1


@pytest.fixture
def kinds_that_fail_at_their_commit():
    """Lets the commit of a new kind of calls fail, after everything that led up to it went well."""
    make = """CREATE FUNCTION fail_at_commit() RETURNS trigger AS 'BEGIN RAISE EXCEPTION USING ERRCODE = ''08006''; END' LANGUAGE plpgsql;
        CREATE CONSTRAINT TRIGGER fails_at_commit AFTER INSERT ON gateway_ingest_callkind DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION fail_at_commit()"""
    drop = """DROP TRIGGER IF EXISTS fails_at_commit ON gateway_ingest_callkind; DROP FUNCTION IF EXISTS fail_at_commit()"""

    def run(sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)

    run(make)
    yield lambda: run(drop)
    run(drop)


@pytest.mark.django_db(transaction=True)
def test_calls_are_stored_under_kinds_that_exist_after_a_kind_was_rolled_back(key, kinds_that_fail_at_their_commit):
    let_commit = kinds_that_fail_at_their_commit
    assert post_body(line().encode(), f"/ingest/{key}/calls/combined/").status_code == 503
    let_commit()
    assert post_body(line().encode(), f"/ingest/{key}/calls/combined/").json()["accepted"] == 1
    assert folded().get().kind.hint == "catalog_api"


def without_the_last_step(execute, sql, params, many, context):
    """Lets a delivery fail where everything but its last statement is written."""
    if str(sql).startswith('UPDATE "gateway_ingest_source"'):
        raise OperationalError("the connection is gone")
    return execute(sql, params, many, context)


@pytest.mark.django_db(transaction=True)
def test_what_a_source_feeds_is_noted_after_a_delivery_that_was_rolled_back(key):
    with connection.execute_wrapper(without_the_last_step):
        assert post_body(line().encode(), f"/ingest/{key}/calls/combined/").status_code == 503
    assert post_body(line().encode(), f"/ingest/{key}/calls/combined/").json()["accepted"] == 1
    assert Feed.objects.count() == 1


def test_known_key_is_a_repeat_though_its_body_cannot_be_read(send):
    assert send(line(), idempotency_key="file-7:0").json()["accepted"] == 1
    for body, encoding in ((line().encode(), "br"), (b"\x1f\x8bgarbage", "gzip")):
        again = send(body, idempotency_key="file-7:0", content_encoding=encoding)
        assert again.json() == {"accepted": 0, "duplicate": True}
    assert DeadLetter.objects.count() == 0


@pytest.mark.parametrize(("body", "encoding"), [(b"\x1f\x8bgarbage", "gzip"), (b"plain", "br")])
def test_closed_launch_keeps_no_letter_of_what_cannot_be_read(send, launch, now, body, encoding):
    launch.closed_at = now
    launch.save()
    assert send(body, content_encoding=encoding).status_code == 409
    assert (DeadLetter.objects.count(), Batch.objects.count()) == (0, 0)


def test_nothing_is_stored_where_the_last_step_fails(send):
    with connection.execute_wrapper(without_the_last_step):
        answer = send(line())
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert (stored(), Batch.objects.count(), WindowPart.objects.count()) == (0, 0, 0)
    assert send(line()).json()["accepted"] == 1


@pytest.mark.django_db(transaction=True)
def test_racing_deliveries_into_the_same_windows_lose_and_double_nothing(key, settings):
    answers = []

    def deliver(number):
        for turn in range(12):
            rows = (line(place, at=f"28/May/2026:12:{(place + turn) % 30:02}:00 +0000") for place in range(90))
            body = "\n".join([*rows, line(1000 * number + turn)]).encode()
            answers.append(post_body(body, f"/ingest/{key}/calls/combined/").status_code)
        connections.close_all()

    threads = [threading.Thread(target=deliver, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [202] * 36
    assert sum(window.calls for window in folded().all()) == 36 * 91
    assert sum(latencies.counts_of(bytes(window.latencies)).sum() for window in folded().all()) == 36 * 91


@pytest.mark.django_db(transaction=True)
def test_connection_lost_before_the_commit_leaves_nothing_half_stored(key):
    def lose(execute, sql, params, many, context):
        if str(sql).startswith('UPDATE "gateway_ingest_source"'):
            with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(lose):
        assert post_body(line().encode(), f"/ingest/{key}/calls/").status_code == 503
    connection.close()
    assert (Batch.objects.count(), WindowPart.objects.count()) == (0, 0)
    assert post_body(line().encode(), f"/ingest/{key}/calls/").json()["accepted"] == 1
    assert folded().get().calls == 1


# --- bad input -----------------------------------------------------------------------------------------------


def test_bad_rows_are_named_by_line_and_the_others_stored(send):
    rows = [
        line().encode(),
        b"\xff\xfe\x00 broken",
        b"x" * 10_000_000,
        line(at="28/May/9999:12:31:00 +0000").encode(),
        line(at="01/May/2026:12:31:00 +0000").encode(),
        line(at="28/May/2026:12:38:00 +0000").encode(),
        b'{"msec": NaN, "status": 200, "request": "GET / HTTP/1.1"}',
        b'{"msec": -7, "status": 200, "request": "GET / HTTP/1.1"}',
        b'{"nginx_version": "1.9.4", "connections": {}}',
        b"",
        line(2).encode(),
    ]
    answer = send(b"\n".join(rows)).json()
    assert answer["accepted"] == 2
    said = {row["line"]: row["error"] for row in answer["rejected"]}
    assert sorted(said) == [2, 3, 4, 5, 6, 7, 8, 9]
    words = {2: "UTF-8", 3: "1 MB", 4: "9999", 5: "older", 6: "ahead", 7: "JSON", 8: "1969", 9: "no format"}
    assert all(word in said[number] for number, word in words.items())
    assert answer["dead_letter"] == DeadLetter.objects.get().key


def test_source_in_backfill_may_send_old_rows(send, source, now):
    Backfill.objects.create(source=source[0], until=now + timedelta(hours=1))
    assert send(line(at="01/Jan/2026:12:31:00 +0000")).json()["accepted"] == 1


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (gzip.compress("\n".join(map(line, range(5000))).encode())[:-9], "gzip", 400),
        (zstandard.compress("\n".join(map(line, range(300))).encode())[:-9], "zstd", 400),
        (b"not packed", "gzip", 400),
        (b"not packed", "zstd", 400),
        (gzip.compress(b" " * 50_000_000), "gzip", 413),
        (zstandard.compress(b" " * 50_000_000), "zstd", 413),
        (b"x", "br", 415),
        (b"[{]", "", 400),
        (b"x" * (10 * 1024 * 1024 + 1), "", 413),
    ],
)
def test_damaged_packing_and_bombs_are_refused(send, body, encoding, status):
    answer = send(body, content_encoding=encoding)
    assert (answer.status_code, stored(), DeadLetter.objects.count()) == (status, 0, 1)
    if encoding == "gzip" and status == 400 and len(body) > 100:
        assert "line" in answer.json()["detail"]


ROWS = [json.dumps(row) if isinstance(row, dict) else row for _name, row, _wanted in SAMPLES]
ANY_BODY = st.binary(max_size=60) | st.builds(
    lambda row, place, noise: row[:place].encode() + noise + row[place:].encode(),
    st.sampled_from(ROWS), st.integers(0, 900),
    st.binary(max_size=6) | st.sampled_from([b"\\ud800", b"\\u0000", b"\x00", b"[[[[", b"1e999", b"\n", b"{"]),
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(ANY_BODY, max_size=3), to=st.sampled_from(["", "combined/", "kong/", "nginx-json/", "litellm/"]))
def test_any_body_is_answered_with_what_became_of_it(key, parts, to):
    answer = post_body(b"\n".join(parts), f"/ingest/{key}/calls/{to}")
    assert answer.status_code in {202, 400}
    assert answer.json().get("duplicate") or "rejected" in answer.json() or answer.json()["detail"]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_packed_lines_arrays_and_objects_are_read(send, pack):
    kong = OBJECTS["kong"][0][0]
    name = "gzip" if pack is gzip.compress else "zstd"
    for body, count in (
        ("\n".join(map(line, range(3000))), 3000),
        (json.dumps([kong, kong, "no row", 7]), 2),
        (json.dumps(kong, indent=2), 1),
        (json.dumps({"data": [OBJECTS["langfuse"][0][0]], "meta": {}}), 1),
        (json.dumps([kong] * 3) + "\n" + json.dumps(kong | {"client_ip": "x"}), 4),
    ):
        assert send(pack(body.encode()), content_encoding=name).json().get("accepted") == count


def test_unknown_format_names_the_known_ones(send):
    answer = send(line(), to="telegraph/")
    assert answer.status_code == 404
    assert "litellm" in answer.json()["detail"]


def test_routes_of_one_component_are_capped_and_that_is_said(send, monkeypatch):
    monkeypatch.setattr(call_kinds, "MAX_ROUTES", 20)
    rows = [line().replace("/products/1", f"/page-{word}") for word in sorted(WORDS)]
    answer = send(*rows).json()
    assert (answer["accepted"], answer["capped"]["rows"]) == (100, 80)
    assert CallKind.objects.count() == 21
    assert folded().get(kind__route="other").calls == 80


WORDS = {chr(97 + one) + chr(97 + two) for one in range(10) for two in range(10)}


def test_flooding_source_is_told_to_wait_and_others_are_not(send, launch, now, settings):
    settings.CALLS_A_SECOND_PER_SOURCE = 1
    assert send(*map(line, range(30))).status_code == 202
    answer = send(line())
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) >= 19
    _source, other = sources.create(launch, name="quiet", actor=SYSTEM, now=now)
    assert post_body(line().encode(), f"/ingest/{other}/calls/combined/").status_code == 202


def test_closed_launch_takes_no_calls(send, launch, now):
    launch.closed_at = now
    launch.save()
    assert send(line()).status_code == 409


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_other_methods_are_405(key, method):
    assert getattr(Client(), method)(f"/ingest/{key}/calls/").status_code == 405


# --- OpenTelemetry -------------------------------------------------------------------------------------------


def test_traces_are_taken_in_both_forms_and_answered_as_otlp_says(key, api):
    address = f"/ingest/{key}/otlp/v1/traces"
    answer = post_body(json.dumps(export(span(NEW), span(SERVED, kind=3))).encode(), address, "application/json")
    assert (answer.status_code, answer.json()["partialSuccess"]["rejectedSpans"]) == (200, "0")
    answer = post_body(gzip.compress(binary(SERVED)), address, "application/x-protobuf", content_encoding="gzip")
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"", "application/x-protobuf")
    calls = api.get(f"/api/v1/calls/?launch=shop&trace_id={TRACE}").json()["results"]
    assert {call["model"] for call in calls} == {"large", ""}
    assert [call["flags"] for call in calls if call["model"]] == [["filtered"]]
    bad = post_body(b"\xff\xff", address, "application/x-protobuf")
    assert (bad.status_code, bad["Content-Type"]) == (400, "application/x-protobuf")
    assert bad.content.startswith(b"\x08\x03\x12")
    assert post_body(b"{", address, "application/json").json()["code"] == 3


# --- retention -----------------------------------------------------------------------------------------------


def test_old_days_go_with_their_partition_and_windows_stay(send, clock, launch):
    send(line())
    before = list(folded().values())
    clock.shift(timedelta(days=14))
    STORE.drop_old(now=datetime(2026, 6, 11, 12, 32, tzinfo=UTC))
    assert stored() == 1
    STORE.drop_old(now=datetime(2026, 6, 12, 12, 32, tzinfo=UTC))
    assert (stored(), partitions.existing()) == (0, [])
    assert list(folded().values()) == before


def test_launch_that_keeps_less_loses_its_rows_only(send, launch, source, now):
    send(line())
    CallRetention.objects.create(launch=launch, keep_days=2)
    other = type(launch).objects.get(pk=launch.pk)
    other.pk, other.slug = None, "other"
    other.save()
    STORE.drop_old(now=now + timedelta(days=1))
    assert stored() == 1
    STORE.drop_old(now=now + timedelta(days=3))
    assert stored() == 0


def test_partitions_are_made_ahead(db, now):
    partitions.make_ahead(now=now)
    assert [f"{day:%d}" for day in partitions.existing()] == ["28", "29", "30", "31"]


# --- windows -------------------------------------------------------------------------------------------------


def call(number):
    return IncomingCall(
        at=1_779_971_460_000_000 + (number % 7) * 20_000_000,
        status=(200, 404, 429, 500)[number % 4],
        path=f"/a/{number}",
        component=("one", "two")[number % 2],
        duration=(number * 7919) % 3_000_000 - 1,
        consumer=str(number % 90),
        model="large" if number % 3 else "",
        first_byte=number % 1000,
        input_tokens=number % 50 - 1,
        cost=number,
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.integers(1, 250), min_size=1, max_size=6), seed=st.integers(0, 99))
def test_windows_are_the_same_however_calls_are_split_ordered_and_repeated(source, parts, seed):
    Window.objects.all().delete()
    Batch.objects.all().delete()
    batches, start = [], 0
    for size in parts:
        batches.append([call(number) for number in range(start, start + size)])
        start += size
    store([each for batch in batches for each in batch], source[0])
    whole = list(folded().order_by("kind_id", "at").values())
    Window.objects.all().delete()
    Batch.objects.all().delete()
    sent = batches + batches[: len(batches) // 2]
    dice = random.Random(seed)
    dice.shuffle(sent)
    for batch in sent:
        dice.shuffle(batch)
        store(batch, source[0])
        if dice.random() < 0.3:
            windows.fold()
    assert list(folded().order_by("kind_id", "at").values()) == whole


def store(calls, source):
    """Adds the windows of some calls once, however often they come."""
    _row, is_new = Batch.objects.get_or_create(
        source=source, batch_id=str(sorted(each.cost for each in calls)[:2]) + str(len(calls)),
        defaults={"accepted": len(calls), "received_at": datetime(2026, 5, 28, tzinfo=UTC)})  # fmt: skip
    if is_new:
        keys = [
            call_kinds.Key(each.component, "", "/a/{number}", each.status // 100, "", "", "", each.model, "")
            for each in calls
        ]
        numbers, _capped = call_kinds.kinds_of(source.launch_id, set(keys))
        columns = columns_of(
            calls, kinds=[numbers[key] for key in keys], details=[1] * len(calls), launch_id=source.launch_id
        )
        windows.add(windows.rolled_up(columns))


def test_windows_count_what_rules_need_and_keep_nothing_as_null(send, api):
    send(*(line(number, status=status) for number, status in enumerate((200, 400, 422, 503, 504, 500, 401, 429))))
    found = {window.kind.status_class: window for window in folded().select_related("kind")}
    assert (found[5].errors, found[5].unavailable, found[5].provider_errors) == (3, 2, None)
    assert (found[4].malformed, found[4].refused, found[4].limited) == (2, 1, 1)
    assert (found[2].malformed, found[2].errors, found[2].helpful) == (None, None, None)


def test_errors_of_a_models_provider_are_counted_apart(send):
    rows = [
        {"call_type": "acompletion", "startTime": 1779971460.0 + place, "endTime": 1779971461.0 + place,
         "status": "failure", "custom_llm_provider": "openai", "model": "large",
         "error_information": {"error_code": code}, "request_tags": ["unsafe"]}
        for place, code in enumerate(("503", "408", "429"))
    ]  # fmt: skip
    assert send(json.dumps(rows)).json()["accepted"] == 3
    assert sum(window.provider_errors or 0 for window in folded().all()) == 2
    assert sum(window.flagged or 0 for window in folded().all()) == 3


def test_scheme_and_error_format_tell_kinds_apart(send):
    send(
        line(1, status=500) + ' scheme=https type="text/html"',
        line(2, status=500) + ' scheme=http type="application/json"',
    )
    assert set(CallKind.objects.values_list("scheme", "error_format")) == {("https", "html"), ("http", "json")}


@pytest.mark.django_db(transaction=True)
def test_folding_at_once_by_several_loses_and_doubles_nothing(send):
    for number in range(12):
        send(*(line(place, address=f"198.51.100.{number}") for place in range(number * 50, number * 50 + 50)))

    def fold():
        windows.fold()
        connections.close_all()

    workers = [threading.Thread(target=fold) for _number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    window = folded().get()
    assert (window.calls, distinct.count(bytes(window.consumers)).number, WindowPart.objects.count()) == (600, 12, 0)


def test_list_of_windows_shows_what_came_a_moment_ago(send, api):
    send(line())
    begins = "launch=shop&from=2026-05-28T12:00:00Z&to=2026-05-28T13:00:00Z"
    assert [row["calls"] for row in api.get(f"/api/v1/windows/?{begins}").json()["results"]] == [1]
    send(line(2))
    assert [row["calls"] for row in api.get(f"/api/v1/windows/?{begins}").json()["results"]] == [2]


def test_day_that_is_over_gets_smaller_indexes_and_its_calls_are_still_found(send, api, now, clock):
    send(line(), line(2, trace="1" * 32).replace(REQUEST, "another-one"))
    day = datetime(2026, 5, 28, tzinfo=UTC)
    assert STORE.close_days(now=day + timedelta(days=1, hours=23)) == 0
    assert STORE.close_days(now=day + timedelta(days=2)) == 1
    assert STORE.close_days(now=day + timedelta(days=2)) == 0
    send(line(3, trace="2" * 32))
    for query in (f"trace_id={TRACE}", "trace_id=" + "2" * 32, "request_id=another-one"):
        assert len(api.get(f"/api/v1/calls/?launch=shop&{query}").json()["results"]) == 1
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT 1 FROM gateway_ingest_call c WHERE uuid_hash(c.trace_id) = 7 AND "
            "c.trace_id <> '00000000-0000-0000-0000-000000000000'")  # fmt: skip
        plan = "".join(row[0] for row in cursor.fetchall())
    assert "gateway_ingest_call_20260528_trace_closed" in plan


def test_delivery_of_more_than_ten_thousand_rows_is_stored_whole(send):
    assert send(*(line(number) for number in range(10_050))).json() == {"accepted": 10_050, "rejected": []}
    assert (stored(), folded().get().calls) == (10_050, 10_050)
