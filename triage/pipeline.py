"""This module is the middle of the story: claim > classify > sift > match > route > score > announce, over a batch.

Thinking (classify, match against the index) happens outside any transaction. Writing happens in one transaction
under the launch's advisory lock, looks again at what came since, and touches only rows still claimed and untriaged.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import override

from feedback.models import Feedback
from hypercare.core.models import Component, Launch
from triage import closing, writing
from triage.board import changes
from triage.claim import BATCH_ROWS, Claim, claim, newest_waiting
from triage.classify.classify import classify, load_model
from triage.classify.suggestion import Suggestion
from triage.locks import lock_launch
from triage.match.assign import Item, Proposal, propose, settle
from triage.recount import recount
from triage.sifting.aside import set_aside
from triage.sifting.gate import is_set_aside, sift

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Thought:
    """What was decided about the rows of one launch before anything is written."""

    launch: Launch
    rows: list[Feedback]
    suggestions: list[list[Suggestion]]
    aside: list[tuple[Feedback, list[Suggestion]]]
    components: dict[str, Component]
    proposal: Proposal | None

    @property
    def ids(self) -> list[int]:
        """Of all rows, those set aside among them."""
        return [row.pk for row in self.rows] + [row.pk for row, _found in self.aside]


def triage_waiting(*, clock: Callable[[], datetime], rows: int = BATCH_ROWS) -> int:
    """Triages batch after batch what waits at this moment, each row at most once; returns how many rows were written.

    What comes meanwhile rings for itself: a call that never ended would keep its worker from all else. `clock` is read
    once for each batch, since a backlog may take minutes.
    """
    written, last, newest = 0, 0, newest_waiting()
    while newest is not None:
        now = clock()
        held = claim(now=now, rows=rows, after=last, newest=newest)
        if not held.ids:
            break
        written += triage_claimed(held, now=now)
        last = held.ids[-1]
    return written


def triage_claimed(held: Claim, *, now: datetime) -> int:
    """Triages the claimed rows launch by launch; a row that cannot be read keeps waiting and harms no other."""
    by_launch: dict[int, list[Feedback]] = defaultdict(list)
    for row in (
        Feedback.objects.filter(pk__in=held.ids).select_related("launch", "component", "reporter").order_by("pk")
    ):
        by_launch[row.launch_id].append(row)
    return sum(_triage_or_halve(held.name, rows, now=now) for rows in by_launch.values())


def _triage_or_halve(claim_name: str, rows: list[Feedback], *, now: datetime) -> int:
    try:
        # Reasons are written down in the language of the team that reads them.
        with override(rows[0].launch.language):
            return write(think(rows, now=now), claim_name=claim_name, now=now)
    except Exception:
        if len(rows) == 1:
            log.exception("HC-%s could not be triaged and keeps waiting", rows[0].pk)
            return 0
        if connection.in_atomic_block:
            raise
        log.warning("a batch of %s rows failed; trying it in halves", len(rows))
        middle = len(rows) // 2
        return sum(_triage_or_halve(claim_name, half, now=now) for half in (rows[:middle], rows[middle:]))


def think(rows: Sequence[Feedback], *, now: datetime) -> Thought:
    """Classifies the rows of one launch and proposes which issue each belongs to; reads only."""
    launch = rows[0].launch
    components = {
        component.slug: component for component in Component.objects.filter(launch=launch).select_related("team")
    }
    said = classify(rows, list(components.values()), model=load_model(now=now, launch_id=launch.pk))
    found = list(zip(rows, sift(launch, rows, said), strict=True))
    aside = [(row, suggestions) for row, suggestions in found if is_set_aside(suggestions)]
    kept = [(row, suggestions) for row, suggestions in found if not is_set_aside(suggestions)]
    items = [_item(row, suggestions, components) for row, suggestions in kept]
    proposal = propose(launch.pk, items, [f"{row.title}\n{row.body}" for row, _suggestions in kept]) if kept else None
    return Thought(launch, [row for row, _ in kept], [found for _, found in kept], aside, components, proposal)


def write(thought: Thought, *, claim_name: str, now: datetime) -> int:
    """Writes verdicts, matches, issues, scores and the board's new version in one transaction; returns how many rows."""
    with transaction.atomic():
        lock_launch(thought.launch.pk)
        still = set(
            Feedback.objects.select_for_update()
            .filter(pk__in=thought.ids, claimed_by=claim_name, triaged_at=None)
            .values_list("pk", flat=True)
        )
        put_aside = [(row, found) for row, found in thought.aside if row.pk in still]
        set_aside(thought.launch, put_aside, now=now)
        closing.open_again([row for row in thought.rows if row.pk in still], now=now)
        assignments = settle(thought.proposal) if thought.proposal else []
        verdicts = [
            writing.Verdict(row, found, assignment)
            for row, found, assignment in zip(thought.rows, thought.suggestions, assignments, strict=True)
            if row.pk in still
        ]
        if not verdicts:
            return len(put_aside)
        touched = writing.write_verdicts(thought.launch, verdicts, components=thought.components, now=now)
        recount(touched, now=now)
        closing.review_proposed(touched, now=now)
        changes.publish(thought.launch.pk, touched)
    return len(verdicts) + len(put_aside)


def _item(row: Feedback, found: Sequence[Suggestion], components: dict[str, Component]) -> Item:
    said = {suggestion.field: suggestion.value for suggestion in found if suggestion.applied}
    component = components.get(said.get("component", ""))
    return Item(
        feedback_id=row.pk,
        component_id=component.pk if component else None,
        category=said.get("category", ""),
        channel=row.channel,
        fingerprint=writing.fingerprint_of(row),
    )
