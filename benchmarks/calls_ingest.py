"""This module measures how many calls a second come in over HTTP, stored, found by trace and rolled up, beside a bare COPY."""

import argparse
import gzip
import http.client
import os
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import psycopg

from benchmarks.figures import machine, spread
from benchmarks.figures import show as show_figures
from benchmarks.product import LAUNCH, Product, running_product

MEASURES = "calls a second over HTTP in gzip batches of 1,000 lines, each answered after its commit, on one web process"
REFERENCE = "binary COPY of the same rows, 1,000 a transaction, into a partition with the same indexes; calls a second"
GOAL_RATIO = 0.2
GOAL_CALLS = 20_000
GOAL_BYTES = (220, 200)
GOAL_WINDOW_BYTES = 200
SENDERS = 3
ROWS = 1000
_TRAFFIC_A_SECOND = 20_000
_ROUTES = 40
_CONSUMERS = 5000
_HEADER_BYTES = 19


@dataclass(frozen=True)
class Sent:
    """What the sending of all batches came to."""

    took: float
    seconds: list[float]


def main(options: Sequence[str]) -> None:
    """Fills a launch with calls, then copies the same rows by hand."""
    chosen = _options(options)
    batches = [_batch(number) for number in range(chosen.calls // ROWS)]
    warming = [_batch(-1 - number) for number in range(10)]
    with running_product() as product:
        key = product.client.post("/api/v1/sources/", {"launch": LAUNCH, "name": "nginx"})["key"]
        _send(product, key, warming)
        processes = _processes(product)
        busy = {name: _cpu(process) for name, process in processes.items()}
        sent = _send(product, key, batches)
        took_with_windows = sent.took + _until_folded(product)
        spent = {name: _cpu(process) - busy[name] for name, process in processes.items() if process.is_running()}
        copied = _copied_a_second()
        sizes = _sizes(product)
        small = _small_windows(product, key)
        memory = {name: _peak_mb(process) for name, process in processes.items() if process.is_running()}
    calls = len(batches) * ROWS
    a_second = calls / took_with_windows
    show_figures(
        "calls_ingest",
        MEASURES,
        calls=calls,
        senders=SENDERS,
        calls_a_second=round(a_second),
        accepted_a_second=round(calls / sent.took),
        goal_calls_a_second=GOAL_CALLS,
        batch=spread(sent.seconds),
        copied_a_second=round(copied),
        share_of_copy=round(a_second / copied, 3),
        goal_share=GOAL_RATIO,
        reached_goals=a_second >= GOAL_CALLS and a_second / copied >= GOAL_RATIO,
        cpu_seconds_per_million={name: round(each / calls * 1e6, 1) for name, each in spent.items()},
        peak_mb=memory,
        goal_bytes_per_call=GOAL_BYTES,
        **sizes,
        windows_under_100_calls=small,
        load_before=machine()["load"],
        reference=REFERENCE,
        ratio=None,
        goal=None,
    )


def _options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks calls_ingest", description=MEASURES)
    parser.add_argument("--calls", type=int, default=200_000, help="how many; 1000000 is the full size")
    return parser.parse_args(options)


def _until_folded(product: Product) -> float:
    """How long after the last answer the last call was in its window."""
    began = time.perf_counter()
    while product.rows("SELECT EXISTS (SELECT FROM gateway_ingest_windowpart)")[0][0]:
        time.sleep(0.02)
    return time.perf_counter() - began


def _small_windows(product: Product, key: str) -> dict[str, Any]:
    """The bytes of quiet keys' windows: an hour of 1,000 calls a minute, on routes of which few are busy."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
        database.execute("TRUNCATE gateway_ingest_window")
        _send(product, key, [_quiet_minute(minute) for minute in range(60)])
        _until_folded(product)
        database.execute("VACUUM ANALYZE gateway_ingest_window")
        row, number, calls = product.rows(_SMALL)[0]
        index = product.rows(_INDEX)[0][0]
        as_left = product.rows(_WINDOWS)[0]
    return {
        "number": number,
        "calls_each": round(calls, 1),
        "bytes_of_row": round(row, 1),
        "bytes_of_index": round(index, 1),
        "bytes_each": round(row + index, 1),
        "bytes_of_table_and_index_by_all_windows": round(as_left[0] / as_left[1], 1),
        "goal": GOAL_WINDOW_BYTES,
    }


def _quiet_minute(minute: int) -> bytes:
    dice = random.Random(minute)
    begins = (time.time() // 60 - 70 + minute) * 60
    lines = [_line(dice, begins + place * 60 / ROWS, route=_busy_few(dice)) for place in range(ROWS)]
    return gzip.compress("\n".join(lines).encode(), 6)


def _busy_few(dice: random.Random) -> int:
    """A route by a power law: the first takes a fifth of the calls, the last few of them."""
    return min(_ROUTES - 1, int(dice.paretovariate(1)) - 1)


def _batch(number: int) -> bytes:
    """One delivery as the shipper makes it; moments run on as at the traffic the goal names."""
    dice = random.Random(number)
    begins = time.time() - 3600 + number * ROWS / _TRAFFIC_A_SECOND
    lines = [_line(dice, begins + place / _TRAFFIC_A_SECOND) for place in range(ROWS)]
    return gzip.compress("\n".join(lines).encode(), 6)


def _line(dice: random.Random, at: float, *, route: int | None = None) -> str:
    route = dice.randrange(_ROUTES) if route is None else route
    status = dice.choices((200, 404, 500), (95, 4, 1))[0]
    moment = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(at))
    return (
        f"198.51.{dice.randrange(_CONSUMERS) // 250}.{dice.randrange(250)} - - [{moment}] "
        f'"GET /v1/things{route}/{dice.randrange(100_000)} HTTP/1.1" {status} {dice.randrange(9000)} "-" '
        f'"Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/126.0" rt={dice.lognormvariate(-2.5, 1):.3f} '
        f'traceparent="00-{dice.getrandbits(128):032x}-{dice.getrandbits(64):016x}-01" '
        f'rid="{dice.getrandbits(128):032x}" service="service{route % 8}" release="4.2"'
    )


def _send(product: Product, key: str, batches: list[bytes]) -> Sent:
    shares = [batches[first::SENDERS] for first in range(SENDERS)]
    began = time.perf_counter()
    with ThreadPoolExecutor(SENDERS) as senders:
        found = list(senders.map(lambda share: _send_share(product.port, key, share), shares))
    return Sent(time.perf_counter() - began, [each for share in found for each in share])


def _send_share(port: int, key: str, batches: list[bytes]) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    seconds = []
    for body in batches:
        began = time.perf_counter()
        connection.request("POST", f"/ingest/{key}/calls/combined/", body, {"Content-Encoding": "gzip"})
        answer = connection.getresponse()
        said = answer.read()
        seconds.append(time.perf_counter() - began)
        if answer.status != 202 or f'"accepted": {ROWS},'.encode() not in said:
            raise SystemExit(f"A batch was answered {answer.status}: {said[:300]!r}")
    connection.close()
    return seconds


def _processes(product: Product) -> dict[str, psutil.Process]:
    """Our own by what they do, and the database with all its children as one."""
    postmaster = psutil.Process(int(product.rows("SELECT pg_backend_pid()")[0][0])).parent()
    parts = {"web": "management.web", "worker": "--quiet worker", "beat": "--quiet beat"}
    ours = psutil.Process(product.process_id).children(recursive=True)
    named = {name: process for name, part in parts.items() for process in ours if part in " ".join(process.cmdline())}
    return named | ({"database": postmaster} if postmaster else {})


def _cpu(process: psutil.Process) -> float:
    """Of the process and those it started, the ended ones among them too."""
    spent = process.cpu_times()
    own = float(spent.user + spent.system + spent.children_user + spent.children_system)
    return own + sum(_cpu(child) for child in process.children())


def _peak_mb(process: psutil.Process) -> float:
    """The most memory it ever had; of the database the one backend with the most, shared buffers counted in."""
    family = [process, *(process.children() if "postgres" in process.name() else [])]
    peaks = []
    for each in family:
        with open(f"/proc/{each.pid}/status", encoding="ascii", errors="replace") as status:  # noqa: PTH123 - no real file
            peaks += [int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")]
    return round(max(peaks), 1)


_PARTITIONS = (
    "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'gateway_ingest_call'::regclass "
    "ORDER BY pg_relation_size(inhrelid) DESC"
)
_SIZES = (
    "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'gateway_ingest_call'::regclass"
)
_WINDOWS = "SELECT pg_total_relation_size('gateway_ingest_window'), count(*), avg(calls) FROM gateway_ingest_window"
_SMALL = """SELECT avg(pg_column_size(w.*) + 4)::float, count(*), avg(calls)::float
    FROM gateway_ingest_window w WHERE calls < 100"""
_LARGE = "SELECT avg(pg_column_size(w.*) + 4)::float, count(*) FROM gateway_ingest_window w WHERE calls >= 100"
_INDEX = "SELECT pg_relation_size('gateway_ingest_window_pkey')::float / count(*) FROM gateway_ingest_window"


def _sizes(product: Product) -> dict[str, Any]:
    calls = product.rows("SELECT count(*) FROM gateway_ingest_call")[0][0]
    live = product.rows(_SIZES)[0][0] / calls
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
        _close_days()
        closed = product.rows(_SIZES)[0][0] / calls
        as_left = product.rows(_WINDOWS)[0]
        database.execute("VACUUM FULL gateway_ingest_window")
    large, index = (product.rows(query)[0] for query in (_LARGE, _INDEX))
    return {
        "bytes_per_call": {"live": round(float(live), 1), "closed": round(float(closed), 1)},
        "windows": {
            "number": as_left[1],
            "calls_each": round(float(as_left[2]), 1),
            "bytes_each_as_left_by_the_run": round(as_left[0] / as_left[1], 1),
            "bytes_each_of_100_and_more": round((large[0] or 0) + index[0], 1),
        },
    }


def _close_days() -> None:
    """What the clock does two days later."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hypercare.settings")
    # The settings read the product's address of the database, which is known only now.
    import django  # noqa: PLC0415

    django.setup()
    from gateway_ingest.calls import STORE  # noqa: PLC0415

    STORE.close_days(now=datetime.fromtimestamp(time.time(), UTC) + timedelta(days=3))


def _copied_a_second() -> float:
    """The same rows into a table of the same shape and indexes."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
        name = database.execute(_PARTITIONS.encode()).fetchall()[0][0]
        with database.cursor().copy(f"COPY {name} TO STDOUT (FORMAT binary)".encode()) as copy:
            messages = [bytes(message) for message in copy]
        header, rows = messages[0][:_HEADER_BYTES], [messages[0][_HEADER_BYTES:], *messages[1:]]
        rows = [row for row in rows if row and row != b"\xff\xff"]
        database.execute(f"CREATE TABLE copied (LIKE {name} INCLUDING ALL)".encode())
        began = time.perf_counter()
        for start in range(0, len(rows), ROWS):
            with database.transaction(), database.cursor().copy("COPY copied FROM STDIN (FORMAT binary)") as copy:
                copy.write(header + b"".join(rows[start : start + ROWS]) + b"\xff\xff")
        return len(rows) / (time.perf_counter() - began)
