"""Over the network and group by group: the lean door says what Django's door says, stores once, and harms no neighbour."""

import asyncio
import gzip
import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from feedback.models import Feedback
from gateway_ingest import sources
from gateway_ingest.committing import Committer, outcomes_of
from gateway_ingest.models import Alert, AlertChange, Batch, DeadLetter, Source
from gateway_ingest.receive import Delivery
from gateway_ingest.storing import Answer
from gateway_ingest.turns import Waiting
from gateway_ingest.views import ingest
from gateway_ingest.views.lean import Address, address_of
from hypercare.core import clock
from hypercare.core.models import TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.timeline import SYSTEM
from tests.served import Site

FIRING = {
    "status": "firing",
    "labels": {"alertname": "CatalogErrors", "severity": "critical", "service": "catalog_api"},
    "annotations": {"summary": "Product pages fail"},
    "startsAt": "2026-05-28T12:20:00Z",
    "fingerprint": "8f3c2a1b9d0e4f57",
}
RESOLVED = FIRING | {"status": "resolved", "endsAt": "2026-05-28T12:30:00Z"}
AGAIN = FIRING | {"startsAt": "2026-05-28T12:31:00Z"}
PLAIN = {"Content-Type": "application/json"}
# Asking for a language is out of the ordinary, so Django takes it.
THE_LONG_WAY = PLAIN | {"Accept-Language": "en"}


def told(*alerts, number=0) -> bytes:
    return json.dumps({"receiver": "x", "groupKey": str(number), "alerts": list(alerts)}).encode()


def alert(number, **changes):
    return FIRING | {"fingerprint": f"{number:016x}"} | changes


@pytest.fixture
def key(launch):
    return sources.create(launch, name="Alertmanager", actor=SYSTEM, now=clock.now())[1]


# --- the same door --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        *("/ingest/", "/ingest/alertmanager/", "/ingest/generic/", "/ingest/hcs_a/", "/ingest/hcs_a/grafana/"),
        *("/ingest/hcs_a/nonsense/", "/ingest/calls/", "/ingest/calls/kong/", "/ingest/hcs_a/calls/kong/"),
        *("/ingest/hcs_a/calls/", "/ingest/deploys/github/", "/ingest/hcs_a/deploys/github/"),
        *("/ingest/heartbeat/", "/ingest/hcs_a/heartbeat/"),
        *("/ingest/otlp/v1/logs", "/ingest/hcs_a/otlp/v1/logs", "/api/v1/alerts/", "/ingest", "/ingestion/"),
    ],
)
def test_address_is_the_lean_doors_exactly_where_it_is_the_alert_doors(path):
    try:
        found = resolve(path)
    except Exception:  # noqa: BLE001 - no address at all
        assert address_of(path) is None
        return
    expected = None
    if found.func is ingest.alerts:
        expected = Address(found.kwargs.get("source_key"), found.kwargs.get("format_name", ""))
    assert address_of(path) == expected


def ask(site, path, body, headers):
    line = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    with closing(line):
        line.request("POST", path, body, headers)
        answer = line.getresponse()
        return answer, answer.read()


