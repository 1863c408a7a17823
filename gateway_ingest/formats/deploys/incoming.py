"""This module says what every deploy webhook is read into, and reads the texts and times they have in common."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from gateway_ingest.formats.incoming import FormatError
from hypercare.core.strict_json import JSON

MAX_VERSION = 80
MAX_ENVIRONMENT = 40
MAX_SUMMARY = 300
MAX_ID = 160
DEFAULT_ENVIRONMENT = "production"
_YEARS = range(2000, 3000)
_OLDEST_SECONDS = 946_684_800  # the year 2000


@dataclass(frozen=True)
class IncomingDeployment:
    """A release that a machine says went live; `component_names` are what it calls the part, the most telling first."""

    version: str
    environment: str
    component_names: tuple[str, ...]
    deployed_at: datetime | None
    summary: str
    external_id: str


@dataclass(frozen=True)
class NotLive:
    """An event that is understood and puts nothing live; says why."""

    reason: str


DeployReading = IncomingDeployment | NotLive


def an_object(value: JSON, name: str) -> dict[str, JSON]:
    """The value as an object; FormatError names it otherwise."""
    if not isinstance(value, dict):
        raise FormatError(_("“%(name)s” must be an object in braces.") % {"name": name})
    return value


def part(of: dict[str, JSON], name: str) -> dict[str, JSON]:
    """A part that is an object, or an empty one where it is missing or something else."""
    value = of.get(name)
    return value if isinstance(value, dict) else {}


def text(of: dict[str, JSON], *names: str, most: int = MAX_SUMMARY) -> str:
    """The first of these that is a text or a number, on one line and cut to length; empty where none is."""
    for name in names:
        value = of.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return " ".join(str(value).split())[:most]
    return ""


def needed(of: dict[str, JSON], *names: str, most: int) -> str:
    """The same, where a deployment is nothing without it."""
    found = text(of, *names, most=most)
    if not found:
        raise FormatError(_("“%(name)s” is missing or no text.") % {"name": names[0]})
    return found


def moment(of: dict[str, JSON], *names: str) -> datetime | None:
    """The first of these that is a time: ISO 8601, or seconds since 1970; None where none is given."""
    for name in names:
        value = of.get(name)
        if value in (None, "") or isinstance(value, bool):
            continue
        found = _from_seconds(value) if isinstance(value, int | float) else _from_text(value)
        if found is None:
            detail = _("“%(name)s” must be a time such as 2026-05-28T13:09:00Z.")
            raise FormatError(detail % {"name": name})
        return found
    return None


def _from_text(value: JSON) -> datetime | None:
    if not isinstance(value, str):
        return None
    iso = value.strip().replace(" UTC", "Z")
    try:
        found = parse_datetime(iso)
    except ValueError:
        return None
    if found is None or found.year not in _YEARS:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _from_seconds(value: float) -> datetime | None:
    fits = _OLDEST_SECONDS <= value < _OLDEST_SECONDS * 10
    return datetime.fromtimestamp(value, UTC) if fits else None
