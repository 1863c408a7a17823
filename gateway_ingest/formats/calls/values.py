"""This module reads the single values that gateways write: times, durations, counts, ids, paths."""

import math
import re
from datetime import UTC, datetime
from functools import lru_cache

from django.utils.translation import gettext as _

from gateway_ingest.formats.calls.incoming import CallError

_YEARS = range(2000, 3000)
_NAMES_OF_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES_OF_MONTHS, 1)}
_CLF = re.compile(r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?(?: ([+-])(\d{2})(\d{2}))?")
_USUAL_REQUEST = re.compile(r"([A-Z]{1,20}) (/[^\s?#;]*)(?:[?#;]\S*)? HTTP/[0-9.]{1,3}")
_STATUSES = {str(number): number for number in range(100, 600)}
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_TRACE = re.compile(r"[0-9a-f]{32}")
_XRAY = re.compile(r"(?:Root=)?1-([0-9a-f]{8})-([0-9a-f]{24})")
_B3 = re.compile(r"[0-9a-f]{16}")
_ZERO_TRACE = "0" * 32
_MOST = 2**53
_SCHEMES = {"http": "http", "ws": "http", "https": "https", "wss": "https", "h2": "https", "grpcs": "https"}
# Ids beyond this length are no ids; we keep their beginning.
_MAX_ID = 200
_MAX_PATH = 2000


@lru_cache(4096)
def clf_time(text: str) -> int:
    """Microseconds of `28/May/2026:14:32:01 +0200`; without a zone it is UTC."""
    found = _CLF.fullmatch(text)
    if not found or found[2] not in _MONTHS:
        raise _no_time(text)
    day, month, year, hour, minute, second = (
        int(found[1]), _MONTHS[found[2]], int(found[3]), int(found[4]), int(found[5]), int(found[6]))  # fmt: skip
    offset = (1 if found[8] == "+" else -1) * (int(found[9]) * 60 + int(found[10])) * 60 if found[8] else 0
    _check_year(year)
    try:
        whole = int(datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC).timestamp()) - offset
    except ValueError:
        raise _no_time(text) from None
    return whole * 1_000_000 + int((found[7] or "").ljust(6, "0"))


def iso_time(text: object) -> int:
    """Microseconds of `2026-05-28T12:32:01.123Z`; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise _no_time(text)
    _check_year(moment.year)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return _exact(moment)


def any_time(value: object) -> int:
    """Microseconds of whatever a JSON log calls a time: a text, or seconds, milli-, micro- or nanoseconds since 1970."""
    if isinstance(value, str) and not value.replace(".", "", 1).isdecimal():
        return clf_time(value) if value[2:3] == "/" else iso_time(value)
    number = real(value)
    if number is None:
        raise _no_time(value)
    for scale, beyond in ((1_000_000, 4e10), (1000, 4e13), (1, 4e16)):
        if number < beyond:
            return checked_time(round(number * scale))
    return checked_time(int(number) // 1000)


def checked_time(micros: int) -> int:
    """The time itself where it lies in a year that a clock that works can show."""
    if not 946_684_800_000_000 <= micros < 32_503_680_000_000_000:
        if not -62_135_596_800_000_000 <= micros < 253_402_300_800_000_000:
            raise CallError(_("The time lies outside the calendar; check the sender's clock and the unit."))
        _check_year(datetime.fromtimestamp(micros // 1_000_000, UTC).year)
    return micros


def _exact(moment: datetime) -> int:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds


def _check_year(year: int) -> None:
    if year not in _YEARS:
        raise CallError(_("The time lies in the year %(year)d; check the sender's clock.") % {"year": year})


def _no_time(value: object) -> CallError:
    shown = repr(value)[:40]
    return CallError(_("%(value)s is no time; write one such as 2026-05-28T13:09:00Z.") % {"value": shown})


def real(value: object) -> float | None:
    """A finite number, also where it stands in quotes; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and abs(number) < 1e19 else None


def count(value: object) -> int:
    """A number of things, -1 where there is none."""
    number = real(value)
    return int(number) if number is not None and 0 <= number <= _MOST else -1


