"""This module holds what deliveries change in alerts, word by word, before any of it is written in one go."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from feedback.models import Channel
from feedback.report import Report
from gateway_ingest.component_names import component_of, components_by_name
from gateway_ingest.episodes import BECOMES, BEGINS, Rule, has_no_time, rule_for
from gateway_ingest.formats import IncomingAlert
from gateway_ingest.models import Alert, AlertSeverity, AlertStatus, Source
from hypercare.core import rows
from hypercare.core.models import Component
from hypercare.core.timeline import Actor

SUGGESTED_SEVERITY = {
    AlertSeverity.CRITICAL: 2,
    AlertSeverity.HIGH: 3,
    AlertSeverity.WARNING: 4,
    AlertSeverity.INFO: 5,
    AlertSeverity.LOW: 5,
}
# What the timeline tells of a step; a step that is not named here is only counted.
TOLD = {
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
    Rule.WORSENED: "alert.worse",
}
# What a delivery that came before may say anew: an alert ends and returns as it was.
_NEWS = frozenset({*TOLD, Rule.EARLY_RESOLVE, Rule.OVERTAKEN})

_SPOKEN_OF = "source_id = ANY(%s) AND fingerprint = ANY(%s) ORDER BY id FOR UPDATE"

Key = tuple[int, int, str]
# An alert that was spoken of, its episode then, and the feedback it had so far.
Touched = tuple[Key, int, int | None]


@dataclass(frozen=True)
class Step:
    """What one word did to its alert, in which of its episodes, and who said it."""

    key: Key
    alert: Alert
    rule: Rule
    episode: int
    actor: Actor


@dataclass(frozen=True)
class Episode:
    """A report that an episode is to have, and who told of it."""

    alert: Alert
    report: Report
    actor: Actor


@dataclass
class Ledger:
    """The alerts that deliveries speak of, as they stand after each word; nothing is stored yet."""

    now: datetime
    alerts: dict[Key, Alert]
    channel: Channel = Channel.ALERT
    components: dict[int, dict[str, Component]] = field(default_factory=dict)
    begun: dict[tuple[Key, int], Episode] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    changed: set[Key] = field(default_factory=set)
    counted: set[Key] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        said: Iterable[tuple[Source, Sequence[IncomingAlert]]],
        *,
        now: datetime,
        channel: Channel = Channel.ALERT,
    ) -> "Ledger":
        """The alerts these sources speak of, locked; the caller holds the sources' locks."""
        spoken = [(source.pk, {one.fingerprint for one in alerts}) for source, alerts in said if alerts]
        names = set().union(*(names for _source, names in spoken))
        found = rows.read(Alert, _SPOKEN_OF, [[number for number, _names in spoken], list(names)]) if spoken else []
        known = {(row.source_id, row.launch_id, row.fingerprint): row for row in found}
        return cls(now, known, channel)

    def is_news(self, source: Source, said: Sequence[IncomingAlert]) -> bool:
        """Whether words that came before would change something now: an alert may end and return as it was."""
        last_words = {one.fingerprint: one for one in said}
        return any(self._rule(_key(source, one), one) in _NEWS for one in last_words.values())

    def remind(self, source: Source, said: Sequence[IncomingAlert], *, counts: bool) -> None:
        """Notes that a repeated delivery still speaks of these alerts; a reminder counts, a retry of one delivery does not.

        Alertmanager's reminders are the same to the byte, so only an Idempotency-Key tells a retry from a reminder.
        """
        for key in {_key(source, one) for one in said if one.firing}:
            alert = self.alerts.get(key)
            if alert is not None and alert.status != AlertStatus.RESOLVED:
                alert.latest_seen_at = self.now
                alert.count += 1 if counts else 0
                self.counted.add(key)

    def enter(self, source: Source, said: Sequence[IncomingAlert], *, actor: Actor) -> list[Touched]:
        """Applies words in their order; says for each alert its episode and the feedback that it has so far."""
        touched = {}
        for one in said:
            key = _key(source, one)
            alert = self._apply(key, source, one, actor)
            touched[key] = (key, alert.episode, alert.feedback_id)
        return list(touched.values())

    def _rule(self, key: Key, said: IncomingAlert) -> Rule:
        return rule_for(self.alerts.get(key), said, reported=self._is_reported(key), now=self.now)

    def _is_reported(self, key: Key) -> bool:
        """Whether the present episode of an alert has its report."""
        alert = self.alerts.get(key)
        return alert is not None and (alert.feedback_id is not None or (key, alert.episode) in self.begun)

    def _apply(self, key: Key, source: Source, said: IncomingAlert, actor: Actor) -> Alert:
        rule, alert = self._rule(key, said), self.alerts.get(key)
        if alert is None:
            alert = self.alerts[key] = self._new_alert(source, said)
        elif said.firing:
            alert.count += 1
        alert.latest_seen_at = self.now
        if rule is Rule.OVERTAKEN:
            self._begin_what_is_over(key, alert, said, actor)
        elif rule in BEGINS:
            self._begin(key, alert, said, actor, again=rule is Rule.FIRED_AGAIN)
        elif rule in BECOMES:
            self._become(alert, said, rule)
        elif rule is Rule.EARLY_RESOLVE:
            alert.early_end_at = self.now
        elif rule is Rule.WORSENED:
            alert.severity, alert.summary, alert.labels = said.severity, said.summary, said.labels
        if rule in TOLD:
            self.steps.append(Step(key, alert, rule, alert.episode, actor))
            self.changed.add(key)
        self.counted.add(key)
        return alert

    def _become(self, alert: Alert, said: IncomingAlert, rule: Rule) -> None:
        alert.status = BECOMES[rule]
        if alert.status == AlertStatus.RESOLVED:
            ends_at = min(said.ends_at or self.now, self.now)
            alert.ends_at, alert.resolved_at = max(ends_at, alert.starts_at), self.now
        if rule is Rule.RESOLVED_UNSEEN and has_no_time(said):
            alert.early_end_at = self.now

    def _begin_what_is_over(self, key: Key, alert: Alert, said: IncomingAlert, actor: Actor) -> None:
        """Takes a firing and the end that overtook it in their true order: the episode has its report and is over."""
        early_end_at, again = alert.early_end_at or self.now, self._is_reported(key)
        self._begin(key, alert, said, actor, again=again)
        alert.status, alert.resolved_at = AlertStatus.RESOLVED, self.now
        alert.starts_at = alert.ends_at = early_end_at
        for rule in (Rule.FIRED_AGAIN if again else Rule.FIRED, Rule.RESOLVED):
            self.steps.append(Step(key, alert, rule, alert.episode, actor))
        self.changed.add(key)

    def _new_alert(self, source: Source, said: IncomingAlert) -> Alert:
        return Alert(
            launch_id=source.launch_id,
            source_id=source.pk,
            fingerprint=said.fingerprint,
            status=AlertStatus.FIRING,
            first_seen_at=self.now,
            **self._description(source.launch_id, said),
        )

    def _begin(self, key: Key, alert: Alert, said: IncomingAlert, actor: Actor, *, again: bool) -> None:
        """Opens an episode, with its own report."""
        for name, value in self._description(alert.launch_id, said).items():
            setattr(alert, name, value)
        if again:
            alert.episode += 1
            alert.ends_at, alert.resolved_at, alert.feedback = None, None, None
        alert.status, alert.early_end_at = said.status, None
        self.begun[key, alert.episode] = Episode(alert, _report(alert, said, self.channel), actor)

    def _description(self, launch_id: int, said: IncomingAlert) -> dict[str, Any]:
        starts_at = said.starts_at or _end_of_unseen(said) or self.now
        return {
            "title": said.title,
            "summary": said.summary,
            "severity": said.severity,
            "component": component_of(said.component_names, self._components_of(launch_id)),
            "labels": said.labels,
            "url": said.url,
            "starts_at": min(starts_at, self.now),
            "own_starts_at": starts_at if starts_at > self.now else None,
        }

    def _components_of(self, launch_id: int) -> dict[str, Component]:
        """Read when an episode begins, which is seldom."""
        if launch_id not in self.components:
            self.components[launch_id] = components_by_name(launch_id)
        return self.components[launch_id]


def _end_of_unseen(said: IncomingAlert) -> datetime | None:
    """Where nobody says when an episode began, its end is all we know of it: what begins after that is another one."""
    return said.ends_at if said.status == AlertStatus.RESOLVED else None


def _key(source: Source, said: IncomingAlert) -> Key:
    return source.pk, source.launch_id, said.fingerprint


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
