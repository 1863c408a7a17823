"""This module tests the board by keyboard: walking, moving, what is said aloud, and keys that keep out of the way."""

import pytest
from playwright.sync_api import expect

from hypercare.core import clock
from hypercare.core.timeline import Actor
from tests.integration.rows import make_issue
from tests.journeys.conftest import BOARD, press
from triage import lifecycle


@pytest.fixture
def issues(launch):
    """Two new issues, the graver one first, and one triaged."""
    now = clock.now()
    return [
        make_issue(launch, now=now, title="First", severity=2),
        make_issue(launch, now=now, title="Second", severity=3),
        make_issue(launch, now=now, title="Third", status="triaged"),
    ]


@pytest.fixture
def page(visit, issues):
    """The lead's live board."""
    page = visit()
    page.goto(BOARD)
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    return page


def said(page):
    return page.locator("#says")


def test_arrows_and_letters_walk_the_cards(page, issues):
    first, second, third = (page.locator(f"#{issue.key} a") for issue in issues)
    press(page, "j")
    expect(first).to_be_focused()
    press(page, "ArrowDown")
    expect(second).to_be_focused()
    press(page, "k", "ArrowRight")
    expect(third).to_be_focused()
    press(page, "ArrowLeft")
    expect(first).to_be_focused()


def test_space_lifts_arrows_choose_and_space_drops(page, issues):
    key = issues[0].key
    page.locator(f"#{key} a").focus()
    press(page, "Space")
    expect(said(page)).to_contain_text(f"{key} lifted")
    expect(said(page)).to_have_attribute("aria-live", "assertive")
    press(page, "ArrowRight", "ArrowRight")
    expect(said(page)).to_have_text("In progress")
    press(page, "Space")
    expect(said(page)).to_have_text(f"{key} moved to In progress")
    expect(page.locator(f"[data-lane=in_progress] #{key}")).to_have_attribute("data-version", "2")
    expect(page.locator(f"#{key} a")).to_be_focused()
    issues[0].refresh_from_db()
    assert issues[0].status == "in_progress"


def test_escape_puts_the_card_back(page, issues):
    key = issues[0].key
    page.locator(f"#{key} a").focus()
    press(page, "Space", "ArrowRight", "Escape")
    expect(said(page)).to_have_text(f"{key} put back.")
    expect(page.locator(f"[data-lane=new] #{key}")).to_be_visible()
    assert page.locator(".lane.over, .lane.shut, .card-i.lifted").count() == 0


def test_a_column_that_is_out_of_reach_is_said_and_refused(page, issues):
    key = issues[2].key
    page.locator(f"#{key} a").focus()
    press(page, "Space", "ArrowLeft")
    expect(said(page)).to_have_text("New, it cannot go there")
    press(page, "Space")
    expect(said(page)).to_have_text(f"{key} stays where it is.")
    expect(page.locator(f"[data-lane=triaged] #{key}")).to_be_visible()


def test_walking_away_lets_go_of_a_lifted_card(page, issues):
    page.locator(f"#{issues[0].key} a").focus()
    press(page, "Space", "Tab")
    assert page.locator(".card-i.lifted").count() == 0


def test_enter_opens_the_issue_beside_the_board_and_escape_gives_the_focus_back(page, issues):
    page.locator(f"#{issues[1].key} a").focus()
    press(page, "Enter")
    panel = page.get_by_role("complementary", name="Issue")
    expect(panel.get_by_role("heading", name="Second")).to_be_focused()
    expect(panel.get_by_role("link", name="Open the page")).to_have_attribute(
        "href", f"/launches/shop/issues/{issues[1].key}/"
    )
    press(page, "Escape")
    expect(panel).to_be_hidden()
    expect(page.locator(f"#{issues[1].key} a")).to_be_focused()