def span(value: object, *, micros: float) -> int:
    """A duration in units of so many microseconds, -1 where there is none; several by comma are added up."""
    number = real(value)
    if number is None and isinstance(value, str) and ("," in value or ":" in value):
        parts = [found for part in re.split(r"[,:]", value[:500]) if (found := real(part.strip())) is not None]
        number = sum(parts) if parts else None
    return int(number * micros + 0.5) if number is not None and 0 <= number <= 1e12 else -1


def status(value: object) -> int:
    """An HTTP status; raises CallError for a number that is none, 0 where the sender has none."""
    if isinstance(value, str) and (usual := _STATUSES.get(value)):
        return usual
    if value is None or value in ("", "-", 0, "0", -1, "-1"):
        return 0
    number = count(value)
    if not 100 <= number <= 599:
        raise CallError(_("%(value)s is no HTTP status.") % {"value": repr(value)[:40]})
    return number


def money(value: object) -> int:
    """An amount in billionths, -1 where there is none."""
    number = real(value)
    return round(number * 1e9) if number is not None and 0 <= number <= 1e6 else -1


def text(value: object) -> str:
    """A short text; a number is written out, anything else and the dash are nothing."""
    if isinstance(value, str):
        return "" if value == "-" else value[:_MAX_ID]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < _MOST else ""
    return ""


def members(value: object) -> dict[str, object]:
    """The object itself, or an empty one."""
    return value if isinstance(value, dict) else {}


def first(row: dict[str, object], *names: str) -> object:
    """The first of these members that says anything."""
    for name in names:
        if (found := row.get(name)) not in (None, "", "-"):
            return found
    return None


def path_of(uri: object) -> tuple[str, str]:
    """Path and host of a request's target; query and fragment are dropped here and never seen again."""
    if not isinstance(uri, str):
        return "", ""
    host = ""
    for mark in ("?", "#", ";"):
        uri = uri.partition(mark)[0]
    if not uri.startswith("/") and "://" in uri:
        authority, _slash, rest = uri.partition("://")[2].partition("/")
        host, uri = authority.rpartition("@")[2].partition(":")[0], "/" + rest
    return uri[:_MAX_PATH], host[:_MAX_ID]


def scheme_of(*candidates: object) -> str:
    """What the first of these says the consumer spoke, http or https; it may be a whole address."""
    for candidate in candidates:
        word = candidate.partition("://")[0].lower() if isinstance(candidate, str) else ""
        if word in _SCHEMES:
            return _SCHEMES[word]
    return ""


def error_format(content_type: object) -> str:
    """The kind of body that a content type names: problem, json, html, text or other."""
    if not isinstance(content_type, str) or not (name := content_type.partition(";")[0].strip().lower()[:100]):
        return ""
    for mark, kind in (("problem+", "problem"), ("json", "json"), ("html", "html"), ("text/plain", "text")):
        if mark in name:
            return kind
    return "" if name == "-" else "other"


def request_line(line: str) -> tuple[str, str, str]:
    """Method, path and host of `GET /orders/7?x=1 HTTP/1.1`; all empty for bytes that were no request."""
    if usual := _USUAL_REQUEST.fullmatch(line):
        return usual[1], usual[2][:_MAX_PATH], ""
    parts = line.split(" ")
    if not 2 <= len(parts) <= 3 or not parts[0].isalpha() or len(parts[0]) > 20:
        return "", "", ""
    return parts[0].upper(), *path_of(parts[1])


def method(value: object) -> str:
    """A method's name in capitals, or nothing."""
    return value.upper() if isinstance(value, str) and value.isalpha() and len(value) <= 20 else ""


def trace_of(*candidates: object) -> str:
    """The first trace id: of a traceparent, 32 hex digits, a UUID, an X-Ray root or a short B3 id."""
    for candidate in candidates:
        if not isinstance(candidate, str) or not 16 <= len(candidate) <= 200:
            continue
        lower = candidate.strip().lower()
        if found := _TRACEPARENT.fullmatch(lower):
            trace = found[1]
        elif found := _XRAY.match(candidate):
            trace = found[1] + found[2]
        else:
            trace = lower.replace("-", "")
            trace = trace.rjust(32, "0") if _B3.fullmatch(trace) else trace
        if _TRACE.fullmatch(trace) and trace != _ZERO_TRACE:
            return trace
    return ""


def headers_of(value: object) -> dict[str, object]:
    """Header names in small letters; a list of values gives its first."""
    return {
        name.lower(): (given[0] if isinstance(given, list) and given else given)
        for name, given in members(value).items()
    }
