"""This module measures how often a report's known original is among the nearest, by the search that triage uses."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from triage.match.similarity import vectors
from triage.match.tellings import Snapshot, Telling, Tellings

RANKS = (1, 5, 10)
_AT_ONCE = 2000


def evaluate(reports: Sequence[Mapping[str, str]], pairs: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Recall at 1, 5 and 10 within each project, and how long a search takes."""
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for report in reports:
        texts[report["project"]][report["bug_id"]] = f"{report['title']}\n{report['text']}"
    ranks: list[float] = []
    took: list[float] = []
    for project, told in texts.items():
        wanted = [
            pair for pair in pairs if pair["project"] == project and pair["query"] in told and pair["master"] in told
        ]
        if wanted:
            _search_project(told, wanted, ranks, took)
    if not ranks:
        raise ValueError("No pair names two of the reports.")
    recalls = {f"recall_at_{rank}": round(float(np.mean(np.array(ranks) <= rank)), 4) for rank in RANKS}
    return recalls | {
        "query_ms_p95": round(1000 * float(np.percentile(took, 95)), 2),
        "pairs": len(ranks),
        "reports": len(reports),
    }


def _search_project(
    told: Mapping[str, str], wanted: Sequence[Mapping[str, str]], ranks: list[float], took: list[float]
) -> None:
    names = list(told)
    number_of = {name: number for number, name in enumerate(names)}
    snapshot = _index(list(told.values()))
    for pair in wanted:
        query, master = number_of[pair["query"]], number_of[pair["master"]]
        began = time.perf_counter()
        found = nearest(snapshot, told[pair["query"]], besides=query)
        took.append(time.perf_counter() - began)
        ranks.append(found.index(master) + 1 if master in found else np.inf)


def _index(texts: Sequence[str]) -> Snapshot:
    tellings = Tellings()
    for begin in range(0, len(texts), _AT_ONCE):
        part = texts[begin : begin + _AT_ONCE]
        tellings.add([Telling(begin + at, begin + at, "") for at in range(len(part))], vectors(part))
    return tellings.snapshot()


def nearest(snapshot: Snapshot, text: str, *, besides: int) -> list[int]:
    """The reports nearest to a text, without the report itself."""
    near = snapshot.search(vectors([text]))[0]
    return [found.telling.feedback_id for found in near if found.telling.feedback_id != besides][: max(RANKS)]
