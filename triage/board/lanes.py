"""This module lays out a launch's board: one lane a status, the most urgent first, and a count of what is not shown."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from feedback.models import Feedback, Quarantined
from hypercare.core.models import Launch
from triage import transitions
from triage.board.cards import Card, cards_of, with_people
from triage.board.faces import card_html
from triage.models import ENDED_STATUSES, OPEN_STATUSES, Issue, IssueStatus

LANE_CARDS = 50
LANE_ORDER = ("severity", "-priority", "-id")


@dataclass(frozen=True)
class Lane:
    """One column: its most urgent cards and how many issues it holds in all."""

    status: str
    cards: list[Card]
    count: int

    @property
    def faces(self) -> list[SafeString]:
        """The cards' markup in the present language."""
        return [card_html(card, language=get_language() or settings.LANGUAGE_CODE) for card in self.cards]

    @property
    def targets(self) -> str:
        """Where its cards may go, as the page's script reads it."""
        return " ".join(transitions.targets_from(self.status))

    @property
    def unshown(self) -> int:
        """Issues of the lane beyond the cards."""
        return self.count - len(self.cards)


@dataclass(frozen=True)
class NotShown:
    """What a board hides, counted."""

    snoozed: int
    quarantined: int
    ended: int
    duplicates: int
    in_triage: int
    set_aside: int


def lanes_of(issues: QuerySet[Issue], *, now: datetime) -> list[Lane]:
    """The six lanes of open issues; snoozed ones are counted elsewhere. One query a lane and two more."""
    shown = issues.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=now), status__in=OPEN_STATUSES)
    counts = dict(shown.order_by().values_list("status").annotate(Count("pk")))
    found = {
        status: list(with_people(shown.filter(status=status)).order_by(*LANE_ORDER)[:LANE_CARDS])
        if counts.get(status)
        else []
        for status in OPEN_STATUSES
    }
    cards = iter(cards_of([issue for status in OPEN_STATUSES for issue in found[status]], now=now))
    return [
        Lane(str(status), [next(cards) for _issue in found[status]], counts.get(status, 0)) for status in OPEN_STATUSES
    ]


def not_shown(launch: Launch, *, now: datetime) -> NotShown:
    """Counts of what the board leaves out; four queries."""
    counts = Issue.objects.filter(launch=launch).aggregate(
        snoozed=Count("pk", filter=Q(snoozed_until__gt=now, status__in=OPEN_STATUSES)),
        ended=Count("pk", filter=Q(status__in=ENDED_STATUSES) & ~Q(status=IssueStatus.DUPLICATE)),
        duplicates=Count("pk", filter=Q(status=IssueStatus.DUPLICATE)),
    )
    return NotShown(
        **counts,
        quarantined=Quarantined.objects.filter(launch=launch, handled_at=None).count(),
        in_triage=Feedback.objects.filter(launch=launch, triaged_at=None).count(),
        set_aside=Feedback.objects.filter(launch=launch, set_aside=True).count(),
    )
