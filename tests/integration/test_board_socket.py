"""This module tests the board's socket over the network: who may open it, what it tells, and when it must end."""

import json
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from hypercare.core import clock, tokens
from hypercare.core.launches import create_launch
from hypercare.core.members import remove_member, set_member
from hypercare.core.models import Launch, Membership
from hypercare.core.timeline import SYSTEM
from tests.integration.rows import make_issue
from tests.served import Site
from triage import lifecycle
from triage.board import changes
from triage.board.changes import current_version

pytestmark = pytest.mark.django_db(transaction=True)


class Board:
    """An open socket as a script sees it."""

    def __init__(self, ws) -> None:
        self._ws = ws

    def next(self, *, within: float = 20.0):
        """The next frame."""
        return json.loads(self._ws.recv(timeout=within))

    def send(self, text) -> None:
        """Sends a frame as it is."""
        self._ws.send(text)

    def hello(self, since: int):
        """Says hello and gives the answer."""
        self.send(json.dumps({"type": "hello", "since": since}))
        return self.next()

    def end(self, *, within: float = 20.0) -> int:
        """The close code; fails when the socket lives on."""
        try:
            while True:
                self._ws.recv(timeout=within)
        except ConnectionClosed as closed:
            return closed.rcvd.code

    def is_silent(self, seconds: float) -> bool:
        """Whether nothing comes for a while."""
        try:
            self._ws.recv(timeout=seconds)
        except TimeoutError:
            return True
        return False


