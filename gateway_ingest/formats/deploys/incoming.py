"""This module says what every deploy webhook is read into, and reads the texts and times they have in common."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import AlertError, FormatError
from hypercare.core.strict_json import JSON

MAX_VERSION = 80
MAX_ENVIRONMENT = 40
MAX_SUMMARY = 300
MAX_ID = 160
MAX_NOTES = 100_000
MAX_COMMITS = 2000
MAX_NAMES = 200
DEFAULT_ENVIRONMENT = "production"


@dataclass(frozen=True)
class IncomingDeployment:
    """A release that a machine says went live; `component_names` are what it calls the part, the most telling first.

    `notes` hold the messages of commits and the release notes, `issues` what a field says that it is about.
    """

    version: str
    environment: str
    component_names: tuple[str, ...]
    deployed_at: datetime | None
    summary: str
    external_id: str
    notes: str = ""
    issues: tuple[str, ...] = ()


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


def notes(*values: JSON) -> str:
    """Texts, lists of texts and commits with their messages as one text, line by line."""
    return "\n".join(line for value in values for line in _lines(value))[:MAX_NOTES]


def names(value: JSON) -> tuple[str, ...]:
    """A text or a list of texts, as senders name issues."""
    given = value if isinstance(value, list) else [value]
    return tuple(one[:MAX_SUMMARY] for one in given[:MAX_NAMES] if isinstance(one, str))


def _lines(value: JSON) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [said for name in ("message", "title") if isinstance(said := value.get(name), str)]
    return [line for each in value[:MAX_COMMITS] for line in _lines(each)] if isinstance(value, list) else []


def moment(of: dict[str, JSON], *names: str) -> datetime | None:
    """The first of these that is a time, read as alerts' times are; None where none is given."""
    for name in names:
        if of.get(name) not in (None, ""):
            return _read(of[name], name)
    return None


def _read(given: JSON, name: str) -> datetime | None:
    try:
        return values.moment(given, name)
    except AlertError as error:
        raise FormatError(str(error)) from error
