"""This module gives tests real services and a launch with four people: Alice leads, Bob responds, Stella reads, Oscar is outside."""

from datetime import UTC, date, datetime

import msgpack
import pytest
import redis
from django.utils import translation
from rest_framework.test import APIClient

from tests.served import site  # noqa: F401 - a fixture

NOW = datetime(2026, 5, 28, 12, 32, tzinfo=UTC)


def pytest_xdist_make_scheduler(config, log):
    """Two workers end at about the same time."""
    from tests.shares import Shares

    return Shares(config, log)


@pytest.fixture(autouse=True)
def english():
    """Every test begins in English, whatever language a page before it was asked in."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def committed_calls_go(request):
    """After a test that commits Django empties the tables of its models; calls have no model."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker and marker.kwargs.get("transaction"):
        from django.db import connection

        with request.getfixturevalue("django_db_blocker").unblock(), connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT 1 FROM gateway_ingest_call)")
            if cursor.fetchone()[0]:
                cursor.execute("TRUNCATE gateway_ingest_call")


@pytest.fixture
def now() -> datetime:
    """The moment of the sample story: 28 May 2026, 14:32 in Stockholm, day 9."""
    return NOW


@pytest.fixture
def launch(db, now):
    """A launch in Stockholm's zone with two components and Alice as lead."""
    from hypercare.core.launches import create_launch
    from hypercare.core.models import Component, Launch, Team, User

    alice = User.objects.create_user(email="alice@example.org", password="correct horse", name="Alice Lead")
    launch = create_launch(
        Launch(
            slug="shop",
            name="Meridian Shop",
            zone="Europe/Stockholm",
            go_live_on=date(2026, 5, 20),
            planned_end_on=date(2026, 6, 8),
            active_users=9800,
        ),
        owner=alice,
        now=now,
    )
    backend = Team.objects.create(launch=launch, name="Backend", email="backend@example.org")
    Component.objects.create(
        launch=launch,
        slug="catalog-api",
        name="Product pages",
        team=backend,
        critical=True,
        hints=["product", "stock"],
    )
    Component.objects.create(
        launch=launch, slug="checkout", name="Checkout", team=backend, hints=["basket", "pay", "postcode"]
    )
    return launch


@pytest.fixture
def people(launch, now):
    """Each role's person in the launch by role name, and `outsider` with no part in it."""
    from hypercare.core.members import set_member
    from hypercare.core.models import User
    from hypercare.core.roles import Role
    from hypercare.core.timeline import SYSTEM

    found = {"lead": User.objects.get(email="alice@example.org")}
    for role in (Role.ADMIN, Role.RESPONDER, Role.AGENT, Role.STAKEHOLDER, Role.REPORTER):
        user = User.objects.create_user(
            email=f"{role}@example.org", password="correct horse", name=f"{role.title()} Person"
        )
        set_member(launch, user, role=role, actor=SYSTEM, now=now)
        found[str(role)] = user
    found["outsider"] = User.objects.create_user(
        email="oscar@example.org", password="correct horse", name="Oscar Outside"
    )
    return found


@pytest.fixture
def api(people, now):
    """An API client with the lead's token of every scope."""
    return bearer(people["lead"], scopes=["admin"], now=now)


def bearer(user, *, scopes, now, launch=None, expires_at=None) -> APIClient:
    """An API client that sends a fresh token of `user`."""
    from hypercare.core import tokens
    from hypercare.core.timeline import SYSTEM

    _token, secret = tokens.issue(
        user, launch=launch, name="test", scopes=scopes, expires_at=expires_at, actor=SYSTEM, now=now
    )
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.fixture
def told(settings):
    """Whose sockets the broker was told to look at again, in order; read once the change is committed."""
    listener = redis.Redis.from_url(settings.REDIS_URL).pubsub(ignore_subscribe_messages=True)
    prefix = settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"]
    listener.subscribe(f"{prefix}__group__board.rights")
    listener.get_message(timeout=2)

    def heard(count: int) -> list[int]:
        found: list[int] = []
        while len(found) < count and (message := listener.get_message(timeout=3)) is not None:
            found += [msgpack.unpackb(message["data"])["user"]]
        return found

    yield heard
    listener.close()
