"""This module tests pages whose answers come late or not at all: nothing typed is lost, and no key speaks of what is not shown."""

import pytest
from playwright.sync_api import expect

from feedback.models import Feedback, Reporter
from hypercare.core import clock
from hypercare.core.timeline import Actor
from tests.integration.rows import make_feedback, make_issue
from tests.journeys.conftest import BOARD, poll_until, press, told
from triage import overrides
from triage.board import changes
from triage.models import Issue, RoomLine
from triage.notes import add_note
from triage.warroom import rooms, talk, updates

LIST, INBOX = "/launches/shop/issues/", "/launches/shop/inbox/"
ORDERS = "**/launches/shop/changes/"


@pytest.fixture
def issues(launch):
    """Three new issues, the graver one first; the list shows them in the order of their keys from behind."""
    now = clock.now()
    named = [("Basket is empty", 3), ("Search is slow", 4), ("Typo in footer", 5)]
    return [make_issue(launch, now=now, title=title, severity=severity) for title, severity in named]


@pytest.fixture
def responder(people):
    return Actor.person(people["responder"])


class Held:
    """Requests that wait until they are let go."""

    def __init__(self, page, pattern: str, *, method: str = "GET") -> None:
        self._waiting = []
        self._page, self._method = page, method
        page.route(pattern, self._hold)

    def _hold(self, route) -> None:
        if route.request.method == self._method:
            self._waiting.append(route)
        else:
            route.fallback()

    @property
    def count(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def wait(self) -> None:
        """Until one waits."""
        poll_until(self._page, lambda: self.count)

    def refuse(self) -> None:
        """Lets them come to nothing."""
        for route in self._waiting:
            route.abort()
        self._waiting = []

    def let_go(self) -> None:
        for route in self._waiting:
            route.continue_()
        self._waiting = []


def panel(page):
    return page.get_by_role("complementary", name="Issue")


def severity_changes(issue, responder) -> None:
    overrides.override_issue(issue.pk, field="severity", value="2", reason="", actor=responder, now=clock.now())


@pytest.mark.parametrize("place", [BOARD, LIST])
def test_keys_in_the_panel_speak_of_the_issue_there(opened, issues, people, place):
    page = opened(place)
    page.locator(f"#{issues[0].key} a").focus()
    press(page, "c")
    page.keyboard.type("Printers stand still")
    press(page, "Enter")
    expect(panel(page).get_by_role("heading", name="Printers stand still")).to_be_focused()
    press(page, "i")
    told(page, "Owner: Alice Lead")
    assert Issue.objects.get(owner=people["lead"]).title == "Printers stand still"


@pytest.mark.parametrize("place", [BOARD, LIST])
def test_the_walk_goes_on_from_the_issue_in_the_panel(opened, issues, place):
    page = opened(place)
    order = issues if place == BOARD else issues[::-1]
    page.locator(f"#{order[1].key} a").focus()
    press(page, "Enter")
    expect(panel(page).locator("h2")).to_be_focused()
    press(page, "j")
    expect(page.locator(f"#{order[2].key} a")).to_be_focused()


def test_what_is_picked_while_an_order_is_under_way_stays_picked(opened, issues):
    page = opened(BOARD)
    page.locator(f"#{issues[0].key} a").focus()
    held = Held(page, ORDERS, method="POST")
    press(page, "i", "j", "x", "j", "x")
    held.wait()
    held.let_go()
    told(page, "Owner: Alice Lead")
    expect(page.get_by_role("toolbar", name="Change selected issues")).to_contain_text("2 selected")


def test_a_note_that_is_refused_stands_in_the_dialog_again(opened, issues):
    page = opened(BOARD)
    page.route(ORDERS, lambda route: route.abort(), times=1)
    page.locator(f"#{issues[0].key} a").focus()
    press(page, "n")
    note = page.get_by_role("dialog").locator("textarea:visible")
    note.fill("Asked the supplier")
    press(page, "Tab", "Enter")
    told(page, "cannot reach")
    expect(note).to_have_value("Asked the supplier")
    page.get_by_role("dialog").locator("button[type=submit]:visible").first.click()
    told(page, f"{issues[0].key}: Note")
    expect(note).to_be_hidden()


def test_a_refused_note_stands_in_its_own_dialog_though_another_was_written_since(opened, issues):
    page = opened(BOARD)
    held = Held(page, ORDERS, method="POST")
    note = page.get_by_role("dialog").locator("textarea:visible")
    for issue, text in ((issues[0], "Asked the supplier"), (issues[1], "Asked the tills")):
        page.locator(f"#{issue.key} a").focus()
        press(page, "n")
        note.fill(text)
        if issue == issues[0]:
            press(page, "Tab", "Enter")
            held.wait()
    held.refuse()
    told(page, "cannot reach")
    expect(note).to_have_value("Asked the tills")
    press(page, "Escape")
    expect(note).to_have_value("Asked the supplier")
    expect(page.get_by_role("dialog")).to_contain_text(issues[0].key)


def test_a_note_on_a_page_that_is_not_the_newest_is_taken(opened, issues, responder):
    page = opened(f"{LIST}{issues[0].key}/")
    severity_changes(issues[0], responder)
    press(page, "n")
    page.get_by_role("dialog").locator("textarea:visible").fill("Asked the supplier")
    page.get_by_role("dialog").locator("button[type=submit]:visible").first.click()
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("Asked the supplier")


def test_a_question_that_comes_late_waits_for_the_one_that_is_answered(opened, issues, launch):
    person = Reporter.objects.create(launch=launch, email="karin@example.org", name="Karin", created_at=clock.now())
    make_feedback(launch, now=clock.now(), issue_key=issues[0].key, reporter=person)
    page = opened(BOARD)
    held = Held(page, "**/reporters/")
    page.locator(f"#{issues[0].key} a").focus()
    press(page, "r")
    held.wait()
    press(page, "c")
    page.keyboard.type("Printers stand")
    with page.expect_response("**/reporters/"):
        held.let_go()
    page.keyboard.type(" still")
    press(page, "Enter")
    told(page, "is open.")
    assert Issue.objects.filter(title="Printers stand still").exists()
    expect(page.get_by_role("dialog", name="Reply to the reporters")).to_be_visible()


def test_a_field_that_is_changed_in_the_panel_survives_what_others_do(opened, issues, responder):
    page = opened(BOARD)
    page.locator(f"#{issues[0].key} a").focus()
    press(page, "Enter")
    expect(panel(page).locator("h2")).to_be_focused()
    held = Held(page, f"**/issues/{issues[0].key}/")
    severity_changes(issues[0], responder)
    held.wait()
    press(page, "F2")
    field = panel(page).locator("[data-editing]")
    field.fill("Basket loses")
    with page.expect_response(f"**/issues/{issues[0].key}/"):
        held.let_go()
    field.press_sequentially(" goods")
    expect(field).to_have_value("Basket loses goods")


def test_a_panel_that_comes_late_leaves_the_focus_to_who_searches(opened, issues):
    page = opened(BOARD)
    held = Held(page, f"**/issues/{issues[0].key}/")
    page.locator(f"#{issues[0].key} a").focus()
    press(page, "Enter", "f")
    page.keyboard.type("bas")
    held.wait()
    held.let_go()
    expect(panel(page).locator("h2")).to_have_text("Basket is empty")
    page.keyboard.type("ket")
    expect(page.locator("#filter-q")).to_have_value("basket")


def verdict_of_last(page):
    """The inbox's last report with a severity chosen for it, and what is sent from now on, which waits."""
    page.goto(INBOX)
    press(page, "j")
    report = page.locator("#report")
    expect(report.get_by_role("heading", name="Told last")).to_be_visible()
    report.get_by_label("Severity", exact=True).select_option("1")
    return report, Held(page, "**/feedback/**", method="POST")


def test_the_inbox_shows_the_report_it_marks_however_late_a_verdict_is_answered(visit, launch):
    rows = [make_feedback(launch, now=clock.now(), title=title) for title in ("Told first", "Told last")]
    page = visit()
    report, held = verdict_of_last(page)
    report.get_by_role("button", name="Set Severity").click()
    held.wait()
    press(page, "j")
    expect(report.get_by_role("heading", name="Told first")).to_be_visible()
    with page.expect_response("**/feedback/**"):
        held.let_go()
    told(page, "Severity is set")
    expect(report.get_by_role("heading", name="Told first")).to_be_visible()
    expect(page.locator("[data-report][aria-current=true]")).to_have_text("Told first")
    rows[1].refresh_from_db()
    assert rows[1].severity == 1


def test_two_verdicts_given_one_right_after_the_other_both_stand(visit, launch):
    row = make_feedback(launch, now=clock.now(), title="Told last")
    page = visit()
    report, held = verdict_of_last(page)
    report.get_by_label("Type", exact=True).select_option("security")
    report.get_by_role("button", name="Set Severity").click()
    report.get_by_role("button", name="Set Type").click()
    poll_until(page, lambda: held.count == 2)
    held.let_go()
    expect(report.locator(".sugs .hc-sev[data-sev='1']:not(.suggested)")).to_be_visible()
    poll_until(page, lambda: Feedback.objects.filter(pk=row.pk, severity=1, category="security").exists())


def test_a_filtered_board_that_could_not_be_read_is_read_at_the_next_word_from_the_server(opened, launch):
    page = opened(f"{BOARD}?severity=1")
    page.route("**/board/?severity=1", lambda route: route.abort(), times=1)
    first = make_issue(launch, now=clock.now(), severity=1, title="Nobody can buy")
    with page.expect_request("**/board/?severity=1"):
        changes.publish(launch.pk, [first.pk])
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator(f"#{first.key}")).to_be_visible()


