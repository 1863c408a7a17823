"""This module gives cards their markup; cards that show the same are rendered once for all boards and sockets."""

from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import override

from hypercare.core.fragments import fragment
from hypercare.core.models import User
from triage.board.cards import Card


@dataclass(frozen=True)
class Owner:
    """Who works on it, as an avatar shows a person."""

    name: str
    initials: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Face:
    """All that a card shows."""

    key: str
    launch: str
    title: str
    status: str
    version: int
    severity: int
    priority: int
    category: str
    labels: tuple[str, ...]
    sure_percent: int | None
    reach: int
    reach_of: int | None
    guests: int
    reported: int
    sources: tuple[tuple[str, int], ...]
    age_share: int
    age_tone: str
    age_words: str
    owner: Owner | None


def face_of(card: Card) -> Face:
    """What the card shows at its moment, in the present language."""
    issue = card.issue
    return Face(
        key=issue.key,
        launch=issue.launch.slug,
        title=issue.title,
        status=issue.status,
        version=issue.version,
        severity=issue.severity,
        priority=issue.priority,
        category=issue.category,
        labels=tuple(issue.labels),
        sure_percent=card.sure_percent,
        reach=issue.reach_value,
        reach_of=issue.reach_of,
        guests=issue.reach_guests,
        reported=card.reported,
        sources=tuple(card.sources),
        age_share=card.age_share,
        age_tone=card.age_tone,
        age_words=card.age_words,
        owner=_owner(issue.owner),
    )


def card_html(card: Card, *, language: str) -> SafeString:
    """The card's markup, the same for everyone who reads `language`."""
    with override(language):
        return fragment("triage/_card.html", face_of(card))


def _owner(person: User | None) -> Owner | None:
    return Owner(str(person), person.initials) if person else None
