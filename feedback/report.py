"""This module reads one report as it came in: every field checked, every refusal with its place and its cure."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from feedback.files import SafeFile
from feedback.models import Channel
from hypercare.core.one_line import is_visible, one_line
from hypercare.core.problem import FieldError
from hypercare.core.strict_json import clean_text

MAX_TITLE = 300
MAX_BODY_BYTES = 2 * 1024 * 1024
MAX_CONTEXT_BYTES = 64 * 1024
MAX_EMAIL = 254
MAX_NAME = 120
LANGUAGES = ("en", "sv")

_KNOWN = frozenset(
    [
        "launch",
        "channel",
        "title",
        "body",
        "context",
        "reporter",
        "component",
        "occurred_at",
        "trace_id",
        "external_id",
        "language",
        "fields",
        "kind",
    ]
)


@dataclass(frozen=True)
class Report:
    """What `intake.accept` takes: one signal, checked in itself but not yet against its launch."""

    channel: str
    source: str
    title: str
    body: str = ""
    kind: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    reporter_email: str = ""
    reporter_name: str = ""
    reporter_external_id: str = ""
    component: str = ""
    occurred_at: datetime | None = None
    trace_id: str = ""
    external_id: str | None = None
    language: str = ""
    files: tuple[SafeFile, ...] = ()

    def with_files(self, files: tuple[SafeFile, ...]) -> "Report":
        """The same report with checked files."""
        return replace(self, files=files)


class ReportErrors(Exception):
    """All that is wrong with one report."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(errors[0].detail)
        self.errors = tuple(errors)


class _Reader:
    """Takes fields out of a JSON object and collects what is wrong."""

    def __init__(self, data: dict[str, Any], errors: list[FieldError], prefix: str = "") -> None:
        self.data, self.errors, self.prefix = data, errors, prefix

    def refuse(self, name: str, detail: str) -> None:
        self.errors.append(FieldError(f"{self.prefix}/{name}", detail))

    def text(self, name: str, *, limit: int, required: bool = False, lines: bool = False) -> str:
        value = self.data.get(name)
        if value is None:
            if required:
                self.refuse(name, _("“%(name)s” is missing; send a text.") % {"name": name})
            return ""
        if not isinstance(value, str):
            self.refuse(name, _("“%(name)s” must be a text in quotes.") % {"name": name})
            return ""
        if required and not is_visible(value):
            self.refuse(name, _("“%(name)s” is empty; write at least a word.") % {"name": name})
        if len(value.encode("utf-8", "surrogatepass")) > limit * (1 if lines else 4) or (
            not lines and len(value) > limit
        ):
            unit = _("bytes") if lines else _("characters")
            self.refuse(
                name,
                _("“%(name)s” is longer than %(limit)s %(unit)s.") % {"name": name, "limit": limit, "unit": unit},
            )
            return ""
        for problem in clean_text(value):
            self.refuse(name, problem)
        return value if lines else one_line(value)

    def mapping(self, name: str) -> dict[str, Any]:
        value = self.data.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.refuse(name, _("“%(name)s” must be an object in braces.") % {"name": name})
            return {}
        return value

    def moment(self, name: str) -> datetime | None:
        value = self.data.get(name)
        if value is None:
            return None
        try:
            moment = parse_datetime(value) if isinstance(value, str) else None
        except ValueError:
            moment = None
        if moment is None or not 2000 <= moment.year <= 2999:
            self.refuse(name, _("“%(name)s” must be a time such as 2026-05-28T13:09:00Z.") % {"name": name})
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_report(data: object, *, source: str, channels: frozenset[str] | None = None) -> tuple[Report, list[str]]:
    """The report in a JSON object, and the names of fields nobody knows; raises ReportErrors with all that is wrong.

    `source` is what external ids are counted by; `channels` narrows what the sender may claim to be.
    """
    if not isinstance(data, dict):
        raise ReportErrors([FieldError("", _("A report is an object in braces with at least a title."))])
    errors: list[FieldError] = []
    reader = _Reader(data, errors)
    person = _Reader(reader.mapping("reporter"), errors, "/reporter")
    report = Report(
        channel=_channel(reader, channels),
        source=source,
        title=reader.text("title", limit=MAX_TITLE, required=True),
        body=reader.text("body", limit=MAX_BODY_BYTES, lines=True),
        kind=reader.text("kind", limit=16),
        context=_context(reader),
        fields=reader.mapping("fields"),
        reporter_email=_email(person),
        reporter_name=person.text("name", limit=MAX_NAME),
        reporter_external_id=person.text("external_id", limit=200),
        component=reader.text("component", limit=60),
        occurred_at=reader.moment("occurred_at"),
        trace_id=reader.text("trace_id", limit=64),
        external_id=reader.text("external_id", limit=255) or None,
        language=language_of(data.get("language")),
    )
    if errors:
        raise ReportErrors(errors)
    return report, sorted(str(name)[:80] for name in data.keys() - _KNOWN)


def language_of(value: object) -> str:
    """The language we can answer in that is nearest to a language tag; empty where none is, for the launch's own."""
    tag = value.lower()[:2] if isinstance(value, str) else ""
    return tag if tag in LANGUAGES else ""


def _channel(reader: _Reader, channels: frozenset[str] | None) -> str:
    allowed = channels or frozenset(Channel.values)
    channel = reader.text("channel", limit=20, required=True)
    if channel and channel not in allowed:
        reader.refuse("channel", _("There is no channel “%(channel)s”; use one of %(known)s.") % {
            "channel": channel, "known": ", ".join(sorted(allowed))})  # fmt: skip
    return channel


def _context(reader: _Reader) -> dict[str, Any]:
    value = reader.mapping("context")
    if size_of(value) > MAX_CONTEXT_BYTES:
        reader.refuse("context", _("“context” is larger than 64 kB; send less of it."))
        return {}
    return value


def _email(reader: _Reader) -> str:
    value = reader.text("email", limit=MAX_EMAIL).lower()
    if value and not _is_address(value):
        reader.refuse("email", _("This is no e-mail address; write one like name@example.org, or leave it out."))
    return value


def _is_address(value: str) -> bool:
    try:
        validate_email(value)
    except ValidationError:
        return False
    return len(value) <= MAX_EMAIL  # some letters are longer when they are small


def size_of(value: object) -> int:
    """Rough size in bytes of a JSON value, walked without recursion."""
    total, stack = 0, [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            total += 2
            stack.extend(item.values())
            total += sum(len(str(key).encode("utf-8", "surrogatepass")) + 4 for key in item)
        elif isinstance(item, list):
            total += 2 + len(item)
            stack.extend(item)
        elif isinstance(item, str):
            total += len(item.encode("utf-8", "surrogatepass")) + 2
        else:
            total += 8
    return total
