"""This module keeps what could not become an alert, redacted and with the reason, so its owner can put it right."""

from datetime import datetime

from gateway_ingest.models import DeadLetter, Source
from hypercare.core.redaction import redact
from hypercare.core.strict_json import UNSAFE_CHARACTER

KEPT_PER_SOURCE = 200
_MAX_TEXT = 64 * 1024
# A secret that the cut goes through would not be recognised; so we redact a little more than we keep.
_MARGIN = 8 * 1024


def keep(source: Source, body: bytes, *, reason: str, format_name: str, now: datetime) -> DeadLetter:
    """Stores the beginning of a body; the oldest beyond the newest 200 of the source go."""
    letter = DeadLetter.objects.create(
        source=source, format=format_name, reason=reason[:500], body=_readable(body), received_at=now
    )
    newest = DeadLetter.objects.filter(source=source).order_by("-pk").values("pk")[:KEPT_PER_SOURCE]
    DeadLetter.objects.filter(source=source).exclude(pk__in=newest).delete()
    return letter


def _readable(body: bytes) -> str:
    text = body[: 4 * (_MAX_TEXT + _MARGIN)].decode("utf-8", "replace")
    whole = len(text) <= _MAX_TEXT
    redacted = redact(UNSAFE_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text[: _MAX_TEXT + _MARGIN])).text
    return redacted if whole else redacted[:-_MARGIN] + "…"
