"""This module says what every alert format is read into, and how one bad alert never spoils those beside it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from gateway_ingest.models import AlertSeverity, AlertStatus
from hypercare.core.strict_json import JSON

# The headers of a delivery by their names in small letters.
Headers = Mapping[str, str]


@dataclass(frozen=True)
class IncomingAlert:
    """What one machine says of one alert; `ends_at` is empty while it is open, `starts_at` where the machine is silent.

    `component_names` are what it calls the part that breaks, the most telling first. `let_go` says that a person
    took an acknowledgement back. `evidence` is what a rule of ours saw; `worse` says that its finding is more severe now.
    """

    fingerprint: str
    title: str
    summary: str
    severity: AlertSeverity
    status: AlertStatus
    labels: dict[str, str]
    component_names: tuple[str, ...]
    starts_at: datetime | None
    ends_at: datetime | None
    url: str
    let_go: bool = False
    worse: bool = False
    evidence: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def firing(self) -> bool:
        """Whether the machine says that it goes wrong now and nobody took it."""
        return self.status == AlertStatus.FIRING


@dataclass(frozen=True)
class Unreadable:
    """Stands in the place of an alert that cannot be read and says why."""

    error: str


Reading = list[IncomingAlert | Unreadable]


class FormatError(ValueError):
    """The payload as a whole is of another format; says what was expected."""


class AlertError(ValueError):
    """What keeps one alert from being read."""


def one_by_one(items: Iterable[JSON], read: Callable[[dict[str, JSON]], IncomingAlert]) -> Reading:
    """Reads each item or says why not."""
    return [_read_or_say_why(item, read) for item in items]


def _read_or_say_why(item: JSON, read: Callable[[dict[str, JSON]], IncomingAlert]) -> IncomingAlert | Unreadable:
    if not isinstance(item, dict):
        return Unreadable(_("An alert is an object in braces."))
    try:
        return read(item)
    except AlertError as wrong:
        return Unreadable(str(wrong))
