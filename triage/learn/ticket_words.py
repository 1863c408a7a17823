"""This module says what the columns and words of other people's tickets mean in ours, proposed first, then confirmed."""

import re
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from triage.categories import CATEGORIES, SENTIMENTS

TEXTS = ("title", "body")
LABELS: dict[str, tuple[str, ...]] = {
    "category": CATEGORIES,
    "severity": ("1", "2", "3", "4", "5"),
    "sentiment": SENTIMENTS,
}
TIME = "happened_at"
PLACES = (*TEXTS, *LABELS, TIME)

_COLUMN_NAMES = {
    "title": "title summary subject headline short_description rubrik titel ämne",
    "body": "body description text details comment message content beskrivning",
    "category": "category type issue_type issuetype tracker kind label labels kategori typ",
    "severity": "severity priority prio impact urgency allvarlighet prioritet",
    "sentiment": "sentiment tone polarity mood ton",
    "happened_at": "created created_at opened opened_at date reported reported_at time skapad datum",
}
_WORDS = {
    "category": {
        "bug": "bug defect fel incident error problem fault bugg bug_report",
        "performance": "performance slow latency prestanda",
        "usability": "usability ux ui accessibility användbarhet",
        "enhancement": "enhancement feature feature_request improvement wish change_request new_feature story önskemål",
        "security": "security vulnerability säkerhet",
        "data_integrity": "data data_integrity data_quality data_loss",
        "integration": "integration api interface",
        "documentation": "documentation docs dokumentation",
        "training_gap": "training how_to howto user_error utbildning",
        "access": "access login account permission permissions password behörighet",
        "availability": "availability outage downtime avbrott",
        "compliance": "compliance gdpr privacy legal",
        "question": "question inquiry request support service_request fråga",
        "praise": "praise compliment thanks beröm",
        "ai_quality": "ai_quality hallucination wrong_answer",
        "ai_cost": "ai_cost token_cost",
    },
    "severity": {
        "1": "blocker sev1 p0 s1 highest emergency",
        "2": "critical sev2 p1 s2 urgent kritisk",
        "3": "major high sev3 p2 s3 hög",
        "4": "minor medium normal sev4 p3 s4 moderate medel",
        "5": "trivial low lowest cosmetic sev5 p4 s5 låg",
    },
    "sentiment": {
        "negative": "negative neg bad angry unhappy negativ",
        "neutral": "neutral none mixed",
        "positive": "positive pos good happy positiv",
    },
}
_MEANS = {
    name: {word: value for value, said in words.items() for word in said.split()} for name, words in _WORDS.items()
}
_FIRST_YEAR = 1970  # what is older stands for no day, and some of it is none to the database
_DATES = ("%Y/%m/%d", "%d.%m.%Y", "%Y/%m/%d %H:%M", "%d.%m.%Y %H:%M", "%d %b %Y", "%b %d, %Y")


@dataclass(frozen=True)
class Mapping:
    """Which column holds what, by its number, and what the words in a column of labels mean."""

    columns: dict[str, int]
    words: dict[str, dict[str, str]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As an import keeps it."""
        return {"columns": self.columns, "words": self.words}

    @classmethod
    def of(cls, stored: AnyMapping[str, Any]) -> "Mapping":
        """Back again."""
        return cls(dict(stored.get("columns", {})), dict(stored.get("words", {})))


@dataclass(frozen=True)
class Read:
    """One ticket in our words, or why it cannot be used."""

    title: str = ""
    body: str = ""
    said: dict[str, str] = field(default_factory=dict)
    happened_at: datetime | None = None
    error: str = ""


def _plain(text: str) -> str:
    return re.sub(r"[\s\-./]+", "_", text.strip().lower())


def proposed_columns(columns: Sequence[str]) -> dict[str, int]:
    """The columns that are called as such columns mostly are; each used once."""
    names = [_plain(column) for column in columns]
    found: dict[str, int] = {}
    for place, known in _COLUMN_NAMES.items():
        for word in known.split():
            if word in names and names.index(word) not in found.values():
                found[place] = names.index(word)
                break
    return found


def proposed_words(seen: AnyMapping[str, AnyMapping[str, int]]) -> dict[str, dict[str, str]]:
    """What the words of label columns mostly mean; an unknown word means nothing until a person says so."""
    return {
        place: {word: meaning for word in words if (meaning := _meaning(place, word))}
        for place, words in seen.items()
        if place in LABELS
    }


def _meaning(place: str, word: str) -> str:
    plain = _plain(word)
    return plain if plain in LABELS[place] else _MEANS[place].get(plain, "")


def read_cells(cells: Sequence[str], mapping: Mapping, *, now: datetime) -> Read:
    """One ticket as the mapping says; what cannot be used says why."""
    told = {place: cells[at].strip() if at < len(cells) else "" for place, at in mapping.columns.items()}
    title, body = told.get("title", ""), told.get("body", "")
    if not title and not body:
        return Read(error=_("It has no text."))
    said = {place: mapping.words.get(place, {}).get(told[place], "") for place in LABELS if place in told}
    said = {place: value for place, value in said.items() if value in LABELS[place]}
    title, body = (title[:300], body) if title else (body[:300], body)
    if not said:
        words = ", ".join(filter(None, (told[place] for place in LABELS if place in told)))[:80]
        return Read(
            title,
            body,
            error=_("“%(words)s” has no meaning here.") % {"words": words} if words else _("Nobody said what it is."),
        )
    try:
        happened_at = _moment(told.get(TIME, ""))
    except ValueError:
        return Read(
            title,
            body,
            error=_("“%(date)s” is no date that can be read; write it as 2026-05-28.") % {"date": told[TIME][:40]},
        )
    return Read(title, body, said, min(happened_at, now) if happened_at else None)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = _by_form(text)
    if found.year < _FIRST_YEAR:
        raise ValueError(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _by_form(text: str) -> datetime:
    for form in _DATES:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is given above
        except ValueError:
            continue
    raise ValueError(text)