CASES = {
    "firing": ("/ingest/{key}/", told(FIRING), {}, 202),
    "format": ("/ingest/{key}/alertmanager/", told(FIRING), {}, 202),
    "bearer": ("/ingest/", told(FIRING), {"Authorization": "Bearer {key}"}, 202),
    "rejected": ("/ingest/{key}/", told(FIRING, {"status": "firing"}), {}, 202),
    "not understood": ("/ingest/{key}/", b'{"what": "ever"}', {}, 202),
    "wrong key": ("/ingest/hcs_nobody/", told(FIRING), {}, 404),
    "wrong bearer": ("/ingest/", told(FIRING), {"Authorization": "Bearer nobody"}, 401),
    "no bearer": ("/ingest/alertmanager/", told(FIRING), {}, 401),
    "no such format": ("/ingest/{key}/telegraph/", told(FIRING), {}, 404),
    "another format": ("/ingest/{key}/grafana/", told(FIRING), {}, 202),
    "no JSON": ("/ingest/{key}/", b"{", {}, 400),
    "nothing": ("/ingest/{key}/", b"", {}, 400),
    "no UTF-8": ("/ingest/{key}/", b"\xff\xfe", {}, 400),
    "not a number": ("/ingest/{key}/", b'{"alerts": [], "receiver": NaN}', {}, 400),
    "infinity": ("/ingest/{key}/", b'{"alerts": [], "receiver": -Infinity}', {}, 400),
    "long key": ("/ingest/{key}/", told(FIRING), {"Idempotency-Key": "k" * 201}, 400),
    "year 9999": ("/ingest/{key}/", told(FIRING | {"startsAt": "9999-12-31T23:59:59Z"}), {}, 202),
    "negative time": ("/ingest/{key}/", b'[{"title": "x", "severity": "high", "starts_at": -62135596800}]', {}, 202),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("case", CASES)
def test_both_doors_answer_alike(site, key, case):
    path, body, headers, status = CASES[case]
    headers = {name: value.format(key=key) for name, value in headers.items()}
    said = []
    for common in (PLAIN, THE_LONG_WAY):
        answer, content = ask(site, path.format(key=key), body, common | headers)
        said.append((answer.status, _lasting(answer), _without_numbers(json.loads(content))))
        Batch.objects.all().delete()
        Alert.objects.all().delete()
        Feedback.objects.all().delete()
    assert said[0][0] == status
    assert said[0] == said[1]
    assert key not in str(said)


def _lasting(answer):
    passing = {"x-request-id", "date", "server", "content-length"}
    found = {name.lower(): value for name, value in answer.getheaders() if name.lower() not in passing}
    policy = found.pop("content-security-policy")
    return found, {part.strip() for part in policy.split(";")}


def _without_numbers(said):
    numbered = {"receipts": [], "dead_letter": ""}
    return said | {name: nothing for name, nothing in numbered.items() if name in said}


@pytest.mark.django_db(transaction=True)
def test_closed_launch_and_ended_source_are_refused_alike(site, key, launch):
    launch.closed_at = clock.now()
    launch.save()
    assert [ask(site, f"/ingest/{key}/", told(FIRING), way)[0].status for way in (PLAIN, THE_LONG_WAY)] == [409, 409]
    sources.end(Source.objects.get(), actor=SYSTEM, now=clock.now())
    assert [ask(site, f"/ingest/{key}/", told(FIRING), way)[0].status for way in (PLAIN, THE_LONG_WAY)] == [404, 404]
    assert not Alert.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_request_is_named_in_the_timeline(site, key):
    answer, _body = ask(site, f"/ingest/{key}/", told(FIRING), PLAIN | {"X-Request-Id": "my-own-request-1"})
    assert answer.headers["X-Request-Id"] == "my-own-request-1"
    named = set(TimelineEntry.objects.filter(kind__in=["alert.fired", "feedback.received"]).values_list("request_id"))
    assert named == {("my-own-request-1",)}


@pytest.mark.django_db(transaction=True)
def test_other_host_is_refused_by_django(site, key):
    answer, _body = ask(site, f"/ingest/{key}/", told(FIRING), PLAIN | {"Host": "evil.example"})
    assert answer.status == 400
    assert not Alert.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_address_without_its_last_slash_is_the_same_one(site, key):
    sent = {
        "": told(FIRING),
        "/alertmanager": told(RESOLVED),
        "/calls/combined": b"junk",
        "/deploys/generic": b'{"version": "1"}',
        "/heartbeat": b"",
    }
    assert {ask(site, f"/ingest/{key}{place}", body, PLAIN)[0].status for place, body in sent.items()} == {202}
    assert ask(site, f"/ingest/{key}/nonsense", told(FIRING), PLAIN)[0].status == 404


# --- groups ---------------------------------------------------------------------------------------------------


def waiting(key, body, **more):
    loop = asyncio.new_event_loop()
    loop.close()
    delivery, answered = Delivery(body=body, **more), asyncio.Future(loop=loop)
    return Waiting(key=key, in_address=True, caller="127.0.0.1", delivery=delivery, answered=answered)


def said_of(key, *bodies, **more):
    return outcomes_of([waiting(key, body, **more) for body in bodies], now=clock.now())


@pytest.mark.django_db
def test_deliveries_of_one_group_keep_their_order(key):
    outcomes = said_of(key, *(told(one, number=n) for n, one in enumerate([FIRING, RESOLVED, AGAIN])))
    first, second = Feedback.objects.order_by("pk")
    assert [outcome.receipts for outcome in outcomes] == [[first.key], [first.key], [second.key]]
    assert (Alert.objects.get().status, Alert.objects.get().episode) == ("firing", 2)
    assert list(AlertChange.objects.order_by("pk").values_list("status", "episode")) == [("resolved", 1), ("firing", 2)]


@pytest.mark.django_db
def test_same_body_in_one_group_is_stored_once_and_counted(key):
    outcomes = said_of(key, *[told(FIRING)] * 3)
    assert [outcome.duplicate for outcome in outcomes] == [False, True, True]
    assert (Alert.objects.get().count, Source.objects.get().repeats, Feedback.objects.count()) == (3, 2, 1)


@pytest.mark.django_db
def test_retry_in_one_group_under_one_key_counts_no_reminder(key):
    said_of(key, *[told(FIRING)] * 3, idempotency_key="one")
    assert (Alert.objects.get().count, Source.objects.get().repeats) == (1, 2)


@pytest.mark.django_db
def test_end_that_comes_before_its_firing_in_one_group_opens_nothing(key):
    said_of(key, told(RESOLVED), told(FIRING, number=1))
    assert (Alert.objects.get().status, Feedback.objects.count()) == ("resolved", 0)


@pytest.mark.django_db
def test_group_serves_sources_of_several_launches_and_refuses_ended_ones(launch, other, key):
    now = clock.now()
    _second, elsewhere = sources.create(other, name="Alertmanager", actor=SYSTEM, now=now)
    ended, gone = sources.create(launch, name="Gone", actor=SYSTEM, now=now)
    group = [waiting(one, told(FIRING)) for one in (key, elsewhere, gone, "hcs_nobody")]
    sources.end(ended, actor=SYSTEM, now=now)

    outcomes = outcomes_of(group, now=now)

    assert [outcome.accepted if isinstance(outcome, Answer) else outcome.status for outcome in outcomes] == [
        1,
        1,
        404,
        404,
    ]
    assert set(Alert.objects.values_list("launch__slug", "fingerprint")) == {
        ("shop", FIRING["fingerprint"]),
        ("other", FIRING["fingerprint"]),
    }
    assert set(Feedback.objects.values_list("launch__slug", flat=True)) == {"shop", "other"}
    assert TimelineEntry.objects.filter(kind="alert.fired", launch=other).count() == 1


@pytest.mark.django_db(transaction=True)
def test_source_that_somebody_holds_keeps_no_other_waiting_and_keeps_its_order(launch, key):
    _other, free = sources.create(launch, name="Second", actor=SYSTEM, now=clock.now())
    is_held, release = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Source.objects.select_for_update(no_key=True).get(name="Alertmanager")
            is_held.set()
            release.wait(20)
        connection.close()

    async def send():
        committer = Committer(clock=clock.now)

        def put(to, body):
            answered = asyncio.get_running_loop().create_future()
            committer.take(replace(waiting(to, body), answered=answered))
            return answered

        theirs = [put(key, told(FIRING)), put(key, told(RESOLVED, number=1))]
        assert (await asyncio.wait_for(put(free, told(FIRING)), 10)).accepted == 1
        theirs.append(put(key, told(AGAIN, number=2)))
        assert (await asyncio.wait_for(put(free, told(RESOLVED)), 10)).accepted == 1
        assert not any(one.done() for one in theirs)
        release.set()
        return [(await asyncio.wait_for(one, 10)).accepted for one in theirs]

    holder = threading.Thread(target=hold)
    holder.start()
    is_held.wait(10)
    try:
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(asyncio.run, send()).result() == [1, 1, 1]
    finally:
        release.set()
        holder.join()
    theirs = Alert.objects.get(source__name="Alertmanager")
    assert (theirs.status, theirs.episode) == ("firing", 2)


@pytest.mark.django_db(transaction=True)
def test_delivery_that_fails_harms_no_neighbour(key):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE gateway_ingest_alert ADD CONSTRAINT for_this_test CHECK (title <> 'Impossible')")
    try:
        outcomes = said_of(key, told(alert(1)), told(alert(2, annotations={"summary": "Impossible"})), told(alert(3)))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE gateway_ingest_alert DROP CONSTRAINT for_this_test")
    assert [type(outcome) for outcome in outcomes] == [Answer, Problem, Answer]
    assert outcomes[1].status == 500
    assert (Alert.objects.count(), Feedback.objects.count(), Batch.objects.count()) == (2, 2, 2)


@pytest.mark.django_db
def test_unreadable_neighbour_is_kept_as_a_letter_and_the_others_are_stored(key):
    outcomes = said_of(key, told(alert(1)), b"{", told(alert(2)), b'{"what": "ever"}')
    assert [one.status if isinstance(one, Problem) else one.accepted for one in outcomes] == [1, 400, 1, 0]
    assert (Alert.objects.count(), DeadLetter.objects.count()) == (2, 2)


@pytest.mark.django_db
def test_number_of_queries_does_not_grow_with_the_group(key):
    def queries(first, count):
        with CaptureQueriesContext(connection) as captured:
            said_of(key, *(told(alert(number), number=number) for number in range(first, first + count)))
        return len(captured)

    said_of(key, told(alert(0)))
    assert queries(1, 2) == queries(10, 60) <= 20
    assert Alert.objects.count() == 63


# --- faults ---------------------------------------------------------------------------------------------------


def send_many(site, key, numbers):
    """Posts one alert after the other on one connection; says which were answered how."""
    found = {}
    line = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    with closing(line):
        for number in numbers:
            try:
                line.request("POST", f"/ingest/{key}/", told(alert(number)), PLAIN)
                answer = line.getresponse()
                answer.read()
                found[number] = answer.status
            except (http.client.HTTPException, OSError):
                line.close()
                found[number] = 0
    return found


@pytest.mark.django_db(transaction=True)
def test_many_connections_at_once_are_all_stored_once(site, key):
    with ThreadPoolExecutor(16) as senders:
        answers = list(senders.map(lambda share: send_many(site, key, range(share, 320, 16)), range(16)))
    assert {status for found in answers for status in found.values()} == {202}
    assert (Alert.objects.count(), Feedback.objects.count(), Batch.objects.count()) == (320, 320, 320)
    assert set(Alert.objects.values_list("count", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_database_that_goes_away_in_the_middle_stores_nothing_by_half(site, key):
    send_many(site, key, [9999])
    with ThreadPoolExecutor(8) as senders:
        running = [senders.submit(send_many, site, key, range(share, 400, 8)) for share in range(8)]
        for _time in range(5):
            time.sleep(0.15)
            _cut_all_other_connections()
        answers = {number: status for one in running for number, status in one.result().items()}
    assert set(answers.values()) <= {202, 503}
    stored = set(Alert.objects.values_list("fingerprint", flat=True))
    assert {f"{number:016x}" for number, status in answers.items() if status == 202} <= stored
    assert Alert.objects.filter(feedback=None).count() == 0
    assert Alert.objects.count() == Feedback.objects.count() == Batch.objects.count()
    assert send_many(site, key, [9998]) == {9998: 202}


@pytest.mark.django_db(transaction=True)
def test_first_delivery_after_every_connection_was_cut_is_taken(site, key):
    assert send_many(site, key, [1]) == {1: 202}
    _cut_all_other_connections()
    assert send_many(site, key, [2]) == {2: 202}


def _cut_all_other_connections():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


@pytest.mark.django_db(transaction=True)
def test_web_process_that_is_told_to_stop_keeps_what_it_answered(django_db_setup, key, tmp_path, settings):
    own = Site(tmp_path / "web.log", redis_url=settings.REDIS_URL)
    own.wait()
    with ThreadPoolExecutor(8) as senders:
        running = [senders.submit(send_many, own, key, range(share, 4000, 8)) for share in range(8)]
        while not Alert.objects.exists():
            time.sleep(0.02)
        own.stop()
        answers = {number: status for one in running for number, status in one.result().items()}
    taken = {f"{number:016x}" for number, status in answers.items() if status == 202}
    assert set(answers.values()) == {202, 0}
    assert taken
    assert taken <= set(Alert.objects.values_list("fingerprint", flat=True))


@pytest.mark.django_db(transaction=True)
def test_sender_that_goes_away_before_the_answer_harms_nobody(site, key):
    place = urlsplit(site.url)
    body = told(alert(1))
    for _time in range(20):
        with closing(socket.create_connection((place.hostname, place.port))) as line:
            head = f"POST /ingest/{key}/ HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: {len(body)}\r\n\r\n"
            line.sendall(head.encode() + body)
    assert send_many(site, key, [2]) == {2: 202}
    assert set(Alert.objects.values_list("fingerprint", flat=True)) == {f"{1:016x}", f"{2:016x}"}
    assert Feedback.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_body_that_trickles_in_is_read_and_keeps_nobody_waiting(site, key):
    place = urlsplit(site.url)
    body = told(alert(1))
    head = f"POST /ingest/{key}/ HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with closing(socket.create_connection((place.hostname, place.port), timeout=10)) as slow:
        slow.sendall(head.encode())
        assert send_many(site, key, [2]) == {2: 202}
        for start in range(0, len(body), 40):
            slow.sendall(body[start : start + 40])
            time.sleep(0.1)
        said = b"".join(iter(lambda: slow.recv(65536), b""))
    assert said.startswith(b"HTTP/1.1 202")
    assert Alert.objects.count() == 2


PACKED = gzip.compress(told(FIRING), mtime=0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (PACKED, "gzip", 202),
        (PACKED[:-9], "gzip", 400),
        (PACKED[:12], "gzip", 400),
        (b"not packed", "gzip", 400),
        (PACKED, "br", 415),
        (PACKED, None, 400),
        (gzip.compress(b" " * 100_000_000, mtime=0), "gzip", 413),
        (gzip.compress(gzip.compress(b" " * 100_000_000, mtime=0), mtime=0), "gzip", 413),
        (told(FIRING | {"annotations": {"summary": "x" * 10_000_000}}), None, 202),
        (b"x" * (10 * 1024 * 1024 + 1), None, 413),
        (b"[" * 60_000, None, 400),
    ],
)
def test_bad_bodies_are_refused_by_name_and_memory_stays_bounded(site, key, body, encoding, status):
    headers = PLAIN | ({"Content-Encoding": encoding} if encoding else {})
    about = Path(f"/proc/{site.pid}")
    (about / "clear_refs").write_text("5")  # the peak begins anew
    before = megabytes(about, "VmRSS")
    answer, content = ask(site, f"/ingest/{key}/", body, headers)
    assert answer.status == status
    said = json.loads(content)
    assert status == 202 or len(said["detail"]) > 8
    assert Alert.objects.count() == (1 if body == PACKED and status == 202 else 0)
    took = megabytes(about, "VmHWM") - before
    assert took < 100, f"{took} MB"
    assert psutil.Process(site.pid).is_running()


def megabytes(about: Path, figure: str) -> float:
    """A figure of a process's memory."""
    lines = (about / "status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(figure))
