"""This module measures how long a report takes from being posted to the frame with its issue on every open board."""

import argparse
import asyncio
import itertools
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from websockets.asyncio.client import connect

from benchmarks.figures import quantile, show, spread
from benchmarks.pacing import at_pace
from benchmarks.product import LAUNCH, Product, report, running_product, wait_for

MEASURES = (
    "from the moment a report's POST is sent to the moment the frame that counts it arrives, over all open boards"
)
REFERENCE = "the bare round trip of the same POST, which stores one report, in the same run"

# The k-th report of an issue is on a board as soon as a frame says that the issue has k reports.
_PLACES = """
SELECT match.feedback_id, 'IS-' || issue_id, row_number() OVER (PARTITION BY issue_id ORDER BY match.id)
FROM triage_match match
"""


@dataclass
class Board:
    """One open board: for each issue the moments at which it was told a number of reports."""

    told: dict[str, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))

    def hear(self, frame: str) -> None:
        """Notes what a frame says, and when."""
        now = time.perf_counter()
        for issue in json.loads(frame).get("issues", ()):
            self.told[issue["id"]].append((now, issue["feedback_count"]))

    def shown_at(self, issue: str, place: int) -> float | None:
        """When the issue was first told with so many reports."""
        return next((moment for moment, count in self.told.get(issue, ()) if count >= place), None)


@dataclass(frozen=True)
class Post:
    """One report that was sent."""

    feedback_id: int
    sent_at: float
    answered_at: float


def main(options: Sequence[str]) -> None:
    """Opens the boards, posts at a steady pace and prints the figures."""
    chosen = _options(options)
    with running_product() as product:
        boards = [Board() for _number in range(chosen.boards)]
        with open_boards(product, boards):
            posts = at_pace(lambda number: _post(product, number), a_second=chosen.rate, seconds=chosen.seconds)
            wait_for(lambda: product.untriaged() == 0, what="all reports to be triaged")
            time.sleep(2)  # the last frame
        places = {pk: (issue, place) for pk, issue, place in product.rows(_PLACES)}
    waits = [
        [shown - post.sent_at for board in boards if (shown := board.shown_at(*places[post.feedback_id]))]
        for post in posts
    ]
    round_trips = [post.answered_at - post.sent_at for post in posts]
    everywhere = [max(each) for each in waits if len(each) == len(boards)]
    show(
        "report_to_board",
        MEASURES,
        boards=len(boards),
        posts=len(posts),
        posts_a_second=chosen.rate,
        missing_frames=sum(len(boards) - len(each) for each in waits),
        issues=len({issue for issue, _place in places.values()}),
        any_board=spread(list(itertools.chain.from_iterable(waits))),
        last_of_all_boards=spread(everywhere),
        round_trip_of_post=spread(round_trips),
        reference=REFERENCE,
        ratio=quantile(list(itertools.chain.from_iterable(waits)), 0.5) / quantile(round_trips, 0.5),
        goal=None,
    )


def _options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks report_to_board", description=MEASURES)
    parser.add_argument("--boards", type=int, default=20, help="open sockets")
    parser.add_argument("--rate", type=float, default=20, help="reports a second")
    parser.add_argument("--seconds", type=float, default=15, help="how long; 60 is the full size")
    return parser.parse_args(options)


def _post(product: Product, number: int) -> Post:
    sent_at = time.perf_counter()
    answer = product.client.post("/api/v1/feedback/", report(number, "board"))
    return Post(int(answer["id"].removeprefix("HC-")), sent_at, time.perf_counter())


@contextmanager
def open_boards(product: Product, boards: list[Board]) -> Iterator[None]:
    """Keeps all boards open in a thread of their own meanwhile."""
    loop, ready = asyncio.new_event_loop(), threading.Event()

    def listen() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(_listen(product, boards, ready))

    listening = threading.Thread(target=listen)
    listening.start()
    try:
        if not ready.wait(30):
            raise SystemExit("The boards could not be opened within 30 s.")
        yield
    finally:
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
        listening.join()


async def _listen(product: Product, boards: list[Board], ready: threading.Event) -> None:
    opened = 0

    async def one(board: Board) -> None:
        nonlocal opened
        address = f"ws://127.0.0.1:{product.port}/ws/launches/{LAUNCH}/board/"
        headers = {"Authorization": f"Bearer {product.token}"}
        async with connect(address, additional_headers=headers, max_size=None) as socket:
            await socket.send(json.dumps({"type": "hello", "since": 0}))
            await socket.recv()
            opened += 1
            if opened == len(boards):
                ready.set()
            async for frame in socket:
                board.hear(frame if isinstance(frame, str) else frame.decode())

    await asyncio.gather(*(one(board) for board in boards))
