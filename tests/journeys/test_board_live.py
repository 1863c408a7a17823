"""This module tests that an open board is true by itself: live, caught up after a gap, and honest when it is not live."""

from playwright.sync_api import expect

from hypercare.core import clock
from hypercare.core.members import set_member
from hypercare.core.timeline import Actor
from tests.conftest import bearer
from tests.integration.rows import make_issue
from triage import lifecycle
from triage.board import changes
from triage.models import Issue

BOARD = "/launches/shop/board/"
TOLD = (
    "The basket is empty after paying",
    "Search finds no winter boots",
    "Invoice shows a wrong VAT number",
    "Please translate the receipt into Finnish",
    "The assistant invents opening hours",
)


class Wire:
    """The board's socket, which a test may cut and mend."""

    def __init__(self, page) -> None:
        self.is_cut, self._open = False, []
        page.route_web_socket("**/ws/**", self._route)

    def _route(self, ws) -> None:
        if self.is_cut:
            ws.close(code=1012)
        else:
            ws.connect_to_server()
            self._open.append(ws)

    def cut(self) -> None:
        self.is_cut = True
        while self._open:
            self._open.pop().close(code=1012)

    def mend(self, page) -> None:
        self.is_cut = False
        page.evaluate("dispatchEvent(new Event('online'))")


def open_board(page, query: str = "") -> None:
    page.goto(BOARD + query)
    expect(page.locator("#live")).to_have_attribute("data-state", "live")


def lane(page, status):
    return page.locator(f"[data-lane={status}]")


def card(page, title: str):
    """The link of a card; the line of the verdict above the board may name the same issue."""
    return page.locator(".card-i").get_by_role("link", name=title)


def on_board(launch, **fields) -> Issue:
    """An issue the board already knows."""
    issue = make_issue(launch, now=clock.now(), **fields)
    changes.publish(launch.pk, [issue.pk])
    return issue


def move(issue, *, to, by) -> None:
    lifecycle.move(issue.pk, to=to, actor=Actor.person(by), now=clock.now())


def test_a_report_posted_through_the_api_is_told_to_every_open_board(visit, people, triage, site):
    windows = [visit("lead"), visit("stakeholder")]
    for page in windows:
        page.route("**/api/v1/launches/*/board/**", lambda route: route.abort())
        open_board(page)
        page.evaluate("window.notReloaded = true")
    api = bearer(people["agent"], scopes=["feedback:write"], now=clock.now())
    for title in TOLD:
        page = windows[0]
        answer = page.request.post(
            "/api/v1/feedback/",
            data={"launch": "shop", "channel": "api", "title": title},
            headers={"Authorization": api._credentials["HTTP_AUTHORIZATION"]},
        )
        assert answer.status == 201
        for page in windows:
            expect(lane(page, "new").get_by_role("link", name=title)).to_be_visible()
    assert all(page.evaluate("window.notReloaded") for page in windows)
    expect(windows[0].locator("#total")).to_have_text(str(len(TOLD)))


def test_a_change_of_status_moves_the_card_and_its_counts_on_other_boards(visit, launch, people):
    issue = on_board(launch)
    page = visit("stakeholder")
    open_board(page)
    move(issue, to="triaged", by=people["lead"])
    expect(lane(page, "triaged").locator(f"#{issue.key}")).to_be_visible()
    expect(page.locator(".lane [data-count]")).to_have_text(["0", "1", "0", "0", "0", "0"])


def test_a_filtered_board_stays_filtered_while_it_lives(visit, launch):
    page = visit()
    open_board(page, "?severity=1")
    expect(lane(page, "new")).to_have_attribute("data-empty", "Nothing here matches the filter.")
    on_board(launch, title="Small thing", severity=4)
    on_board(launch, title="Everything is down", severity=1)
    expect(card(page, "Everything is down")).to_be_visible()
    assert page.locator(".card-i").count() == 1


