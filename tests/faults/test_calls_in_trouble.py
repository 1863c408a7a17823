"""These tests break what stands under deliveries of calls, and count afterwards: stored once, in their windows once."""

import gzip
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress

import psutil
import pytest

from tests.faults.conftest import ROOT, Stack, free_port, until

CALLS = (
    "SELECT count(*) FROM gateway_ingest_call WHERE kind IN (SELECT id FROM gateway_ingest_callkind WHERE hint = '{}')"
)
IN_WINDOWS = (
    "SELECT coalesce(sum(calls), 0) FROM gateway_ingest_window w JOIN gateway_ingest_callkind k ON k.id = w.kind_id "
    "WHERE k.hint = '{}'"
)
NOTES = "SELECT count(*) FROM gateway_ingest_windowpart"


def lines(service, number, *, rows=1000, route="/orders/{place}"):
    at = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(time.time() - 120 + number))
    return "\n".join(
        f'198.51.100.{place % 250} - - [{at}] "GET {route.format(place=place, number=number)} HTTP/1.1" 200 5 "-" '
        f'"-" rt=0.{place % 900 + 100} rid="{number:08x}-{place:04x}-4000-8000-{place:012x}" service="{service}"'
        for place in range(rows)
    )


def source_key(stack, name):
    _status, answer = stack.call("POST", "/api/v1/sources/", {"launch": "faults", "name": name})
    return answer["key"]


def post(stack, key, body, *, port=None):
    """The status and the text of the answer; 0 where there was none."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port or stack.port}/ingest/{key}/calls/combined/",
        data=gzip.compress(body.encode()),
        headers={"Content-Encoding": "gzip"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError as broken:
        return 0, str(broken)


def sent(stack, key, body, answers):
    """Sends a body again until it is taken, as the shipper does."""

    def taken():
        answers.append(post(stack, key, body)[0])
        return answers[-1] == 202

    until(taken, what="the delivery is taken")


def all_in_windows(stack, service, wanted):
    def holds():
        with suppress(Exception):
            return stack.number(NOTES) == 0 and stack.number(IN_WINDOWS.format(service)) == wanted
        return False

    until(holds, what=f"{wanted} calls of {service} are in their windows")
    assert stack.number(CALLS.format(service)) == wanted


def kill_database(stack):
    pid = int((stack.home / "data" / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    database = psutil.Process(pid)
    for backend in [*database.children(), database]:
        with suppress(psutil.NoSuchProcess):
            backend.kill()


def deliver_while_the_database_is_killed(stack, service, *, after):
    """Two senders, 16,000 calls, two kills, each so many seconds after the product was ready."""
    key, answers = source_key(stack, service), []
    senders = [
        threading.Thread(
            target=lambda first=first: [
                sent(stack, key, lines(service, first + 2 * each), answers) for each in range(8)
            ]
        )
        for first in range(2)
    ]
    for sender in senders:
        sender.start()
    for _time in range(2):
        time.sleep(after)
        kill_database(stack)
        until(stack.ready, what="the product is ready again")
    for sender in senders:
        sender.join()
    assert set(answers) <= {202, 503, 0}
    all_in_windows(stack, service, 16_000)


def test_database_killed_in_the_middle_of_deliveries_loses_and_doubles_nothing(stack):
    deliver_while_the_database_is_killed(stack, "killed", after=0.4)


@pytest.mark.deep
@pytest.mark.timeout(600)
def test_database_killed_at_any_moment_of_a_delivery_loses_and_doubles_nothing(stack):
    """Also between the commit of a new kind, of a batch, and the answer that never came."""
    for number in range(36):
        deliver_while_the_database_is_killed(stack, f"killed{number}", after=0.02 + 0.015 * (number % 12))


@pytest.mark.deep
def test_worker_killed_while_it_folds_loses_and_doubles_nothing(stack):
    key = source_key(stack, "folded")
    for number in range(40):
        sent(stack, key, lines("folded", number), [])
        if number % 4 == 0:
            for worker in stack.children("worker"):
                with suppress(psutil.NoSuchProcess):
                    worker.kill()
    all_in_windows(stack, "folded", 40_000)


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_million_distinct_routes_are_capped_said_and_cost_bounded_memory(stack):
    key = source_key(stack, "routes")
    web = stack.children("hypercare.management.web")[0]
    before, said = web.memory_info().rss, []
    for number in range(100):
        status, answer = post(stack, key, lines("routes", number % 100, rows=10_000, route="/name-{number}-x{place}y"))
        assert status == 202
        said.append("capped" in answer)
    assert not said[0] or said[1]
    assert all(said[1:])
    all_in_windows(stack, "routes", 1_000_000)
    kinds = stack.number("SELECT count(*) FROM gateway_ingest_callkind WHERE hint = 'routes'")
    grown = (web.memory_info().rss - before) / 2**20
    assert kinds <= 1001
    assert grown < 400


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own for the product's home; only root may make one."""
    if os.geteuid() or not shutil.which("mount"):
        pytest.skip("a file system of its own needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600m,mode=755", "tmpfs", folder], check=False).returncode:
        pytest.skip("this machine lets nobody mount a file system")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.deep
@pytest.mark.timeout(600)
def test_full_disk_is_said_and_what_was_accepted_is_there_when_there_is_room_again(small_disk):
    stack = Stack(small_disk)
    try:
        key, answers = source_key(stack, "full"), []
        sent(stack, key, lines("full", 0), answers)
        filler = small_disk / "filler"
        with filler.open("wb") as full, suppress(OSError):
            while True:
                full.write(b"\0" * 2**20)
                full.flush()
        refused, number = [], 1
        while not refused and number < 60:
            status, answer = post(stack, key, lines("full", number))
            if status == 202:
                number += 1
            else:
                refused.append((status, answer))
        assert refused, "60 deliveries found room on a full disk"
        assert refused[0][0] in {503, 507, 0}, refused
        filler.unlink()
        until(stack.ready, what="the product is ready again")
        for each in range(number, number + 3):
            sent(stack, key, lines("full", each), answers)
        all_in_windows(stack, "full", (number + 3) * 1000)
    finally:
        stack.end()


@pytest.fixture
def second_web(stack):
    """One more web process on the same database, as a second machine would run it; its port."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "hypercare.asgi:application",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    environment = stack.children("hypercare.management.web")[0].environ()
    web = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=stack.log, stderr=stack.log)

    def listens():
        with suppress(OSError):
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).status == 200
        return False

    until(listens, what="the second web process listens")
    yield port
    web.terminate()
    web.wait(20)


def test_two_web_processes_agree_on_kinds_and_windows(stack, second_web):
    key, said = source_key(stack, "two"), []

    def send(port, first):
        for each in range(first, 10, 2):
            route = "/name-{number}-x{place}y" if each > 3 else "/orders/{place}"
            said.append(post(stack, key, lines("two", each, rows=400, route=route), port=port)[0])

    senders = [threading.Thread(target=send, args=each) for each in ((stack.port, 0), (second_web, 1))]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert said == [202] * 10
    all_in_windows(stack, "two", 4000)
    texts = "hint, method, route, status_class, release, consumer_class, scheme, error_format"
    kinds = stack.query(f"SELECT {texts}, count(*) FROM gateway_ingest_callkind WHERE hint = 'two' GROUP BY {texts}")
    assert len(kinds) == 1001
    assert {row[-1] for row in kinds} == {1}
