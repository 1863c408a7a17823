"""This module measures what a lead does to issues and looks at, at two sizes of a launch, beside one plain UPDATE."""

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks import crowd
from benchmarks.board_and_inbox import the_launch
from benchmarks.figures import quantile, show, spread
from hypercare.core import clock
from hypercare.core.models import Launch, User
from triage.models import ENDED_STATUSES, OPEN_STATUSES, BoardChange, Issue, IssueStatus
from triage.orders import giving

MEASURES = (
    "server time and queries of each order for one issue and of each page, through Django's test client and all "
    "middleware, at the small and at the large number of reports in equally many open issues; and an order for all open ones"
)
REFERENCE = "one plain committed UPDATE of an issue by its number, in the same turns"
GOAL_MS, GOAL_RATIO = 150, 1.3
PER_ISSUE = 2
WARMING = 2
CHANGES = "/api/v1/launches/bench/changes/"
PLAIN_UPDATE = "UPDATE triage_issue SET severity = severity WHERE id = %s"

Order = dict[str, Any]


def main(options: Sequence[str]) -> None:
    """Measures at the small size, adds reports to the same issues or to ended ones, measures again, then orders for all."""
    chosen = _options(options)
    owner = User.objects.create_superuser(email="benchmark@example.org", password="a-long-enough-one")
    launch = the_launch(owner)
    desk = Desk(launch, owner)
    crowd.fill(launch, first=1, last=chosen.small, now=clock.now(), per_issue=PER_ISSUE)
    few, queries = desk.turns(chosen.rounds)
    ended = [status for status in ENDED_STATUSES if status != IssueStatus.DUPLICATE]
    more = {"statuses": ended} if chosen.ended else {"per_issue": chosen.large}
    crowd.fill(launch, first=chosen.small + 1, last=chosen.large, now=clock.now(), **more)
    many, more_queries = desk.turns(chosen.rounds)
    slow = {name: quantile(seconds, 0.95) for name, seconds in many.items()}
    ratios = {name: slow[name] / quantile(few[name], 0.95) for name in slow}
    orders = {name: seconds for name, seconds in slow.items() if name.startswith("order")}
    show(
        "triage_actions",
        MEASURES,
        reports=[chosen.small, chosen.large],
        open_issues=Issue.objects.filter(launch=launch, status__in=OPEN_STATUSES).count(),
        rounds=chosen.rounds,
        figures={
            name: {
                "few": spread(few[name]),
                "many": spread(many[name]),
                "queries": [queries[name], more_queries[name]],
                "p95_of_many_to_few": round(ratios[name], 2),
            }
            for name in many
        },
        slowest_order={max(orders, key=lambda name: orders[name]): round(1000 * max(orders.values()), 1)},
        goal_of_an_order_ms=GOAL_MS,
        for_all_open_issues=desk.for_all(),
        reference=REFERENCE,
        ratio=max(ratio for name, ratio in ratios.items() if name != "plain update"),
        goal=GOAL_RATIO,
    )


def _options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks triage_actions", description=MEASURES)
    parser.add_argument("--small", type=int, default=13_400, help="reports at first, two for each issue")
    parser.add_argument("--large", type=int, default=100_000, help="reports in the end, in the same issues")
    parser.add_argument(
        "--ended", action="store_true", help="what comes is of ended issues, so that open ones stay as they are"
    )
    parser.add_argument("--rounds", type=int, default=40, help="how often each is done at each size")
    return parser.parse_args(options)


