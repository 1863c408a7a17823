"""This module turns what a person wrote into one box into a report's title and body, and says what is wrong with it."""

import hashlib
import json
import re

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hypercare.core.strict_json import clean_text

MAX_TEXT_BYTES = 64 * 1024
MAX_TITLE = 120
# A sentence shorter than this is a greeting, so the title goes on with the next one.
_FIRST_SENTENCE = re.compile(r".{15,}?[.!?…](?=\s)")


class Kind(models.TextChoices):
    """What a person says the report is about."""

    BROKEN = "broken", gettext_lazy("Something is broken")
    SLOW = "slow", gettext_lazy("Something is slow")
    AI_ANSWER = "ai_answer", gettext_lazy("Wrong AI answer")
    HELP = "help", gettext_lazy("I need help")
    IDEA = "idea", gettext_lazy("I have an idea")


def title_of(text: str) -> str:
    """The first line or sentence of a text that is not blank, up to 120 characters."""
    line = " ".join(text.strip().splitlines()[0].split())
    sentence = _FIRST_SENTENCE.match(line)
    title = sentence[0] if sentence else line
    if len(title) <= MAX_TITLE:
        return title
    head = title[: MAX_TITLE - 1]
    return f"{head.rpartition(' ')[0] or head}…"


def is_too_long(text: str) -> bool:
    """Whether a text is over 64 kB."""
    return len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES


def complaints_about(text: str) -> list[str]:
    """A sentence for each thing that keeps the text of a report from being taken."""
    if not text.strip():
        return [_("Write at least a word: what happened?")]
    if is_too_long(text):
        return [_("This text is longer than 64 kB. Shorten it, or attach it as a file.")]
    return clean_text(text)


def fingerprint(form_id: str, *content: object) -> str:
    """An external id that is the same for one form sent twice and another as soon as the person changed a word."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return f"{form_id}:{digest[:16]}"
