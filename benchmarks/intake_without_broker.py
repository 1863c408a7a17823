"""This module measures what posting a report costs while the broker is away, and how soon all is triaged after its return."""

import argparse
import time
from collections.abc import Sequence

from benchmarks.figures import quantile, show, spread
from benchmarks.pacing import at_pace
from benchmarks.product import Product, report, running_product, wait_for

MEASURES = (
    "p95 of POST feedback/ at a steady pace while the broker is stopped, and seconds to triage all after it is back"
)
REFERENCE = "p95 of the same posts at the same pace with the broker there, in the same run"
GOAL = 2.0
GOAL_SECONDS = 10.0


def main(options: Sequence[str]) -> None:
    """Posts with the broker, without it, and watches triage catch up."""
    chosen = _options(options)
    with running_product() as product:
        before = _posts(product, "with", rate=chosen.rate, seconds=chosen.seconds)
        wait_for(lambda: product.untriaged() == 0, what="the first posts to be triaged")
        product.stop_broker()
        without = _posts(product, "without", rate=chosen.rate, seconds=chosen.seconds)
        left = product.untriaged()
        product.start_broker()
        caught_up = wait_for(lambda: product.untriaged() == 0, what="all to be triaged after the broker's return")
        stored = product.rows("SELECT count(*) FROM feedback_feedback")[0][0]
    show(
        "intake_without_broker",
        MEASURES,
        posts_a_second=chosen.rate,
        posts_each=len(before),
        lost=len(before) + len(without) + 1 - stored,
        with_broker=spread(before),
        without_broker=spread(without),
        untriaged_at_return=left,
        seconds_until_triaged=round(caught_up, 1),
        goal_seconds=GOAL_SECONDS,
        reached_seconds=caught_up <= GOAL_SECONDS,
        reference=REFERENCE,
        ratio=quantile(without, 0.95) / quantile(before, 0.95),
        goal=GOAL,
    )


def _options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks intake_without_broker", description=MEASURES)
    parser.add_argument("--rate", type=float, default=20, help="reports a second")
    parser.add_argument("--seconds", type=float, default=15, help="how long each half lasts; 60 is the full size")
    return parser.parse_args(options)


def _posts(product: Product, name: str, *, rate: float, seconds: float) -> list[float]:
    def one(number: int) -> float:
        began = time.perf_counter()
        product.client.post("/api/v1/feedback/", report(number, name))
        return time.perf_counter() - began

    return at_pace(one, a_second=rate, seconds=seconds)
