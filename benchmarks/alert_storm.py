"""This module sends a storm of alerts, few kinds told over and over, and then a steady stream up to an open board."""

import argparse
import time
from collections.abc import Sequence

from benchmarks.figures import quantile, show, spread
from benchmarks.pacing import at_pace
from benchmarks.posting import KINDS_OF_STORM, alert_fresh, post
from benchmarks.product import LAUNCH, Product, running_product, wait_for
from benchmarks.report_to_board import Board, open_boards

MEASURES = (
    "what a storm of alerts of 50 kinds, each told over and over in other words, becomes; then the time from a POST of one "
    "new alert to the frame of the board that carries it"
)
REFERENCE = "the bare round trip of the same POST in the same run; the ratio is that of the middle of both"
GOAL_P95_MS = 1000
CONNECTIONS = 16
_COUNTS = """
SELECT (SELECT count(*) FROM gateway_ingest_alert WHERE fingerprint LIKE 'storm%'),
       (SELECT count(*) FROM feedback_feedback WHERE external_id LIKE 'storm%'),
       (SELECT coalesce(sum(count), 0) FROM gateway_ingest_alert WHERE fingerprint LIKE 'storm%'),
       (SELECT count(DISTINCT match.issue_id) FROM triage_match match JOIN feedback_feedback feedback
        ON feedback.id = match.feedback_id WHERE feedback.external_id LIKE 'storm%' AND match.ended_at IS NULL)
"""
# The k-th report of an issue is on a board as soon as a frame says that the issue has k reports.
_PLACES = """
SELECT feedback.external_id, 'IS-' || match.issue_id, row_number() OVER (PARTITION BY match.issue_id ORDER BY match.id)
FROM triage_match match JOIN feedback_feedback feedback ON feedback.id = match.feedback_id
"""


def main(options: Sequence[str]) -> None:
    """Lets the storm pass, counts, then posts at a steady pace to an open board and prints the figures."""
    chosen = _options(options)
    with running_product() as product:
        key = product.client.post("/api/v1/sources/", {"launch": LAUNCH, "name": "Alertmanager"})["key"]
        path = f"/ingest/{key}/"
        storm = post(product.port, path, connections=CONNECTIONS, first=0, count=chosen.alerts, kind="alert_again")
        wait_for(lambda: product.untriaged() == 0, what="the storm to be triaged")
        alerts, rows, counted, issues = product.rows(_COUNTS)[0]
        is_exact = (alerts, rows, counted) == (
            KINDS_OF_STORM,
            KINDS_OF_STORM,
            chosen.alerts,
        ) and issues <= KINDS_OF_STORM
        boards = [Board()]
        with open_boards(product, boards):
            sent = at_pace(lambda number: _post(product, path, number), a_second=chosen.rate, seconds=chosen.seconds)
            wait_for(lambda: product.untriaged() == 0, what="all alerts to be triaged")
            time.sleep(2)  # the last frame
        places = {name: (issue, place) for name, issue, place in product.rows(_PLACES)}
    waits = [
        shown - began
        for number, began, _answered in sent
        if (shown := boards[0].shown_at(*places[f"{number:016x}:1"])) is not None
    ]
    round_trips = [answered - began for _number, began, answered in sent]
    show(
        "alert_storm",
        MEASURES,
        storm={
            "sent": chosen.alerts,
            "a_second": round(storm.a_second),
            **spread(storm.seconds),
            "statuses": storm.statuses,
            "alerts": alerts,
            "feedback_rows": rows,
            "counted": int(counted),
            "issues": issues,
            "exact": is_exact,
        },
        stream_a_second=chosen.rate,
        stream=len(sent),
        missing_frames=len(sent) - len(waits),
        to_the_board=spread(waits),
        goal_p95_ms=GOAL_P95_MS,
        reached_goals=is_exact and len(waits) == len(sent) and 1000 * quantile(waits, 0.95) < GOAL_P95_MS,
        round_trip_of_post=spread(round_trips),
        reference=REFERENCE,
        ratio=quantile(waits, 0.5) / quantile(round_trips, 0.5),
        goal=None,
    )


def _options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks alert_storm", description=MEASURES)
    parser.add_argument("--alerts", type=int, default=10_000, help="how many the storm has")
    parser.add_argument("--rate", type=float, default=200, help="new alerts a second afterwards")
    parser.add_argument("--seconds", type=float, default=15, help="how long the stream lasts; 60 is the full size")
    return parser.parse_args(options)


def _post(product: Product, path: str, number: int) -> tuple[int, float, float]:
    """Which alert it was, when it was sent and when it was answered."""
    began = time.perf_counter()
    product.client.ask("POST", path, alert_fresh(number))
    return number, began, time.perf_counter()
