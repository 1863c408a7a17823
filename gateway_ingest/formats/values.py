"""This module reads texts, times, links and names out of JSON that other programs wrote, and makes an alert of them."""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from gateway_ingest.formats.incoming import AlertError, IncomingAlert
from gateway_ingest.models import AlertSeverity, AlertStatus
from hypercare.core.strict_json import JSON, UNSAFE_CHARACTER

MAX_TITLE = 300
_MAX_URL = 1000
_MAX_FINGERPRINT = 160
_MAX_SUMMARY = 16_000
# Labels and summary of one alert; together they must fit into a report's context and stay readable.
_MAX_BYTES = 32 * 1024
_MAX_LABELS, _MAX_LABEL = 64, 1000
# Zero times and other placeholders lie outside; so does whatever no calendar of ours can hold.
_YEARS = range(2000, 3000)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = range(946_684_800, 32_503_680_000)
_UNITS = (1, 1_000, 1_000_000, 1_000_000_000)
_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,20})?")
_COMPACT = re.compile(r"(2\d{3})(\d\d)(\d\d)[ T]?(\d\d)(\d\d)(\d\d)Z?")
_DATE_BEFORE_TIME = re.compile(r"(\d{4})[./](\d\d)[./](\d\d)(?=[ T]|$)")
_ZONE_WORD = re.compile(r"\s*\b(?:UTC|GMT)$")
_LOOSE_OFFSET = re.compile(r"\s*([+-]\d\d)[:.]?(\d\d)$")
# No way of writing a time is longer; patterns that look at the end would take long on what is.
_LONGEST_TIME = 64
_COMPONENT_NAMES = ("component", "service", "service_name", "service.name", "app", "application")


def at(payload: JSON, *path: str) -> JSON:
    """What stands under these names, one inside the other; None where one is missing."""
    for name in path:
        payload = payload.get(name) if isinstance(payload, dict) else None
    return payload


def members(value: JSON) -> dict[str, JSON]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: JSON) -> list[JSON]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def has(payload: JSON, *names: str) -> bool:
    """Whether the payload is an object with all of these names."""
    return isinstance(payload, dict) and all(name in payload for name in names)


def text(value: JSON) -> str:
    """A text, number or yes-or-no written out and stripped; anything else is no text."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return json.dumps(value)
    return ""


def first(*values: JSON) -> str:
    """The first value that is a text and says something."""
    return next((found for value in values if (found := text(value))), "")


def parsed(value: JSON) -> JSON:
    """What a text holds as JSON, where senders pack JSON into a text; any other value as it is."""
    if not isinstance(value, str):
        return value
    try:
        found: JSON = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return storable(found)


def storable(value: JSON) -> JSON:
    """The value without the characters that no database takes."""
    if isinstance(value, str):
        return UNSAFE_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {str(storable(name)): storable(item) for name, item in value.items()}
    return value


def labels_of(*sources: JSON) -> dict[str, str]:
    """The plain members of these objects as texts; lists of pairs, of name and value, and `a:b` texts count too."""
    found: dict[str, str] = {}
    for name, value in (pair for source in sources for pair in _pairs(source)):
        said = text(value)
        if said and name and len(found) < _MAX_LABELS:
            found.setdefault(name[:80], said[:_MAX_LABEL])
    return found


def _pairs(source: JSON) -> Iterator[tuple[str, JSON]]:
    if isinstance(source, dict):
        yield from source.items()
    elif isinstance(source, str):
        yield from _pairs([*re.split(r",\s*", source)])
    elif isinstance(source, list):
        for item in source:
            yield _pair(item)


def _pair(item: JSON) -> tuple[str, JSON]:
    if isinstance(item, dict):
        return first(item.get("name"), item.get("key"), item.get("tag")), item.get("value")
    if isinstance(item, list):
        return (text(item[0]), item[1]) if len(item) == 2 else ("", None)
    name, _colon, value = text(item).partition(":")
    return name.strip(), value


def component_names(labels: dict[str, str], *others: JSON) -> tuple[str, ...]:
    """What the labels call the part, then the other names in their order, each once."""
    named = [labels[name] for name in _COMPONENT_NAMES if name in labels]
    return tuple(dict.fromkeys(name for name in (*named, *map(text, others)) if name))


def words(value: str) -> str:
    """The text on one line, short enough for a title."""
    line = " ".join(value.split())
    return line if len(line) <= MAX_TITLE else line[: MAX_TITLE - 1] + "…"


def link(*values: JSON) -> str:
    """The first value that is a web address."""
    return next((found for value in values if _is_address(found := text(value))), "")


def _is_address(value: str) -> bool:
    return value.startswith(("http://", "https://")) and len(value) <= _MAX_URL and value.isprintable()


def digest_of(what: JSON) -> str:
    """A fingerprint made of what makes an alert the same."""
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:32]


def key_of(*values: JSON) -> str:
    """The sender's own keys joined to one, if all of them are given; a key too long to store is hashed."""
    parts = [text(value) for value in values]
    if not all(parts):
        return ""
    joined = ":".join(parts)
    return joined if len(joined) <= _MAX_FINGERPRINT else digest_of(joined)


