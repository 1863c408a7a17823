"""This module tests the socket of a war room over the network: whom it tells that somebody did something there."""

import pytest

from hypercare.core import clock
from hypercare.core.launches import create_launch
from hypercare.core.members import set_member
from hypercare.core.models import Launch
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from tests.integration.rows import make_issue
from tests.integration.test_board_socket import board as socket_of
from triage import merging
from triage.warroom import rooms, talk

pytestmark = pytest.mark.django_db(transaction=True)

LOOK = {"type": "look"}


@pytest.fixture
def actor(people):
    return Actor("Alice Lead", people["lead"])


@pytest.fixture
def room(launch):
    issue = make_issue(launch, now=clock.now())
    return rooms.open_room(issue, reason="", actor=SYSTEM, now=clock.now())


def test_who_has_a_room_open_is_told_that_somebody_spoke_there(site, people, room):
    with socket_of(site, user=people["agent"], page=f"rooms/{room.key}/") as socket:
        assert socket.next() == LOOK, "something may have come while it joined"
        assert socket.is_silent(1.0)
        talk.say(room, text="Canary is clean", actor=SYSTEM, now=clock.now())
        assert socket.next() == LOOK
        assert socket.is_silent(1.0)


def test_a_word_on_the_rooms_issue_or_on_what_is_merged_into_it_is_told_too(site, people, room, actor):
    duplicate = make_issue(room.launch, now=clock.now(), title="The same again")
    merging.merge(duplicate.pk, into_id=room.issue_id, actor=actor, now=clock.now())
    with socket_of(site, user=people["agent"], page=f"rooms/{room.key}/") as socket:
        socket.next()
        for subject in (room.issue.key, duplicate.key):
            record(room.launch, [Entry(subject, "issue.note", {})], actor=actor, now=clock.now())
            assert socket.next() == LOOK


def test_what_happens_elsewhere_or_by_machine_alone_is_not_told(site, people, room, actor):
    other = make_issue(room.launch, now=clock.now(), title="Another thing")
    elsewhere = rooms.open_room(other, reason="", actor=SYSTEM, now=clock.now())
    with socket_of(site, user=people["agent"], page=f"rooms/{room.key}/") as socket:
        socket.next()
        talk.say(elsewhere, text="Not your business", actor=actor, now=clock.now())
        record(room.launch, [Entry(room.issue.key, "issue.joined", {})], actor=SYSTEM, now=clock.now())
        assert socket.is_silent(1.5)


@pytest.mark.parametrize(("who", "slug"), [("outsider", "shop"), ("outsider", "other"), ("lead", "other")])
def test_nobody_hears_of_a_room_who_may_not_read_it_there(site, people, room, now, who, slug):
    other = Launch(slug="other", name="Other", go_live_on=now.date(), planned_end_on=now.date(), hard_end_on=now.date())
    create_launch(other, owner=people["outsider"], now=now)
    set_member(other, people["lead"], role="lead", actor=SYSTEM, now=now)
    with socket_of(site, user=people[who], slug=slug, page=f"rooms/{room.key}/") as socket:
        assert socket.end() == 4403
