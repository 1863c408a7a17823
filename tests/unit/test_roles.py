"""This module holds what each role and each scope may do."""

import pytest

from hypercare.core.roles import RIGHTS_OF_ROLE, RIGHTS_OF_SCOPE, STEERING, Right, Role, Scope, rights_of_scopes


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.ADMIN, "report read_own read vote write_notes triage send_report manage audit ingest"),
        (Role.LEAD, "report read_own read vote write_notes triage send_report manage audit ingest"),
        (Role.RESPONDER, "report read_own read vote write_notes triage ingest"),
        (Role.AGENT, "report read_own read vote write_notes triage"),
        (Role.STAKEHOLDER, "report read_own read vote write_notes"),
        (Role.REPORTER, "report read_own"),
    ],
)
def test_role_gives_exactly_these_rights(role, rights):
    assert {str(right) for right in RIGHTS_OF_ROLE[role]} == set(rights.split())


def test_every_role_and_every_scope_has_rights():
    assert set(RIGHTS_OF_ROLE) == set(Role.values)
    assert set(RIGHTS_OF_SCOPE) == set(Scope.values)


def test_who_steers_may_manage_and_nobody_else_may():
    assert {role for role, rights in RIGHTS_OF_ROLE.items() if Right.MANAGE in rights} == STEERING


def test_scopes_add_up():
    assert rights_of_scopes(["feedback:write", "ingest:write"]) == {
        Right.REPORT, Right.READ_OWN, Right.WRITE_NOTES, Right.INGEST,
    }  # fmt: skip


@pytest.mark.parametrize("scopes", [[], ["root"], ["admin "], ["Admin"]])
def test_unknown_scope_gives_nothing(scopes):
    assert rights_of_scopes(scopes) == frozenset()


def test_only_the_scope_of_everything_gives_every_right():
    assert [scope for scope in Scope.values if rights_of_scopes([scope]) == frozenset(Right)] == ["admin"]