class Desk:
    """A lead's browser, and the open issues in an order drawn by chance."""

    def __init__(self, launch: Launch, owner: User) -> None:
        self.launch, self.owner = launch, owner
        self.client = Client()
        self.client.force_login(owner)
        self._numbers: Iterator[int] = iter(())

    def turns(self, rounds: int) -> tuple[dict[str, list[float]], dict[str, int]]:
        """Seconds of everything in turns, so that whatever disturbs the machine disturbs all alike, and its queries."""
        self._numbers = self._drawn()
        seconds: dict[str, list[float]] = defaultdict(list)
        for turn in range(WARMING + rounds):
            for name, took in self._turn():
                if turn >= WARMING:
                    seconds[name].append(took)
        queries: dict[str, int] = {}
        with CaptureQueriesContext(connection) as captured:
            before = 0
            for name, _took in self._turn():
                queries[name], before = len(captured) - before, len(captured)
        return seconds, queries

    def _drawn(self) -> Iterator[int]:
        fresh = Issue.objects.filter(launch=self.launch, status__in=OPEN_STATUSES, merged_into=None, snoozed_until=None)
        fresh.update(status="new")  # so that each can be accepted as well as declined
        numbers = list(fresh.order_by("pk").values_list("pk", flat=True))
        random.Random(7).shuffle(numbers)
        return iter(numbers)

    def _turn(self) -> Iterator[tuple[str, float]]:
        """Everything once, each order on an issue of its own, as a lead meets them."""
        yield from self._orders()
        yield from self._pages()
        yield "plain update", self._plain()

    def _orders(self) -> Iterator[tuple[str, float]]:
        for name, order in _ORDERS.items():
            number, other = islice(self._numbers, 2)
            filled = {word: f"IS-{other}" if value == "another" else value for word, value in order.items()}
            if "until" in filled:
                filled["until"] = (clock.now() + timedelta(days=2)).isoformat()
            if filled.get("value") == "me":
                filled["value"] = self.owner.email
            took, change = self._post(CHANGES, filled | {"ids": [f"IS-{number}"]})
            yield f"order {name}", took
            if change["can_undo"]:
                took, _done = self._post(f"{CHANGES}{change['id']}/undo/", {})
                yield f"order undo {name}", took
        wish = {"action": "set", "field": "severity", "value": "2", "filter": "status=new&severity=3", "preview": True}
        yield "order preview for all that a filter matches", self._post(CHANGES, wish)[0]

    def _pages(self) -> Iterator[tuple[str, float]]:
        key = f"IS-{next(self._numbers)}"
        for name, path in _PAGES.items():
            yield f"page {name}", self._get(path.format(key=key))
        began = time.perf_counter()
        self._checked(self.client.get(f"/launches/bench/issues/{key}/", headers={"HX-Request": "true"}))
        yield "page issue beside the board", time.perf_counter() - began

    def _plain(self) -> float:
        number = next(self._numbers)
        began = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(PLAIN_UPDATE, [number])
        return time.perf_counter() - began

    def for_all(self) -> dict[str, dict[str, float]]:
        """Seconds of an order for every open issue until the worker is done, and of taking it back."""
        found = {}
        for name, order in _FOR_ALL.items():
            given, done = self._whole(order | {"filter": _OPEN})
            asked, back = self._whole(None, of=int(done["id"]))
            found[name] = {
                "issues": done["changed"],
                "seconds_to_give": round(given[0], 2),
                "seconds_until_done": round(sum(given), 1),
                "seconds_until_undone": round(sum(asked), 1),
                "as_they_were": back["taken_back"],
            }
        return found

    def _whole(self, order: Order | None, *, of: int = 0) -> tuple[tuple[float, float], dict[str, Any]]:
        path = CHANGES if order else f"{CHANGES}{of}/undo/"
        took, change = self._post(path, order or {})
        began = time.perf_counter()
        giving.carry_on(clock=clock.now)
        worked = time.perf_counter() - began
        one = BoardChange.objects.get(pk=change["id"])
        return (took, worked), {"id": one.pk, "changed": one.changed, "taken_back": one.taken_back}

    def _post(self, path: str, body: Order) -> tuple[float, dict[str, Any]]:
        began = time.perf_counter()
        answer = self.client.post(path, json.dumps(body), content_type="application/json")
        took = time.perf_counter() - began
        return took, self._checked(answer).json()

    def _get(self, path: str) -> float:
        began = time.perf_counter()
        self._checked(self.client.get(path))
        return time.perf_counter() - began

    def _checked(self, answer: Any) -> Any:
        if answer.status_code >= 300:
            raise RuntimeError(f"{answer.request['PATH_INFO']}: {answer.status_code} {answer.content[:300]!r}")
        return answer


_OPEN = "&".join(f"status={status}" for status in OPEN_STATUSES)
_ORDERS: dict[str, Order] = {
    "accept": {"action": "move", "to": "triaged"},
    "decline": {"action": "move", "to": "declined", "reason": "not ours", "resolution": "wont_do"},
    "severity": {"action": "set", "field": "severity", "value": "2", "reason": "seen by hand"},
    "owner": {"action": "set", "field": "owner", "value": "me"},
    "priority": {"action": "set", "field": "moscow", "value": "must"},
    "type": {"action": "set", "field": "category", "value": "performance"},
    "component": {"action": "set", "field": "component", "value": "catalog"},
    "snooze": {"action": "snooze", "until": "later"},
    "merge": {"action": "merge", "into": "another"},
    "note": {"action": "note", "text": "asked the team"},
}
_PAGES = {
    "board": "/launches/bench/board/",
    "board in lanes": "/launches/bench/board/?lanes=severity",
    "list": "/launches/bench/issues/",
    "list by words": "/launches/bench/issues/?q=checkout",
    "issue": "/launches/bench/issues/{key}/",
    "inbox": "/launches/bench/inbox/",
    "priorities": "/launches/bench/priorities/",
}
_FOR_ALL: dict[str, Order] = {
    "move": {"action": "move", "to": "triaged"},
    "severity": {"action": "set", "field": "severity", "value": "4", "reason": "all alike"},
}
