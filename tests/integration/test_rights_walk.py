"""This module walks every address as every role, as an outsider, as a guest and with an expired token."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from hypercare.core import clock
from hypercare.core.launches import create_launch
from hypercare.core.members import set_member
from hypercare.core.models import ApiToken, Component, Launch, User
from hypercare.core.roles import RIGHTS_OF_ROLE, STEERING, Right
from hypercare.core.timeline import SYSTEM
from tests.conftest import bearer
from tests.integration.rights_table import (
    ANYONE,
    DOORS_OF_MACHINES,
    MORE,
    NOT_BY_ROLE,
    ROOT,
    SIGNED_IN,
    TABLE,
    WHO_STEERS,
    Row,
)
from tests.integration.world import things_in

IN, SIGN_IN, REFUSED, ABSENT = "comes in", "must sign in", "is refused", "finds nothing"
ROLES = ["admin", "lead", "responder", "agent", "stakeholder", "reporter"]
OTHERS_ADDRESSES = ("accounts/", "administration/")


@pytest.fixture
def people(people, now):
    """Also the administrator of the installation, who belongs to no launch."""
    return people | {"root": User.objects.create_superuser(email="root@example.org", password="correct horse")}


@pytest.fixture
def own(launch, people, settings, tmp_path):
    """One of everything in the launch the people belong to."""
    settings.MEDIA_ROOT = tmp_path
    return things_in(launch, days_ago=1)


@pytest.fixture
def foreign(own, now):
    """One of everything in a launch that nobody here belongs to."""
    owner = User.objects.create_user(email="far@example.org", name="Far Away")
    days = {"go_live_on": date(2026, 5, 1), "planned_end_on": date(2026, 5, 31)}
    launch = create_launch(Launch(slug="far", name="Far", **days), owner=owner, now=now)
    Component.objects.create(launch=launch, slug="checkout", name="Checkout")
    member = User.objects.create_user(email="farther@example.org")
    set_member(launch, member, role="agent", actor=SYSTEM, now=now)
    bearer(owner, scopes=["admin"], now=now)
    return things_in(launch, days_ago=3) | {"token": str(ApiToken.objects.get(user=owner).pk)}


class Caller:
    """Asks as one person: pages with a session, the API with a token of every scope."""

    def __init__(self, user: User | None, *, now, expires_at=None) -> None:
        self.client, self.header, self.token = Client(raise_request_exception=False), {}, "1"
        if user:
            self.client.force_login(user)
            api = bearer(user, scopes=["admin"], now=now, expires_at=expires_at)
            self.header = {"Authorization": api._credentials["HTTP_AUTHORIZATION"]}
            self.token = str(ApiToken.objects.filter(user=user).latest("pk").pk)

    def asks(self, row: Row, method: str, things: dict[str, str]) -> str:
        """What comes of it; whatever it changes is undone."""
        things = {"token": self.token} | things
        path = row.path.format(**things)
        data = {name: value.format(**things) for name, value in row.data.items()}
        is_api = path.startswith("/api/") and not row.form
        with transaction.atomic():
            told = self.client.generic(
                method, path, headers=self.header if is_api else {}, **_sent(data, method, is_api)
            )
            transaction.set_rollback(True)
        return outcome(told)


def _sent(data: dict[str, str], method: str, is_api: bool) -> dict[str, str]:
    if method == "GET":
        return {}
    if is_api:
        return {"data": json.dumps(data), "content_type": "application/json"}
    return {"data": urlencode(data), "content_type": "application/x-www-form-urlencoded"}


def outcome(answer) -> str:
    if answer.status_code == 401 or answer.headers.get("Location", "").startswith("/accounts/login/"):
        return SIGN_IN
    by_status = {403: REFUSED, 404: ABSENT, 400: IN, 409: IN, 415: IN, 422: IN}
    return by_status.get(answer.status_code) or (IN if answer.status_code < 400 else f"gets {answer.status_code}")


def wanted(row: Row, who: str) -> str:
    if row.who != ANYONE and who in {"guest", "expired"}:
        return SIGN_IN
    if row.who in {ANYONE, SIGNED_IN} or who == "root":
        return IN
    if row.who in {ROOT, WHO_STEERS}:
        return IN if row.who == WHO_STEERS and who in STEERING else REFUSED
    if who != "outsider" and Right(row.who) in RIGHTS_OF_ROLE[who]:
        return IN
    return ABSENT if row.hides or who == "outsider" else REFUSED


def rows() -> Iterator[tuple[Row, str]]:
    for row in [*TABLE.values(), *MORE]:
        for method in row.methods.split():
            yield row, method


def wrong_outcomes(caller: Caller, who: str, things: dict[str, str], chosen=lambda _row: True) -> str:
    """Every address where something else came of it than the table says, one a line."""
    return "\n".join(
        f"{who} {found} at {method} {row.path}, but the table says: {wanted(row, who)}"
        for row, method in rows()
        if chosen(row)
        for found in [caller.asks(row, method, things)]
        if found != wanted(row, who)
    )


def addresses(resolver, prefix="", namespace="") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if path.startswith(OTHERS_ADDRESSES):
            continue
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, path, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}"


def test_every_address_has_a_row_and_every_row_an_address():
    known = {name for name in addresses(get_resolver()) if not name.startswith(DOORS_OF_MACHINES)}
    assert known - NOT_BY_ROLE == set(TABLE)


@pytest.mark.parametrize("who", [*ROLES, "outsider", "root"])
def test_each_person_comes_in_exactly_where_the_table_says(who, people, own):
    assert wrong_outcomes(Caller(people[who], now=clock.now()), who, own) == ""


def test_guest_comes_in_only_where_anyone_may(own):
    assert wrong_outcomes(Caller(None, now=clock.now()), "guest", own) == ""


def test_expired_token_opens_nothing_even_in_a_browser_that_is_signed_in(people, own):
    now = clock.now()
    caller = Caller(people["lead"], now=now, expires_at=now - timedelta(seconds=1))
    assert wrong_outcomes(caller, "expired", own, lambda row: row.path.startswith("/api/") and row.who != ANYONE) == ""


@pytest.mark.parametrize("who", ["lead", "admin", "agent"])
def test_things_of_another_launch_are_not_there(who, people, own, foreign):
    caller = Caller(people[who], now=clock.now())
    mixed = foreign | {"slug": own["slug"]}
    in_a_launch = [(row, method) for row, method in rows() if row.who not in {ANYONE, SIGNED_IN, WHO_STEERS, ROOT}]
    found = [(row.path, caller.asks(row, method, foreign)) for row, method in in_a_launch]
    assert [pair for pair in found if pair[1] != ABSENT] == []
    if who != "agent":
        own_slug = [pair for pair in in_a_launch if "{slug}" in pair[0].path and pair[0].path.count("{") > 1]
        found = [(row.path, caller.asks(row, method, mixed)) for row, method in own_slug]
        assert [pair for pair in found if pair[1] != ABSENT] == []


def test_token_of_somebody_else_is_not_there(people, foreign):
    assert Caller(people["lead"], now=clock.now()).asks(TABLE["core:token_revoke"], "POST", foreign) == ABSENT


@pytest.mark.parametrize(
    "path", ["/r/{}/", "/unsubscribe/{}/", "/unsubscribe/view/{}/", "/w/{}/widget.js", "/tokens/{}/revoke/"]
)
def test_made_up_secret_opens_nothing(path, people, own, client):
    client.force_login(people["root"])
    answer = client.post(path.format("9" * 12)) if "revoke" in path else client.get(path.format("0" * 32))
    assert answer.status_code == 404


@pytest.mark.parametrize("who", ["guest", *ROLES])
def test_doors_of_machines_read_no_cookie(who, people, own):
    caller = Caller(people.get(who), now=clock.now())
    for path in ("/ingest/", "/ingest/alertmanager/", "/ingest/hcs_made-up/", "/ingest/hcs_made-up/alertmanager/"):
        assert caller.client.post(path, "{}", content_type="application/json").status_code in {401, 404}


def test_bulk_refuses_rows_of_a_foreign_launch_one_by_one(people, own, foreign, now):
    lead = bearer(people["lead"], scopes=["admin"], now=now)
    sent = [{"launch": slug, "channel": "api", "title": "Basket is empty"} for slug in (own["slug"], foreign["slug"])]
    answer = lead.post("/api/v1/feedback/bulk/", sent).json()
    assert (answer["accepted"], answer["rejected"]) == (1, 1)
    moved = lead.post("/api/v1/issues/bulk/", {"ids": [foreign["issue"]], "action": "transition", "to": "triaged"})
    assert "Far" not in moved.content.decode()
