"""This module fetches issues and feedback for a person, with what their pages show."""

from feedback.models import Feedback
from hypercare.core import keys
from hypercare.core.access import Principal
from hypercare.core.roles import Right
from triage.models import Issue


def access_issue(principal: Principal, key: str, *, right: Right) -> Issue:
    """The issue named like IS-12."""
    rows = Issue.objects.select_related("launch", "component", "team", "owner", "merged_into")
    return keys.named(rows, key, "IS", by=principal, right=right)


def access_feedback(principal: Principal, key: str, *, right: Right) -> Feedback:
    """The feedback named like HC-12."""
    rows = Feedback.objects.select_related("launch", "component", "team", "reporter")
    return keys.named(rows, key, "HC", by=principal, right=right)
