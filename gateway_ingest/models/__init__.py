"""This package holds what machines say: who posts, what came, and what they say is wrong."""

from gateway_ingest.models.alerts import Alert, AlertChange, AlertSeverity, AlertStatus
from gateway_ingest.models.sources import Batch, DeadLetter, Source

__all__ = ["Alert", "AlertChange", "AlertSeverity", "AlertStatus", "Batch", "DeadLetter", "Source"]
