"""This module follows alerts: a firing becomes one feedback row, a repeat is counted, an end waits for triage."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from feedback import intake
from feedback.models import Channel
from feedback.report import Report
from gateway_ingest.component_names import component_of, components_by_name
from gateway_ingest.episodes import BECOMES, BEGINS, Rule, rule_for
from gateway_ingest.formats import IncomingAlert, Unreadable
from gateway_ingest.models import Alert, AlertChange, AlertSeverity, AlertStatus, Source
from hypercare.core import wake
from hypercare.core.models import Component
from hypercare.core.problem import Problem
from hypercare.core.redaction import redact, redact_value, without_secret
from hypercare.core.timeline import Actor, Entry, record

FOLLOW_TASK = "triage.alert_changes"
SUGGESTED_SEVERITY = {
    AlertSeverity.CRITICAL: 2,
    AlertSeverity.HIGH: 3,
    AlertSeverity.WARNING: 4,
    AlertSeverity.INFO: 5,
    AlertSeverity.LOW: 5,
}
_AHEAD = timedelta(days=1)
_WRITTEN = [
    *("title", "summary", "severity", "status", "component", "labels", "url", "count", "episode"),
    *("starts_at", "ends_at", "resolved_at", "latest_seen_at", "feedback"),
]
_TIMELINE = {
    Rule.FIRED: "alert.fired",
    Rule.FIRED_AGAIN: "alert.fired_again",
    Rule.ACKNOWLEDGED: "alert.acknowledged",
    Rule.ACKNOWLEDGED_UNSEEN: "alert.acknowledged",
    Rule.LET_GO: "alert.let_go",
    Rule.SUPPRESSED: "alert.suppressed",
    Rule.SUPPRESSED_UNSEEN: "alert.suppressed",
    Rule.UNSUPPRESSED: "alert.unsuppressed",
    Rule.RESOLVED: "alert.resolved",
    Rule.RESOLVED_UNSEEN: "alert.resolved",
}
_WAITS_FOR_TRIAGE = {Rule.FIRED_AGAIN, Rule.RESOLVED}


@dataclass
class _Stored:
    """What one delivery changes, gathered before anything is written."""

    source: Source
    now: datetime
    channel: Channel
    alerts: dict[str, Alert]
    components: dict[str, Component]
    reports: dict[tuple[str, int], Report] = field(default_factory=dict)
    steps: list[tuple[Alert, Rule, int]] = field(default_factory=list)
    worse: list[Alert] = field(default_factory=list)


def prepared(said: IncomingAlert, *, now: datetime) -> IncomingAlert | Unreadable:
    """The alert without secrets and with a beginning that can be; an alert from the future is refused."""
    if said.starts_at and said.starts_at > now + _AHEAD:
        return Unreadable(_("The alert begins more than a day ahead; check the sender's clock."))
    return replace(
        said,
        fingerprint=without_secret(said.fingerprint),
        title=redact(said.title).text[:300],
        summary=redact(said.summary).text,
        labels=_labels_without_secrets(said.labels),
        url=redact(said.url).text[:1000],
        starts_at=min(said.starts_at, now) if said.starts_at else None,
        ends_at=min(said.ends_at, now) if said.ends_at else None,
    )


def store(
    source: Source, said: Sequence[IncomingAlert], *, now: datetime, channel: Channel = Channel.ALERT
) -> list[str]:
    """Applies prepared alerts in their order, in the caller's transaction, which holds the source's row lock.

    Answers with the names of the feedback rows behind them. The number of queries does not grow with that of alerts.
    """
    stored = _Stored(source, now, channel, _known(source, said), components_by_name(source.launch_id))
    for one in said:
        _apply(stored, one)
    feedback_ids = _accept(stored)
    touched = {one.fingerprint: stored.alerts[one.fingerprint] for one in said}
    for (fingerprint, episode), number in feedback_ids.items():
        if touched[fingerprint].episode == episode:
            touched[fingerprint].feedback_id = number
    Alert.objects.bulk_create(
        touched.values(),
        update_conflicts=True,
        unique_fields=["source", "fingerprint"],
        update_fields=_WRITTEN,
        batch_size=500,
    )
    _write_around(stored, feedback_ids)
    return [f"HC-{alert.feedback_id}" for alert in touched.values() if alert.feedback_id]


def is_news(source: Source, said: Sequence[IncomingAlert], *, now: datetime) -> bool:
    """Whether words that came before would change something today: an alert may end and return as it was."""
    known = _known(source, said)
    last_words = {one.fingerprint: one for one in said}
    rules = (
        rule_for(known.get(name), one, reported=_has_report(known.get(name)), now=now)
        for name, one in last_words.items()
    )
    return any(rule in _TIMELINE for rule in rules)


def still_open(source: Source, said: Sequence[IncomingAlert], *, reminder: bool, now: datetime) -> None:
    """Notes that a repeated delivery still speaks of these alerts; a reminder is counted, a retry of one delivery is not.

    Alertmanager's reminders are the same to the byte, so only an Idempotency-Key tells a retry from a reminder.
    """
    firing = {one.fingerprint for one in said if one.firing}
    known = Alert.objects.filter(source=source, fingerprint__in=firing)
    open_ones = known.exclude(status=AlertStatus.RESOLVED)
    open_ones.update(latest_seen_at=now, count=F("count") + (1 if reminder else 0))


def _known(source: Source, said: Sequence[IncomingAlert]) -> dict[str, Alert]:
    fingerprints = {one.fingerprint for one in said}
    rows = Alert.objects.select_for_update().filter(source=source, fingerprint__in=fingerprints).order_by("fingerprint")
    return {alert.fingerprint: alert for alert in rows}


def _apply(stored: _Stored, said: IncomingAlert) -> None:
    alert = stored.alerts.get(said.fingerprint)
    reported = _has_report(alert) or (alert is not None and (said.fingerprint, alert.episode) in stored.reports)
    rule = rule_for(alert, said, reported=reported, now=stored.now)
    if alert is None:
        alert = stored.alerts[said.fingerprint] = _new_alert(stored, said)
    elif said.firing:
        alert.count += 1
    if said.worse and rule is Rule.REPEATED:
        alert.severity, alert.summary, alert.labels = said.severity, said.summary, said.labels
        stored.worse.append(alert)
    alert.latest_seen_at = stored.now
    if rule in BEGINS:
        _begin(stored, alert, said, again=rule is Rule.FIRED_AGAIN)
    elif rule in BECOMES:
        alert.status = BECOMES[rule]
        if alert.status == AlertStatus.RESOLVED:
            alert.ends_at, alert.resolved_at = said.ends_at or stored.now, stored.now
    if rule in _TIMELINE:
        stored.steps.append((alert, rule, alert.episode))


def _has_report(alert: Alert | None) -> bool:
    return alert is not None and alert.feedback_id is not None


def _new_alert(stored: _Stored, said: IncomingAlert) -> Alert:
    return Alert(
        launch=stored.source.launch,
        source=stored.source,
        fingerprint=said.fingerprint,
        status=AlertStatus.FIRING,
        first_seen_at=stored.now,
        **_description(stored, said),
    )


def _begin(stored: _Stored, alert: Alert, said: IncomingAlert, *, again: bool) -> None:
    """Opens an episode, with its own report."""
    for name, value in _description(stored, said).items():
        setattr(alert, name, value)
    if again:
        alert.episode += 1
        alert.ends_at, alert.resolved_at, alert.feedback = None, None, None
    alert.status = said.status
    stored.reports[alert.fingerprint, alert.episode] = _report(alert, said, stored.channel)


def _description(stored: _Stored, said: IncomingAlert) -> dict[str, Any]:
    return {
        "title": said.title,
        "summary": said.summary,
        "severity": said.severity,
        "component": component_of(said.component_names, stored.components),
        "labels": said.labels,
        "url": said.url,
        "starts_at": said.starts_at or stored.now,
    }


def _report(alert: Alert, said: IncomingAlert, channel: Channel) -> Report:
    labels = "\n".join(f"{name}: {value}" for name, value in sorted(alert.labels.items()))
    return Report(
        channel=channel,
        source=f"source:{alert.source_id}",
        external_id=f"{alert.fingerprint}:{alert.episode}",
        title=alert.title,
        body=f"{alert.summary}\n\n{labels}".strip(),
        component=alert.component.slug if alert.component else "",
        occurred_at=alert.starts_at,
        context={
            "alert": {
                "severity": str(alert.severity),
                "suggested_severity": SUGGESTED_SEVERITY[AlertSeverity(alert.severity)],
                "fingerprint": alert.fingerprint,
                "status": str(alert.status),
                "labels": alert.labels,
                "url": alert.url,
            },
            **({"rule": dict(said.evidence)} if said.evidence else {}),
        },
    )


def _accept(stored: _Stored) -> dict[tuple[str, int], int]:
    """Sends the new episodes through the one door; says which feedback row each became."""
    if not stored.reports:
        return {}
    actor = Actor(stored.source.name)
    answers = intake.accept_many(stored.source.launch, list(stored.reports.values()), actor=actor, now=stored.now)
    receipts = {}
    for key, answer in zip(stored.reports, answers, strict=True):
        if isinstance(answer, intake.Refusal):
            # Only a component removed this very moment can cause it: the sender's next try finds the new state.
            raise Problem(503, answer.errors[0].detail)
        receipts[key] = answer.feedback_id
    return receipts


def _write_around(stored: _Stored, feedback_ids: dict[tuple[str, int], int]) -> None:
    """Writes the changes triage follows and the timeline."""
    changes = [
        AlertChange(
            alert=alert,
            status=AlertStatus.RESOLVED if rule is Rule.RESOLVED else AlertStatus.FIRING,
            episode=episode,
            changed_at=stored.now,
        )
        for alert, rule, episode in stored.steps
        if rule in _WAITS_FOR_TRIAGE
    ]
    if changes:
        AlertChange.objects.bulk_create(changes, batch_size=1000)
        wake.worker_after_commit(FOLLOW_TASK)
    entries = [
        _entry(alert, rule, feedback_ids.get((alert.fingerprint, episode))) for alert, rule, episode in stored.steps
    ]
    entries += [Entry(alert.key, "alert.worse", {"severity": str(alert.severity)}) for alert in stored.worse]
    if entries:
        record(stored.source.launch, entries, actor=Actor(stored.source.name), now=stored.now)


def _entry(alert: Alert, rule: Rule, feedback_id: int | None) -> Entry:
    data = {"severity": str(alert.severity), "rule": str(rule)} | (
        {"feedback": f"HC-{feedback_id}"} if feedback_id else {}
    )
    return Entry(alert.key, _TIMELINE[rule], data)


def _labels_without_secrets(labels: dict[str, str]) -> dict[str, str]:
    redacted = redact_value({**labels}).value
    return {name: str(value) for name, value in redacted.items()} if isinstance(redacted, dict) else {}
