"""This module reads the timeline as an audit log: filtered, and as CSV that no spreadsheet takes for formulas."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from hypercare.core.clock import day_bounds
from hypercare.core.models import Launch, TimelineEntry, User
from hypercare.core.timeline import KINDS

# What people wrote stays out of the log that leaves the house; codes, numbers and names of parts stay in.
WRITTEN_BY_PEOPLE = frozenset({"text", "body", "title", "note", "summary", "reason", "comment"})
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Wanted:
    """Which entries: of a kind, by an actor, between two days of the launch's own calendar, both included."""

    kind: str = ""
    actor: str = ""
    since: date | None = None
    until: date | None = None


def entries_of(launch: Launch, wanted: Wanted) -> QuerySet[TimelineEntry]:
    """The launch's entries, newest first."""
    entries = TimelineEntry.objects.filter(launch=launch).order_by("-id")
    if wanted.kind:
        entries = entries.filter(kind=wanted.kind)
    if wanted.actor:
        entries = entries.filter(actor_name__icontains=wanted.actor)
    if wanted.since:
        entries = entries.filter(recorded_at__gte=day_bounds(wanted.since, launch.zone)[0])
    if wanted.until:
        entries = entries.filter(recorded_at__lt=day_bounds(wanted.until, launch.zone)[1])
    return entries


def details_of(entry: TimelineEntry) -> str:
    """An entry's data as `key: value` pairs, without what people wrote."""
    data = {
        key: value
        for key, value in entry.data.items()
        if key not in WRITTEN_BY_PEOPLE and key != "names" and value not in (None, "", {})
    }
    if str(data.get("field", "")) in WRITTEN_BY_PEOPLE:
        data = {"field": data["field"]}
    return ", ".join(f"{key}: {_plain(value)}" for key, value in data.items())


def people_named_by(entries: list[TimelineEntry]) -> dict[str, str]:
    """Who is meant by subjects such as `user:12`, with one query."""
    numbers = {entry.subject.partition(":")[2] for entry in entries if entry.subject.startswith("user:")}
    return {f"user:{user.pk}": str(user) for user in User.objects.filter(pk__in=numbers)}


def as_csv(entries: QuerySet[TimelineEntry]) -> Iterator[str]:
    """The lines of the export, read from the database as they are sent."""
    writer = csv.writer(_Echo())
    yield writer.writerow(
        [
            _("number"),
            _("recorded"),
            _("happened"),
            _("kind"),
            _("what"),
            _("about"),
            _("who"),
            _("details"),
            _("request"),
        ]
    )
    for entry in entries.iterator(chunk_size=2000):
        yield writer.writerow([safe_cell(cell) for cell in _cells(entry)])


def safe_cell(value: object) -> str:
    """A cell that a spreadsheet shows as text, whatever it begins with."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _cells(entry: TimelineEntry) -> list[object]:
    return [
        entry.pk,
        entry.recorded_at.isoformat(),
        entry.occurred_at.isoformat(),
        entry.kind,
        KINDS.get(entry.kind, entry.kind),
        entry.subject,
        entry.actor_name,
        details_of(entry),
        entry.request_id,
    ]


def _plain(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"old", "new"}:
        return f"{_plain(value['old'])} → {_plain(value['new'])}"
    if isinstance(value, list):
        return " ".join(_plain(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class _Echo:
    """A file that hands each written line back."""

    def write(self, line: str) -> str:
        return line