def test_a_board_without_its_socket_says_so_and_still_follows(visit, launch):
    page = visit()
    wire = Wire(page)
    open_board(page)
    wire.cut()
    expect(page.locator("#notlive")).to_be_visible()
    expect(page.locator("#live")).to_have_text("Not live")
    on_board(launch, title="Told without a socket")
    expect(card(page, "Told without a socket")).to_be_visible()


def test_a_board_whose_socket_returns_catches_up_by_version(visit, launch):
    page = visit()
    page.route("**/api/v1/launches/*/board/**", lambda route: route.abort())
    wire = Wire(page)
    open_board(page)
    wire.cut()
    expect(page.locator("#notlive")).to_be_visible()
    on_board(launch, title="Told meanwhile, one")
    on_board(launch, title="Told meanwhile, two")
    wire.mend(page)
    expect(page.locator("#notlive")).to_be_hidden()
    expect(page.locator(".card-i")).to_have_count(2)


def test_a_refused_move_puts_the_card_back_and_names_who_changed_what(visit, launch, people):
    issue = on_board(launch)
    page = visit()
    page.route("**/api/v1/launches/*/board/**", lambda route: route.abort())
    wire = Wire(page)
    open_board(page)
    wire.cut()
    expect(page.locator("#notlive")).to_be_visible()
    move(issue, to="triaged", by=people["responder"])
    page.locator(f"#{issue.key} a").focus()
    for key in ("Space", "ArrowRight", "ArrowRight", "Space"):
        page.keyboard.press(key)
    toast = page.locator(".hc-toast[data-tone=error]")
    expect(toast).to_contain_text("Responder Person")
    expect(toast).to_contain_text("New → Triaged")
    expect(lane(page, "new").locator(f"#{issue.key}")).to_be_visible()
    wire.mend(page)
    expect(lane(page, "triaged").locator(f"#{issue.key}")).to_be_visible()


