"""This module measures a search among all rows of a launch, at ten thousand rows and at many more."""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import connection

from benchmarks import stored_rows
from benchmarks.figures import quantile, show, spread
from benchmarks.texts import Text, read_texts
from hypercare.core import clock
from hypercare.core.launches import create_launch
from hypercare.core.models import Launch, User
from triage.match import deep
from triage.match.words import words_in

MEASURES = "milliseconds from a text to the 200 rows most alike to it: words, rarity, candidates, weighing"
REFERENCE = "p95 of the processor time of the same searches among ten thousand rows, in the same run"
FEW = 10_000


def main(options: Sequence[str]) -> None:
    """Searches with real texts in two launches, one of few rows and one of many."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks deep_search", description=MEASURES)
    parser.add_argument("--rows", type=int, default=100_000, help="how many rows; 1000000 is the full size")
    parser.add_argument("--searches", type=int, default=500)
    parser.add_argument("--data", help="the shared data folder; else HYPERCARE_SHARED_DATA, else ../shared/data")
    chosen = parser.parse_args(options)
    texts = read_texts(FEW + chosen.searches, folder=chosen.data)
    stored, asked = texts.texts[:FEW], texts.texts[FEW:] or texts.texts[: chosen.searches]
    few = _measure("few", stored, asked, rows=FEW)
    began = time.perf_counter()
    many = _measure("many", stored, asked, rows=chosen.rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_table_size('triage_wording'), pg_relation_size('wording_terms')")
        table, index = cursor.fetchone()
    show(
        "deep_search",
        MEASURES,
        texts=texts.origin,
        rows=chosen.rows,
        few_rows=spread([took.waited for took in few]),
        many_rows=spread([took.waited for took in many]),
        few_rows_busy=spread([took.busy for took in few]),
        many_rows_busy=spread([took.busy for took in many]),
        bytes_a_row={"table": round(table / (chosen.rows + FEW)), "index": round(index / (chosen.rows + FEW))},
        seconds_to_fill_and_search=round(time.perf_counter() - began),
        reference=REFERENCE,
        ratio=quantile([took.busy for took in many], 0.95) / quantile([took.busy for took in few], 0.95),
        goal=None,
    )


@dataclass(frozen=True)
class Took:
    """Seconds on the clock, and seconds of processor time."""

    waited: float
    busy: float


def _measure(slug: str, stored: Sequence[Text], asked: Sequence[Text], *, rows: int) -> list[Took]:
    now = clock.now()
    owner = User.objects.create_superuser(email=f"{slug}@example.org", password="a-long-enough-one")
    days = {"go_live_on": date(2026, 5, 20), "planned_end_on": date(2036, 6, 8)}
    launch = create_launch(Launch(slug=slug, name=slug, **days), owner=owner, now=now)
    stored_rows.fill(launch, stored, rows=rows, now=now)
    for text in asked[:20]:
        _search(launch.pk, text)
    return [_search(launch.pk, text) for text in asked]


def _search(launch_id: int, text: Text) -> Took:
    began, busy = time.perf_counter(), _busy()
    deep.search(launch_id, deep.ask(launch_id, words_in(launch_id, text.title, text.body)))
    return Took(time.perf_counter() - began, _busy() - busy)


def _busy() -> float:
    """Seconds of processor time of this process and of the server's that works for it; what others do counts for nothing."""
    connection.ensure_connection()
    server = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text(encoding="ascii")
    return time.process_time() + int(server.split()[0]) / 1e9
