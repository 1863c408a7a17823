"""This module is the worker that `triage_throughput` measures: a process that holds nothing but what triage needs.

It triages all that waits whenever a line comes in, and answers with a line of JSON: the seconds of each batch, the
processor seconds of all, and the most memory it has held so far.
"""

import itertools
import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any


def main() -> None:
    """Works until its input ends."""
    # Where the tables are is known only to a process that has set Django up.
    import django  # noqa: PLC0415

    django.setup()
    from hypercare.core import clock  # noqa: PLC0415
    from triage import pipeline  # noqa: PLC0415

    for _line in sys.stdin:
        print(json.dumps(_triaged(pipeline.triage_waiting, clock.now)), flush=True)


def _triaged(triage_waiting: Callable[..., Any], now: Callable[[], datetime]) -> dict[str, Any]:
    """The pipeline reads the clock once at the start of each batch, and once more when nothing is left."""
    marks: list[float] = []

    def marking_clock() -> datetime:
        marks.append(time.perf_counter())
        return now()

    busy = time.process_time()
    triage_waiting(clock=marking_clock)
    return {
        "batches": [later - earlier for earlier, later in itertools.pairwise(marks)],
        "cpu_seconds": time.process_time() - busy,
        "memory_peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


if __name__ == "__main__":
    main()
