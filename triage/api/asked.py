"""This module reads a call that changes an issue: who asks, the issue, and what was given."""

from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import Serializer

from hypercare.core.access import Principal
from hypercare.core.api.given import given
from hypercare.core.roles import Right
from triage.access import access_issue
from triage.models import Issue


def asked(request: Request, key: str, shape: type[Serializer[Any]]) -> tuple[Principal, Issue, dict[str, Any]]:
    """All three; 404 and 403 come before what is wrong with the words."""
    who = Principal.of(request)
    issue = access_issue(who, key, right=Right.TRIAGE)
    return who, issue, given(shape, request.data)
