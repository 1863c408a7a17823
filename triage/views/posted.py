"""This module reads what people type into the small forms of issues and reports."""

from django.http import HttpRequest

from hypercare.core.problem import wrong
from hypercare.core.strict_json import clean_text

LIMIT = 500


def posted(request: HttpRequest, name: str) -> str:
    """A posted text of at most 500 characters; 400 for characters that no person types."""
    text = request.POST.get(name, "")[:LIMIT]
    problems = clean_text(text)
    if problems:
        raise wrong(f"/{name}", problems[0])
    return text
