"""This module knows which of the senders' words mean which severity and which status."""

from django.utils.translation import gettext as _

from gateway_ingest.formats.incoming import AlertError
from gateway_ingest.models import AlertSeverity, AlertStatus

SEVERITY_WORDS: dict[AlertSeverity, tuple[str, ...]] = {
    AlertSeverity.CRITICAL: (
        *("critical", "crit", "page", "fatal", "disaster", "emergency", "emerg", "alert", "blocker"),
        *("severe", "major_outage", "p0", "p1", "sev1"),
    ),
    AlertSeverity.HIGH: ("high", "error", "err", "major", "partial_outage", "p2", "sev2"),
    AlertSeverity.WARNING: (
        *("warning", "warn", "minor", "average", "medium", "moderate", "degraded", "degraded_performance"),
        *("p3", "sev3"),
    ),
    AlertSeverity.INFO: (
        *("info", "information", "informational", "notice", "none", "debug", "ok", "normal", "success"),
        *("maintenance", "under_maintenance"),
    ),
    AlertSeverity.LOW: ("low", "p4", "p5", "sev4", "sev5", "not classified", "trivial", "verbose", "trace"),
}
STATUS_WORDS: dict[AlertStatus, tuple[str, ...]] = {
    AlertStatus.FIRING: (
        *("firing", "fired", "alerting", "alert", "alarm", "open", "opened", "reopened", "triggered", "trigger"),
        *("active", "activated", "problem", "down", "new", "created", "started", "failing", "failed", "anomalous"),
        *("investigating", "identified", "monitoring", "unresolved", "no_data", "nodata"),
        *("unacknowledged", "unacknowledge"),
    ),
    AlertStatus.ACKNOWLEDGED: ("acknowledged", "acknowledge", "acknowledgement", "acked", "ack"),
    AlertStatus.RESOLVED: (
        *("resolved", "resolve", "ok", "closed", "close", "recovered", "recovery", "up", "inactive", "normal"),
        *("cleared", "clear", "fixed", "ended", "success", "healthy", "stopped", "postmortem", "completed"),
        *("operational", "manually resolved", "manually_resolved"),
    ),
    AlertStatus.SUPPRESSED: (
        *("suppressed", "muted", "silenced", "snoozed", "ignored", "archived", "paused", "inhibited"),
        *("maintenance", "under_maintenance", "scheduled", "pending"),
    ),
}
_SEVERITIES = {word: severity for severity, words in SEVERITY_WORDS.items() for word in words}
_STATUSES = {word: status for status, words in STATUS_WORDS.items() for word in words}


def known_severity(word: str) -> AlertSeverity | None:
    """The severity a word stands for, if we know it."""
    return _SEVERITIES.get(word.strip().lower())


def severity_of(*words: str) -> AlertSeverity:
    """The severity of the first word we know; without one a warning, so that nobody overlooks it."""
    return next((known for word in words if (known := known_severity(word))), AlertSeverity.WARNING)


def known_status(word: str) -> AlertStatus | None:
    """The status a word stands for, if we know it."""
    return _STATUSES.get(word.strip().lower())


def status_of(word: str, *, name: str) -> AlertStatus:
    """The status a word stands for; no word at all is firing, an unknown one raises AlertError."""
    if not word.strip():
        return AlertStatus.FIRING
    status = known_status(word)
    if status is None:
        detail = _("“%(name)s” is “%(word)s”; it must say firing, acknowledged, resolved or suppressed.")
        raise AlertError(detail % {"name": name, "word": word.strip()[:40]})
    return status
