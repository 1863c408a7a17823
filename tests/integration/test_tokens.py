"""This module holds the life of API tokens: made in the browser or by command, used, expired, revoked."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from hypercare.core import clock, tokens
from hypercare.core.models import ApiToken, Launch, TimelineEntry
from hypercare.core.timeline import SYSTEM
from tests.conftest import bearer

ASKED = {"name": "pipeline", "launch": "", "scopes": ["feedback:read"], "days": "30"}


def made(client, **changes):
    return re.search(r"hc_[\w-]{43}", client.post("/tokens/", ASKED | changes).content.decode())[0]


def answer(secret, path="/api/v1/launches/"):
    return Client().get(path, headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def lead(client, people):
    client.force_login(people["lead"])
    return client


def test_token_made_in_the_browser_works_and_is_shown_once(lead):
    secret = made(lead)
    assert [one["slug"] for one in answer(secret).json()["results"]] == ["shop"]
    assert secret not in lead.get("/tokens/").content.decode()
    assert secret not in str(ApiToken.objects.values().get())


def test_token_lives_as_long_as_asked_and_shows_its_last_use(lead, now):
    answer(made(lead))
    token = ApiToken.objects.get()
    assert token.expires_at - token.created_at == timedelta(days=30)
    assert "last used" in lead.get("/tokens/").content.decode()


def test_revoked_token_is_refused_at_once_and_sockets_are_told(lead, people, told, django_capture_on_commit_callbacks):
    secret = made(lead)
    with django_capture_on_commit_callbacks(execute=True):
        lead.post(f"/tokens/{ApiToken.objects.get().pk}/revoke/")
    refused = answer(secret)
    assert (refused.status_code, told(1)) == (401, [people["lead"].pk])
    assert refused.json()["detail"].startswith("This token was revoked.")
    assert TimelineEntry.objects.filter(kind="token.revoked").count() == 1


def test_nobody_revokes_the_token_of_somebody_else(client, people, now):
    bearer(people["lead"], scopes=["admin"], now=now)
    client.force_login(people["admin"])
    assert client.post(f"/tokens/{ApiToken.objects.get().pk}/revoke/").status_code == 404


def test_expired_token_says_when_it_ended(people):
    now = clock.now()
    expired = bearer(people["lead"], scopes=["admin"], now=now, expires_at=now - timedelta(seconds=1))
    refused = expired.get("/api/v1/launches/")
    assert refused.status_code == 401
    assert f"expired on {now:%Y-%m-%d}" in refused.json()["detail"]
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="hypercare"'


def test_token_of_one_launch_does_not_see_another(lead, people, launch, now):
    other = Client()
    other.force_login(people["lead"])
    days = {"go_live_on": "2026-05-20", "planned_end_on": "2026-06-08"}
    other.post("/launches/new/", days | {"name": "Other", "zone": "UTC", "language": "en"})
    assert Launch.objects.filter(slug="other").exists()
    secret = made(lead, launch=str(launch.pk))
    assert [one["slug"] for one in answer(secret).json()["results"]] == ["shop"]
    assert answer(secret, "/api/v1/launches/other/").status_code == 404


def test_token_can_never_do_more_than_its_owner_may(people, now):
    reporter = bearer(people["reporter"], scopes=["admin"], now=now)
    assert reporter.patch("/api/v1/launches/shop/", {"name": "Mine"}).status_code == 403


@pytest.mark.parametrize(
    "changes", [{"scopes": []}, {"scopes": ["root"]}, {"name": ""}, {"days": "9999"}, {"launch": "0"}]
)
def test_token_that_is_asked_for_wrongly_is_not_made(lead, changes):
    assert lead.post("/tokens/", ASKED | changes).status_code == 400
    assert not ApiToken.objects.exists()


def test_nobody_makes_a_token_for_a_launch_they_have_no_part_in(client, people, launch):
    client.force_login(people["outsider"])
    assert client.post("/tokens/", ASKED | {"launch": str(launch.pk)}).status_code == 400


def test_command_prints_a_working_token_as_its_last_word(people):
    out = StringIO()
    call_command(
        "issue_token",
        "ALICE@example.org",
        "--launch",
        "shop",
        "--scope",
        "feedback:read",
        "--scope",
        "admin",
        stdout=out,
    )
    assert answer(out.getvalue().split()[-1]).status_code == 200
    assert ApiToken.objects.get().scopes == ["admin", "feedback:read"]


def test_command_warns_when_the_token_can_do_nothing_yet(people):
    out, warned = StringIO(), StringIO()
    call_command(
        "issue_token", "oscar@example.org", "--scope", "admin", "--expires-days", "3", stdout=out, stderr=warned
    )
    token = ApiToken.objects.get()
    assert token.expires_at - token.created_at == timedelta(days=3)
    assert "has no role there yet" in warned.getvalue()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody@example.org", "--scope", "admin"], "There is no account nobody@example.org"),
        (["alice@example.org", "--scope", "root"], "invalid choice: 'root'"),
        (["alice@example.org"], "required: --scope"),
        (["alice@example.org", "--scope", "admin", "--launch", "x"], "There is no launch “x”"),
        (["alice@example.org", "--scope", "admin", "--expires-days", "-1"], "write 0 for never"),
    ],
)
def test_command_says_what_was_wrong(people, arguments, said):
    with pytest.raises(CommandError, match=said):
        call_command("issue_token", *arguments)
    assert not ApiToken.objects.exists()


def test_revoking_twice_is_written_down_once(people, launch, now):
    token, _secret = tokens.issue(
        people["lead"], launch=launch, name="x", scopes=["admin"], expires_at=None, actor=SYSTEM, now=now
    )
    tokens.revoke(token, actor=SYSTEM, now=now)
    tokens.revoke(ApiToken.objects.get(), actor=SYSTEM, now=now)
    assert TimelineEntry.objects.filter(kind="token.revoked").count() == 1
