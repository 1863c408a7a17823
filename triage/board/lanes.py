"""This module lays out a launch's board: one lane a status, the most urgent first, and a count of what is not shown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from feedback.models import Feedback, Quarantined
from hypercare.core.models import Launch
from hypercare.core.templatetags.hypercare_ui import channel_word, severity_word
from triage import transitions
from triage.board.cards import Card, cards_of, with_people
from triage.board.faces import card_html
from triage.models import ENDED_STATUSES, OPEN_STATUSES, Issue, IssueStatus

LANE_CARDS = 50
MOST_CARDS = 1000  # in one lane, however often somebody asks for more
LANE_ORDER = ("severity", "-priority", "-id")


@dataclass(frozen=True)
class Lane:
    """One column: its most urgent cards and how many issues it holds in all."""

    status: str
    cards: list[Card]
    count: int
    most: int | None = None

    @property
    def faces(self) -> list[SafeString]:
        """The cards' markup in the present language."""
        return [card_html(card, language=get_language() or settings.LANGUAGE_CODE) for card in self.cards]

    @property
    def targets(self) -> str:
        """Where its cards may go, as the page's script reads it."""
        return " ".join(transitions.targets_from(self.status))

    @property
    def tone(self) -> str:
        """Amber at its limit, red above; nothing below or without one."""
        if self.most is None or self.count < self.most:
            return ""
        return "is-warn" if self.count == self.most else "is-bad"

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


@dataclass(frozen=True)
class Swim:
    """One row of a grouped board: what its issues have in common, and its lanes."""

    name: str
    lanes: list[Lane]


def lanes_of(
    issues: QuerySet[Issue],
    *,
    now: datetime,
    limits: Mapping[str, int] | None = None,
    cards: Mapping[str, int] | None = None,
) -> list[Lane]:
    """The six lanes of open issues; snoozed ones are counted elsewhere. One query a lane and two more.

    `cards` says for a lane how many it shows, where somebody asked for more than usual.
    """
    shown = _awake(issues, now=now)
    counts = dict(shown.order_by().values_list("status").annotate(Count("pk")))
    found = {
        status: list(with_people(shown.filter(status=status)).order_by(*LANE_ORDER)[: _cards_in(status, cards)])
        if counts.get(status)
        else []
        for status in OPEN_STATUSES
    }
    faces = iter(cards_of([issue for status in OPEN_STATUSES for issue in found[status]], now=now))
    return [
        Lane(str(status), [next(faces) for _issue in found[status]], counts.get(status, 0), (limits or {}).get(status))
        for status in OPEN_STATUSES
    ]


def _awake(issues: QuerySet[Issue], *, now: datetime) -> QuerySet[Issue]:
    return issues.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=now), status__in=OPEN_STATUSES)


def _cards_in(status: str, cards: Mapping[str, int] | None) -> int:
    return min(max((cards or {}).get(status, 0), LANE_CARDS), MOST_CARDS)


def after_in_lane(issues: QuerySet[Issue], status: str, *, after: tuple[int, int, int], now: datetime) -> Lane:
    """The next cards of a lane, behind the one of that severity, priority and number; two queries and one more."""
    severity, priority, number = after
    behind = Q(severity__gt=severity) | Q(severity=severity, priority__lt=priority)
    behind |= Q(severity=severity, priority=priority, pk__lt=number)
    rest = _awake(issues, now=now).filter(behind, status=status)
    found = list(with_people(rest).order_by(*LANE_ORDER)[:LANE_CARDS])
    return Lane(status, cards_of(found, now=now), rest.count())


def swims_of(lanes: list[Lane], by: str) -> list[Swim]:
    """The cards of the lanes in rows by what they have in common, the gravest and then the named first."""
    names = sorted({GROUPINGS[by](card.issue) for lane in lanes for card in lane.cards})
    return [
        Swim(
            str(word),
            [
                Lane(lane.status, cards, len(cards))
                for lane in lanes
                for cards in [[card for card in lane.cards if GROUPINGS[by](card.issue)[1] == word]]
            ],
        )
        for _rank, word in names
    ]


def _by_severity(issue: Issue) -> tuple[int, str]:
    return issue.severity, f"SEV{issue.severity} {severity_word(issue.severity)}"


def _by_component(issue: Issue) -> tuple[int, str]:
    return (0, issue.component.name) if issue.component else (1, _("No component"))


def _by_source(issue: Issue) -> tuple[int, str]:
    """The channel most of its reports came by."""
    loudest = max(issue.sources.items(), key=lambda pair: pair[1], default=None)
    return (0, str(channel_word(loudest[0]))) if loudest else (1, _("No source"))


def _by_criterion(issue: Issue) -> tuple[int, str]:
    """The first exit criterion it holds up."""
    return (0, _("Holds up %(code)s") % {"code": issue.blocks[0]}) if issue.blocks else (1, _("Holds up nothing"))


GROUPINGS: dict[str, Callable[[Issue], tuple[int, str]]] = {
    "severity": _by_severity,
    "component": _by_component,
    "source": _by_source,
    "criterion": _by_criterion,
}
GROUPING_WORDS = [
    ("severity", gettext_lazy("Severity")),
    ("component", gettext_lazy("Component")),
    ("source", gettext_lazy("Source")),
    ("criterion", gettext_lazy("Exit criterion")),
]


def filtered_out(launch: Launch, lanes: Sequence[Lane], *, now: datetime) -> int:
    """How many open issues that are awake the filter of these lanes hides."""
    awake = Q(snoozed_until=None) | Q(snoozed_until__lte=now)
    open_ones = Issue.objects.filter(awake, launch=launch, status__in=OPEN_STATUSES).count()
    return max(open_ones - sum(lane.count for lane in lanes), 0)


def not_shown(launch: Launch, *, now: datetime) -> NotShown:
    """Counts of what the board leaves out; five queries."""
    issues = Issue.objects.filter(launch=launch)
    # All of them by status come from an index alone, however many have ended; their sleep stands in the rows only.
    ended = dict(issues.filter(status__in=ENDED_STATUSES).values_list("status").annotate(issues=Count("*")))
    duplicates = ended.pop(IssueStatus.DUPLICATE, 0)
    return NotShown(
        snoozed=issues.filter(status__in=OPEN_STATUSES, snoozed_until__gt=now).count(),
        ended=sum(ended.values()),
        duplicates=duplicates,
        quarantined=Quarantined.objects.filter(launch=launch, handled_at=None).count(),
        in_triage=Feedback.objects.filter(launch=launch, triaged_at=None).count(),
        set_aside=Feedback.objects.filter(launch=launch, set_aside=True).count(),
    )
