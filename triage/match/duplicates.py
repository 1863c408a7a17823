"""This module measures how often a report's known original is among the nearest, by the product's search in its database.

The reports are stored as rows of launches of their own, read and searched for as any others, and taken back at the end:
nothing of it is ever committed.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from feedback.models import Channel, Feedback
from feedback.report import MAX_TITLE
from hypercare.core.models import Launch
from triage.match import deep, meanings, readings
from triage.match.anyhow import nearest_rows
from triage.match.nearest import COMPARED_ROWS, Near, nearest
from triage.match.words import MAX_CHARACTERS, words_in

RANKS = (1, 5, 10)
MERGE_PRECISION = 0.98


@dataclass
class Measured:
    """At which rank each original was found, how long each search took, and what merging would have done.

    `same` holds how far each pair is beyond doubt, `wrong` the same of each query's nearest row that is none of its
    duplicates, in the same component where the reports name one.
    """

    ranks: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    same: list[Near | None] = field(default_factory=list)
    wrong: list[Near] = field(default_factory=list)

    def merging(self) -> dict[str, float]:
        """How often merging by the product's thresholds is right, and how many of the pairs it merges."""
        right = sum(near is not None and near.is_beyond_doubt for near in self.same)
        merged = right + sum(near.is_beyond_doubt for near in self.wrong)
        return {
            "merge_precision": round(right / merged, 4) if merged else 1.0,
            "merge_recall": round(right / len(self.same), 4),
            "merged": merged,
            "merge_recall_at_precision_98": self._recall_at(MERGE_PRECISION),
            "merge_precision_at_recall_30": self._precision_at(0.3),
        }

    def _margins(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        same = np.array([near.apart if near else -1.0 for near in self.same])
        return np.sort(same)[::-1], np.array([near.apart for near in self.wrong])

    def _recall_at(self, precision: float) -> float:
        same, wrong = self._margins()
        merged = [(at + 1, at + 1 + int((wrong >= least).sum())) for at, least in enumerate(same)]
        return round(max((right / len(same) for right, all_ in merged if right / all_ >= precision), default=0.0), 4)

    def _precision_at(self, recall: float) -> float:
        same, wrong = self._margins()
        least = same[max(int(recall * len(same)) - 1, 0)]
        right = int((same >= least).sum())
        return round(right / (right + int((wrong >= least).sum())), 4)


def evaluate(
    reports: Sequence[Mapping[str, str]], pairs: Sequence[Mapping[str, str]], *, now: datetime
) -> dict[str, Any]:
    """Recall at 1, 5 and 10 within each project, how long a search takes, and how merging without asking would do."""
    measured, semantic = Measured(), meanings.are_read()
    with transaction.atomic():
        for number, (project, told) in enumerate(_by_project(reports).items()):
            wanted = [
                (pair["query"], pair["master"])
                for pair in pairs
                if pair["project"] == project and pair["query"] in told and pair["master"] in told
            ]
            if wanted:
                stored = store(f"evaluation-{number}-{now:%Y%m%d%H%M%S%f}", told, now=now)
                _measure(stored, told, wanted, measured, semantic=semantic)
        transaction.set_rollback(True)
    if not measured.ranks:
        raise ValueError("No pair names two of the reports.")
    recalls = {f"recall_at_{rank}": round(float(np.mean(np.array(measured.ranks) <= rank)), 4) for rank in RANKS}
    return (
        recalls
        | {
            "query_ms_p95": round(1000 * float(np.percentile(measured.seconds, 95)), 2),
            "pairs": len(measured.ranks),
            "reports": len(reports),
            "semantic": semantic,
        }
        | measured.merging()
    )


@dataclass(frozen=True)
class Told:
    """One report as the file tells it; the component is empty where the file knows none."""

    title: str
    text: str
    component: str


def _by_project(reports: Sequence[Mapping[str, str]]) -> dict[str, dict[str, Told]]:
    told: dict[str, dict[str, Told]] = defaultdict(dict)
    for report in reports:
        told[report["project"]][report["bug_id"]] = Told(report["title"], report["text"], report.get("component", ""))
    return told


@dataclass(frozen=True)
class Stored:
    """A launch filled for measuring, and the row of each report in it."""

    launch_id: int
    row_of: dict[str, int]


def store(slug: str, told: Mapping[str, Told], *, now: datetime) -> Stored:
    """Fills a launch with triaged reports and reads their words as a worker does."""
    launch = Launch.objects.create(
        slug=slug, name="Evaluation", created_at=now, go_live_on=now.date(), planned_end_on=now.date()
    )
    rows = Feedback.objects.bulk_create(
        [
            Feedback(
                launch=launch,
                channel=Channel.IMPORT,
                source="evaluation",
                external_id=name,
                title=each.title[:MAX_TITLE],
                body=each.text[:MAX_CHARACTERS],
                occurred_at=now,
                received_at=now,
                triaged_at=now,
            )
            for name, each in told.items()
        ],
        batch_size=500,
    )
    for begin in range(0, len(rows), readings.AT_ONCE):
        readings.read([row.pk for row in rows[begin : begin + readings.AT_ONCE]])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE triage_wording, triage_wordcount")
    return Stored(launch.pk, dict(zip(told, [row.pk for row in rows], strict=True)))


def _measure(
    stored: Stored, told: Mapping[str, Told], wanted: Sequence[tuple[str, str]], measured: Measured, *, semantic: bool
) -> None:
    cluster_of = _clusters(told, wanted)
    name_of = {row: name for name, row in stored.row_of.items()}
    for query, master in wanted:
        began = time.perf_counter()
        words = words_in(stored.launch_id, told[query].title[:MAX_TITLE], told[query].text)
        asked = deep.ask(stored.launch_id, words)
        meaning = meanings.vectors_of([(told[query].title, told[query].text)])[0].tolist() if semantic else None
        besides = frozenset({stored.row_of[query]})
        found = nearest_rows(stored.launch_id, asked, meaning=meaning, besides=besides)
        measured.seconds.append(time.perf_counter() - began)
        names = [name_of[row.feedback_id] for row in found]
        measured.ranks.append(names.index(master) + 1 if master in names else np.inf)
        kept = [
            row
            for row, name in zip(found, names, strict=True)
            if name == master or _may_be(told, cluster_of, query, name)
        ]
        group_of = {row.feedback_id: cluster_of[name_of[row.feedback_id]] for row in kept}
        near = nearest(stored.launch_id, words, kept[:COMPARED_ROWS], group_of=group_of)
        measured.same.append(next((each for each in near if each.group == cluster_of[query]), None))
        measured.wrong += [each for each in near if each.group != cluster_of[query]][:1]


def _may_be(told: Mapping[str, Told], cluster_of: Mapping[str, int], query: str, other: str) -> bool:
    """Whether a row is a wrong neighbour that merging would look at: of the same component, and no duplicate."""
    component = told[query].component
    return cluster_of[query] != cluster_of[other] and (not component or component == told[other].component)


def _clusters(names: Iterable[str], wanted: Sequence[tuple[str, str]]) -> dict[str, int]:
    """For each report a number that its duplicates share."""
    number_of = {name: number for number, name in enumerate(names)}
    rows, columns = ([number_of[pair[side]] for pair in wanted] for side in (0, 1))
    links = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(number_of), len(number_of)))
    _count, clusters = connected_components(links, directed=False)
    return {name: int(clusters[number]) for name, number in number_of.items()}
