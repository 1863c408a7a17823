"""This module stores alerts: a firing becomes one feedback row, a repeat is counted, an end waits for triage."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from django.utils.translation import gettext as _

from feedback import intake
from feedback.models import Channel
from gateway_ingest.episodes import Rule
from gateway_ingest.formats import IncomingAlert, Unreadable
from gateway_ingest.ledger import SUGGESTED_SEVERITY, TOLD, Episode, Key, Ledger, Step, Touched
from gateway_ingest.models import AlertChange, AlertStatus, Source
from hypercare.core import rows, wake
from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.redaction import redact, redact_value, without_secret
from hypercare.core.timeline import SYSTEM, Actor, Entry, record

__all__ = ["SUGGESTED_SEVERITY", "prepared", "store", "write"]

FOLLOW_TASK = "triage.alert_changes"
_AHEAD = timedelta(days=1)
_COUNTED = ("count", "latest_seen_at", "early_end_at")
_WRITTEN = (
    *_COUNTED,
    *("title", "summary", "severity", "status", "component_id", "labels", "url", "episode"),
    *("starts_at", "own_starts_at", "ends_at", "resolved_at", "feedback_id"),
)
_WAITS_FOR_TRIAGE = {
    Rule.FIRED_AGAIN: AlertStatus.FIRING,
    Rule.WORSENED: AlertStatus.FIRING,
    Rule.RESOLVED: AlertStatus.RESOLVED,
}

Numbers = dict[tuple[Key, int], int]


def prepared(said: IncomingAlert, *, now: datetime) -> IncomingAlert | Unreadable:
    """The alert without secrets, its times by its sender's own clock; one that begins far ahead of ours is refused."""
    if said.starts_at and said.starts_at > now + _AHEAD:
        return Unreadable(_("The alert begins more than a day ahead; check the sender's clock."))
    return replace(
        said,
        fingerprint=without_secret(said.fingerprint),
        title=redact(said.title).text[:300],
        summary=redact(said.summary).text,
        labels=_labels_without_secrets(said.labels),
        url=redact(said.url).text[:1000],
    )


def store(
    source: Source, said: Sequence[IncomingAlert], *, now: datetime, channel: Channel = Channel.ALERT
) -> list[str]:
    """Applies prepared alerts in their order, in the caller's transaction, which holds the source's row lock.

    Answers with the names of the feedback rows behind them. The number of queries does not grow with that of alerts.
    """
    ledger = Ledger.of([(source, said)], now=now, channel=channel)
    touched = ledger.enter(source, said, actor=Actor(source.name))
    return receipts_of(touched, write(ledger, {source.launch_id: source.launch}))


def receipts_of(touched: Iterable[Touched], numbers: Numbers) -> list[str]:
    """The names of the feedback rows behind what `Ledger.enter` touched, once it is written."""
    found = (numbers.get((key, episode), before) for key, episode, before in touched)
    return [f"HC-{number}" for number in found if number]


def write(ledger: Ledger, launches: dict[int, Launch]) -> Numbers:
    """Writes all that a ledger holds; says which feedback row each new episode became."""
    numbers = _accept(ledger, launches)
    for (key, episode), number in numbers.items():
        if ledger.alerts[key].episode == episode:
            ledger.alerts[key].feedback_id = number
    new = [key for key in ledger.counted if ledger.alerts[key].pk is None]
    known = ledger.counted.difference(new)
    rows.insert([ledger.alerts[key] for key in sorted(new)])
    rows.update([ledger.alerts[key] for key in sorted(known & ledger.changed)], _WRITTEN)
    rows.update([ledger.alerts[key] for key in sorted(known - ledger.changed)], _COUNTED)
    _write_around(ledger, launches, numbers)
    return numbers


def _accept(ledger: Ledger, launches: dict[int, Launch]) -> Numbers:
    """Sends the new episodes through the one door; says which feedback row each became."""
    numbers: Numbers = {}
    begun = sorted(ledger.begun.items(), key=lambda pair: pair[1].alert.launch_id)
    for launch_id, members in groupby(begun, key=lambda pair: pair[1].alert.launch_id):
        some = list(members)
        found = _accepted(launches[launch_id], [episode for _key, episode in some], now=ledger.now)
        numbers |= {key: number for (key, _episode), number in zip(some, found, strict=True)}
    return numbers


def _accepted(launch: Launch, begun: list[Episode], *, now: datetime) -> list[int]:
    reports, actors = [one.report for one in begun], [one.actor for one in begun]
    numbers = []
    for answer in intake.accept_many(launch, reports, actor=actors, now=now, linked=False):
        if isinstance(answer, intake.Refusal):
            # Only a component removed this very moment can cause it: the sender's next try finds the new state.
            raise Problem(503, answer.errors[0].detail)
        numbers.append(answer.feedback_id)
    return numbers


def _write_around(ledger: Ledger, launches: dict[int, Launch], numbers: Numbers) -> None:
    """Writes the changes triage follows and the timeline."""
    changes = [
        {
            "alert_id": step.alert.pk,
            "status": _WAITS_FOR_TRIAGE[step.rule],
            "episode": step.episode,
            "severity": str(step.alert.severity) if step.rule is Rule.WORSENED else "",
            "changed_at": ledger.now,
        }
        for step in ledger.steps
        if step.rule in _WAITS_FOR_TRIAGE
    ]
    if changes:
        rows.add(AlertChange, changes)
        wake.worker_after_commit(FOLLOW_TASK)
    by_launch = attrgetter("alert.launch_id")
    for launch_id, steps in groupby(sorted(ledger.steps, key=by_launch), key=by_launch):
        entries = [_entry(step, numbers.get((step.key, step.episode))) for step in steps]
        record(launches[launch_id], entries, actor=SYSTEM, now=ledger.now)


def _entry(step: Step, feedback_id: int | None) -> Entry:
    data = {"severity": str(step.alert.severity), "rule": str(step.rule)} | (
        {"feedback": f"HC-{feedback_id}"} if feedback_id else {}
    )
    return Entry(step.alert.key, TOLD[step.rule], data, actor=step.actor)


def _labels_without_secrets(labels: dict[str, str]) -> dict[str, str]:
    redacted = redact_value({**labels}).value
    return {name: str(value) for name, value in redacted.items()} if isinstance(redacted, dict) else {}
