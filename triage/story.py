"""This module puts timeline entries into words: what happened, who did it, and what to open."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from hypercare.core.models import TimelineEntry
from hypercare.core.templatetags.hypercare_ui import channel_word, field_word, status_word, value_word
from hypercare.core.timeline import KINDS

ICONS = {
    "issue.opened": "flag",
    "issue.joined": "message-circle",
    "issue.status": "arrow-right",
    "issue.field": "edit",
    "issue.merged": "git-merge",
    "issue.unmerged": "arrow-up-right",
    "issue.note": "notes",
    "alert.resolved": "check",
    "alert.fired_again": "bell-ringing",
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


def story_of(entries: Iterable[TimelineEntry]) -> list[Happening]:
    """The entries in words, in their order."""
    return [
        Happening(
            at=entry.occurred_at,
            icon=ICONS.get(entry.kind, "info-circle"),
            words=_words(entry),
            detail=str(entry.data.get("reason") or entry.data.get("note") or ""),
            who=entry.actor_name,
            feedback_key=str(entry.data.get("feedback", "")),
        )
        for entry in entries
    ]


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
        said = _("Merged with %(other)s") % {"other": data.get("from") or data.get("new")}
    elif entry.kind == "issue.unmerged":
        said = _("Taken apart from %(other)s") % {"other": data.get("from") or data.get("old")}
    elif entry.kind.startswith("alert."):
        said = f"{said} {data.get('alert', '')}"
    return said