def test_a_board_holds_still_while_a_card_is_lifted(visit, launch, people):
    lifted, other = on_board(launch, title="Lifted"), on_board(launch, title="Other")
    page = visit()
    open_board(page)
    page.locator(f"#{lifted.key} a").focus()
    page.keyboard.press("Space")
    move(other, to="triaged", by=people["responder"])
    expect(page.locator("#newbar")).to_contain_text("1 changed while you work here.")
    expect(lane(page, "new").locator(f"#{other.key}")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#newbar")).to_be_hidden()
    expect(lane(page, "triaged").locator(f"#{other.key}")).to_be_visible()


def test_a_card_is_dragged_to_another_column(visit, launch):
    issue = on_board(launch)
    page = visit()
    open_board(page)
    page.locator(f"#{issue.key}").drag_to(page.locator("[data-lane=in_progress]"))
    expect(lane(page, "in_progress").locator(f"#{issue.key}")).to_be_visible()
    expect(page.locator(f"#{issue.key}")).to_have_attribute("data-version", "2")
    issue.refresh_from_db()
    assert issue.status == "in_progress"


def test_a_card_cannot_be_dragged_where_it_may_not_go(visit, launch):
    issue = on_board(launch, status="triaged")
    page = visit()
    open_board(page)
    page.locator(f"#{issue.key}").drag_to(page.locator("[data-lane=new]"))
    expect(lane(page, "triaged").locator(f"#{issue.key}")).to_be_visible()
    issue.refresh_from_db()
    assert issue.status == "triaged"


def test_a_stakeholder_sees_the_board_and_moves_nothing(visit, launch):
    issue = on_board(launch)
    page = visit("stakeholder")
    open_board(page)
    page.locator(f"#{issue.key} a").focus()
    page.keyboard.press("Space")
    assert page.locator(".card-i.lifted").count() == 0


def test_whoever_loses_the_right_to_read_loses_the_open_board(visit, launch, people):
    on_board(launch, title="Not for everyone")
    page = visit("stakeholder")
    open_board(page)
    set_member(launch, people["stakeholder"], role="reporter", actor=Actor.person(people["lead"]), now=clock.now())
    expect(page.get_by_text("Not for everyone")).to_have_count(0)
    expect(page.locator("#board")).to_have_count(0)


def test_whoever_may_no_longer_move_cards_loses_their_handles_at_once(visit, launch, people):
    on_board(launch, title="Fees are wrong")
    alice = visit("lead")
    open_board(alice)
    expect(alice.locator("#board[data-movable]")).to_have_count(1)
    set_member(launch, people["lead"], role="stakeholder", actor=Actor("Bob"), now=clock.now())
    expect(alice.locator("#board")).not_to_have_attribute("data-movable", "")
    expect(card(alice, "Fees are wrong")).to_be_visible()


def test_a_board_without_its_socket_learns_at_its_next_look_that_no_cards_may_be_moved(visit, launch, people):
    on_board(launch, title="Fees are wrong")
    alice = visit("lead")
    wire = Wire(alice)
    open_board(alice)
    wire.cut()
    expect(alice.locator("#notlive")).to_be_visible()
    set_member(launch, people["lead"], role="stakeholder", actor=Actor("Bob"), now=clock.now())
    expect(alice.locator("#board")).not_to_have_attribute("data-movable", "")
    expect(card(alice, "Fees are wrong")).to_be_visible()


def test_a_board_whose_socket_returns_learns_that_no_cards_may_be_moved(visit, launch, people):
    on_board(launch, title="Fees are wrong")
    alice = visit("lead")
    wire = Wire(alice)
    open_board(alice)
    alice.clock.install()
    wire.cut()
    expect(alice.locator("#notlive")).to_be_visible()
    set_member(launch, people["lead"], role="stakeholder", actor=Actor("Bob"), now=clock.now())
    wire.mend(alice)
    expect(alice.locator("#board")).not_to_have_attribute("data-movable", "")


def test_an_open_list_learns_at_its_next_look_that_nothing_may_be_changed(visit, launch, people):
    on_board(launch, title="Fees are wrong")
    alice = visit("lead")
    alice.clock.install()
    alice.goto("/launches/shop/issues/")
    expect(alice.locator("[data-orders][data-may-order]")).to_have_count(1)
    set_member(launch, people["lead"], role="stakeholder", actor=Actor("Bob"), now=clock.now())
    alice.clock.run_for(16_000)
    expect(alice.locator("[data-orders][data-may-order]")).to_have_count(0)
    expect(alice.locator("#issue-rows").get_by_role("link", name="Fees are wrong")).to_be_visible()


# Marks the page with what its socket tells, so that a test can wait for it.
KEEP_FRAMES = """
const listen = WebSocket.prototype.addEventListener;
WebSocket.prototype.addEventListener = function (kind, call) {
  return listen.call(this, kind, kind === "message" ? (event) => { document.body.setAttribute(`data-told-${JSON.parse(event.data).type}`, ""); call(event); } : call);
};
"""


def test_a_page_that_is_shown_anew_waits_for_who_writes(visit, launch, people):
    alice = visit("lead")
    alice.add_init_script(KEEP_FRAMES)
    open_board(alice)
    words = alice.locator("#filter-q")
    words.fill("half a sen")
    set_member(launch, people["lead"], role="stakeholder", actor=Actor("Bob"), now=clock.now())
    expect(alice.locator("body")).to_have_attribute("data-told-rights", "")
    words.press_sequentially("tence")
    expect(words).to_have_value("half a sentence")
    expect(alice.locator("#board[data-movable]")).to_have_count(1)
    words.blur()
    expect(alice.locator("#board")).not_to_have_attribute("data-movable", "")


def test_a_long_lane_counts_right_when_a_card_beyond_its_end_changes(visit, launch, people):
    issues = [make_issue(launch, now=clock.now(), title=f"Thing {number}") for number in range(52)]
    page = visit()
    open_board(page)
    expect(page.get_by_role("link", name="Show more, 2 are not shown")).to_be_attached()
    move(issues[0], to="triaged", by=people["lead"])
    expect(lane(page, "triaged").locator(f"#{issues[0].key}")).to_be_attached()
    expect(page.locator(".lane [data-count]")).to_have_text(["51", "1", "0", "0", "0", "0"])
