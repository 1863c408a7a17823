"""This module tests a triage shift by keyboard alone, the same on the board and in the list, with axe on each state."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from feedback.models import Reporter
from hypercare.core import clock
from hypercare.core.members import set_member
from hypercare.core.models import Message
from hypercare.core.timeline import Actor
from tests.integration.rows import make_feedback, make_issue
from tests.journeys.conftest import BOARD, poll_until, press, told
from tests.journeys.test_pages_are_accessible import AXE, RULES
from triage import overrides
from triage.models import Issue, WarRoom
from triage.orders import giving

LIST = "/launches/shop/issues/"
pytestmark = pytest.mark.usefixtures("issues")


@pytest.fixture
def issues(launch):
    """Three new issues, the graver one first; the list shows the newest first."""
    now = clock.now()
    return [
        make_issue(launch, now=now - timedelta(minutes=n), title=title, severity=severity)
        for n, (title, severity) in enumerate([("Basket is empty", 2), ("Search is slow", 3), ("Typo in footer", 4)])
    ]


def no_axe_finding(page):
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == []


@pytest.mark.parametrize("place", [BOARD, LIST])
def test_one_set_of_keys_triages_on_the_board_and_in_the_list(opened, issues, people, place):
    page, (basket, search, typo) = opened(place), issues
    page.locator(f"#{basket.key} a").focus()
    press(page, "1")
    told(page, f"{basket.key} moved to Triaged")
    press(page, "i")
    told(page, f"{basket.key}: Owner: Alice Lead")
    page.locator(f"#{search.key} a").focus()
    press(page, "s")
    expect(page.get_by_role("dialog", name="Severity")).to_be_visible()
    no_axe_finding(page)
    press(page, "Enter")
    told(page, f"{search.key}: Severity: SEV1")
    page.locator(f"#{typo.key} a").focus()
    press(page, "3")
    page.keyboard.type("Not ours")
    press(page, "Enter")
    told(page, f"{typo.key} moved to Declined")
    press(page, "z")
    told(page, f"{typo.key} is as it was")
    basket.refresh_from_db()
    search.refresh_from_db()
    typo.refresh_from_db()
    assert (basket.status, basket.owner, search.severity, typo.status) == ("triaged", people["lead"], 1, "new")


def test_a_range_is_chosen_previewed_changed_and_taken_back_by_one_key(opened, issues):
    page = opened(BOARD)
    press(page, "j", "x", "j", "j", "Shift+x")
    bar = page.get_by_role("toolbar", name="Change selected issues")
    expect(bar).to_contain_text("3 selected")
    no_axe_finding(page)
    press(page, "p", "Enter")
    dialog = page.get_by_role("dialog", name="What will change")
    expect(dialog).to_contain_text("Issues that change: 3 / 3")
    press(page, "Enter")
    told(page, "3 issues: ")
    expect(bar).to_be_hidden()
    assert set(Issue.objects.values_list("moscow", flat=True)) == {"must"}
    press(page, "z")
    told(page, "3 of 3 are as they were")
    press(page, "Shift+z")
    expect(page.get_by_role("dialog", name="What I did in the last 30 minutes")).to_contain_text("3 of 3 are as")


def test_all_that_match_are_left_to_a_worker_and_followed(opened, launch, issues):
    for n in range(giving.AT_ONCE):
        make_issue(launch, now=clock.now(), title=f"Wish {n}", severity=5)
    page = opened(LIST + "?severity=2&severity=5")
    press(page, "j", "x")
    page.get_by_role("button", name="Select all 26 matching").focus()
    press(page, "Enter")
    expect(page.locator("[data-picked]")).to_have_text("26 selected")
    make_issue(launch, now=clock.now(), title="One more", severity=5)  # what matches is what matches when it is given
    page.locator(f"#{issues[0].key} a").focus()
    press(page, "h")
    page.get_by_role("button", name="1 hour").focus()
    press(page, "Enter")
    expect(page.get_by_role("dialog", name="What will change")).to_contain_text("Issues that change: 27 / 27")
    press(page, "Enter")
    told(page, "Working: 0 / 27")
    giving.carry_on(clock=clock.now)
    told(page, "27 issues: Snoozed until")
    assert Issue.objects.filter(snoozed_until__gt=clock.now()).count() == 27


def test_an_order_is_followed_though_the_network_goes_away_for_a_while(opened, launch, issues, people):
    for n in range(giving.AT_ONCE):
        make_issue(launch, now=clock.now(), title=f"Wish {n}", severity=5)
    page, asked = opened(LIST), []
    page.route("**/changes/*/", lambda route: asked.append(route.request.url) or route.abort())
    press(page, "j", "x")
    page.get_by_role("button", name="Select all 28 matching").focus()
    press(page, "Enter", "1")
    expect(page.get_by_role("dialog", name="What will change")).to_be_visible()
    press(page, "Enter")
    told(page, "Working: 0 / 28")
    poll_until(page, lambda: len(asked) > 1)
    giving.carry_on(clock=clock.now)
    page.unroute("**/changes/*/")
    told(page, "28 issues moved to Triaged")
    press(page, "z")
    told(page, "Working: 0 / 28")
    set_member(launch, people["lead"], role="reporter", actor=Actor("Bob"), now=clock.now())
    expect(page.locator(".hc-toast", has_text="Working")).to_have_count(0)


def test_an_issue_is_merged_by_words_from_the_menu(opened, issues):
    page = opened(BOARD)
    press(page, "j", "ArrowDown", ".")
    dialog = page.get_by_role("dialog", name="All commands")
    expect(dialog).to_contain_text("Duplicate of…")
    no_axe_finding(page)
    page.keyboard.type("duplic")
    press(page, "Enter")
    page.keyboard.type("basket")
    found = page.get_by_role("dialog", name="Duplicate of").get_by_role("button", name="Basket is empty")
    expect(found).to_be_visible()
    press(page, "ArrowDown", "Enter")
    told(page, f"{issues[1].key}: Merged into {issues[0].key}")
    expect(page.locator(f"#{issues[1].key}")).to_have_count(0)


def test_a_field_is_changed_in_place_and_a_conflict_says_who_changed_what(opened, issues, people):
    page = opened(BOARD)
    press(page, "j", "Enter")
    panel = page.get_by_role("complementary", name="Issue")
    expect(panel.get_by_role("heading", name="Basket is empty")).to_be_focused()
    no_axe_finding(page)
    press(page, "F2")
    field = panel.locator("[data-editing]")
    field.fill("Basket loses its goods")
    responder = Actor.person(people["responder"])
    overrides.override_issue(issues[0].pk, field="severity", value="1", reason="", actor=responder, now=clock.now())
    press(page, "Enter")
    told(page, f"{issues[0].key} was changed by Responder Person meanwhile (Severity: SEV2")
    expect(field).to_have_value("Basket loses its goods")
    press(page, "Enter")
    told(page, "Basket loses its goods")
    issues[0].refresh_from_db()
    assert (issues[0].title, issues[0].severity) == ("Basket loses its goods", 1)


def test_labels_an_issue_opened_by_hand_and_a_reply_need_no_mouse(opened, issues, launch):
    person = Reporter.objects.create(launch=launch, email="karin@example.org", name="Karin", created_at=clock.now())
    make_feedback(launch, now=clock.now(), issue_key=issues[0].key, reporter=person)
    page = opened(BOARD)
    press(page, "j", "l")
    no_axe_finding(page)
    page.keyboard.type("Tills")
    press(page, "Enter")
    told(page, f"{issues[0].key}: labelled tills")
    expect(page.locator(f"#{issues[0].key} .hc-label")).to_have_text("tills")
    press(page, "z")
    told(page, f"{issues[0].key} is as it was")
    expect(page.locator(f"#{issues[0].key} .hc-label")).to_have_count(0)
    page.locator(f"#{issues[0].key} a").focus()
    press(page, "r")
    dialog = page.get_by_role("dialog", name="Reply to the reporters")
    expect(dialog).to_contain_text("People it reaches: 1")
    no_axe_finding(page)
    page.keyboard.type("We look at it")
    press(page, "Tab", "Enter")
    told(page, f"{issues[0].key}: Reply")
    assert Message.objects.get().to_address == "karin@example.org"
    press(page, "z")
    told(page, "The reply is withdrawn; nobody had it")
    assert not Message.objects.exists()
    press(page, "c")
    no_axe_finding(page)
    page.keyboard.type("Printers stand still")
    press(page, "Enter")
    told(page, "is open.")
    panel = page.get_by_role("complementary", name="Issue")
    expect(panel.get_by_role("heading", name="Printers stand still")).to_be_focused()


def test_the_page_of_an_issue_takes_the_same_keys_and_is_read_anew(opened, issues, people):
    page = opened(f"{LIST}{issues[0].key}/")
    press(page, "s", "Enter")
    told(page, f"{issues[0].key}: Severity: SEV1")
    expect(page.locator(".ihead")).to_contain_text("SEV1")
    press(page, "z")
    told(page, f"{issues[0].key} is as it was")
    expect(page.locator(".ihead")).to_contain_text("SEV4")  # what the machine says of it
    responder = Actor.person(people["responder"])
    overrides.override_issue(issues[0].pk, field="severity", value="3", reason="", actor=responder, now=clock.now())
    press(page, "1")
    told(page, f"{issues[0].key} was changed by Responder Person meanwhile (Severity: SEV4")
    press(page, "e")
    page.keyboard.type("Sales are lost")
    press(page, "Enter")
    page.wait_for_url("**/rooms/WR-*/")
    assert WarRoom.objects.get().reason == "Sales are lost"


@pytest.mark.parametrize("place", [BOARD, LIST])
def test_more_is_shown_in_place_and_the_first_of_it_has_the_focus(opened, launch, place):
    Issue.objects.bulk_create(
        Issue(launch=launch, title=f"Wish {n}", severity=5, reach_at=at, opened_at=at, status_changed_at=at, last_seen_at=at)
        for n, at in enumerate([clock.now()] * 60)
    )  # fmt: skip
    page = opened(place)
    page.get_by_role("link", name="Show more").focus()
    press(page, "Enter")
    expect(page.locator("[data-issue]")).to_have_count(63)
    expect(page.locator("[data-issue]").nth(50).get_by_role("link")).to_be_focused()
    press(page, "i")
    told(page, "Owner: Alice Lead")
    expect(page.locator("[data-issue]")).to_have_count(63)


def test_a_key_is_changed_for_good_and_single_keys_can_rest(opened, issues, people):
    page, stored = opened(LIST), []
    page.on("request", lambda request: stored.append(request.post_data) if "/account/keys/" in request.url else None)
    press(page, "?")
    keys = page.get_by_role("dialog", name="Keys")
    keys.get_by_role("button", name="Assign to me").focus()
    press(page, "Enter")
    expect(keys.get_by_role("status")).to_have_text("Press the new key, or Escape.")
    press(page, "s")
    expect(keys.get_by_role("status")).to_have_text("That key is taken.")
    keys.get_by_role("button", name="Assign to me").focus()
    with page.expect_response("**/account/keys/"):
        press(page, "Enter", "y")
    no_axe_finding(page)
    press(page, "Escape")
    page.reload()
    page.locator(f"#{issues[0].key} a").focus()
    press(page, "i", "y")
    told(page, f"{issues[0].key}: Owner: Alice Lead")
    people["lead"].refresh_from_db()
    assert people["lead"].key_choices == {"off": False, "keys": {"i": "y"}}
    assert len(stored) == 1


@pytest.mark.parametrize("place", [BOARD, LIST])
@pytest.mark.parametrize("key", ["f", "/"])
def test_escape_goes_back_from_the_search_that_a_key_led_to(opened, issues, place, key):
    page = opened(place)
    first, second = issues[0], issues[1]
    if place == LIST:
        first, second = second, first
    page.locator(f"#{first.key} a").focus()
    press(page, key)
    page.keyboard.type("j")
    press(page, "Escape")
    expect(page.locator(f"#{first.key} a")).to_be_focused()
    press(page, "j")
    expect(page.locator(f"#{second.key} a")).to_be_focused()


@pytest.mark.parametrize("place", [BOARD, LIST])
@pytest.mark.parametrize("button", ["[data-undo]", "[data-close]"])
def test_a_toast_that_goes_by_its_own_button_gives_the_focus_back(opened, issues, place, button):
    page = opened(place)
    link = page.locator(f"#{issues[0].key} a")
    link.focus()
    press(page, "i")
    told(page, "Owner")
    page.locator(f".hc-toast {button}").focus()
    press(page, "Enter")
    expect(page.locator(".hc-toast", has_text="Owner")).to_have_count(0)
    expect(link).to_be_focused()
    if button == "[data-undo]":
        told(page, "is as it was")
        expect(link).to_be_focused()


# Lets the rows read anew come while a toast's button has the focus, and be put in when the toast is gone.
ROWS_COME_BESIDE_A_TOAST = """
const fetched = window.fetch;
const until = async (isSo) => { while (!isSo()) await new Promise(requestAnimationFrame); };
window.fetch = async (...asked) => {
  const answer = await fetched(...asked);
  if (!asked[1]?.headers?.["HX-Request"]) return answer;
  await until(() => document.activeElement.closest(".hc-toast"));
  const text = await answer.text();
  answer.text = async () => {
    document.body.dataset.rowsCame = "";
    await until(() => !document.querySelector(".hc-toast"));
    return text;
  };
  return answer;
};
"""


def test_rows_that_are_read_anew_while_a_toast_is_closed_leave_the_focus_on_the_issue(opened, issues):
    page = opened(LIST)
    page.evaluate(ROWS_COME_BESIDE_A_TOAST)
    link = page.locator(f"#{issues[0].key} a")
    link.focus()
    link.evaluate("node => node.dataset.old = ''")
    press(page, "i")
    told(page, "Owner")
    page.locator(".hc-toast [data-close]").focus()
    expect(page.locator("body")).to_have_attribute("data-rows-came", "")
    press(page, "Enter")
    expect(page.locator("[data-old]")).to_have_count(0)
    expect(link).to_be_focused()


def test_what_is_changed_in_place_after_a_refusal_takes_its_toast_and_is_undone_from_there(opened, issues, people):
    page, key = opened(BOARD), issues[0].key
    press(page, "j", "Enter")
    panel = page.get_by_role("complementary", name="Issue")
    expect(panel.get_by_role("heading", name="Basket is empty")).to_be_focused()
    press(page, "F2")
    panel.locator("[data-editing]").fill("Basket loses its goods")
    responder = Actor.person(people["responder"])
    overrides.override_issue(issues[0].pk, field="severity", value="1", reason="", actor=responder, now=clock.now())
    press(page, "Enter")
    told(page, "changed by Responder Person")
    press(page, "Enter")
    told(page, "Title: Basket loses its goods")
    expect(page.locator(".hc-toast", has_text="changed by Responder Person")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    told(page, f"{key} is as it was")


def test_a_row_that_has_the_focus_is_never_under_the_bar_on_top(opened, launch, issues):
    for n in range(40):
        make_issue(launch, now=clock.now(), title=f"Wish {n}", severity=5)
    page = opened(LIST)
    top = page.locator(".hc-top").bounding_box()
    press(page, *["j"] * 42, *["k"] * 30)
    row = page.locator("[data-issue]:focus-within").bounding_box()
    assert row["y"] >= top["y"] + top["height"]


def test_what_is_sought_among_issues_is_not_sought_among_reports(opened, issues):
    page = opened(BOARD + "?q=basket")
    expect(page.get_by_label("Search issues")).to_have_value("basket")
    expect(page.get_by_placeholder("Search reports")).to_have_value("")
    page.goto("/launches/shop/inbox/?q=basket")
    expect(page.get_by_placeholder("Search reports")).to_have_value("basket")


def test_what_is_not_shown_stays_in_sight_beside_the_panel_and_on_a_phone(opened, issues):
    page = opened(BOARD)
    press(page, "j", "x", "Enter")
    panel, bar, counts = (page.locator(place).bounding_box() for place in ("#panel", "#bulkbar", "#hidden"))
    assert max(counts["x"] + counts["width"], bar["x"] + bar["width"]) <= panel["x"]
    press(page, "Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.locator("#hidden a").first.bounding_box()["x"] < 300
