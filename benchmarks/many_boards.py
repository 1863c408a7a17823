"""This module measures how soon a change is on each of hundreds of open boards that one process serves."""

import argparse
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.figures import quantile, show, spread
from benchmarks.pacing import at_pace
from benchmarks.product import LAUNCH, Product, report, running_product, wait_for
from benchmarks.report_to_board import open_boards

MEASURES = (
    "from the answer to an order for one issue to the frame that tells the issue's new version, over all open boards of "
    "one serving process; frames gather changes for 100 ms, which is in it"
)
REFERENCE = "the bare round trip of the same order, in the same run"
GOAL_MS = 400
ISSUES = 40
FIELDS = ("2", "3")


@dataclass
class Board:
    """One open board: for each issue the moments at which it was told a version."""

    told: dict[str, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    frames: int = 0

    def hear(self, frame: str) -> None:
        """Notes what a frame says, and when."""
        now = time.perf_counter()
        self.frames += 1
        for issue in json.loads(frame).get("issues", ()):
            self.told[issue["id"]].append((now, issue["version"]))

    def shown_at(self, issue: str, version: int) -> float | None:
        """When the issue was first told with that version or a newer one."""
        return next((moment for moment, told in self.told.get(issue, ()) if told >= version), None)


@dataclass(frozen=True)
class Change:
    """One order that was carried out."""

    issue: str
    version: int
    sent_at: float
    answered_at: float


def main(options: Sequence[str]) -> None:
    """Opens the boards, changes issues at a steady pace and prints the figures."""
    chosen = _options(options)
    with running_product() as product:
        for number in range(ISSUES):
            product.client.post("/api/v1/feedback/", report(number, "many"))
        wait_for(lambda: product.untriaged() == 0, what="all reports to be triaged")
        issues = [key for (key,) in product.rows("SELECT 'IS-' || id FROM triage_issue ORDER BY id")]
        boards = [Board() for _number in range(chosen.boards)]
        with open_boards(product, boards):
            changes = at_pace(
                lambda number: _change(product, issues, number), a_second=chosen.rate, seconds=chosen.seconds
            )
            time.sleep(3)  # the last frame
    waits = [
        [shown - change.answered_at for board in boards if (shown := board.shown_at(change.issue, change.version))]
        for change in changes
    ]
    every = list(itertools.chain.from_iterable(waits))
    round_trips = [change.answered_at - change.sent_at for change in changes]
    show(
        "many_boards",
        MEASURES,
        boards=len(boards),
        changes=len(changes),
        changes_a_second=chosen.rate,
        missing_frames=sum(len(boards) - len(each) for each in waits),
        frames_a_second_and_board=round(sum(board.frames for board in boards) / len(boards) / chosen.seconds, 1),
        any_board=spread(every),
        last_of_all_boards=spread([max(each) for each in waits if len(each) == len(boards)]),
        round_trip_of_order=spread(round_trips),
        goal_p95_ms=GOAL_MS,
        reference=REFERENCE,
        ratio=quantile(every, 0.5) / quantile(round_trips, 0.5),
        goal=None,
    )


def _options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks many_boards", description=MEASURES)
    parser.add_argument("--boards", type=int, default=100, help="open sockets; 500 is the full size")
    parser.add_argument("--rate", type=float, default=20, help="changes a second")
    parser.add_argument("--seconds", type=float, default=15, help="how long; 60 is the full size")
    return parser.parse_args(options)


def _change(product: Product, issues: list[str], number: int) -> Change:
    """Sets the severity, each time around to the other value, so that every order changes something."""
    issue = issues[number % len(issues)]
    value = FIELDS[number // len(issues) % len(FIELDS)]
    sent_at = time.perf_counter()
    answer = product.client.post(
        f"/api/v1/launches/{LAUNCH}/changes/",
        {"action": "set", "field": "severity", "value": value, "reason": "measured", "ids": [issue]},
    )
    return Change(issue, int(answer["issue"]["version"]), sent_at, time.perf_counter())
