"""This module keeps what could not become an alert, redacted and with the reason, so its owner can put it right."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet

from gateway_ingest import batches
from gateway_ingest.models import DeadLetter, Source
from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.redaction import redact
from hypercare.core.strict_json import UNSAFE_CHARACTER, BadJson, BodyTooLarge, parse
from hypercare.core.timeline import Actor, Entry, record

KEPT_PER_SOURCE = 200
# Each stands for all that were turned away for one reason, and never takes the place of a letter.
REFUSALS_PER_SOURCE = 20
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
    """Stores the beginning of a body and counts it; the oldest beyond the newest 200 of the source go, handled ones first.

    Those of which nothing is kept are one letter for each reason, with how many they are.
    """
    Source.objects.filter(pk=source.pk).update(letters=F("letters") + 1)
    if not body and (same := _counted_with(source, reason, format_name, refusal=False, now=now)):
        return same
    readable, truncated = _readable(body)
    letter = DeadLetter.objects.create(
        source=source,
        format=format_name[:40],
        reason=_reason(reason),
        body=readable,
        truncated=truncated,
        is_json=not readable or truncated or _is_json(readable),
        headers=_telling(headers or {}),
        received_at=now,
    )
    _forget_oldest(source, refusal=False, keep=KEPT_PER_SOURCE)
    return letter


@transaction.atomic
def count_refusal(source: Source, *, reason: str, format_name: str, now: datetime) -> DeadLetter:
    """Counts a sender that did not come in: one entry for each reason, without what it sent, that says when it was last."""
    # The source's row lock comes first, so that two of one reason are one entry.
    Source.objects.filter(pk=source.pk).update(refused=F("refused") + 1)
    if same := _counted_with(source, reason, format_name, refusal=True, now=now):
        return same
    entry = DeadLetter.objects.create(
        source=source, format=format_name[:40], reason=_reason(reason), body="", refusal=True, received_at=now
    )
    _forget_oldest(source, refusal=True, keep=REFUSALS_PER_SOURCE)
    return entry


def _counted_with(source: Source, reason: str, format_name: str, *, refusal: bool, now: datetime) -> DeadLetter | None:
    """The entry that waits for the same reason and holds nothing of what came, counted once more; None without one."""
    alike = DeadLetter.objects.filter(source=source, refusal=refusal, body="", handled_at=None, reason=_reason(reason))
    if not refusal:
        alike = alike.filter(format=format_name[:40])
    return alike.latest("pk") if alike.update(count=F("count") + 1, received_at=now) else None


def _forget_oldest(source: Source, *, refusal: bool, keep: int) -> None:
    rows = DeadLetter.objects.filter(source=source, refusal=refusal)
    newest = rows.order_by(F("handled_at").desc(nulls_first=True), "-received_at", "-pk").values("pk")[:keep]
    rows.exclude(pk__in=newest).delete()


def waiting_in(launch: Launch) -> QuerySet[DeadLetter]:
    """The launch's letters that nobody replayed or dismissed."""
    return DeadLetter.objects.filter(source__launch=launch, handled_at=None)


@transaction.atomic
def dismiss(letters: QuerySet[DeadLetter], launch: Launch, *, actor: Actor, now: datetime) -> int:
    """Takes letters off the list for good, with a word in the timeline; says how many."""
    reasons = sorted(set(letters.values_list("reason", flat=True)))
    number = letters.filter(handled_at=None).update(handled_at=now)
    if number:
        data = {"number": number, "reason": reasons[0] if len(reasons) == 1 else ""}
        record(launch, [Entry(f"launch:{launch.slug}", "dead_letter.dismissed", data)], actor=actor, now=now)
    return number


def refused(source: Source, body: bytes, error: Problem | BadJson, *, format_name: str, now: datetime) -> Problem:
    """Keeps a body that cannot be read at all; returns the problem to raise: 413 too large, 400, or what it was."""
    status = error.status if isinstance(error, Problem) else 413 if isinstance(error, BodyTooLarge) else 400
    letter = keep(source, body, reason=error.detail, format_name=format_name, now=now)
    batches.note_rejected(source, now=now)
    return Problem(status, error.detail, dead_letter=letter.key)


def _reason(reason: str) -> str:
    return redact(reason).text[:500]


def _readable(body: bytes) -> tuple[str, bool]:
    """The beginning of a body without secrets, and whether that is not all of it."""
    text = body[: 4 * (_MAX_TEXT + _MARGIN)].decode("utf-8", "replace")
    if len(text) <= _MAX_TEXT:
        return _clean(text), False
    return _clean(text[: _MAX_TEXT + _MARGIN])[:-_MARGIN] + "…", True


def _is_json(text: str) -> bool:
    try:
        parse(text.encode(), max_bytes=4 * (_MAX_TEXT + _MARGIN))
    except BadJson:
        return False
    return True


def _telling(headers: Mapping[str, str]) -> dict[str, str]:
    kept = [(name, value) for name, value in headers.items() if name.startswith(_TELLING_HEADERS)]
    return {_clean(name[:80]): _clean(value[:_MAX_HEADER]) for name, value in kept[:20]}


def _clean(text: str) -> str:
    return redact(UNSAFE_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)).text