def test_keys_leave_other_controls_alone(page, issues):
    press(page, "j")
    page.get_by_role("link", name="SEV1 to SEV3").focus()
    press(page, "Enter")
    page.wait_for_url("**/board/?severity=1*")
    page.locator("#filter-q").focus()
    page.keyboard.type("jk o")
    expect(page.locator("#filter-q")).to_have_value("jk o")


def test_the_help_lists_the_keys_in_words(page):
    press(page, "?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_be_visible()
    told = dict(zip(keys.locator("dd").all_text_contents(), keys.locator("dt").all_text_contents(), strict=True))
    assert told["Next card"] == "j or Down"
    assert told["Lift the card, or drop it"] == "Space"
    assert told["Close, put back or clear"] == "Esc"
    assert told["Board"] == "gb"
    assert all(label.strip() for label in told)
    press(page, "Escape")
    expect(keys).to_be_hidden()


def test_single_letters_can_be_switched_off_and_moving_by_keyboard_stays(page, issues):
    press(page, "?")
    page.get_by_role("switch", name="Use single keys").uncheck()
    press(page, "Escape", "g", "t")
    page.locator(f"#{issues[0].key} a").focus()
    press(page, "Space", "ArrowRight", "Space")
    expect(page.locator(f"[data-lane=triaged] #{issues[0].key}")).to_be_visible()
    assert page.url.endswith(BOARD)


def moved_by_keyboard(page, key):
    """Moves a new issue one column to the right and waits for the offer to undo it."""
    page.locator(f"#{key} a").focus()
    press(page, "Space", "ArrowRight", "Space")
    toast = page.locator(".hc-toast", has_text=f"{key} moved to Triaged")
    expect(toast.get_by_role("button", name="Undo")).to_be_visible()
    return toast


@pytest.mark.parametrize("key_of_undo", ["z", "Control+z"])
def test_a_move_is_undone_by_key_and_the_focus_stays(page, issues, key_of_undo):
    key = issues[0].key
    toast = moved_by_keyboard(page, key)
    press(page, key_of_undo)
    expect(page.locator(f"[data-lane=new] #{key}")).to_have_attribute("data-version", "3")
    expect(toast).to_have_count(0)
    expect(said(page)).to_have_text(f"{key} moved to New")
    expect(page.locator(f"#{key} a")).to_be_focused()
    issues[0].refresh_from_db()
    assert issues[0].status == "new"


def test_the_button_undoes_and_gives_the_focus_to_the_card(page, issues):
    key = issues[0].key
    moved_by_keyboard(page, key).get_by_role("button", name="Undo").click()
    expect(page.locator(f"#{key} a")).to_be_focused()
    expect(page.locator(f"[data-lane=new] #{key}")).to_have_attribute("data-version", "3")
    expect(page.locator("[data-lane=new]").locator("xpath=..").locator("[data-count]")).to_have_text("2")


def test_a_change_by_somebody_else_is_not_undone_but_said(page, issues, people):
    key = issues[0].key
    moved_by_keyboard(page, key)
    lifecycle.move(issues[0].pk, to="in_progress", actor=Actor.person(people["responder"]), now=clock.now())
    press(page, "z")
    expect(page.locator(".hc-toast[data-tone=error]")).to_contain_text(
        f"{key} was changed by Responder Person meanwhile"
    )
    expect(page.locator(f"[data-lane=in_progress] #{key}")).to_be_visible()


def test_a_second_move_leaves_one_offer_to_undo(page, issues):
    key = issues[0].key
    moved_by_keyboard(page, key)
    press(page, "Space", "ArrowRight", "Space")
    expect(page.locator(".hc-toast")).to_have_count(1)
    expect(page.locator(".hc-toast")).to_contain_text(f"{key} moved to In progress")


def test_the_help_names_the_keys_that_undo(page):
    press(page, "?")
    row = page.get_by_role("dialog", name="Keys").locator("dt", has=page.locator("+ dd", has_text="Undo"))
    expect(row).to_have_text("z or Ctrl+z")
