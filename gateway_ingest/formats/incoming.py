"""This module says what every alert format is read into, and which words mean which severity."""

from dataclasses import dataclass
from datetime import datetime

from gateway_ingest.models import AlertSeverity

_WORDS = {
    AlertSeverity.CRITICAL: ("critical", "crit", "page", "fatal", "disaster", "emergency", "p1"),
    AlertSeverity.HIGH: ("high", "error", "err", "major", "p2"),
    AlertSeverity.WARNING: ("warning", "warn", "minor", "average", "p3"),
    AlertSeverity.INFO: ("info", "information", "informational", "notice", "none", "debug", "ok"),
    AlertSeverity.LOW: ("low", "p4", "p5"),
}
_SEVERITIES = {word: severity for severity, words in _WORDS.items() for word in words}


@dataclass(frozen=True)
class IncomingAlert:
    """What one machine says of one alert; `ends_at` is empty while it is open, `starts_at` where the machine is silent.

    `component_names` are what it calls the part that breaks, the most telling first.
    """

    fingerprint: str
    title: str
    summary: str
    severity: AlertSeverity
    firing: bool
    labels: dict[str, str]
    component_names: tuple[str, ...]
    starts_at: datetime | None
    ends_at: datetime | None
    url: str


@dataclass(frozen=True)
class Unreadable:
    """Stands in the place of an alert that cannot be read and says why."""

    error: str


Reading = list[IncomingAlert | Unreadable]


class FormatError(ValueError):
    """The payload as a whole is of another format; says what was expected."""


def severity_of(word: str) -> AlertSeverity:
    """The severity a word stands for; an unknown or missing word is a warning, so that nobody overlooks it."""
    return _SEVERITIES.get(word.strip().lower(), AlertSeverity.WARNING)