def test_a_filtered_board_that_is_drawn_anew_stays_where_it_was_scrolled(opened, launch, issues, responder):
    for number in range(30):
        make_issue(launch, now=clock.now(), title=f"Wish {number}", severity=3)
    page = opened(f"{BOARD}?severity=3")
    lane = page.locator("[data-lane=new]")
    lane.evaluate("lane => { lane.scrollTop = 400; lane.dataset.old = ''; }")
    stood = lane.evaluate("lane => lane.scrollTop")
    assert stood
    severity_changes(issues[0], responder)
    expect(page.locator("[data-old]")).to_have_count(0)
    assert lane.evaluate("lane => lane.scrollTop") == stood


@pytest.fixture
def room(launch, issues, responder):
    return rooms.open_room(issues[0], reason="", actor=responder, now=clock.now())


def test_an_update_half_written_outlives_the_rooms_first_update(visit, room, responder):
    page = visit("agent")
    page.goto(f"/launches/shop/rooms/{room.key}/")
    page.get_by_text("An update for others", exact=True).click()
    conditions = page.get_by_label("Conditions: how it is")
    conditions.fill("Half the checkouts")
    conditions.blur()
    updates.tell(
        room, conditions="503", actions="1.8.3", needs="", audiences=["team"], actor=responder, now=clock.now()
    )
    talk.say(room, text="Canary is clean", actor=responder, now=clock.now())
    expect(page.locator(".axis")).to_contain_text("Canary is clean")
    page.wait_for_timeout(1500)
    expect(conditions).to_have_value("Half the checkouts")


