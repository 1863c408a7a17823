"""This module gives tests of the doors a second launch, a script and a browser that take a 500 like any other answer."""

import pytest
from django.test import Client

from hypercare.core.launches import create_launch
from hypercare.core.models import Launch
from tests.integration.doors import counts


@pytest.fixture
def other(people, now):
    """Oscar's own launch, where nobody of the first one has a part."""
    days = {"go_live_on": now.date(), "planned_end_on": now.date()}
    return create_launch(Launch(slug="other", name="Other", **days), owner=people["outsider"], now=now)


@pytest.fixture
def robot(api):
    """The lead's script, with a token of every scope."""
    api.raise_request_exception = False
    return api


@pytest.fixture
def lead(people):
    """The lead's browser, which carries a session."""
    client = Client(raise_request_exception=False)
    client.force_login(people["lead"])
    return client


@pytest.fixture
def root(people, robot):
    """The script of a lead who is an administrator too."""
    people["lead"].is_superuser = True
    people["lead"].save()
    return robot


@pytest.fixture
def untouched(launch, robot):
    """Fails the test when anything was stored."""
    before = counts()
    yield
    assert counts() == before
