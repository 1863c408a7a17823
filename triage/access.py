"""This module fetches issues and feedback for a person: another launch's key is 404, a missing right 403."""

import re

from django.utils.translation import gettext as _

from feedback.models import Feedback
from hypercare.core.access import Principal, check
from hypercare.core.models import Launch
from hypercare.core.problem import Problem, not_found
from hypercare.core.roles import Right
from triage.models import Issue

_KEY = re.compile(r"^([A-Z]{2})-([1-9][0-9]{0,17})$")


def number_of(key: str, prefix: str) -> int:
    """The number in a key such as IS-12; 404 for anything else."""
    found = _KEY.match(key)
    if not found or found[1] != prefix:
        raise not_found(_("There is no %(key)s here for you.") % {"key": key[:40]})
    return int(found[2])


def access_issue(principal: Principal, key: str, *, right: Right) -> Issue:
    """The issue named like IS-12."""
    issue = (
        Issue.objects.select_related("launch", "component", "team", "owner", "merged_into")
        .filter(pk=number_of(key, "IS"))
        .first()
    )
    if issue is None:
        raise not_found(_("There is no %(key)s here for you.") % {"key": key[:40]})
    _check_hidden(principal, issue.launch, key, right=right)
    return issue


def access_feedback(principal: Principal, key: str, *, right: Right) -> Feedback:
    """The feedback named like HC-12."""
    row = (
        Feedback.objects.select_related("launch", "component", "team", "reporter")
        .filter(pk=number_of(key, "HC"))
        .first()
    )
    if row is None:
        raise not_found(_("There is no %(key)s here for you.") % {"key": key[:40]})
    _check_hidden(principal, row.launch, key, right=right)
    return row


def _check_hidden(principal: Principal, launch: Launch, key: str, *, right: Right) -> None:
    try:
        check(principal, launch, right=right)
    except Problem as problem:
        if problem.status == 404:
            raise not_found(_("There is no %(key)s here for you.") % {"key": key[:40]}) from None
        raise
