"""This module lets the people of the story speak, each through the channel they use."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from feedback import intake
from feedback.channels import operations_note, portal, stakeholder_note, widget
from feedback.intake import Receipt
from feedback.models import Channel
from feedback.report import Report, read_report
from feedback.spoken import title_of
from hypercare.core.secrets import derived
from hypercare.core.timeline import Actor
from hypercare.core.widget_keys import newest_key
from triage.demo.stage import Stage

_NAMED = re.compile(r"(?P<name>[^<]*?) *<(?P<email>[^>]+)>")
_NOTED = re.compile(r"(?P<writer>\w+)(?:, for (?P<said_by>.+))?")
_FAILED = re.compile(r"(?P<method>[A-Z]+) (?P<path>\S+) (?P<status>\d+) (?P<times>\d+)")
_NOTES = {
    Channel.STAKEHOLDER_NOTE: stakeholder_note.report_of,
    Channel.OPERATIONS_NOTE: operations_note.report_of,
}
Said = Mapping[str, Any]


def speak(stage: Stage, said: Said, *, now: datetime) -> Receipt:
    """Sends one report of the story through its channel's own door."""
    channel = Channel(said["channel"])
    if channel == Channel.WIDGET:
        return _by_widget(stage, said, now=now)
    if channel in _NOTES:
        return _as_note(stage, said, now=now)
    report = _on_portal(stage, said) if channel == Channel.PORTAL else _from_elsewhere(said, now=now)
    return intake.accept(stage.launch, report, actor=Actor(str(channel.label)), now=now)


def _by_widget(stage: Stage, said: Said, *, now: datetime) -> Receipt:
    key = newest_key(stage.launch)
    if key is None:
        raise LookupError("the sample launch has no widget key")
    name, email = _person(said["by"])
    data = {
        "text": said["text"],
        "kind": said["kind"] or None,
        "name": name or None,
        "email": email or None,
        "language": said["language"],
        "external_id": said["id"],
        "context": _page(stage, said),
    }
    return widget.receive(key, widget.read(data, key=key), now=now)


def _page(stage: Stage, said: Said) -> dict[str, Any]:
    """What the widget knew of the page: where it was, which release, and what failed."""
    return {
        "url": stage.story.launch["shop"] + said["page"],
        "release": stage.story.launch["release"],
        "locale": "sv-SE" if said["language"] == "sv" else "en-GB",
        "requests": failed_requests(said),
    }


def failed_requests(said: Said) -> list[dict[str, Any]]:
    """What failed on the page before the report, each request with its trace."""
    found, trace_id = _FAILED.fullmatch(said["failed"]), derived("demo trace", said["id"])
    if found is None:
        return []
    timed_out = found["status"] == "503"
    call = {"method": found["method"], "path": found["path"], "status": int(found["status"])}
    return [
        call | {"ms": 5000 + number if timed_out else 140 + number, "traceparent": f"00-{trace_id}-{number:016x}-01"}
        for number in range(1, int(found["times"]) + 1)
    ]


def _on_portal(stage: Stage, said: Said) -> Report:
    _name, email = _person(said["by"])
    user = next((user for user in stage.people.values() if user.email == email), None)
    answers = {"text": said["text"], "kind": said["kind"], "email": email, "form_id": said["id"]}
    return portal.report_of(answers, fields={}, user=user, language=said["language"])


def _as_note(stage: Stage, said: Said, *, now: datetime) -> Receipt:
    noted = _NOTED.fullmatch(said["by"])
    if noted is None:
        raise ValueError(f"{said['id']} does not say who wrote it down")
    writer = stage.people[noted["writer"]]
    answers = {
        "text": said["text"],
        "said_by": noted["said_by"] or "",
        "component": "",
        "occurred_at": _began(said, now=now),
        "form_id": said["id"],
    }
    report = _NOTES[Channel(said["channel"])](answers, writer=writer)
    return intake.accept(stage.launch, report, actor=Actor.person(writer), now=now)


def _began(said: Said, *, now: datetime) -> datetime | None:
    """When it began, where the person says so, in minutes before they spoke."""
    return now - timedelta(minutes=int(said["began"])) if said["began"] else None


def _from_elsewhere(said: Said, *, now: datetime) -> Report:
    """What a mailbox, a chat or the assistant's thumbs send through the API."""
    name, email = _person(said["by"])
    began = _began(said, now=now)
    report, _unknown = read_report(
        {
            "channel": said["channel"],
            "title": title_of(said["text"]),
            "body": said["text"],
            "kind": said["kind"],
            "language": said["language"],
            "external_id": said["id"],
            "reporter": {"name": name, "email": email, "external_id": "" if email else name},
            "context": {"page": said["page"]} if said["page"] else {},
            **({"occurred_at": began.isoformat()} if began else {}),
        },
        source=f"demo:{said['channel']}",
    )
    return report


def _person(by: str) -> tuple[str, str]:
    """Name and address; only a name where no address was left, nothing for a guest."""
    found = _NAMED.fullmatch(by)
    return (found["name"], found["email"]) if found else (by, "")