@contextmanager
def board(
    site: Site,
    *,
    user=None,
    browser=None,
    origin: str | None = "",
    secret: str = "",
    slug: str = "shop",
    page: str = "board/",
):
    """A socket with a person's cookie and this site's origin, or with a token; `origin=None` sends none."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    if user:
        browser = Client()
        browser.force_login(user)
    if browser:
        headers["Cookie"] = f"sessionid={browser.cookies['sessionid'].value}"
    origin = (None if secret else site.url) if origin == "" else origin
    address = f"{site.url.replace('http', 'ws')}/ws/launches/{slug}/{page}"
    with connect(address, origin=origin, additional_headers=headers, open_timeout=10) as ws:
        yield Board(ws)


def token_of(user, *, launch=None, expires_at=None, scopes=("feedback:read",)):
    return tokens.issue(
        user, launch=launch, name="script", scopes=list(scopes), expires_at=expires_at, actor=SYSTEM, now=clock.now()
    )


def change(launch, **fields):
    """A new issue on the board."""
    issue = make_issue(launch, now=clock.now(), **fields)
    changes.publish(launch.pk, [issue.pk])
    return issue


def test_a_member_is_told_changes_since_a_version_and_then_live(site, launch, people):
    first = change(launch)
    with board(site, user=people["stakeholder"]) as socket:
        assert socket.hello(0) == {"type": "changes", "since": 0, "version": 1, "issues": [shown(first)]}
        second = change(launch, title="Checkout is slow", severity=4)
        assert socket.next() == {"type": "changes", "since": 1, "version": 2, "issues": [shown(second)]}


def shown(issue):
    from triage.board.cards import frame_row, with_people

    return json.loads(json.dumps(frame_row(with_people(type(issue).objects).get(pk=issue.pk))))


def test_a_page_gets_cards_in_its_language(site, launch, people):
    change(launch, category="bug")
    with board(site, user=people["lead"], page="board/?cards=sv") as socket:
        card = socket.hello(0)["issues"][0]["card"]
    assert 'class="card-i"' in card


def test_pages_are_told_who_looks_at_what_and_scripts_are_not(site, launch, people):
    with (
        board(site, user=people["lead"], page="board/?cards=en") as page,
        board(site, user=people["agent"], page="board/?cards=en") as other,
        board(site, user=people["responder"]) as script,
    ):
        for socket in (page, other, script):
            socket.hello(0)
        page.send('{"type": "looking", "at": "IS-12"}')
        said = other.next()
        assert (said["type"], [(one["name"], one["at"]) for one in said["people"]]) == (
            "looking",
            [("Alice Lead", "IS-12")],
        )
        other.send('{"type": "looking", "at": "<script>"}')
        assert sorted(one["at"] for one in next_of_two(other)["people"]) == ["", "IS-12"]
        assert script.is_silent(0.5)


def next_of_two(socket):
    """The first frame that names two people."""
    while len((frame := socket.next())["people"]) < 2:
        pass
    return frame


def test_a_socket_that_missed_changes_gets_each_issue_once_in_its_newest_state(site, launch, people):
    issue = change(launch)
    for status in ("triaged", "in_progress"):
        lifecycle.move(issue.pk, to=status, actor=SYSTEM, now=clock.now())
    with board(site, user=people["lead"]) as socket:
        frame = socket.hello(1)
    assert (frame["since"], frame["version"], [row["status"] for row in frame["issues"]]) == (1, 3, ["in_progress"])


def test_a_version_from_another_life_is_answered_with_reset(site, launch, people):
    change(launch)
    with board(site, user=people["lead"]) as socket:
        assert socket.hello(99) == {"type": "reset", "version": 1}


@pytest.mark.parametrize(
    "text", ["", "{", '{"type": "hello", "since": -1}', '{"type": "hello", "since": true}', "[" * 5000, b"\x00"]
)
def test_a_frame_that_is_no_hello_is_answered_with_what_to_send(site, launch, people, text):
    with board(site, user=people["lead"]) as socket:
        socket.send(text)
        assert "hello" in socket.next()["detail"]
        assert socket.hello(0)["version"] == 0


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_cookie_without_our_origin_opens_nothing(site, launch, people, origin):
    with pytest.raises(InvalidStatus) as refused, board(site, user=people["lead"], origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_a_token_needs_no_origin_and_a_foreign_origin_does_it_no_harm(site, launch, people):
    _token, secret = token_of(people["lead"])
    for origin in (None, "https://scripts.example"):
        with board(site, secret=secret, origin=origin) as socket:
            assert socket.hello(0)["type"] == "changes"


def test_a_guest_is_not_let_in(site, launch, people):
    with board(site) as socket:
        assert socket.end() == 4401


def test_an_unknown_an_expired_and_a_revoked_token_are_not_let_in(site, launch, people):
    _token, expired = token_of(people["lead"], expires_at=clock.now() - timedelta(minutes=1))
    token, revoked = token_of(people["lead"])
    tokens.revoke(token, actor=SYSTEM, now=clock.now())
    for secret in ("hc_unknown", expired, revoked):
        with board(site, secret=secret) as socket:
            assert socket.end() == 4401


@pytest.mark.parametrize("who", ["outsider", "reporter"])
def test_who_may_not_read_the_launch_is_closed_out(site, launch, people, who):
    with board(site, user=people[who]) as socket:
        assert socket.end() == 4403


def test_a_launch_that_does_not_exist_looks_like_one_that_is_not_yours(site, launch, people):
    with board(site, user=people["lead"], slug="nowhere") as socket:
        assert socket.end() == 4403


def test_a_token_without_the_scope_or_for_another_launch_is_closed_out(site, launch, people):
    other = second_launch(people["lead"])
    secrets = [token_of(people["lead"], scopes=["feedback:write"])[1], token_of(people["lead"], launch=other)[1]]
    for secret in secrets:
        with board(site, secret=secret) as socket:
            assert socket.end() == 4403


def test_a_role_that_may_not_read_ends_the_open_socket_at_once(site, launch, people):
    with board(site, user=people["stakeholder"]) as socket:
        socket.hello(0)
        assert socket.is_silent(0.5)  # the look at the rights that follows the opening is over
        set_member(launch, people["stakeholder"], role="reporter", actor=SYSTEM, now=clock.now())
        assert socket.end(within=10) == 4403


def test_a_role_that_may_still_read_keeps_the_socket(site, launch, people):
    with board(site, user=people["stakeholder"]) as socket:
        socket.hello(0)
        set_member(launch, people["stakeholder"], role="agent", actor=SYSTEM, now=clock.now())
        change(launch)
        assert socket.next()["version"] == 1


def test_a_page_is_told_at_once_that_its_person_may_do_less_and_a_script_is_not(site, launch, people):
    with board(site, user=people["lead"], page="board/?cards=en") as page, board(site, user=people["lead"]) as script:
        for socket in (page, script):
            socket.hello(0)
            assert socket.is_silent(0.5)  # the look at the rights that follows the opening is over
        set_member(launch, people["lead"], role="stakeholder", actor=SYSTEM, now=clock.now())
        assert page.next() == {"type": "rights"}
        change(launch)
        assert (page.next()["version"], script.next()["version"]) == (1, 1)


def test_the_end_of_a_membership_a_token_or_a_session_ends_the_socket_at_once(site, launch, people):
    token, secret = token_of(people["lead"])
    browser = Client()
    browser.force_login(people["responder"])
    membership = Membership.objects.get(launch=launch, user=people["agent"])
    ends = [
        ({"secret": secret}, lambda: tokens.revoke(token, actor=SYSTEM, now=clock.now())),
        ({"user": people["agent"]}, lambda: remove_member(membership, actor=SYSTEM, now=clock.now())),
        ({"browser": browser}, lambda: browser.post("/accounts/logout/")),
    ]
    for caller, end in ends:
        with board(site, **caller) as socket:
            socket.hello(0)
            end()
            assert socket.end(within=10) == 4403


def test_changes_of_another_launch_never_appear(site, launch, people):
    other = second_launch(people["outsider"])
    with board(site, user=people["lead"]) as socket:
        socket.hello(0)
        change(other, title="A secret of others")
        assert socket.is_silent(1.6)
        change(launch, title="Ours")
        frame = socket.next()
    assert [row["title"] for row in frame["issues"]] == ["Ours"]


def second_launch(owner) -> Launch:
    today = clock.local_day(clock.now(), "UTC")
    return create_launch(
        Launch(slug="other", name="Other", go_live_on=today, planned_end_on=today), owner=owner, now=clock.now()
    )


def test_versions_have_no_gap_and_lose_no_issue_while_many_write_at_once(site, launch, people):
    writers, each = 4, 10
    issues = [make_issue(launch, now=clock.now(), title=f"Thing {number}") for number in range(writers * each)]

    def write(part: int) -> None:
        try:
            for issue in issues[part::writers]:
                lifecycle.move(issue.pk, to="triaged", actor=SYSTEM, now=clock.now())
        finally:
            connection.close()

    with board(site, user=people["lead"]) as socket:
        socket.hello(0)
        threads = [threading.Thread(target=write, args=(part,)) for part in range(writers)]
        for thread in threads:
            thread.start()
        seen, version = set(), 0
        while version < writers * each:
            frame = socket.next()
            assert frame["since"] == version
            assert frame["version"] > version
            version = frame["version"]
            seen |= {row["id"] for row in frame["issues"]}
        for thread in threads:
            thread.join()
    assert version == current_version(launch.pk) == writers * each
    assert seen == {issue.key for issue in issues}


def test_changes_that_come_close_together_are_one_frame(site, launch, people):
    with board(site, user=people["lead"]) as socket:
        socket.hello(0)
        for _number in range(5):
            change(launch)
        frames = [socket.next()]
        while frames[-1]["version"] < 5:
            frames.append(socket.next())
    assert len(frames) <= 3


@pytest.fixture(scope="module")
def site_without_broker(django_db_setup, tmp_path_factory):
    """The product where no broker answers."""
    served = Site(tmp_path_factory.mktemp("alone") / "web.log", redis_url="redis://127.0.0.1:1/0")
    served.wait()
    yield served
    served.stop()


def test_without_a_broker_a_change_still_comes(site_without_broker, launch, people):
    with board(site_without_broker, user=people["lead"]) as socket:
        socket.hello(0)
        change(launch)
        assert socket.next()["version"] == 1
