"""This module tests what the board's page holds: lanes, cards, filters of the address, and counts of what it hides."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from feedback.models import Quarantined
from hypercare.core import clock
from tests.integration.rows import make_feedback, make_issue
from triage.board import changes
from triage.models import Decision, Issue

pytestmark = pytest.mark.django_db

BOARD = "/launches/shop/board/"


@pytest.fixture
def browser(people):
    """The lead, signed in."""
    client = Client()
    client.force_login(people["lead"])
    return client


def cards(answer) -> list[str]:
    """The titles on the board, in order."""
    return re.findall(r'<h3><a [^>]*title="([^"]*)"', answer.content.decode())


def text_of(answer) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split()))


def queries(browser, path: str) -> int:
    browser.get(path)
    with CaptureQueriesContext(
        connection,
    ) as counted:
        assert browser.get(path).status_code == 200
    return len(counted)


def test_the_most_urgent_card_is_on_top_of_its_lane(browser, launch, now):
    for title, severity, priority in (("Low", 4, 1), ("Grave", 1, 1), ("Middle", 3, 1), ("Middle but first", 3, 9)):
        make_issue(launch, now=now, title=title, severity=severity, priority=priority)
    assert cards(browser.get(BOARD)) == ["Grave", "Middle but first", "Middle", "Low"]


def test_a_card_says_what_it_is_how_bad_how_far_and_whose(browser, launch, now, people):
    issue = make_issue(
        launch, now=clock.now() - timedelta(hours=5), title="Basket is empty", category="bug", severity=3,
        sources={"widget": 4, "alert": 2}, reach_value=4, reach_guests=1, reach_of=9800, owner=people["responder"],
    )  # fmt: skip
    Decision.objects.create(
        launch=launch, issue=issue, field="severity", value="3", origin="model", decider="text model 1", confidence=0.84,
        reason="words", decided_at=now,
    )  # fmt: skip
    card = text_of(browser.get(BOARD)).split("Basket is empty", 1)
    assert f"{issue.key} Bug suggested 84% SEV3" in card[0]
    assert card[1].startswith(" at least 4 + <0.1% of active 4 reported widget 4 alerts 2 open 5 h of 3 days RP")


def test_a_severity_that_a_person_confirmed_is_not_shown_as_suggested(browser, launch, now, people):
    issue = make_issue(launch, now=now)
    Decision.objects.create(
        launch=launch,
        issue=issue,
        field="severity",
        value="2",
        origin="person",
        decider="Alice Lead",
        reason="",
        decided_at=now,
    )
    assert "suggested" not in text_of(browser.get(BOARD))


@pytest.mark.parametrize("place", ["inbox/", "board/", "board/hidden/"])
@pytest.mark.parametrize(("who", "leads_there"), [("lead", True), ("stakeholder", False)])
def test_quarantine_is_a_link_for_those_who_may_open_it_and_a_count_for_all(people, launch, place, who, leads_there):
    client = Client()
    client.force_login(people[who])
    answer = client.get(f"/launches/shop/{place}")
    assert ('href="/launches/shop/quarantine/"' in answer.content.decode()) == leads_there
    assert "Quarantined 0" in text_of(answer) or "0 quarantined" in text_of(answer)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("severity=1&severity=3", ["Grave", "Middle"]),
        ("q=middle", ["Middle"]),
        ("q=IS-{low}", ["Low"]),
        ("severity=&q=", ["Grave", "Middle", "Low"]),
        ("owner=alice@example.org", ["Low"]),
        ("component=checkout", ["Middle"]),
        ("q=zebra", []),
        ("q=IS-²", []),
    ],
)
def test_filters_of_the_address_choose_the_cards(browser, launch, people, query, found):
    now = clock.now()
    make_issue(launch, now=now, title="Grave", severity=1)
    make_issue(launch, now=now, title="Middle", severity=3, component=launch.components.get(slug="checkout"))
    low = make_issue(launch, now=now, title="Low", severity=4, owner=people["lead"])
    assert cards(browser.get(f"{BOARD}?{query.format(low=low.pk)}")) == found


def test_a_filter_that_is_nonsense_is_said_and_filters_nothing(browser, launch, now):
    make_issue(launch, now=now, title="Still here")
    answer = browser.get(f"{BOARD}?severity=huge")
    assert cards(answer) == ["Still here"]
    assert 'role="alert"' in answer.content.decode()


def test_each_active_filter_can_be_removed_alone(browser, launch):
    answer = browser.get(f"{BOARD}?severity=1&severity=3&q=basket").content.decode()
    assert 'href="?severity=3&amp;q=basket"' in answer
    assert 'href="?severity=1&amp;severity=3"' in answer
    assert "Severity: SEV1, remove this filter" in answer


def test_what_is_not_shown_is_counted(browser, launch, now):
    make_issue(launch, now=now, title="Ended", status="closed")
    root = make_issue(launch, now=now, title="Root")
    make_issue(launch, now=now, title="Merged", status="duplicate", merged_into=root)
    make_issue(launch, now=now, title="Asleep", snoozed_until=clock.now() + timedelta(days=1))
    make_issue(launch, now=now, title="Awake again", snoozed_until=clock.now() - timedelta(days=1))
    make_feedback(launch, now=now, triaged_at=None)
    make_feedback(launch, now=now, spam="noise", set_aside=True)
    Quarantined.objects.create(launch=launch, report={}, reason="too many", received_at=now)
    answer = browser.get(BOARD)
    assert set(cards(answer)) == {"Root", "Awake again"}
    assert "Not shown: 1 ended 1 merged 1 snoozed 1 quarantined 1 set aside 1 in triage" in text_of(answer)
    assert "1 ended 1 merged 1 snoozed" in text_of(browser.get(f"{BOARD}hidden/"))


def test_a_long_lane_says_how_many_more_there_are(browser, launch, now):
    Issue.objects.bulk_create(
        Issue(
            launch=launch,
            title=f"Thing {n}",
            severity=3,
            reach_at=now,
            opened_at=now,
            status_changed_at=now,
            last_seen_at=now,
        )
        for n in range(53)
    )
    answer = browser.get(BOARD)
    assert len(cards(answer)) == 50
    assert "Show more, 3 are not shown" in text_of(answer)
    last = Issue.objects.order_by("pk")[3]
    more = browser.get(f"{BOARD}lanes/new/?open=true&after=3:{last.priority}:{last.pk}")
    assert more.content.decode().count("data-issue=") == 3
    assert browser.get(f"{BOARD}lanes/new/?after=x").status_code == 400
    assert len(cards(browser.get(BOARD, headers={"HX-Request": "true", "X-Cards": "new:53 triaged:x"}))) == 53


def test_the_page_carries_the_version_it_shows(browser, launch, now):
    issue = make_issue(launch, now=now)
    changes.publish(launch.pk, [issue.pk])
    assert 'data-version="1"' in browser.get(BOARD).content.decode()


def test_the_lanes_alone_are_given_to_the_script(browser, launch, now):
    answer = browser.get(BOARD, headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()
    assert "HX-Request" in answer["Vary"]


def test_queries_do_not_grow_with_the_cards(browser, launch, now, people):
    make_issue(launch, now=now, owner=people["lead"], component=launch.components.first())
    few = queries(browser, BOARD)
    for owner in (people["responder"], people["agent"]):
        make_issue(launch, now=now, owner=owner, component=launch.components.last())
    assert queries(browser, BOARD) == few


@pytest.mark.parametrize(("who", "status"), [("stakeholder", 200), ("reporter", 403), ("outsider", 404)])
def test_only_those_who_may_read_the_launch_see_its_board(people, launch, now, who, status):
    make_issue(launch, now=now, title="Not for everyone")
    client = Client()
    client.force_login(people[who])
    answer = client.get(BOARD)
    assert answer.status_code == status
    assert ("Not for everyone" in answer.content.decode()) == (status == 200)


def test_a_guest_is_sent_to_sign_in(launch):
    answer = Client().get(BOARD)
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={BOARD}")
