"""These tests ship a growing log to the product over the network, and count that every line arrived once."""

import bz2
import gzip
import json
import lzma
import os
import shutil
import threading
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from gateway_ingest import sources
from gateway_ingest.shipping import RefusedError, Shipper, Target
from hypercare.core import clock
from hypercare.core.timeline import SYSTEM


@pytest.fixture
def key(transactional_db, site, launch):
    return sources.create(launch, name="nginx", actor=SYSTEM, now=clock.now())[1]


@pytest.fixture
def log(tmp_path):
    return tmp_path / "access.log"


@pytest.fixture
def shipper(log, site, key):
    return Shipper(log, log.with_name("state"), Target(site.url, key, "combined"), print, sleep=lambda _seconds: None)


def write(log, first, last, end="\n"):
    moment = clock.now() - timedelta(minutes=2)
    lines = [
        f'198.51.100.7 - - [{moment:%d/%b/%Y:%H:%M:%S +0000}] "GET /a HTTP/1.1" 200 5 "-" "-" rid="line-{number}"'
        for number in range(first, last)
    ]
    with log.open("a") as file:
        file.write("\n".join(lines) + end)


def arrived():
    with connection.cursor() as cursor:
        # What an earlier test left has details that are gone.
        cursor.execute(
            "SELECT request_name FROM gateway_ingest_call c JOIN gateway_ingest_calldetail d ON d.id = c.detail"
        )
        return sorted(int(row[0].removeprefix("line-")) for row in cursor.fetchall())


def test_file_is_shipped_whole_and_later_only_what_is_new(log, shipper):
    write(log, 0, 2500)
    assert shipper.run(follow=False) == 2500
    assert shipper.run(follow=False) == 0
    write(log, 2500, 2600)
    assert shipper.run(follow=False) == 100
    assert arrived() == list(range(2600))


def test_batch_whose_answer_was_lost_is_not_doubled(log, shipper):
    write(log, 0, 300)
    shipper.run(follow=False)
    state = json.loads(shipper.state.read_text())
    # As if we had ended between the server's commit and our noting it, and the log had grown meanwhile.
    shipper.state.write_text(json.dumps(state | {"offset": 0, "sending": state["offset"]}))
    write(log, 300, 350)
    shipper.run(follow=False)
    assert arrived() == list(range(350))


def test_rotation_loses_nothing(log, shipper):
    write(log, 0, 10)
    shipper.run(follow=False)
    write(log, 10, 20)
    log.rename(log.with_name("access.log.1"))
    write(log, 20, 30)
    shipper.run(follow=False)
    assert arrived() == list(range(30))


@pytest.mark.parametrize("pack", [gzip.open, bz2.open, lzma.open], ids=["gz", "bz2", "xz"])
def test_file_that_was_rotated_and_packed_while_nobody_read_is_not_lost(log, shipper, pack):
    write(log, 0, 10)
    shipper.run(follow=False)
    write(log, 10, 20)
    packed = log.with_name("access.log.1" + {gzip.open: ".gz", bz2.open: ".bz2", lzma.open: ".xz"}[pack])
    with pack(packed, "wb") as file:
        file.write(log.read_bytes())
    log.unlink()
    write(log, 20, 30)
    assert shipper.run(follow=False) == 20
    assert arrived() == list(range(30))


def test_several_rotations_while_nobody_read_lose_nothing(log, shipper):
    write(log, 0, 10)
    shipper.run(follow=False)
    write(log, 10, 20)
    with gzip.open(log.with_name("access.log.2.gz"), "wb") as file:
        file.write(log.read_bytes())
    os.utime(log.with_name("access.log.2.gz"), (1000, 1000))
    log.unlink()
    write(log, 20, 30)
    log.rename(log.with_name("access.log.1"))
    write(log, 30, 40)
    assert shipper.run(follow=False) == 30
    assert arrived() == list(range(40))
    assert shipper.run(follow=False) == 0


def test_file_that_is_gone_is_said(log, shipper):
    said = []
    shipper.say = said.append
    write(log, 0, 10)
    shipper.run(follow=False)
    log.unlink()
    write(log, 10, 20)
    shipper.run(follow=False)
    assert arrived() == list(range(20))
    assert "is gone" in said[0]


