"""This module puts timeline entries into words: what happened, who did it, and what to open."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from gateway_ingest.models import NoiseReason
from hypercare.core.models import TimelineEntry
from hypercare.core.templatetags.hypercare_ui import channel_word, field_word, status_word, value_word
from hypercare.core.timeline import KINDS
from triage.models import Word

ICONS = {
    "issue.opened": "flag",
    "issue.joined": "message-circle",
    "issue.status": "arrow-right",
    "issue.field": "edit",
    "issue.merged": "git-merge",
    "issue.unmerged": "arrow-up-right",
    "issue.told_apart": "x",
    "issue.note": "notes",
    "issue.told": "mail-forward",
    "room.opened": "broadcast",
    "known_issue.published": "broadcast",
    "known_issue.withdrawn": "x",
    "alert.resolved": "check",
    "alert.ended": "check",
    "alert.fired_again": "bell-ringing",
    "alert.worse": "bell-ringing",
    "fix.linked": "link",
    "fix.judged": "gauge",
    "fix.overruled": "edit",
    "fix.told": "mail-forward",
    "fix.fires": "alert-triangle",
    "message.sent": "mail-forward",
    "message.failed": "alert-triangle",
}


@dataclass(frozen=True)
class Happening:
    """One line of an issue's timeline."""

    at: datetime
    icon: str
    words: str
    detail: str
    who: str
    feedback_key: str
    of_key: str


def story_of(entries: Iterable[TimelineEntry], *, of: str = "") -> list[Happening]:
    """The entries in words, in their order; with `of`, those about another issue than that one name theirs."""
    return [
        Happening(
            at=entry.occurred_at,
            icon=ICONS.get(entry.kind, "info-circle"),
            words=_words(entry),
            detail=_detail(entry.data),
            who=entry.actor_name,
            feedback_key=str(entry.data.get("feedback", "")),
            of_key=entry.subject if of and entry.subject != of else "",
        )
        for entry in entries
    ]


def _detail(data: dict[str, Any]) -> str:
    """Why, in a person's words and by the noise reason they chose."""
    noise = str(NoiseReason(data["noise"]).label) if data.get("noise") in NoiseReason.values else ""
    return ", ".join(filter(None, (noise, str(data.get("reason") or data.get("note") or ""))))


def _words(entry: TimelineEntry) -> str:
    data: dict[str, Any] = entry.data
    if entry.kind == "issue.status":
        words = {"old": status_word(data["old"]), "new": status_word(data["new"])}
        if data.get("transition") == "undo":
            return _("%(old)s → %(new)s, move undone") % words
        return _("%(old)s → %(new)s") % words
    if entry.kind == "issue.field":
        field = str(data.get("field", ""))
        if data.get("new") == "released":
            return _("%(field)s given back to the machines") % {"field": field_word(field)}
        old, new = (value_word(data.get(name) or "–", field) for name in ("old", "new"))
        return _("%(field)s: %(old)s → %(new)s") % {"field": field_word(field), "old": old, "new": new}
    said = str(KINDS.get(entry.kind, entry.kind))
    if entry.kind in {"issue.joined", "issue.opened"}:
        said = f"{said}, {channel_word(str(data.get('channel', '')))}"
    elif entry.kind == "issue.merged":
        said = _came_or_went(data, came=_("%(other)s was merged into this"), went=_("Merged into %(other)s"), to="new")
    elif entry.kind == "issue.unmerged":
        said = _came_or_went(
            data, came=_("%(other)s was taken out of this"), went=_("Taken out of %(other)s"), to="old"
        )
    elif entry.kind == "issue.told_apart":
        said = _("Not the same problem as %(other)s") % {"other": data.get("other", "")}
    elif entry.kind.startswith("alert."):
        said = f"{said} {data.get('alert', '')}"
    else:
        said = ", ".join(filter(None, (said, *_named(entry.kind, data))))
    return said


def _named(kind: str, data: dict[str, Any]) -> list[str]:
    """The release and the verdict that an entry about a fix names."""
    if kind.startswith("fix."):
        word = str(Word(data["word"]).label) if data.get("word") in Word.values else ""
        return [str(data.get("version", "")), word]
    return []


def _came_or_went(data: dict[str, Any], *, came: str, went: str, to: str) -> str:
    """Both issues of a merge keep an entry: the root's names where it came from, the other's where it went."""
    return came % {"other": data["from"]} if "from" in data else went % {"other": data.get(to)}
