"""This module keeps what could not become an alert, redacted and with the reason, so its owner can put it right."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import F

from gateway_ingest.models import DeadLetter, Source
from hypercare.core.problem import Problem
from hypercare.core.redaction import redact
from hypercare.core.strict_json import UNSAFE_CHARACTER, BadJson, BodyTooLarge

KEPT_PER_SOURCE = 200
_MAX_TEXT = 64 * 1024
# A secret that the cut goes through would not be recognised; so we redact a little more than we keep.
_MARGIN = 8 * 1024
# Headers that are part of what was said: a CloudEvent's attributes.
_TELLING_HEADERS = "ce-"
_MAX_HEADER = 1000


def keep(
    source: Source,
    body: bytes,
    *,
    reason: str,
    format_name: str,
    now: datetime,
    headers: Mapping[str, str] | None = None,
) -> DeadLetter:
    """Stores the beginning of a body and counts it; the oldest beyond the newest 200 of the source go."""
    letter = DeadLetter.objects.create(
        source=source,
        format=format_name[:40],
        reason=redact(reason).text[:500],
        body=_readable(body),
        headers=_telling(headers or {}),
        received_at=now,
    )
    Source.objects.filter(pk=source.pk).update(letters=F("letters") + 1)
    newest = DeadLetter.objects.filter(source=source).order_by("-pk").values("pk")[:KEPT_PER_SOURCE]
    DeadLetter.objects.filter(source=source).exclude(pk__in=newest).delete()
    return letter


def refused(source: Source, body: bytes, error: Problem | BadJson, *, format_name: str, now: datetime) -> Problem:
    """Keeps a body that cannot be read at all; returns the problem to raise: 413 too large, 400, or what it was."""
    status = error.status if isinstance(error, Problem) else 413 if isinstance(error, BodyTooLarge) else 400
    letter = keep(source, body, reason=error.detail, format_name=format_name, now=now)
    return Problem(status, error.detail, dead_letter=letter.key)


def forget(key: str) -> None:
    """A replay that failed for the same reason makes no second letter."""
    letter = DeadLetter.objects.get(pk=int(key.removeprefix("DL-")))
    Source.objects.filter(pk=letter.source_id).update(letters=F("letters") - 1)
    letter.delete()


def _readable(body: bytes) -> str:
    text = body[: 4 * (_MAX_TEXT + _MARGIN)].decode("utf-8", "replace")
    whole = len(text) <= _MAX_TEXT
    redacted = _clean(text[: _MAX_TEXT + _MARGIN])
    return redacted if whole else redacted[:-_MARGIN] + "…"


def _telling(headers: Mapping[str, str]) -> dict[str, str]:
    kept = [(name, value) for name, value in headers.items() if name.startswith(_TELLING_HEADERS)]
    return {_clean(name[:80]): _clean(value[:_MAX_HEADER]) for name, value in kept[:20]}


def _clean(text: str) -> str:
    return redact(UNSAFE_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)).text