def test_file_that_was_cut_is_read_from_its_start(log, shipper):
    write(log, 0, 10)
    shipper.run(follow=False)
    log.write_text("")
    write(log, 10, 15)
    shipper.run(follow=False)
    assert arrived() == list(range(15))


def test_server_that_is_away_is_asked_again(log, shipper, site, key):
    write(log, 0, 10)
    waits = []

    def come_back(seconds):
        waits.append(seconds)
        shipper.target = Target(site.url, key, "combined")

    shipper.target, shipper.sleep = Target("http://127.0.0.1:9", key), come_back
    assert shipper.run(follow=False) == 10
    assert waits == [1.0]


def test_line_that_is_far_too_long_is_left_out_and_the_rest_arrives(log, shipper):
    write(log, 0, 3)
    with log.open("a") as file:
        file.write("[{" + "x" * 5_000_000 + "\n")
    write(log, 3, 6)
    assert shipper.run(follow=False) == 6
    assert arrived() == [*range(6)]


def test_lines_that_pack_to_almost_nothing_are_taken(log, shipper):
    line = f'198.51.100.7 - - [{clock.now():%d/%b/%Y:%H:%M:%S +0000}] "GET /{"a" * 1800} HTTP/1.1" 200 5 "-" "-"\n'
    log.write_text(line * 3000)
    assert shipper.run(follow=False) == 3000


def test_batch_that_cannot_be_read_is_said_and_left_out(log, shipper, capsys):
    log.write_text("[{broken\n")
    write(log, 0, 2)
    assert shipper.run(follow=False) == 0
    assert "are left out: 400" in capsys.readouterr().out
    write(log, 2, 4)
    assert shipper.run(follow=False) == 2


def test_wrong_key_ends_with_a_sentence(log, shipper, site):
    write(log, 0, 1)
    shipper.target = Target(site.url, "hcs_nobody")
    with pytest.raises(RefusedError, match="401"):
        shipper.run(follow=False)


def test_followed_log_arrives_while_it_is_written_and_half_a_line_waits(log, shipper):
    stop = threading.Event()
    shipper.sleep, shipper.is_told_to_stop = (lambda _seconds: time.sleep(0.05)), stop.is_set
    write(log, 0, 5)
    follower = threading.Thread(target=lambda: shipper.run(follow=True))
    follower.start()
    write(log, 5, 6, end="")
    end = time.monotonic() + 20
    while len(arrived()) < 5 and time.monotonic() < end:
        time.sleep(0.1)
    assert arrived() == list(range(5))
    with log.open("a") as file:
        file.write("\n")
    while len(arrived()) < 6 and time.monotonic() < end:
        time.sleep(0.1)
    stop.set()
    follower.join(10)
    assert arrived() == list(range(6))


def test_command_ships_and_says_how_much(log, site, key, capsys):
    write(log, 0, 3)
    call_command("ship_log", str(log), url=site.url, key=key, format="combined")
    assert "3 calls were taken." in capsys.readouterr().out


@pytest.mark.skipif(not shutil.which("nginx", path="/usr/sbin:" + os.environ["PATH"]), reason="nginx is not installed")
def test_log_of_a_real_nginx_is_taken(tmp_path, site, key):
    import subprocess
    import urllib.request

    from hypercare.embedded.place import free_port

    port = free_port()
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(
        f"""pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log; daemon off; events {{}}
http {{
  log_format timed '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
    '"$http_user_agent" rt=$request_time rid="$request_id"';
  access_log {tmp_path}/access.log timed;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "ok"; }} }}
}}"""
    )
    program = shutil.which("nginx", path="/usr/sbin:" + os.environ["PATH"])
    running = subprocess.Popen([program, "-p", str(tmp_path), "-c", str(configuration)])
    try:
        end = time.monotonic() + 10
        for number in range(5):
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/things/{number}", timeout=2).read()
                    break
                except OSError:
                    assert time.monotonic() < end
                    time.sleep(0.1)
    finally:
        running.terminate()
        running.wait(10)
    log = tmp_path / "access.log"
    taken = Shipper(log, tmp_path / "state", Target(site.url, key), print, sleep=lambda _seconds: None).run(
        follow=False
    )
    assert taken == 5
