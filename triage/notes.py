"""This module adds a person's note to an issue; the words are kept beside the append-only timeline, redacted."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hypercare.core.problem import wrong
from hypercare.core.redaction import redact
from hypercare.core.strict_json import clean_text
from hypercare.core.timeline import Actor, Entry, record
from triage.models import Issue

MAX_NOTE = 4000


@transaction.atomic
def add_note(issue: Issue, *, text: str, actor: Actor, now: datetime) -> None:
    """Writes a note into the issue's timeline; 400 when it is empty, too long or holds control characters."""
    note_all([issue], text=kept_note(text), actor=actor, now=now)


def kept_note(text: str) -> str:
    """The note as it may be kept."""
    problems = list(clean_text(text))
    if not text.strip() or len(text) > MAX_NOTE:
        problems.append(_("Write a note of 1 to %(limit)s characters.") % {"limit": MAX_NOTE})
    if problems:
        raise wrong("/text", problems[0])
    return redact(text.strip()).text


def note_all(issues: Sequence[Issue], *, text: str, actor: Actor, now: datetime) -> None:
    """Writes a note that may be kept into the timeline of each issue of one launch."""
    record(issues[0].launch, [Entry(one.key, "issue.note", {"note": text}) for one in issues], actor=actor, now=now)
