"""This module gathers what a launch teaches: the live labels of its reports, and its old tickets, newest first."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from feedback.models import Channel, Feedback
from hypercare.core.models import Launch
from triage.learn.labels import LEARNED
from triage.models import Label, OldTicket, Way

# What keeps a training under half a minute and under 1 GB; older ones rest.
MOST_REPORTS, MOST_TICKETS = 5_000, 4_000
# How much one example counts beside one text of the seed corpus.
SAID, TOLD_BY_A_TICKET, LET_STAND = 3.0, 2.0, 1.0
_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True)
class Word:
    """What one voice said of one field of a text, and how much that counts."""

    value: str
    voice: str
    weight: float


@dataclass(frozen=True)
class Example:
    """A text, what people said of it field by field, and when."""

    report: Feedback
    words: dict[str, Word]
    at: datetime
    is_ticket: bool = False

    @property
    def text(self) -> str:
        """What is learned from."""
        return f"{self.report.title}\n{self.report.body}".strip()

    @property
    def voices(self) -> set[str]:
        """Who spoke."""
        return {word.voice for word in self.words.values()}


def examples_of(launch: Launch) -> list[Example]:
    """All that may teach, the oldest first; of texts that differ in numbers alone the newest, so that no copy judges."""
    found = sorted([*_from_labels(launch), *_from_tickets(launch)], key=lambda one: one.at)
    newest = {_NUMBERS.sub("0", one.text.lower()): one for one in found}
    return sorted(newest.values(), key=lambda one: one.at)


def _from_labels(launch: Launch) -> list[Example]:
    live = Label.objects.filter(launch=launch, field__in=LEARNED, withdrawn_at=None, feedback__isnull=False)
    newest = live.exclude(value="").order_by("-labelled_at").values_list("feedback_id", flat=True)
    chosen = list(dict.fromkeys(newest[: MOST_REPORTS * len(LEARNED)]))[:MOST_REPORTS]
    by_report: dict[int, list[Label]] = defaultdict(list)
    for label in live.exclude(value="").filter(feedback__in=chosen):
        by_report[label.feedback_id or 0].append(label)
    reports = Feedback.objects.filter(pk__in=by_report).only("title", "body", "channel", "kind", "context")
    return [_example(report, by_report[report.pk]) for report in reports]


def _example(report: Feedback, labels: Sequence[Label]) -> Example:
    words = {
        label.field: Word(label.value, f"user:{label.actor_id}", LET_STAND if label.way == Way.LET_STAND else SAID)
        for label in labels
    }
    # A copy without its component: what people set there would be taken for what the reporter named.
    text = Feedback(
        title=report.title, body=report.body, channel=report.channel, kind=report.kind, context=report.context
    )
    return Example(text, words, max(label.labelled_at for label in labels))


def _from_tickets(launch: Launch) -> list[Example]:
    read = OldTicket.objects.filter(run__launch=launch, run__ended_at__isnull=False, is_read=True, error="")
    rows = read.exclude(said={}).select_related("run").order_by("-run_id", "-happened_at", "-line")[:MOST_TICKETS]
    return [_old(row) for row in rows]


def _old(row: OldTicket) -> Example:
    voice = f"import:{row.run.uploaded_by_id or 0}"  # a file in three parts is no louder than in one
    words = {field: Word(value, voice, TOLD_BY_A_TICKET) for field, value in row.said.items()}
    report = Feedback(title=row.title, body=row.body, channel=Channel.IMPORT)
    return Example(report, words, row.happened_at or row.run.uploaded_at, is_ticket=True)
