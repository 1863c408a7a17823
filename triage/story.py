"""This module puts timeline entries into words: what happened, who did it, and what to open."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from gateway_ingest.models import NoiseReason
from hypercare.core.models import TimelineEntry
from hypercare.core.templatetags.hypercare_ui import channel_word, field_word, status_word, value_word
from hypercare.core.timeline import KINDS
from triage.models import Word
from triage.review.sections import TITLES as REVIEW_SECTIONS
from triage.rootcause.words import field_words

ICONS = {
    "issue.opened": "flag",
    "issue.joined": "message-circle",
    "issue.status": "arrow-right",
    "issue.field": "edit",
    "issue.merged": "git-merge",
    "issue.unmerged": "arrow-up-right",
    "issue.told_apart": "x",
    "issue.note": "notes",
    "issue.labels": "tag",
    "issue.replied": "mail-forward",
    "issue.reply_withdrawn": "x",
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
    "cause.begun": "bulb",
    "cause.changed": "bulb",
    "issue.snoozed": "eye-off",
    "issue.woken": "bell-ringing",
    "message.sent": "mail-forward",
    "message.failed": "alert-triangle",
    "promise.made": "flag",
    "promise.kept": "check",
    "promise.dropped": "x",
    "promise.late": "clock",
    "review.published": "file-text",
    "runbook.used": "list-check",
    "runbook.told": "list-check",
}


# Why the sweep wakes an issue; without a reason a person woke it.
WOKEN = {
    "time": gettext_lazy("Woke: its time is over"),
    "severity": gettext_lazy("Woke: its severity rose"),
    "reach": gettext_lazy("Woke: it reaches more"),
    "reports": gettext_lazy("Woke: people reported it anew"),
    "ended": gettext_lazy("Its sleep ended with it"),
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
    said = str(KINDS.get(entry.kind, entry.kind))
    if entry.kind in _WORDS:
        return _WORDS[entry.kind](said, data)
    if entry.kind.startswith("alert."):
        return f"{said} {data.get('alert', '')}"
    return ", ".join(filter(None, (said, *_named(entry.kind, data))))


def _status(_said: str, data: dict[str, Any]) -> str:
    words = {"old": status_word(data["old"]), "new": status_word(data["new"])}
    if data.get("transition") == "undo":
        return _("%(old)s → %(new)s, move undone") % words
    return _("%(old)s → %(new)s") % words


def _field(_said: str, data: dict[str, Any]) -> str:
    field = str(data.get("field", ""))
    if data.get("new") == "released":
        return _("%(field)s given back to the machines") % {"field": field_word(field)}
    names = data.get("names", {})
    old, new = (names.get(value) or value_word(value or "–", field) for value in (data.get("old"), data.get("new")))
    return _("%(field)s: %(old)s → %(new)s") % {"field": field_word(field), "old": old, "new": new}


def _by_channel(said: str, data: dict[str, Any]) -> str:
    return f"{said}, {channel_word(str(data.get('channel', '')))}"


def _merged(_said: str, data: dict[str, Any]) -> str:
    return _came_or_went(data, came=_("%(other)s was merged into this"), went=_("Merged into %(other)s"), to="new")


def _unmerged(_said: str, data: dict[str, Any]) -> str:
    return _came_or_went(data, came=_("%(other)s was taken out of this"), went=_("Taken out of %(other)s"), to="old")


def _told_apart(_said: str, data: dict[str, Any]) -> str:
    return _("Not the same problem as %(other)s") % {"other": data.get("other", "")}


def _snoozed(_said: str, data: dict[str, Any]) -> str:
    words = {"until": _moment(data.get("until"))}
    if data.get("wake_if_worse"):
        return _("Snoozed until %(until)s, or until it gets worse") % words
    return _("Snoozed until %(until)s") % words


def _labels(said: str, data: dict[str, Any]) -> str:
    parts = [f"+ {label}" for label in data.get("added", [])] + [f"− {label}" for label in data.get("removed", [])]
    return f"{said}: {', '.join(parts)}"


def _replied(_said: str, data: dict[str, Any]) -> str:
    people = int(data.get("people", 0))
    return ngettext("Replied to %(n)s person", "Replied to %(n)s people", people) % {"n": people}


def _woken(said: str, data: dict[str, Any]) -> str:
    return str(WOKEN.get(str(data.get("why", "")), said))


_WORDS: dict[str, Callable[[str, dict[str, Any]], str]] = {
    "issue.status": _status,
    "issue.field": _field,
    "issue.opened": _by_channel,
    "issue.joined": _by_channel,
    "issue.merged": _merged,
    "issue.unmerged": _unmerged,
    "issue.told_apart": _told_apart,
    "issue.snoozed": _snoozed,
    "issue.woken": _woken,
    "issue.labels": _labels,
    "issue.replied": _replied,
}


def _moment(text: object) -> str:
    return date_format(localtime(datetime.fromisoformat(str(text))), "j M H:i") if text else ""


def _named(kind: str, data: dict[str, Any]) -> list[str]:
    """What an entry names: of a fix its release and verdict, of a promise, an article or a review which one or which part."""
    family = kind.partition(".")[0]
    if family == "cause":
        return [field_words(data.get("fields", []))]
    if family == "fix":
        word = str(Word(data["word"]).label) if data.get("word") in Word.values else ""
        return [str(data.get("version", "")), word]
    if family == "promise":
        return [f"CM-{data.get('promise', '')}"]
    if family == "runbook":
        told = "" if "worked" not in data else _("it worked") if data["worked"] else _("it did not work")
        return [str(data.get("article", "")), told]
    return [str(REVIEW_SECTIONS.get(data.get("section", ""), ""))] if family == "review" else []


def _came_or_went(data: dict[str, Any], *, came: str, went: str, to: str) -> str:
    """Both issues of a merge keep an entry: the root's names where it came from, the other's where it went."""
    return came % {"other": data["from"]} if "from" in data else went % {"other": data.get(to)}
