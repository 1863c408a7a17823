"""This module holds signing in and out: by password in any case of the address, by a provider, and its limits."""

import http.client
import re
from urllib.parse import urlsplit

import pytest
from django.core.cache import caches
from django.test import Client

from hypercare.core.models import Message, User
from tests.integration.oidc_provider import CLIENT_ID, provider

LOGIN = "/accounts/login/"
ELIN = {"sub": "248289", "email": "Elin@Example.org", "email_verified": True, "name": "Elin Svensson"}


def sign_in(client, email="alice@example.org", password="correct horse"):
    return client.post(LOGIN, {"login": email, "password": password})


@pytest.mark.parametrize("email", ["alice@example.org", "ALICE@Example.ORG"])
def test_person_signs_in_with_the_address_in_any_case(client, people, email):
    assert sign_in(client, email).headers["Location"] == "/"
    assert client.get("/").headers["Location"] == "/launches/shop/board/"


def test_wrong_password_and_unknown_address_read_the_same(client, people):
    texts = [
        re.sub(r'(value="[^"]*"|csrfToken[^>]*|X-CSRFToken[^>]*)', "", sign_in(client, email, "wrong").content.decode())
        for email in ("alice@example.org", "nobody@example.org")
    ]
    assert texts[0] == texts[1]
    assert "not correct" in texts[0]


def test_account_is_closed_to_guessing_after_five_wrong_passwords(client, people):
    for _ in range(5):
        sign_in(client, password="wrong")
    refused = sign_in(client)
    assert "Too many failed login attempts" in refused.content.decode()
    assert "_auth_user_id" not in client.session


def test_failed_sign_ins_are_counted_in_the_database_not_in_one_process(people):
    assert type(caches["default"]).__name__ == "DatabaseCache"


def test_nobody_signs_up_without_an_invitation(client, db):
    page = client.post(
        "/accounts/signup/",
        {"email": "x@example.org", "password1": "battery staple 9", "password2": "battery staple 9"},
    )
    assert not User.objects.exists()
    assert page.status_code == 200


def test_deactivated_account_cannot_sign_in(client, people):
    User.objects.filter(pk=people["lead"].pk).update(is_active=False)
    sign_in(client)
    assert "_auth_user_id" not in client.session


def test_forgotten_password_is_set_by_a_link_that_works_once(client, people, settings):
    settings.EMAIL_BACKEND = "hypercare.core.delivery.QueueBackend"  # the test runner puts its own there
    client.post("/accounts/password/reset/", {"email": "Alice@example.org"})
    mail = Message.objects.get(kind="account")
    link = re.search(r"(/accounts/password/reset/key/\S+)", mail.text)[1]
    form = client.get(link, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": "battery staple 9", "password2": "battery staple 9"})
    assert sign_in(Client(), password="battery staple 9").status_code == 302
    assert "reset/key" not in Client().get(link).headers.get("Location", "")


def test_signing_out_ends_the_session_and_tells_open_sockets(client, people, told, django_capture_on_commit_callbacks):
    sign_in(client)
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session
    assert told(1) == [people["lead"].pk]


def test_page_that_needs_a_sign_in_comes_back_after_it(client, people):
    asked = client.get("/launches/shop/settings/")
    assert asked.headers["Location"] == "/accounts/login/?next=/launches/shop/settings/"
    done = client.post(
        asked.headers["Location"],
        {"login": "alice@example.org", "password": "correct horse", "next": "/launches/shop/settings/"},
    )
    assert done.headers["Location"] == "/launches/shop/settings/"


def through(address, settings, client):
    """Walks the authorization code flow as a browser does, and returns our answer to the provider's."""
    app = {
        "provider_id": "oidc",
        "name": "Company sign-in",
        "client_id": CLIENT_ID,
        "secret": "s",
        "settings": {"server_url": address},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    assert "Company sign-in" in client.get(LOGIN).content.decode()
    asked = client.get("/accounts/oidc/oidc/login/").headers["Location"]
    assert asked.startswith(f"{address}/authorize?")
    connection = http.client.HTTPConnection(urlsplit(address).netloc)
    connection.request("GET", asked.removeprefix(address))
    back = urlsplit(connection.getresponse().headers["Location"])
    return client.get(f"{back.path}?{back.query}")


def test_provider_lets_a_new_person_in_without_any_right(client, settings, launch):
    with provider(ELIN) as address:
        answer = through(address, settings, client)
    person = User.objects.get(email="elin@example.org")
    assert answer.headers["Location"] == "/"
    assert (person.name, person.has_usable_password(), person.is_superuser) == ("Elin Svensson", False, False)
    assert "in no launch yet" in client.get("/").content.decode()


def test_provider_lets_an_invited_person_into_their_own_account(client, settings, people):
    with provider(ELIN | {"email": "Responder@example.org"}) as address:
        through(address, settings, client)
    assert client.get("/").headers["Location"] == "/launches/shop/board/"
    assert User.objects.count() == len(people)


def test_address_the_provider_has_not_checked_opens_nobodys_account(client, settings, people):
    with provider(ELIN | {"email": "alice@example.org", "email_verified": False}) as address:
        through(address, settings, client)
    assert client.session.get("_auth_user_id") != str(people["lead"].pk)


def test_answer_of_a_provider_that_nobody_asked_is_refused(client, settings, db):
    with provider(ELIN) as address:
        through(address, settings, Client())
        refused = client.get("/accounts/oidc/oidc/login/callback/?code=x&state=made-up")
    assert "_auth_user_id" not in client.session
    assert refused.status_code in {200, 401, 403}


@pytest.mark.parametrize("role", ["admin", "lead", "reporter"])
def test_administration_is_closed_to_all_but_superusers(client, people, role):
    client.force_login(people[role])
    assert client.get("/administration/").status_code in {302, 403}
    assert client.get("/administration/core/user/", follow=True).status_code == 403


def test_administration_shows_no_digest_and_no_secret_of_a_message(client, people, now):
    from hypercare.core.models import ApiToken
    from tests.conftest import bearer

    bearer(people["lead"], scopes=["admin"], now=now)
    root = User.objects.create_superuser(email="root@example.org")
    client.force_login(root)
    token = ApiToken.objects.get()
    page = client.get(f"/administration/core/apitoken/{token.pk}/change/")
    assert page.status_code == 200
    assert token.digest not in page.content.decode()


def test_administration_sends_guests_to_the_one_sign_in(client, db):
    assert client.get("/administration/", follow=True).redirect_chain[-1][0].startswith(LOGIN)
