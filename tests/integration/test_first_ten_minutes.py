"""This module tells the first ten minutes: an empty installation, a launch on one page, and each person's first page."""

import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from hypercare.core.models import Component, Launch, LaunchKey, Membership, Message, Team, User
from hypercare.core.roles import Role

FILLED = {
    "name": "Spring Shop",
    "slug": "",
    "go_live_on": "2026-05-20",
    "planned_end_on": "2026-06-08",
    "hard_end_on": "2026-06-26",
    "zone": "Europe/Stockholm",
    "language": "sv",
    "active_users": "9800",
    "parts": "Checkout, Payments team\nProduct pages, payments team\nSearch",
    "people": "Lena@Example.org, responder\nsponsor@example.org; Stakeholder",
}


@pytest.fixture
def admin(db):
    return User.objects.create_superuser(email="root@example.org", password="correct horse", name="Root")


@pytest.fixture
def browser(client, admin):
    client.force_login(admin)
    return client


def test_empty_installation_opens_on_create_your_launch(browser):
    page = browser.get("/", follow=True)
    assert page.redirect_chain == [("/launches/new/", 302)]
    assert "Create your launch" in page.content.decode()


def test_guest_reads_what_the_product_is_and_where_to_sign_in(client, db):
    page = client.get("/").content.decode()
    assert page.count("<li>") == 3
    assert reverse("account_login") in page


def test_one_page_makes_the_launch_with_components_teams_and_people(browser, admin):
    answer = browser.post("/launches/new/", FILLED)
    launch = Launch.objects.get()
    assert answer.headers["Location"] == f"/launches/{launch.slug}/setup/"
    assert (launch.slug, launch.zone, launch.hard_end_on) == ("spring-shop", "Europe/Stockholm", date(2026, 6, 26))
    assert launch.language == "sv"
    assert list(Team.objects.values_list("name", flat=True)) == ["Payments team"]
    owned = Component.objects.order_by("slug").values_list("slug", "team__name")
    assert list(owned) == [("checkout", "Payments team"), ("product-pages", "Payments team"), ("search", None)]
    roles = dict(Membership.objects.values_list("user__email", "role"))
    assert roles == {"root@example.org": "lead", "lena@example.org": "responder", "sponsor@example.org": "stakeholder"}


def test_invited_person_sets_a_password_by_the_mailed_link_and_is_in(browser, client):
    browser.post("/launches/new/", FILLED)
    mail = Message.objects.get(to_address="lena@example.org")
    assert (mail.kind, mail.launch) == ("invitation", None)
    client.logout()
    form = client.get(re.search(r"https?://\S+(/accounts/password/reset/key/\S+)", mail.text)[1], follow=True)
    done = client.post(form.redirect_chain[-1][0], {"password1": "battery staple 9", "password2": "battery staple 9"})
    assert done.status_code == 302
    assert client.get("/").headers["Location"] == "/launches/spring-shop/board/"


def test_wrong_lines_are_told_one_by_one_and_everything_typed_is_kept(browser):
    page = browser.post("/launches/new/", FILLED | {"people": "lena@example.org\nnobody, lead\nx@example.org, boss"})
    text = page.content.decode()
    assert page.status_code == 400
    assert "Line 1: Write a role behind the address" in text
    assert "Line 2: “nobody” is no e-mail address." in text
    assert "Line 3: “boss” is no role" in text
    assert "Product pages, payments team" in text
    assert not Launch.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "This field is required."),
        ("name", "a\x07b", "control characters"),
        ("slug", "Not A Slug!", "Use small letters"),
        ("slug", "new", "choose another"),
        ("planned_end_on", "2026-05-01", "The planned end is before go-live."),
        ("hard_end_on", "2026-06-01", "The hard end is before the planned end."),
        ("zone", "Mars/Olympus", "Select a valid choice"),
        ("active_users", "-3", "greater than or equal to 1"),
        ("parts", "x" * 81, "Line 1: A name has up to 80 characters."),
        ("parts", "Checkout\ncheckout", "Line 2: “checkout” is there twice."),
    ],
)
def test_field_that_cannot_be_stored_says_why(browser, field, value, said):
    page = browser.post("/launches/new/", FILLED | {field: value})
    assert said in page.content.decode().replace("&quot;", '"')
    assert not Launch.objects.exists()


