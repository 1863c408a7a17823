"""This module writes what receivers read: one shape for every event, without people unless the webhook was allowed them.

What stands here is codes, keys, numbers and names of parts; words that people wrote, names and addresses stay here.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from hypercare.core.models import Happening, Launch

LONGEST = 20_000
LONGEST_WORD = 500
_CODES = frozenset(
    {
        *("alert", "channel", "component", "confidence", "deployment", "environment", "episode", "feedback", "field"),
        *("from", "how", "issue", "minutes", "moscow", "new", "old", "promise", "reports", "resolution", "room"),
        *("severity", "status", "transition", "until", "version", "wake_if_worse", "word"),
    }
)
# Fields of an issue whose values are words or people.
_OF_PEOPLE = frozenset({"owner", "title"})
_PAGES = {"IS": "triage:issue", "HC": "triage:feedback", "WR": "triage:room"}


def body_of(
    launch: Launch,
    *,
    event: str,
    subject: str,
    occurred_at: datetime,
    facts: Mapping[str, Any],
    by: str,
    people: Mapping[str, Any] | None = None,
) -> str:
    """The whole message; what a receiver could not hold is left out and said."""
    data = {"launch": launch.slug, "subject": subject, "url": address_of(launch, subject), "by": by, "facts": facts}
    if people is not None:
        data["people"] = people
    said = {"type": event, "timestamp": occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"), "data": data}
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    if len(body.encode()) < LONGEST:
        return body
    data.pop("people", None)
    return json.dumps(said | {"data": data | {"facts": {}, "cut": True}}, separators=(",", ":"))


def body_of_happening(happening: Happening, event: str, *, with_people: bool) -> str:
    """The message about something that happened."""
    by = "rule" if happening.cause else "person" if happening.by_person else "machine"
    people = {"name": happening.actor_name, "said": happening.data} if with_people else None
    return body_of(
        happening.launch, event=event, subject=happening.subject, occurred_at=happening.occurred_at,
        facts=codes_of(happening.data), by=by, people=people,
    )  # fmt: skip


def codes_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says, without what people wrote and without people."""
    kept = {name: value for name, value in data.items() if name in _CODES and _is_code(value)}
    if str(data.get("field", "")) in _OF_PEOPLE:
        kept = {name: value for name, value in kept.items() if name not in {"old", "new"}}
    if isinstance(data.get("moved"), dict):
        kept["moved"] = {name: {"was": was.get("was")} for name, was in data["moved"].items()}
    return kept


def address_of(launch: Launch, subject: str) -> str:
    """The page about a subject, or the launch's, as a whole address."""
    return settings.PUBLIC_URL + (path_of(launch, subject) or reverse("core:launch", args=[launch.slug]))


def path_of(launch: Launch, subject: str) -> str:
    """The page about a subject; empty where it has none."""
    page = _PAGES.get(subject.partition("-")[0])
    return reverse(page, args=[launch.slug, subject]) if page else ""


def _is_code(value: object) -> bool:
    return value is None or isinstance(value, int | float) or (isinstance(value, str) and len(value) <= LONGEST_WORD)
