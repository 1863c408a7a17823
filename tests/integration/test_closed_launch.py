"""This module tests what the pages of a closed launch say, and that none leads to a form that would be refused."""

from datetime import UTC, datetime

import pytest

from tests.integration.rows import make_issue

pytestmark = pytest.mark.django_db

LAUNCH = "/launches/shop"
SAYS = "This launch was closed on 29 May 2026; nothing more is taken. Everything can be read."
PAGES = (
    "board",
    "inbox",
    "issues",
    "exit",
    "report",
    "reports",
    "notes/new",
    "quarantine",
    "settings",
    "audit",
    "widget-test",
)


@pytest.fixture
def closed(launch):
    """The launch, closed on 28 May in UTC, which is the 29th in its own zone."""
    launch.closed_at = datetime(2026, 5, 28, 23, 30, tzinfo=UTC)
    launch.save()
    return launch


@pytest.fixture
def lead(client, people):
    client.force_login(people["lead"])
    return client


@pytest.mark.parametrize("place", PAGES)
def test_every_page_says_that_the_launch_is_closed(lead, closed, place):
    assert SAYS in lead.get(f"{LAUNCH}/{place}/").content.decode()


def test_an_issue_says_it_too(lead, closed, now):
    issue = make_issue(closed, now=now)
    assert SAYS in lead.get(f"{LAUNCH}/issues/{issue.key}/").content.decode()


@pytest.mark.parametrize("place", PAGES)
def test_no_page_of_an_open_launch_says_so(lead, launch, place):
    assert "This launch was closed" not in lead.get(f"{LAUNCH}/{place}/").content.decode()


def test_nothing_leads_to_the_portal_or_to_a_new_note(lead, launch):
    def ways():
        page = lead.get(f"{LAUNCH}/board/").content.decode()
        return [f'href="{LAUNCH}/{place}/"' in page for place in ("portal", "notes/new")]

    assert ways() == [True, True]
    launch.closed_at = datetime(2026, 5, 28, tzinfo=UTC)
    launch.save()
    assert ways() == [False, False]


def test_the_note_form_gives_way_to_a_sentence(lead, closed):
    page = lead.get(f"{LAUNCH}/notes/new/").content.decode()
    assert "Meridian Shop is closed and takes no more notes." in page
    assert "<textarea" not in page
