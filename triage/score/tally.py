"""This module adds up in the database what the live reports of issues say, so that a large issue costs little more."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from feedback.models import MACHINE_CHANNELS
from hypercare.core import prepared
from triage import tree
from triage.score.severity import CONFIDENT, Voice

_MACHINES = sorted(str(channel) for channel in MACHINE_CHANNELS)
# One line for all reports of a tree that say the same.
_TOLD = f"""
WITH told AS MATERIALIZED (
    SELECT root, feedback.id, channel, category, component_id, reporter_id, occurred_at, received_at,
           channel = ANY(%(machines)s::text[]) AS by_machine, said.*
    {tree.LIVE_REPORTS} JOIN feedback_feedback feedback ON feedback.id = match.feedback_id
    LEFT JOIN LATERAL (
        SELECT value::int AS severity, origin, coalesce(confidence, 1) AS confidence FROM triage_decision
        WHERE feedback_id = match.feedback_id AND field = 'severity' AND ended_at IS NULL AND value ~ '^[1-5]$' OFFSET 0
    ) said ON true
), lines AS (
    SELECT root, min(id) AS first, json_build_array(
        channel, category, component_id, severity, origin, max(confidence), count(*), count(*) - count(reporter_id)
    ) AS line
    FROM told GROUP BY root, channel, category, component_id, severity, origin, confidence >= %(confident)s
)
SELECT root, people, latest, heard, machine, person, lines
FROM (
    SELECT root, count(DISTINCT reporter_id) AS people, max(occurred_at) AS latest, min(received_at) AS heard,
           min(occurred_at) FILTER (WHERE by_machine) AS machine, min(occurred_at) FILTER (WHERE NOT by_machine) AS person
    FROM told GROUP BY root
) counted
JOIN (SELECT root, json_agg(line ORDER BY first)::text AS lines FROM lines GROUP BY root) grouped USING (root)
"""  # noqa: S608 - no word of it comes from outside


@dataclass
class Tally:
    """What the live reports of one tree add up to; a voice stands for all that say the same."""

    count: int = 0
    people: int = 0
    guests: int = 0
    sources: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    components: Counter[int] = field(default_factory=Counter)
    voices: list[Voice] = field(default_factory=list)
    last_seen_at: datetime | None = None
    heard_at: datetime | None = None
    machine_at: datetime | None = None
    person_at: datetime | None = None

    @property
    def machines(self) -> int:
        """Reports from machines."""
        return sum(count for channel, count in self.sources.items() if channel in MACHINE_CHANNELS)

    @property
    def reach(self) -> int:
        """Distinct reporters; guests cannot be told apart, so all of them are at least one."""
        return self.people or (1 if self.guests else 0)

    def add(self, line: "_Line") -> None:
        """Counts reports that say the same; whoever spoke first comes first among equals."""
        channel, category, component_id, severity, origin, confidence, reports, nameless = line
        self.count += reports
        self.sources[channel] += reports
        if channel not in MACHINE_CHANNELS:
            self.guests += nameless
        if category:
            self.categories[category] += reports
        if component_id:
            self.components[component_id] += reports
        if severity and origin and confidence is not None:
            self.voices.append(Voice(severity, confidence, origin, reports))


# Channel, category, component, severity with its origin and confidence, how many reports, how many of them nameless.
_Line = tuple[str, str, int | None, int | None, str | None, float | None, int, int]
_read_lines = msgspec.json.Decoder(list[_Line]).decode


@dataclass(frozen=True)
class Counted:
    """Trees of issues with what their reports add up to, by their roots."""

    members_of: Mapping[int, Sequence[int]]
    tallies: Mapping[int, Tally]


def count(root_ids: Iterable[int]) -> Counted:
    """Reads the live reports of these trees, each once."""
    members_of = tree.members_of(sorted(set(root_ids)))
    tallies = {root: Tally() for root in members_of}
    with prepared.cursor(binary=True) as cursor:
        cursor.execute(_TOLD, {**tree.columns_of(members_of), "confident": CONFIDENT, "machines": _MACHINES})
        for root, people, latest, heard, machine, person, lines in cursor.fetchall():
            tally = tallies[root]
            tally.people, tally.last_seen_at = people, latest
            tally.heard_at, tally.machine_at, tally.person_at = heard, machine, person
            for line in _read_lines(lines):
                tally.add(line)
    return Counted(members_of, tallies)
