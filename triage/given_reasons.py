"""This module reads why a person decided something: words for the timeline, which keeps them for good, so no secrets."""

from django.utils.translation import gettext as _

from hypercare.core.problem import FieldError, Problem
from hypercare.core.redaction import redact
from hypercare.core.strict_json import clean_text

LONGEST_REASON = 2000


def given_reason(text: str) -> str:
    """The reason as it may be kept; Problem 400 where it is too long or holds control characters."""
    problems = clean_text(text)
    if len(text) > LONGEST_REASON:
        problems.append(_("Say it in %(limit)s characters.") % {"limit": LONGEST_REASON})
    if problems:
        raise Problem(400, problems[0], errors=(FieldError("/reason", problems[0]),))
    return redact(text.strip()).text
