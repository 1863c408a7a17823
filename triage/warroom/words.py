"""This module reads what people write in rooms, stand-ups and shifts: checked, redacted, and never longer than fits."""

from datetime import datetime

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from hypercare.core.one_line import is_visible, one_line
from hypercare.core.problem import wrong
from hypercare.core.redaction import redact
from hypercare.core.strict_json import clean_text


def said(text: str, field: str, *, longest: int, has_lines: bool = False, may_lack: bool = False) -> str:
    """The text as it may be kept; Problem 400 naming the field where it is empty, too long or holds control characters."""
    for problem in clean_text(text):
        raise wrong(f"/{field}", problem)
    kept = text.replace("\r\n", "\n").strip() if has_lines else one_line(text)
    if len(kept) > longest or not (may_lack or is_visible(kept)):
        raise wrong(f"/{field}", _("Write 1 to %(limit)s characters.") % {"limit": longest})
    return redact(kept).text[:longest]


def moment(text: str, field: str) -> datetime | None:
    """An ISO time with its zone; None for no text, Problem 400 for anything else."""
    if not text.strip():
        return None
    try:
        found = parse_datetime(text.strip()[:40])
        is_known = found is not None and found.tzinfo is not None and 2000 <= found.year <= 2999
    except ValueError:
        is_known = False
    if not is_known:
        raise wrong(f"/{field}", _("Write a time with its zone, such as 2026-05-28T14:30:00Z."))
    return found