def test_enter_pressed_twice_says_it_once(visit, room):
    page = visit("agent")
    page.goto(f"/launches/shop/rooms/{room.key}/")
    held = Held(page, "**/say/", method="POST")
    page.get_by_label("Say or note something").fill("Canary is clean")
    press(page, "Enter")
    held.wait()
    press(page, "Enter")
    page.wait_for_timeout(300)
    assert held.count == 1
    held.let_go()
    expect(page.locator(".axis")).to_contain_text("Canary is clean")
    assert RoomLine.objects.count() == 1


def test_text_selected_beyond_the_edge_of_a_dialog_stays(opened, issues):
    page = opened(BOARD)
    page.locator(f"#{issues[0].key} a").focus()
    press(page, "n")
    note = page.get_by_role("dialog").locator("textarea:visible")
    note.fill("Asked the supplier")
    box = note.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(5, box["y"] + 10)
    page.mouse.up()
    expect(note).to_have_value("Asked the supplier")
    expect(note).to_be_visible()
    page.mouse.click(5, 300)
    expect(note).to_be_hidden()


def test_whoever_is_offline_is_told_so_by_undo_and_history(opened, issues, responder):
    add_note(issues[0], text="The pool is full", actor=responder, now=clock.now())
    page = opened(BOARD)
    page.context.set_offline(True)
    press(page, "Shift+z")
    expect(page.locator(".hc-toast[data-tone=error]")).to_have_count(1)
    press(page, "z")
    expect(page.locator(".hc-toast[data-tone=error]")).to_have_count(2)