def test_second_launch_of_the_same_name_gets_another_address(browser):
    browser.post("/launches/new/", FILLED)
    browser.post("/launches/new/", FILLED)
    assert set(Launch.objects.values_list("slug", flat=True)) == {"spring-shop", "spring-shop-2"}


def test_address_follows_the_name_until_somebody_types_one(browser):
    proposed = browser.get("/launches/new/slug/", {"name": "Ärzte & Shop", "slug": "", "proposed": ""}).content.decode()
    kept = browser.get(
        "/launches/new/slug/", {"name": "Other", "slug": "mine", "proposed": "arzte-shop"}
    ).content.decode()
    assert 'value="arzte-shop"' in proposed
    assert 'value="mine"' in kept


def test_setup_shows_the_widgets_line_and_makes_a_token_that_works(browser):
    browser.post("/launches/new/", FILLED)
    page = browser.get("/launches/spring-shop/setup/").content.decode()
    assert f"/w/{LaunchKey.objects.get().key}/widget.js&quot; defer&gt;&lt;/script&gt;" in page
    secret = re.search(r"hc_[\w-]{43}", browser.post("/launches/spring-shop/setup/").content.decode())[0]
    answer = Client().get("/api/v1/launches/spring-shop/", headers={"Authorization": f"Bearer {secret}"})
    assert answer.json()["name"] == "Spring Shop"
    assert secret not in browser.get("/launches/spring-shop/setup/").content.decode()


def test_steps_are_ticked_when_they_are_done(browser):
    browser.post("/launches/new/", FILLED | {"people": ""})
    assert (
        'The team is invited<span class="visually-hidden">: not yet'
        in browser.get("/launches/spring-shop/setup/").content.decode()
    )
    browser.post("/launches/spring-shop/settings/members/", {"email": "a@example.org", "role": "agent"})
    assert (
        'The team is invited<span class="visually-hidden">: done'
        in browser.get("/launches/spring-shop/setup/").content.decode()
    )


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.ADMIN, "board"), (Role.LEAD, "board"), (Role.RESPONDER, "board"), (Role.AGENT, "board"),
        (Role.STAKEHOLDER, "report"), (Role.REPORTER, "portal"),
    ],
)  # fmt: skip
def test_person_with_one_launch_lands_by_role(client, people, role, place):
    client.force_login(people[role])
    assert client.get("/").headers["Location"] == f"/launches/shop/{place}/"


def test_several_launches_are_listed_with_role_and_day(client, people, browser):
    browser.post("/launches/new/", FILLED | {"people": "responder@example.org, stakeholder"})
    client.force_login(people["responder"])
    page = client.get("/", follow=True)
    text = page.content.decode()
    assert page.redirect_chain == [("/launches/", 302)]
    assert [name in text for name in ("Meridian Shop", "Spring Shop", "Responder", "Stakeholder", "of 20")] == [
        True
    ] * 5


def test_person_without_a_launch_is_told_whom_to_ask(client, people, admin):
    client.force_login(people["outsider"])
    page = client.get("/").content.decode()
    assert "in no launch yet" in page
    assert "mailto:root@example.org" in page


def test_only_administrators_and_leads_may_create_launches(client, people):
    client.force_login(people["responder"])
    refused = client.post("/launches/new/", FILLED)
    client.force_login(people["lead"])
    assert (refused.status_code, client.get("/launches/new/").status_code) == (403, 200)
    assert Launch.objects.count() == 1
