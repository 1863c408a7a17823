"""This module decides who may do what: a role gives rights in a launch, a token's scope narrows them."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person is in one launch."""

    ADMIN = "admin", _("Administrator")
    LEAD = "lead", _("Hypercare lead")
    RESPONDER = "responder", _("Responder")
    AGENT = "agent", _("Agent")
    STAKEHOLDER = "stakeholder", _("Stakeholder")
    REPORTER = "reporter", _("Reporter")


# Those who may change a launch and who belongs to it; each launch keeps at least one.
STEERING = frozenset({Role.ADMIN, Role.LEAD})


class Right(StrEnum):
    """One thing a person may do in a launch."""

    REPORT = "report"
    READ_OWN = "read_own"
    READ = "read"
    VOTE = "vote"
    WRITE_NOTES = "write_notes"
    TRIAGE = "triage"
    SEND_REPORT = "send_report"
    MANAGE = "manage"
    AUDIT = "audit"
    INGEST = "ingest"


class Scope(models.TextChoices):
    """What an API token may be used for, at most."""

    FEEDBACK_WRITE = "feedback:write", _("Send feedback")
    FEEDBACK_READ = "feedback:read", _("Read feedback and issues")
    TRIAGE_WRITE = "triage:write", _("Triage: change issues")
    INGEST_WRITE = "ingest:write", _("Send alerts and deployments")
    LAUNCH_ADMIN = "launch:admin", _("Manage a launch")
    ADMIN = "admin", _("Everything")


_READER = frozenset({Right.REPORT, Right.READ_OWN, Right.READ, Right.VOTE})
_AGENT = _READER | {Right.WRITE_NOTES, Right.TRIAGE}
_LEAD = _AGENT | {Right.SEND_REPORT, Right.MANAGE, Right.AUDIT, Right.INGEST}

RIGHTS_OF_ROLE: dict[str, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right),
    Role.LEAD: _LEAD,
    Role.RESPONDER: _AGENT | {Right.INGEST},
    Role.AGENT: _AGENT,
    Role.STAKEHOLDER: _READER | {Right.WRITE_NOTES},
    Role.REPORTER: frozenset({Right.REPORT, Right.READ_OWN}),
}

RIGHTS_OF_SCOPE: dict[str, frozenset[Right]] = {
    Scope.FEEDBACK_WRITE: frozenset({Right.REPORT, Right.READ_OWN, Right.WRITE_NOTES}),
    Scope.FEEDBACK_READ: frozenset({Right.READ, Right.READ_OWN}),
    Scope.TRIAGE_WRITE: frozenset({Right.TRIAGE, Right.READ, Right.READ_OWN, Right.VOTE}),
    Scope.INGEST_WRITE: frozenset({Right.INGEST}),
    Scope.LAUNCH_ADMIN: frozenset({Right.MANAGE, Right.AUDIT, Right.SEND_REPORT, Right.READ, Right.READ_OWN}),
    Scope.ADMIN: frozenset(Right),
}


def roles_with(right: Right) -> list[str]:
    """The roles that give a right."""
    return [str(role) for role, rights in RIGHTS_OF_ROLE.items() if right in rights]


def rights_of_scopes(scopes: list[str]) -> frozenset[Right]:
    """The union of what the scopes allow; an unknown scope allows nothing."""
    return frozenset().union(*(RIGHTS_OF_SCOPE.get(scope, frozenset()) for scope in scopes))
