"""This module performs one event of the story as its people and machines would: through the product's own functions."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway_ingest.deployments import NewDeployment, record_deployment
from gateway_ingest.models import Alert, AlertStatus
from gateway_ingest.receive import Delivery, receive
from hypercare.core import clock
from hypercare.core.timeline import Actor
from triage import lifecycle, merging
from triage.demo import causes, lookup, meetings, traffic, voting
from triage.demo.stage import Stage
from triage.demo.story import Event
from triage.demo.voices import speak
from triage.models import ENDED_STATUSES, Issue, StatusReport, WarRoom
from triage.notes import add_note
from triage.overrides import override_feedback, override_issue
from triage.reports import draft
from triage.warroom import rooms

DEPLOYER = Actor("Release pipeline")
_NEVER = "0001-01-01T00:00:00Z"
_CORRECTED = ("title", "category", "component")


class NotYet(Exception):
    """The event needs an issue that triage has not made yet."""


def perform(stage: Stage, event: Event, *, now: datetime) -> None:
    """Does what the event tells; raises NotYet, or the Problem that a person would see."""
    _ACTS[event.what](stage, event.data, now)


def _report(stage: Stage, data: Mapping[str, Any], now: datetime) -> None:
    traffic.send_failed(stage, data, now=now)
    speak(stage, data, now=now)


def _deploy(stage: Stage, data: Mapping[str, Any], now: datetime) -> None:
    environment = data.get("environment", stage.story.launch["environment"])
    new = NewDeployment(
        version=data["version"],
        environment=environment,
        component=data["component"],
        summary=data["summary"],
        external_id=f"{environment}/{data['component']}/{data['version']}",
        issues=_fixed(stage, data),
    )
    record_deployment(stage.launch, new, source="release-pipeline", actor=DEPLOYER, now=now)


def _fixed(stage: Stage, data: Mapping[str, Any]) -> tuple[str, ...]:
    """The issues that the release's notes name."""
    found = (lookup.issue_of(stage, name) for name in data.get("fixes", ()))
    return tuple(issue.key for issue in found if issue)


def _alert(stage: Stage, data: Mapping[str, Any], now: datetime) -> None:
    """Posts what Alertmanager would post: the whole group with one status, and since when; a rule waits before it tells."""
    started = dict(
        Alert.objects.filter(
            source=stage.source, status=AlertStatus.FIRING, fingerprint__in=data["alerts"]
        ).values_list("fingerprint", "starts_at")
    )
    firing, began = data["status"] == "firing", now - timedelta(minutes=data.get("began", 0))
    alerts = [
        stage.story.alerts[name]
        | {
            "status": data["status"],
            "fingerprint": name,
            "startsAt": _stamp(started.get(name, began)),
            "endsAt": _NEVER if firing else _stamp(now),
            "generatorURL": f"https://prometheus.example.com/graph?g0.expr={name}",
        }
        for name in data["alerts"]
    ]
    payload = {"version": "4", "receiver": "hypercare", "status": data["status"], "alerts": alerts}
    receive(stage.source, Delivery(json.dumps(payload).encode(), format_name="alertmanager"), now=now)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _turn(stage: Stage, data: Mapping[str, Any], now: datetime) -> None:
    """What a person does with an issue: gathers what belongs to it, corrects the machine, writes a note, moves it."""
    actor = stage.actor(data["who"])
    if isinstance(data["issue"], list):
        _end_small_ones(stage, data, actor=actor, now=now)
        return
    issue = lookup.issue_of(stage, data["issue"])
    if issue is None:
        raise NotYet(data["issue"])
    _gather(stage, issue, [data["issue"], *data.get("with", [])], actor=actor, now=now)
    _correct(stage, issue, data, actor=actor, now=now)
    if "note" in data:
        add_note(issue, text=data["note"], actor=actor, now=now)
    if "to" in data:
        _move(issue, data, actor=actor, now=now)


def _gather(stage: Stage, issue: Issue, names: list[str], *, actor: Actor, now: datetime) -> None:
    """Merges what the machine took for issues of their own."""
    if issue.status in ENDED_STATUSES:
        return
    for stray in lookup.issues_of_threads(stage, names):
        if stray.pk != issue.pk and stray.status not in ENDED_STATUSES:
            merging.merge(stray.pk, into_id=issue.pk, actor=actor, now=now)


