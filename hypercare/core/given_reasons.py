"""This module reads why a person decided something: words for the timeline, which keeps them for good, so no secrets."""

from django.utils.translation import gettext as _

from hypercare.core.one_line import is_visible, one_line
from hypercare.core.problem import wrong
from hypercare.core.redaction import redact
from hypercare.core.strict_json import clean_text

LONGEST_REASON = 2000


def given_reason(text: str, *, longest: int = LONGEST_REASON, has_lines: bool = True, asked: str = "") -> str:
    """The reason as it may be kept; Problem 400 where it is too long or holds control characters.

    Without `has_lines` it is brought to one line. `asked` is what a person is told who must give one and did not.
    """
    problems = clean_text(text)
    said = text.strip() if has_lines else one_line(text)
    if not problems and len(said) <= longest:
        said = redact(said).text
    if len(said) > longest or (asked and not is_visible(said)):
        problems.append(asked or _("Say it in %(limit)s characters.") % {"limit": longest})
    if problems:
        raise wrong("/reason", problems[0])
    return said
