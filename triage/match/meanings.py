"""This module finds the reports nearest to a text by what they mean, where the semantic extra is installed and wanted.

The vectors lie in PostgreSQL. Candidates come by their signs alone, one bit for each number, and are compared exactly
after that: the index over bits is a sixteenth of one over the vectors.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import connection, transaction

from hypercare.core import rows
from triage.classify import meaning
from triage.models import Meaning
from triage.models.meaning import DIMENSIONS, written

TITLE_WEIGHT = 1.0
# The first sentences say what it is about; reading on takes five times as long and finds no more.
READ_CHARACTERS = 300
NEAREST = 200
BY_SIGNS = 400

Vectors = npt.NDArray[np.float32]

_NEAR = """
SELECT feedback_id, 1 - (vector <=> %(vector)s::halfvec) AS cosine
FROM (
    SELECT feedback_id, vector FROM triage_meaning WHERE launch_id = %(launch)s
    ORDER BY binary_quantize(vector)::bit(384) <~> binary_quantize(%(vector)s::halfvec)::bit(384) LIMIT %(by_signs)s
) near
ORDER BY vector <=> %(vector)s::halfvec LIMIT %(nearest)s
"""
_OF = "SELECT feedback_id, 1 - (vector <=> %s::halfvec) FROM triage_meaning WHERE feedback_id = ANY(%s) AND launch_id = %s"


def are_read() -> bool:
    """Whether this process reads what texts mean."""
    return bool(settings.SEMANTIC) and meaning.is_installed()


def vectors_of(texts: Sequence[tuple[str, str]]) -> Vectors:
    """One direction for each title and body; slow, so never inside a transaction."""
    told = [f"{title}\n{body[:READ_CHARACTERS]}" for title, body in texts]
    both = meaning.meanings(told)
    summed = TITLE_WEIGHT * both[:, :DIMENSIONS] + both[:, DIMENSIONS:]
    lengths = np.linalg.norm(summed, axis=1, keepdims=True)
    return np.asarray(summed / np.maximum(lengths, 1e-9), dtype=np.float32)


def write(launch_ids: Sequence[int], feedback_ids: Sequence[int], vectors: Vectors) -> None:
    """Stores what reports mean, where it is not known yet."""
    values: list[dict[str, Any]] = [
        {"feedback_id": number, "launch_id": launch, "vector": written(vector.tolist())}
        for number, launch, vector in zip(feedback_ids, launch_ids, vectors, strict=True)
    ]
    rows.add(Meaning, values)


def nearest(launch_id: int, vector: Sequence[float]) -> dict[int, float]:
    """The rows of a launch that mean nearly the same, with their cosines."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Rows of other launches lie between; the index goes on until enough of this one are found.
        cursor.execute("SET LOCAL hnsw.iterative_scan = 'relaxed_order'")
        cursor.execute("SET LOCAL hnsw.ef_search = 400")
        given: dict[str, Any] = {
            "vector": written(vector),
            "launch": launch_id,
            "by_signs": BY_SIGNS,
            "nearest": NEAREST,
        }
        cursor.execute(_NEAR, given)
        return dict(cursor.fetchall())


def cosines_of(launch_id: int, vector: Sequence[float], feedback_ids: Sequence[int]) -> dict[int, float]:
    """How near the meanings of these rows are; those that were not read are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_OF, [written(vector), list(feedback_ids), launch_id])
        return dict(cursor.fetchall())
