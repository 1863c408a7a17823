"""This module tests what the pages of a closed launch say, and that none leads to a form that would be refused."""

from datetime import UTC, datetime, timedelta

import pytest

from hypercare.core.problem import Problem
from hypercare.core.timeline import Actor
from tests.integration.rows import make_issue
from triage.models import Issue
from triage.orders import giving
from triage.votes import rounds
from triage.warroom import promises, rooms

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
    "reviews",
    "knowledge",
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


def test_nothing_in_it_is_changed_any_more(launch, people, now):
    issue, lead = make_issue(launch, now=now), Actor.person(people["lead"])
    room = rooms.open_room(issue, reason="Sales are lost", actor=lead, now=now)
    due = now + timedelta(hours=1)
    promised = promises.promise(launch, about=room.key, what="Write", owner=people["lead"], due_at=due, actor=lead,
                                now=now)  # fmt: skip
    vote = rounds.open_round(
        launch, rounds.Question("What hurts?", [issue, make_issue(launch, now=now)], "points", due), actor=lead, now=now
    )
    rounds.cast(vote, {issue.key: 100}, voter=people["lead"], now=now)
    vote = rounds.close(vote, actor=lead, now=now)
    chosen, given = Issue.objects.filter(pk=issue.pk), {"to": "triaged"}
    ordered = giving.give(launch, chosen, action="move", given=given, actor=people["lead"], clock=lambda: now)
    type(launch).objects.filter(pk=launch.pk).update(closed_at=now)
    for one in (launch, ordered, vote.launch, room.launch):
        one.refresh_from_db()
    for act in (
        lambda: giving.give(launch, chosen, action="move", given=given, actor=people["lead"], clock=lambda: now),
        lambda: giving.ask_back(ordered, actor=people["lead"], clock=lambda: now),
        lambda: rooms.close_room(room, words="Over", actor=lead, now=now),
        lambda: promises.end(promised, kept=True, actor=lead, now=now),
        lambda: rounds.apply(vote, issue.pk, actor=lead, now=now),
    ):
        with pytest.raises(Problem, match="closed and only to be read"):
            act()


def test_an_issue_says_it_too(lead, closed, now):
    issue = make_issue(closed, now=now)
    assert SAYS in lead.get(f"{LAUNCH}/issues/{issue.key}/").content.decode()


@pytest.mark.parametrize("place", PAGES)
def test_no_page_of_an_open_launch_says_so(lead, launch, place):
    assert "This launch was closed" not in lead.get(f"{LAUNCH}/{place}/").content.decode()


def test_nothing_leads_to_the_portal_or_to_a_new_issue(lead, launch):
    def ways():
        page = lead.get(f"{LAUNCH}/board/").content.decode()
        return [f'href="{LAUNCH}/{place}/"' in page for place in ("portal", "issues/new")]

    assert ways() == [True, True]
    launch.closed_at = datetime(2026, 5, 28, tzinfo=UTC)
    launch.save()
    assert ways() == [False, False]


def test_the_note_form_gives_way_to_a_sentence(lead, closed):
    page = lead.get(f"{LAUNCH}/notes/new/").content.decode()
    assert "Meridian Shop is closed and takes no more notes." in page
    assert "<textarea" not in page
