"""This module reads the words of triaged reports into rows that can be searched, after triage and outside its transaction."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Left

from feedback.models import Feedback
from hypercare.core import prepared, rows
from triage.match import meanings
from triage.match.words import MAX_CHARACTERS, Words, words_in
from triage.models import Unread, Wording

AT_ONCE = 20
LEASE = timedelta(minutes=2)

# As an array, for the same reason as in triage.claim.
_CLAIM = """
UPDATE triage_unread SET claimed_until = %(until)s WHERE feedback_id = ANY (ARRAY(
    SELECT feedback_id FROM triage_unread
    WHERE claimed_until IS NULL OR claimed_until < %(now)s OR claimed_until > %(implausible)s
    ORDER BY feedback_id LIMIT %(rows)s FOR UPDATE SKIP LOCKED
)) RETURNING feedback_id
"""

# In the order of the numbers, so that two workers never wait for each other.
_COUNT = """
INSERT INTO triage_wordcount AS known (term, reports)
SELECT term, reports FROM unnest(%s::int[], %s::int[]) AS said(term, reports) ORDER BY term
ON CONFLICT (term) DO UPDATE SET reports = known.reports + excluded.reports
"""

_ADD_UP = """
INSERT INTO triage_wordsinall AS known (launch_id, reports, title_words, body_words) VALUES (%s, %s, %s, %s)
ON CONFLICT (launch_id) DO UPDATE SET reports = known.reports + excluded.reports,
    title_words = known.title_words + excluded.title_words, body_words = known.body_words + excluded.body_words
"""


@dataclass(frozen=True)
class Read:
    """A report with its words."""

    feedback_id: int
    launch_id: int
    words: Words
    meaning: Sequence[float] | None = None


def claim(*, now: datetime, at_most: int = AT_ONCE) -> list[int]:
    """Takes reports whose words are unread, oldest first; what a dead worker held comes back after the lease."""
    until: dict[str, datetime | int] = {
        "now": now,
        "until": now + LEASE,
        "implausible": now + 2 * LEASE,
        "rows": at_most,
    }
    with prepared.cursor() as cursor:
        cursor.execute(_CLAIM, until)
        return sorted(number for (number,) in cursor.fetchall())


def read(feedback_ids: Sequence[int]) -> list[Read]:
    """Reads these reports and writes down what they say; those that were read before are read again and not counted."""
    texts = Feedback.objects.filter(pk__in=feedback_ids).annotate(start=Left("body", MAX_CHARACTERS)).order_by("pk")
    told = list(texts.values_list("pk", "launch_id", "title", "start"))
    found = [Read(number, launch_id, words_in(launch_id, title, start)) for number, launch_id, title, start in told]
    if found:
        write(found)
    if not found or not meanings.are_read():
        return found
    vectors = meanings.vectors_of([(title, start) for _number, _launch_id, title, start in told])
    meanings.write([one.launch_id for one in found], [one.feedback_id for one in found], vectors)
    return [replace(one, meaning=vector.tolist()) for one, vector in zip(found, vectors, strict=True)]


@transaction.atomic
def write(found: Sequence[Read]) -> None:
    """Stores words and counts those that are new."""
    new = rows.insert_new([_row(one) for one in found])
    by_launch: dict[int, list[Words]] = {}
    for one in found:
        if one.feedback_id in new:
            by_launch.setdefault(one.launch_id, []).append(one.words)
    for launch_id in sorted(by_launch):
        _count(launch_id, by_launch[launch_id])


def forget_claims(feedback_ids: Iterable[int]) -> None:
    """Takes what was read and asked about out of the queue."""
    Unread.objects.filter(pk__in=list(feedback_ids)).delete()


def _row(one: Read) -> Wording:
    words = one.words
    return Wording(
        feedback_id=one.feedback_id,
        launch_id=one.launch_id,
        terms=words.terms.tolist(),
        said="\\x" + words.said.hex(),
        title_words=min(words.title_words, 2**15 - 1),
        body_words=min(words.body_words, 2**15 - 1),
    )


def _count(launch_id: int, said: Sequence[Words]) -> None:
    counted = Counter(term for words in said for term in words.terms.tolist())
    with prepared.cursor() as cursor:
        cursor.execute(_COUNT, [list(counted), list(counted.values())])
        sums = [len(said), sum(words.title_words for words in said), sum(words.body_words for words in said)]
        cursor.execute(_ADD_UP, [launch_id, *sums])
