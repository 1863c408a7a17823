"""This module holds what happens when people join, change and leave a launch, in pages and commands."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from hypercare.core.members import remove_member, set_member
from hypercare.core.models import Membership, Message, TimelineEntry, User
from hypercare.core.problem import Problem
from hypercare.core.roles import Role
from hypercare.core.timeline import SYSTEM

PAGE = "/launches/shop/settings/members/"


@pytest.fixture
def lead(client, people):
    client.force_login(people["lead"])
    return client


def membership(person):
    return Membership.objects.get(user=person)


def test_lead_adds_an_unknown_address_and_it_becomes_an_account_with_one_invitation(lead):
    lead.post(PAGE, {"email": "New.Person@Example.org", "name": "New Person", "role": "agent"})
    account = User.objects.get(email="new.person@example.org")
    mail = Message.objects.get(to_address=account.email)
    assert (membership(account).role, account.has_usable_password(), account.name) == ("agent", False, "New Person")
    assert "/accounts/password/reset/key/" in mail.text
    assert "Alice Lead has added you to “Meridian Shop” as: Agent." in mail.text


def test_known_address_in_another_case_is_the_same_account_and_its_mail_has_no_password_link(lead, people):
    lead.post(PAGE, {"email": "OSCAR@example.org", "role": "responder"})
    assert membership(people["outsider"]).role == "responder"
    assert "password" not in Message.objects.get(to_address="oscar@example.org").text


def test_member_who_is_there_already_is_not_added_twice(lead, people):
    page = lead.post(PAGE, {"email": "agent@example.org", "role": "lead"})
    assert "is here already" in page.content.decode()
    assert membership(people["agent"]).role == "agent"


def test_invitation_is_repeated_at_most_once_an_hour(lead):
    lead.post(PAGE, {"email": "new@example.org", "role": "agent"})
    again = f"{PAGE}{Membership.objects.get(user__email='new@example.org').pk}/invite/"
    lead.post(again)
    lead.post(again)
    assert Message.objects.filter(to_address="new@example.org").count() == 2


def test_changed_role_is_written_down_and_told_to_sockets(lead, people, told, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        lead.post(f"{PAGE}{membership(people['agent']).pk}/role/", {"role": "stakeholder"})
    entry = TimelineEntry.objects.filter(kind="member.changed").get()
    assert (entry.subject, entry.actor_name) == (f"user:{people['agent'].pk}", "Alice Lead")
    assert entry.data == {"old": "agent", "new": "stakeholder"}
    assert told(1) == [people["agent"].pk]


def test_removed_member_sees_the_launch_no_longer(lead, people, told, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        lead.post(f"{PAGE}{membership(people['agent']).pk}/remove/")
    lead.force_login(people["agent"])
    assert lead.get("/launches/shop/").status_code == 404
    assert told(1) == [people["agent"].pk]


def test_last_one_who_steers_stays(people, launch, now):
    remove_member(membership(people["admin"]), actor=SYSTEM, now=now)
    with pytest.raises(Problem, match="last one who steers") as removed:
        remove_member(membership(people["lead"]), actor=SYSTEM, now=now)
    with pytest.raises(Problem, match="last one who steers"):
        set_member(launch, people["lead"], role=Role.AGENT, actor=SYSTEM, now=now)
    assert removed.value.status == 409
    assert membership(people["lead"]).role == "lead"


def test_lead_may_become_admin_as_the_only_one_who_steers(people, launch, now):
    remove_member(membership(people["admin"]), actor=SYSTEM, now=now)
    assert set_member(launch, people["lead"], role=Role.ADMIN, actor=SYSTEM, now=now).role == "admin"


def test_unknown_role_changes_nothing(lead, people):
    refused = lead.post(f"{PAGE}{membership(people['agent']).pk}/role/", {"role": "emperor"})
    assert (refused.status_code, membership(people["agent"]).role) == (400, "agent")


@pytest.mark.parametrize("role", ["responder", "agent", "stakeholder", "reporter"])
def test_only_who_steers_may_change_members(client, people, role):
    client.force_login(people[role])
    assert client.post(PAGE, {"email": "x@example.org", "role": "lead"}).status_code == 403
    assert client.post(f"{PAGE}{membership(people['agent']).pk}/remove/").status_code == 403
    assert not User.objects.filter(email="x@example.org").exists()


def test_add_member_command_makes_the_account_and_prints_the_password_link(launch):
    out = StringIO()
    call_command("add_member", "Olga@Example.org", "--launch", "shop", "--role", "responder", stdout=out)
    assert "olga@example.org is responder in shop." in out.getvalue()
    assert "/accounts/password/reset/key/" in out.getvalue().split()[-1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["olga@example.org", "--launch", "nope", "--role", "lead"], "There is no launch “nope”. There are: shop."),
        (["olga", "--launch", "shop", "--role", "lead"], "“olga” is no e-mail address."),
        (["alice@example.org", "--launch", "shop", "--role", "agent"], "last one who steers"),
    ],
)
def test_add_member_command_says_what_was_wrong(launch, arguments, said):
    with pytest.raises(CommandError, match=said):
        call_command("add_member", *arguments)
    assert not User.objects.filter(email__startswith="olga").exists()
