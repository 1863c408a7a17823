"""This module fills a launch with any number of reports that were triaged and read long ago, straight into the tables.

The first ones are real texts, read by the product. Each further set of rows repeats them with their common words as they
are and their rare ones renamed, so that the vocabulary grows with the rows as that of real reports does.
"""

import struct
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt
from django.db import connection

from benchmarks.texts import Text
from feedback.models import Feedback
from hypercare.core.models import Launch
from triage.match import readings
from triage.models import Wording

RARE = 10
_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_END = struct.pack(">h", -1)

_MORE_FEEDBACK = """
INSERT INTO feedback_feedback (
    launch_id, channel, source, content_digest, kind, title, body, language, context, fields, trace_id, redactions,
    occurred_at, received_at, category, severity, sentiment, reply_status, issue_key, triaged_at, claimed_by)
SELECT launch_id, channel, source, '', '', title, left(body, 200), 'en', '{}', '{}', '', 0, occurred_at, received_at, 'bug', 3,
    'neutral', 'looking', '', triaged_at, ''
FROM feedback_feedback WHERE id = ANY(%s) ORDER BY id RETURNING id
"""
_COPY = "COPY triage_wording (feedback_id, launch_id, terms, said, title_words, body_words) FROM STDIN (FORMAT binary)"
_COUNT = """
INSERT INTO triage_wordcount AS known (term, reports) SELECT * FROM unnest(%s::int[], %s::int[])
ON CONFLICT (term) DO UPDATE SET reports = known.reports + excluded.reports
"""
_ADD_UP = """
UPDATE triage_wordsinall SET reports = reports * %(times)s, title_words = title_words * %(times)s,
    body_words = body_words * %(times)s WHERE launch_id = %(launch)s
"""


def fill(launch: Launch, texts: Sequence[Text], *, rows: int, now: datetime) -> None:
    """Stores at least so many rows, in whole sets of the texts."""
    _enter(launch, texts, now=now)
    times = -(-rows // len(texts))
    if times > 1:
        _repeat(launch, times=times)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE feedback_feedback, triage_wording, triage_wordcount")


def _enter(launch: Launch, texts: Sequence[Text], *, now: datetime) -> None:
    moments = {"occurred_at": now, "received_at": now, "triaged_at": now}
    stored = Feedback.objects.bulk_create(
        [
            Feedback(launch=launch, channel="api", source="stored", title=text.title, body=text.body, **moments)
            for text in texts
        ],
        batch_size=500,
    )
    for begin in range(0, len(stored), readings.AT_ONCE):
        readings.read([row.pk for row in stored[begin : begin + readings.AT_ONCE]])


def _repeat(launch: Launch, *, times: int) -> None:
    base = list(Wording.objects.filter(launch=launch).order_by("pk"))
    terms = np.concatenate([np.array(row.terms, dtype=np.int64) for row in base])
    ends = np.cumsum([len(row.terms) for row in base])
    different, back, counts = np.unique(terms, return_inverse=True, return_counts=True)
    rare = counts <= RARE
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX wording_terms")
        for copy in range(1, times):
            renamed = np.where(rare, (different + copy * 2_654_435_762) % 2**32 - 2**31, different)
            cursor.execute(_MORE_FEEDBACK, [[row.pk for row in base]])
            numbers = [number for (number,) in cursor.fetchall()]
            _copy_wordings(launch.pk, base, numbers, renamed[back], ends)
            cursor.execute(_COUNT, [renamed[rare].tolist(), counts[rare].tolist()])
        cursor.execute(
            "UPDATE triage_wordcount SET reports = reports * %s WHERE term = ANY(%s)",
            [times, different[~rare].tolist()],
        )
        cursor.execute(_ADD_UP, {"times": times, "launch": launch.pk})
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("CREATE INDEX wording_terms ON triage_wording USING gin (terms) WITH (fastupdate = off)")


def _copy_wordings(
    launch_id: int,
    base: Sequence[Wording],
    numbers: Sequence[int],
    terms: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
) -> None:
    begin = 0
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(_HEADER)
        for row, number, end in zip(base, numbers, ends.tolist(), strict=True):
            copy.write(_line(launch_id, row, number, terms[begin:end]))
            begin = end
        copy.write(_END)


def _line(launch_id: int, row: Wording, number: int, terms: npt.NDArray[np.int64]) -> bytes:
    """One row as binary COPY wants it; the array is a head of five numbers, then a length and a number each."""
    said = bytes(row.said)
    array = np.empty((len(terms), 2), dtype=">i4")
    array[:, 0], array[:, 1] = 4, terms
    head = struct.pack(">5i", 1, 0, 23, len(terms), 1) if len(terms) else struct.pack(">3i", 0, 0, 23)
    numbers = head + array.tobytes()
    return (
        struct.pack(">hiqiqi", 6, 8, number, 8, launch_id, len(numbers))
        + numbers
        + struct.pack(">i", len(said))
        + said
        + struct.pack(">ihih", 2, row.title_words, 2, row.body_words)
    )