def moment(given: JSON, name: str, zone: tzinfo = UTC) -> datetime | None:
    """A time in UTC; None where nothing or a zero stands; AlertError for what is no time or no year of ours.

    A time that says no zone is one in `zone`.
    """
    if given in (None, "", 0, "0"):
        return None
    number = _number(given)
    found = _of_text(text(given)) if number is None else _of_number(number)
    if found is None:
        raise AlertError(_("“%(name)s” must be a time such as 2026-05-28T13:09:00Z.") % {"name": name})
    if found.year == 1:
        return None
    if found.year not in _YEARS or (in_utc := _in_utc(found, zone)).year not in _YEARS:
        detail = _("“%(name)s” lies in the year %(year)d; check the sender's clock.")
        raise AlertError(detail % {"name": name, "year": found.year})
    return in_utc


def end_moment(given: JSON, name: str) -> datetime | None:
    """As `moment`; but a year that is none of ours only says that the end is open."""
    number = _number(given)
    found = _of_text(text(given)) if number is None else _of_number(number)
    return None if found is not None and found.year not in _YEARS else moment(given, name)


def _number(given: JSON) -> float | None:
    if isinstance(given, str):
        return float(given) if _NUMBER.fullmatch(given.strip()) and not _COMPACT.fullmatch(given.strip()) else None
    is_number = isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)
    return float(given) if is_number else None  # type: ignore[arg-type]  # is_number says so


def _of_number(number: float) -> datetime | None:
    """Seconds since 1970, or thousandths, millionths or billionths: whichever gives a year of ours."""
    fitting = next((unit for unit in _UNITS if _SECONDS.start <= number / unit < _SECONDS.stop), 1)
    try:
        return _EPOCH + timedelta(seconds=number / fitting)
    except OverflowError:
        return None


def _of_text(given: str) -> datetime | None:
    if len(given) > _LONGEST_TIME:
        return None
    if compact := _COMPACT.fullmatch(given):
        given = "{}-{}-{}T{}:{}:{}".format(*compact.groups())
    tidy = _ZONE_WORD.sub("", _DATE_BEFORE_TIME.sub(r"\1-\2-\3", given))
    try:
        if found := parse_datetime(_LOOSE_OFFSET.sub(r"\1:\2", tidy) if "T" in tidy or " " in tidy else tidy):
            return found
        return parsedate_to_datetime(given)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _in_utc(found: datetime, zone: tzinfo) -> datetime:
    return (found.replace(tzinfo=zone) if found.tzinfo is None else found).astimezone(UTC)


def check_size(texts: Iterable[tuple[str, str]]) -> None:
    """Raises AlertError for labels and annotations that nobody can read any more."""
    size = sum(len(part.encode("utf-8", "surrogatepass")) for pair in texts for part in pair)
    if size > _MAX_BYTES:
        detail = _("Labels and annotations have %(size)d bytes and the limit is %(limit)d; shorten the annotations.")
        raise AlertError(detail % {"size": size, "limit": _MAX_BYTES})


def alert(
    *,
    fingerprint: str,
    title: str,
    status: AlertStatus,
    severity: AlertSeverity,
    summary: str = "",
    labels: dict[str, str] | None = None,
    components: tuple[str, ...] = (),
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    url: str = "",
    let_go: bool = False,
) -> IncomingAlert:
    """The alert these facts make; raises AlertError where it has no name or nothing that tells it from others."""
    if not title.strip():
        raise AlertError(_("The alert has no title; nobody would know what it is about."))
    if not fingerprint:
        raise AlertError(_("The alert has nothing that tells it from others, such as an id."))
    summary = summary.strip()
    return IncomingAlert(
        fingerprint=fingerprint,
        title=words(title),
        summary=summary if len(summary) <= _MAX_SUMMARY else summary[: _MAX_SUMMARY - 1] + "…",
        severity=severity,
        status=status,
        labels=labels or {},
        component_names=components,
        starts_at=starts_at,
        ends_at=ends_at if status == AlertStatus.RESOLVED else None,
        url=url,
        let_go=let_go,
    )
