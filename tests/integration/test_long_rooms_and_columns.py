"""This module tests that rooms and columns of a very long launch cost what short ones do, and that nothing of them is lost."""

import re
from datetime import timedelta
from itertools import islice

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hypercare.core.models import TimelineEntry
from hypercare.core.timeline import SYSTEM
from tests.integration.rows import make_issue
from triage import lifecycle
from triage.board.lanes import LANE_CARDS, LANE_ORDER
from triage.models import Issue
from triage.review.facts import facts_of
from triage.review.incident import KEPT_LINES
from triage.warroom import rooms
from triage.warroom.axis import PAGE_SIZE, axis
from triage.warroom.moments import moments_of

ENTRIES, CARDS = 50_000, 10_000
SECOND = timedelta(seconds=1)


@pytest.fixture
def reader(client, people):
    client.force_login(people["lead"])
    return client


@pytest.fixture
def room(launch, now):
    """A room that opened with the issue accepted."""
    issue = make_issue(launch, now=now - timedelta(days=3), component=launch.components.get(slug="catalog-api"))
    lifecycle.move(issue.pk, to="triaged", actor=SYSTEM, now=now - timedelta(days=2))
    return rooms.open_room(issue, reason="Sales are lost", actor=SYSTEM, now=now - timedelta(days=2))


def lengthen(room, *, by: int, now) -> None:
    """People come and go and reports join, over and over: each entry at a second of its own, the oldest first."""
    kinds = [
        (room.key, "room.came", {}),
        (room.key, "room.left", {}),
        (room.issue.key, "issue.joined", {"feedback": "HC-1", "channel": "portal"}),
    ]
    TimelineEntry.objects.bulk_create(
        (
            TimelineEntry(launch=room.launch, subject=subject, kind=kind, data=data, actor_name="Bob", occurred_at=at, recorded_at=at)
            for number in range(by)
            for at in [now - (by - number) * SECOND]
            for subject, kind, data in [kinds[number % 3]]
        ),
        batch_size=5_000,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE core_timelineentry")


def asked(reader, path: str) -> tuple[str, int]:
    """The page and how many queries it took, with nothing remembered."""
    caches["memory"].clear()
    with CaptureQueriesContext(connection) as captured:
        answer = reader.get(path)
    assert answer.status_code == 200
    return answer.content.decode(), len(captured)


def times(page: str) -> list[str]:
    return re.findall(r'<li data-source="\w+"><time datetime="([^"]+)"', page)


def pages(reader, room, *, before: str = ""):
    """The pages of its timeline from a place on, each with how many queries it took, as a reader pages back."""
    query = f"?before={before}" if before else ""
    while True:
        page, queries = asked(reader, f"/launches/shop/rooms/{room.key}/{query}")
        yield times(page), queries
        found = re.search(r'href="[^"?]+(\?before=[^"]+)" rel="next"', page)
        if not found:
            return
        query = found[1]


def test_a_room_of_50_000_entries_is_read_and_paged_as_a_short_one(reader, room, now):
    lengthen(room, by=500, now=now)
    short = list(islice(pages(reader, room), 3))
    lengthen(room, by=ENTRIES - 500, now=now - 500 * SECOND)
    long = list(islice(pages(reader, room), 3))
    assert long == short
    assert {len(shown) for shown, _queries in long} == {PAGE_SIZE}


def test_paging_back_through_50_000_entries_loses_none_and_ends(reader, room, now):
    lengthen(room, by=ENTRIES, now=now)
    found, places, before = moments_of(room, now=now), [], ""
    while True:
        page = axis(room, found, now=now, before=before, size=1_000)
        places += [row.place for row in page.rows]
        before = page.older
        if not before:
            break
    assert places == sorted(set(places), reverse=True)
    of_room = TimelineEntry.objects.filter(subject__in=[room.key, room.issue.key])
    assert {place.number for place in places} == set(of_room.values_list("pk", flat=True))
    last = list(pages(reader, room, before=places[-120].as_text()))
    assert [len(shown) for shown, _queries in last] == [50, 50, 19]


def test_the_review_of_an_incident_with_50_000_entries_says_its_beginning_and_stays_short(room, now):
    lengthen(room, by=ENTRIES, now=now)
    with CaptureQueriesContext(connection) as captured:
        facts = facts_of(room.issue, now=now)
    assert len(captured) < 60
    lines = facts["timeline"].text.splitlines()
    assert "Sales are lost" in facts["timeline"].text
    assert KEPT_LINES // 20 <= len(lines) <= KEPT_LINES + 12
    assert sum(len(one.text) for one in facts.values()) < 20_000


def issues_in_a_column(launch, count: int, now) -> None:
    Issue.objects.bulk_create(
        (
            Issue(launch=launch, title=f"Thing {n}", severity=1 + n % 5, priority=n % 7, reach_at=now, opened_at=now,
                  status_changed_at=now, last_seen_at=now)
            for n in range(count)
        ),
        batch_size=5_000,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE triage_issue")


def test_a_column_of_10_000_cards_is_read_and_shown_on_as_a_short_one(reader, launch, now):
    def column():
        """The board and the next cards of the column: the keys that each shows, and how many queries it took."""
        page, queries = asked(reader, "/launches/shop/board/")
        keys = re.findall(r'<li class="card-i" id="(IS-\d+)"', page)
        last = Issue.objects.get(pk=keys[-1].removeprefix("IS-"))
        more, more_queries = asked(
            reader, f"/launches/shop/board/lanes/new/?after={last.severity}:{last.priority}:{last.pk}"
        )
        return keys, re.findall(r'<li class="card-i" id="(IS-\d+)"', more), queries, more_queries

    issues_in_a_column(launch, 120, now)
    *_keys, queries, more_queries = column()
    issues_in_a_column(launch, CARDS - 120, now)
    first, then, long_queries, more_long_queries = column()
    assert (long_queries, more_long_queries) == (queries, more_queries)
    in_order = Issue.objects.order_by(*LANE_ORDER).values_list("pk", flat=True)
    assert first + then == [f"IS-{pk}" for pk in in_order[: 2 * LANE_CARDS]]
