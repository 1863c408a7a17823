"""This module fetches issues and feedback for a person, with what their pages show."""

import re

from feedback.models import Feedback
from hypercare.core import keys
from hypercare.core.access import Principal
from hypercare.core.roles import Right
from triage.models import Issue

_KEY = re.compile(r"\bIS-([0-9]{1,18})\b")


def access_issue(principal: Principal, key: str, *, right: Right) -> Issue:
    """The issue named like IS-12."""
    rows = Issue.objects.select_related("launch", "component", "team", "owner", "merged_into")
    return keys.named(rows, key, "IS", by=principal, right=right)


def number_in(text: str) -> int | None:
    """The number of the issue that a key such as IS-12 or a link to it names."""
    found = _KEY.search(text.upper())
    return int(found[1]) if found else None


def access_feedback(principal: Principal, key: str, *, right: Right) -> Feedback:
    """The feedback named like HC-12."""
    rows = Feedback.objects.select_related("launch", "component", "team", "reporter")
    return keys.named(rows, key, "HC", by=principal, right=right)
