"""This package holds what machines say: who posts, what came, and what they say is wrong."""

from gateway_ingest.models.alerts import Alert, AlertChange, AlertSeverity, AlertStatus
from gateway_ingest.models.sns import SigningCertificate, TopicSubscription
from gateway_ingest.models.sources import Batch, DeadLetter, Mapping, Source

__all__ = [
    "Alert",
    "AlertChange",
    "AlertSeverity",
    "AlertStatus",
    "Batch",
    "DeadLetter",
    "Mapping",
    "SigningCertificate",
    "Source",
    "TopicSubscription",
]
