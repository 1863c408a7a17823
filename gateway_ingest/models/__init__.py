"""This package holds what machines say: who posts, what came, what they say is wrong, and the traffic they saw."""

from gateway_ingest.models.alerts import Alert, AlertChange, AlertSeverity, AlertStatus
from gateway_ingest.models.calls import (
    Backfill,
    CallDetail,
    CallKind,
    CallRetention,
    Feed,
    HeardFlag,
    WaitingRating,
    Window,
    WindowPart,
)
from gateway_ingest.models.evidence import ApiDescription, Hour, HourMark, HourOfLaunch, KeptEvidence, MinuteOfLaunch
from gateway_ingest.models.outcomes import GIVEN_BY_PEOPLE, NoiseReason, RuleOutcome
from gateway_ingest.models.rules import (
    Absence,
    Baseline,
    Firing,
    Heartbeat,
    LearnedHour,
    Rule,
    RuleState,
    SeriesMemory,
    TrafficTarget,
    TrafficWatch,
)
from gateway_ingest.models.sns import SigningCertificate, TopicSubscription
from gateway_ingest.models.sources import Batch, DeadLetter, EarlierKey, Mapping, RouteField, Source, SourceRoute

__all__ = [
    "GIVEN_BY_PEOPLE",
    "Absence",
    "Alert",
    "AlertChange",
    "AlertSeverity",
    "AlertStatus",
    "ApiDescription",
    "Backfill",
    "Baseline",
    "Batch",
    "CallDetail",
    "CallKind",
    "CallRetention",
    "DeadLetter",
    "EarlierKey",
    "Feed",
    "Firing",
    "HeardFlag",
    "Heartbeat",
    "Hour",
    "HourMark",
    "HourOfLaunch",
    "KeptEvidence",
    "LearnedHour",
    "Mapping",
    "MinuteOfLaunch",
    "NoiseReason",
    "RouteField",
    "Rule",
    "RuleOutcome",
    "RuleState",
    "SeriesMemory",
    "SigningCertificate",
    "Source",
    "SourceRoute",
    "TopicSubscription",
    "TrafficTarget",
    "TrafficWatch",
    "WaitingRating",
    "Window",
    "WindowPart",
]
