"""This package holds what machines say: who posts, what came, what they say is wrong, and the traffic they saw."""

from gateway_ingest.models.alerts import Alert, AlertChange, AlertSeverity, AlertStatus
from gateway_ingest.models.calls import Backfill, CallDetail, CallKind, CallRetention, Window, WindowPart
from gateway_ingest.models.rules import (
    Baseline,
    Firing,
    Heartbeat,
    Rule,
    RuleState,
    SeriesMemory,
    TrafficTarget,
    TrafficWatch,
)
from gateway_ingest.models.sns import SigningCertificate, TopicSubscription
from gateway_ingest.models.sources import Batch, DeadLetter, Mapping, Source

__all__ = [
    "Alert",
    "AlertChange",
    "AlertSeverity",
    "AlertStatus",
    "Backfill",
    "Baseline",
    "Batch",
    "CallDetail",
    "CallKind",
    "CallRetention",
    "DeadLetter",
    "Firing",
    "Heartbeat",
    "Mapping",
    "Rule",
    "RuleState",
    "SeriesMemory",
    "SigningCertificate",
    "Source",
    "TopicSubscription",
    "TrafficTarget",
    "TrafficWatch",
    "Window",
    "WindowPart",
]
