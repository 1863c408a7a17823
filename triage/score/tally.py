"""This module adds up in the database what the live reports of issues say, so that a large issue costs little more."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from feedback.models import MACHINE_CHANNELS
from hypercare.core import prepared
from triage import tree
from triage.score.severity import CONFIDENT, Voice

_REPORTS = f"""
SELECT root, feedback.channel, feedback.category, grouping(feedback.channel), grouping(feedback.category),
       count(*), count(*) FILTER (WHERE reporter_id IS NULL), count(DISTINCT reporter_id), max(occurred_at)
{tree.LIVE_REPORTS} JOIN feedback_feedback feedback ON feedback.id = match.feedback_id
GROUP BY GROUPING SETS ((root), (root, feedback.channel), (root, feedback.category))
ORDER BY root, count(*) DESC, feedback.category
"""

_VOICES = f"""
SELECT root, severity, max(confidence), origin, count(*)
{tree.LIVE_REPORTS} CROSS JOIN LATERAL (
    SELECT value::int AS severity, coalesce(confidence, 1) AS confidence, origin FROM triage_decision
    WHERE feedback_id = match.feedback_id AND field = 'severity' AND ended_at IS NULL AND value ~ '^[1-5]$' OFFSET 0
) decision
GROUP BY root, severity, origin, confidence >= %(confident)s
"""  # noqa: S608 - no word of it comes from outside


@dataclass
class Tally:
    """What the live reports of one tree add up to; a voice stands for all that say the same."""

    count: int = 0
    people: int = 0
    guests: int = 0
    sources: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    voices: list[Voice] = field(default_factory=list)
    last_seen_at: datetime | None = None

    @property
    def machines(self) -> int:
        """Reports from machines."""
        return sum(count for channel, count in self.sources.items() if channel in MACHINE_CHANNELS)

    @property
    def reach(self) -> int:
        """Distinct reporters; guests cannot be told apart, so all of them are at least one."""
        return self.people or (1 if self.guests else 0)


class _Told(NamedTuple):
    """One line of the count: of a channel, of a category, or of every channel and category."""

    root: int
    channel: str
    category: str
    of_every_channel: int
    of_every_category: int
    reports: int
    nameless: int
    people: int
    latest: datetime


def tallies_of(members_of: Mapping[int, Sequence[int]]) -> dict[int, Tally]:
    """The tally of each root issue's tree, given the members of each; two queries."""
    tallies = {root: Tally() for root in members_of}
    given = {**tree.columns_of(members_of), "confident": CONFIDENT}
    for told in map(_Told._make, _rows(_REPORTS, given)):
        _add(tallies[told.root], told)
    for root, severity, confidence, origin, count in _rows(_VOICES, given):
        tallies[root].voices.append(Voice(severity, confidence, origin, count))
    return tallies


def _add(tally: Tally, told: _Told) -> None:
    if not told.of_every_channel:
        tally.sources[told.channel] = told.reports
        tally.guests += 0 if told.channel in MACHINE_CHANNELS else told.nameless
    elif told.of_every_category:
        tally.count, tally.people, tally.last_seen_at = told.reports, told.people, told.latest
    elif told.category:
        tally.categories[told.category] = told.reports


def _rows(sql: str, given: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    with prepared.cursor() as cursor:
        cursor.execute(sql, given)
        return iter(cursor.fetchall())
