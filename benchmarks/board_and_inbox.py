"""This module measures queries and server time of board and inbox at two sizes, beside a plain DRF list."""

import argparse
import time
from base64 import b64encode
from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from benchmarks import crowd
from benchmarks.figures import quantile, show, spread
from feedback.models import Feedback
from hypercare.core import clock
from hypercare.core.launches import create_launch
from hypercare.core.models import Component, Launch, Team, User
from triage.models import OPEN_STATUSES, Issue

MEASURES = (
    "server time and queries of the board's and the inbox's page of 50, through Django's test client and all middleware"
)
REFERENCE = "a plain DRF list of 50 rows of the same table through the same client, taken in turns with the pages"
INBOX = "/launches/bench/inbox/"
PAGES = {"board": "/launches/bench/board/", "inbox": INBOX, "plain_list": "/plain/"}
GOAL = 2.0
COMPONENTS = ("checkout", "catalog", "accounts", "assistant")
WARMING = 3

Figures = dict[str, dict[str, Any]]


def main(options: Sequence[str]) -> None:
    """Measures at the small size, fills up to the large one, measures again."""
    chosen = _options(options)
    owner = User.objects.create_superuser(email="benchmark@example.org", password="a-long-enough-one")
    launch = the_launch(owner)
    client = Client()
    client.force_login(owner)
    sizes: dict[int, Figures] = {}
    seconds: dict[int, dict[str, list[float]]] = {}
    filled = 0
    with override_settings(ROOT_URLCONF="benchmarks.plain_list"):
        for size in (chosen.small, chosen.large):
            crowd.fill(launch, first=filled + 1, last=size, now=clock.now())
            filled = size
            seconds[size] = _in_turns(client, chosen.rounds)
            sizes[size] = {name: _figures(client, path, seconds[size][name]) for name, path in PAGES.items()}
        unseen = _unseen_pages(client, chosen.large, min(chosen.rounds, chosen.large // 50 - 1))
    slow = {size: {name: quantile(values, 0.95) for name, values in each.items()} for size, each in seconds.items()}
    few, many = slow[chosen.small], slow[chosen.large]
    show(
        "board_and_inbox",
        MEASURES,
        reports=Feedback.objects.count(),
        open_issues=Issue.objects.filter(status__in=OPEN_STATUSES).count(),
        rounds=chosen.rounds,
        at_size={str(size): figures for size, figures in sizes.items()},
        p95_of_many_to_few={name: round(many[name] / few[name], 2) for name in PAGES},
        p50_inbox_to_plain_list=round(
            _middle(seconds, chosen.large, "inbox") / _middle(seconds, chosen.large, "plain_list"), 2
        ),
        inbox_page_nobody_has_seen=spread(unseen),
        reference=REFERENCE,
        ratio=many["inbox"] / many["plain_list"],
        goal=GOAL,
    )


def _middle(seconds: dict[int, dict[str, list[float]]], size: int, name: str) -> float:
    return quantile(seconds[size][name], 0.5)


def _options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks board_and_inbox", description=MEASURES)
    parser.add_argument("--small", type=int, default=100, help="reports at first")
    parser.add_argument("--large", type=int, default=100_000, help="reports in the end")
    parser.add_argument("--rounds", type=int, default=60, help="how often each page is asked for at each size")
    return parser.parse_args(options)


def the_launch(owner: User) -> Launch:
    """A launch with four components."""
    days = {"go_live_on": date(2026, 5, 20), "planned_end_on": date(2036, 6, 8)}
    launch = create_launch(
        Launch(slug="bench", name="Benchmark", active_users=9800, **days), owner=owner, now=clock.now()
    )
    team = Team.objects.create(launch=launch, name="Backend")
    Component.objects.bulk_create(Component(launch=launch, slug=slug, name=slug, team=team) for slug in COMPONENTS)
    return launch


def _in_turns(client: Client, rounds: int) -> dict[str, list[float]]:
    """Seconds of each request; in turns, so that whatever disturbs the machine disturbs all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in PAGES}
    for turn in range(WARMING + rounds):
        for name, path in PAGES.items():
            took = _seconds(client, path)
            if turn >= WARMING:
                seconds[name].append(took)
    return seconds


def _unseen_pages(client: Client, newest: int, rounds: int) -> list[float]:
    """Seconds of inbox pages that nobody has looked at yet, so that none of their rows was rendered before."""
    cursors = [b64encode(f"p={newest - 50 * turn}".encode()).decode() for turn in range(1, rounds + 1)]
    return [_seconds(client, f"{INBOX}?{urlencode({'cursor': cursor})}") for cursor in cursors]


def _seconds(client: Client, path: str) -> float:
    began = time.perf_counter()
    answer = client.get(path)
    took = time.perf_counter() - began
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return took


def _figures(client: Client, path: str, seconds: list[float]) -> dict[str, Any]:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path)
    in_database = sum(float(query["time"]) for query in captured.captured_queries)
    return spread(seconds) | {
        "queries": len(captured),
        "database_ms": round(1000 * in_database, 1),
        "kilobytes": round(len(answer.content) / 1024),
    }