def _correct(stage: Stage, issue: Issue, data: Mapping[str, Any], *, actor: Actor, now: datetime) -> None:
    """Says what the machine got wrong, and confirms the severity, which a person always does."""
    wanted = {field: data[field] for field in _CORRECTED if field in data and data[field] != _present(issue, field)}
    if "severity" in data:
        wanted["severity"] = data["severity"]
    if "owner" in data:
        wanted["owner"] = stage.people[data["owner"]].email
    for field, value in wanted.items():
        reason = data.get("because", "") if field == "severity" else ""
        override_issue(issue.pk, field=field, value=value, reason=reason, actor=actor, now=now)
    issue.refresh_from_db()
    if issue.component and issue.component.team and issue.team_id != issue.component.team_id:
        override_issue(issue.pk, field="team", value=issue.component.team.name, reason="", actor=actor, now=now)


def _present(issue: Issue, field: str) -> str:
    if field == "component":
        return issue.component.slug if issue.component else ""
    return str(getattr(issue, field))


def _end_small_ones(stage: Stage, data: Mapping[str, Any], *, actor: Actor, now: datetime) -> None:
    """Ends questions, praise and ideas; where one was taken into another issue, that one is left alone."""
    names = set(data["issue"])
    for name in data["issue"]:
        issue = lookup.issue_of(stage, name)
        if issue is None:
            raise NotYet(name)
        if lookup.threads_in(issue) <= names and issue.status not in ENDED_STATUSES:
            _move(issue, data, actor=actor, now=now)


def _move(issue: Issue, data: Mapping[str, Any], *, actor: Actor, now: datetime) -> None:
    reason, resolution = data.get("because", ""), data.get("resolution", "")
    lifecycle.move(issue.pk, to=data["to"], actor=actor, now=now, reason=reason, resolution=resolution)


def _report_note(stage: Stage, data: Mapping[str, Any], now: datetime) -> None:
    day = clock.local_day(now, stage.launch.zone)
    report = StatusReport.objects.get(launch=stage.launch, day=day)
    draft.edit_note(report.pk, data["text"], actor=stage.actor(data["who"]), now=now)


def _judge(stage: Stage, data: Mapping[str, Any], now: datetime) -> None:
    """Says of a report that it is spam, noise or genuine."""
    row = lookup.report_of(stage, data["report"])
    if row is None or row.triaged_at is None:
        raise NotYet(data["report"])
    override_feedback(row, field="spam", value=data["as"], reason="", actor=stage.actor(data["who"]), now=now)


def _room(stage: Stage, data: Mapping[str, Any], now: datetime) -> None:
    """Opens the room of an issue, or does something in it."""
    issue = lookup.issue_of(stage, data["issue"])
    if issue is None:
        raise NotYet(data["issue"])
    if data["do"] == "open":
        rooms.open_room(issue, reason=data["reason"], actor=stage.actor(data["who"]), now=now)
        return
    room = WarRoom.objects.select_related("launch", "issue").filter(issue=issue, closed_at=None).first()
    if room is None:
        raise NotYet(data["issue"])
    meetings.in_room(stage, room, data, now=now)


def _cause(stage: Stage, data: Mapping[str, Any], now: datetime) -> None:
    """Tells what was found out of the cause of an issue."""
    issue = lookup.issue_of(stage, data["issue"])
    if issue is None:
        raise NotYet(data["issue"])
    causes.look_for(stage, issue, stage.story.causes[data["told"]], actor=stage.actor(data["who"]), now=now)


_ACTS: dict[str, Callable[[Stage, Mapping[str, Any], datetime], None]] = {
    "report": _report,
    "deploy": _deploy,
    "alert": _alert,
    "turn": _turn,
    "report_note": _report_note,
    "judge": _judge,
    "room": _room,
    "cause": _cause,
    "risks": causes.keep_risks,
    "standup": meetings.hold_standup,
    "shift": meetings.hand_shift,
    "vote": voting.vote,
    "vote_result": voting.take_over,
}
