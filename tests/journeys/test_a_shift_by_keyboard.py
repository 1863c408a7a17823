"""This module works a lead's whole shift with the keyboard alone, from signing in to the day's report; the focus is never lost."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from feedback.models import Reporter
from hypercare.core import clock
from hypercare.core.models import Commitment, Message, RecordedDecision
from hypercare.core.timeline import Actor
from tests.integration.rows import make_feedback, make_issue
from tests.journeys.conftest import PASSWORD
from triage import lifecycle, overrides
from triage.models import Issue, RoomLine, SavedView, ShiftNote, WarRoom, Why

STANDS = "() => document.activeElement?.matches('body, html') === false && document.activeElement.checkVisibility()"
MOST_TABS = 120


class Person:
    """Somebody without a mouse: presses keys, types, and looks."""

    def __init__(self, page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def told(self, text: str) -> None:
        expect(self.page.locator(".hc-toast", has_text=text).last).to_be_visible()

    def go_to(self, target, *, key: str = "Tab") -> None:
        """Presses Tab until something has the focus."""
        for _turn in range(MOST_TABS):
            if target.evaluate("node => node === document.activeElement"):
                return
            self.press(key)
        pytest.fail(f"no Tab leads to {target}")

    def stands(self, on=None) -> None:
        """The focus is on something that is seen, and on this one where it is named."""
        if on is not None:
            expect(on).to_be_focused()
        self.page.wait_for_function(STANDS)

    def dialog(self, name: str):
        return self.page.get_by_role("dialog", name=name)

    def card(self, issue):
        return self.page.locator(f"#{issue.key}")

    def picked(self) -> list[str]:
        return [one.get_attribute("id") for one in self.page.locator(".card-i.picked").all()]

    def link(self, issue):
        return self.card(issue).get_by_role("link")


@pytest.fixture
def issues(launch):
    """Four new issues, the graver one first; a person reported the first."""
    now = clock.now()
    named = [("Basket is empty", 2), ("Search is slow", 3), ("Typo in footer", 4), ("Basket loses goods", 5)]
    rows = [make_issue(launch, now=now, title=title, severity=severity) for title, severity in named]
    karin = Reporter.objects.create(launch=launch, email="karin@example.org", name="Karin", created_at=now)
    make_feedback(launch, now=now, issue_key=rows[0].key, reporter=karin)
    return rows


@pytest.fixture
def lead(visit):
    """The lead before a browser in which nobody is signed in, and no error in it."""
    errors = []
    page = visit(None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield Person(page)
    assert errors == []


def test_a_leads_shift_needs_no_mouse(lead, issues, launch, people):
    sign_in(lead)
    read_the_keys(lead, issues)
    triage_one(lead, issues[0], people)
    send_away_and_take_back(lead, issues)
    open_one_by_hand(lead)
    answer(lead, issues[0])
    change_many(lead, issues)
    move_a_card(lead)
    save_a_view(lead)
    read_the_list(lead, issues[0])
    look_for_the_cause(lead, issues[0])
    work_in_the_room(lead, issues[0])
    hand_over(lead, people)
    look_at_the_wall_and_the_report(lead)


def sign_in(lead):
    lead.page.goto("/accounts/login/")
    lead.go_to(lead.page.locator("[name=login]"))
    lead.type("alice@example.org")
    lead.press("Tab")
    lead.go_to(lead.page.locator("[name=password]"))
    lead.type(PASSWORD)
    lead.press("Enter")
    lead.page.wait_for_url(lambda url: "/accounts/login" not in url)
    lead.press("g", "b")
    lead.page.wait_for_url("**/launches/shop/board/")
    expect(lead.page.locator("#live")).to_have_attribute("data-state", "live")


def read_the_keys(lead, issues):
    lead.press("j")
    lead.stands(lead.link(issues[0]))
    lead.press("?")
    expect(lead.dialog("Keys")).to_contain_text("Assign to me")
    lead.stands()
    lead.press("Escape")
    expect(lead.dialog("Keys")).to_be_hidden()
    lead.stands(lead.link(issues[0]))
    lead.press("j", "ArrowDown", "k", "k")
    lead.stands(lead.link(issues[0]))


def triage_one(lead, basket, people):
    lead.press("1")
    lead.told(f"{basket.key} moved to Triaged")
    lead.stands(lead.link(basket))
    lead.press("a")
    lead.type("Responder")
    lead.press("Enter")
    lead.told(f"{basket.key}: Owner: Responder Person")
    lead.stands(lead.link(basket))
    lead.press("s", "Enter")
    lead.told(f"{basket.key}: Severity: SEV1")
    expect(lead.card(basket)).to_contain_text("SEV1")
    lead.press("d")
    lead.type("Check")
    lead.press("Enter")
    lead.told(f"{basket.key}: Component: ")
    lead.press("l")
    lead.type("Tills")
    lead.press("Enter")
    lead.told(f"{basket.key}: labelled tills")
    expect(lead.card(basket).locator(".hc-label")).to_have_text("tills")
    lead.stands(lead.link(basket))
    basket.refresh_from_db()
    found = (basket.status, basket.owner, basket.severity, basket.component.slug, basket.labels)
    assert found == ("triaged", people["responder"], 1, "checkout", ["tills"])


def send_away_and_take_back(lead, issues):
    _basket, search, typo, loses = issues
    lead.press("ArrowLeft", "ArrowDown")
    lead.stands(lead.link(typo))
    lead.press("h", "Tab")
    lead.go_to(lead.dialog("Snooze").get_by_role("button", name="1 hour"))
    lead.press("Enter")
    lead.told(f"{typo.key}: Snoozed until")
    expect(lead.card(typo)).to_have_count(0)
    lead.stands(lead.link(loses))
    assert Issue.objects.get(pk=typo.pk).snoozed_until > clock.now()
    lead.press("z")
    lead.told(f"{typo.key} is as it was")
    expect(lead.card(typo)).to_be_visible()
    lead.stands()
    assert Issue.objects.get(pk=typo.pk).snoozed_until is None

    lead.press("3")
    lead.type("Not ours")
    lead.press("Enter")
    lead.told(f"{loses.key} moved to Declined")
    expect(lead.card(loses)).to_have_count(0)
    lead.stands(lead.link(typo))
    assert Issue.objects.get(pk=loses.pk).status == "declined"
    lead.press("z")
    lead.told(f"{loses.key} is as it was")
    expect(lead.card(loses)).to_be_visible()
    assert Issue.objects.get(pk=loses.pk).status == "new"

    lead.press("2")
    lead.type(f"{lead.page.url.split('/launches/')[0]}/launches/shop/issues/{search.key}/")
    lead.press("Enter")
    lead.told(f"{typo.key}: Merged into {search.key}")
    expect(lead.card(typo)).to_have_count(0)
    lead.stands()
    assert Issue.objects.get(pk=typo.pk).merged_into == search
    lead.press("z")
    lead.told(f"{typo.key} is as it was")
    expect(lead.card(typo)).to_be_visible()
    lead.stands()
    assert Issue.objects.get(pk=typo.pk).merged_into is None


def open_one_by_hand(lead):
    lead.press("c")
    lead.type("Printers stand still")
    lead.press("Enter")
    lead.told("is open.")
    panel = lead.page.get_by_role("complementary", name="Issue")
    lead.stands(panel.get_by_role("heading", name="Printers stand still"))
    made = Issue.objects.get(title="Printers stand still")
    assert (made.status, made.feedback_count) == ("new", 1)
    expect(lead.card(made)).to_be_visible()
    lead.press("Escape")
    expect(panel).to_be_hidden()
    lead.stands(lead.link(made))


def answer(lead, basket):
    lead.press("ArrowRight")
    lead.stands(lead.link(basket))
    lead.press("r")
    expect(lead.dialog("Reply to the reporters")).to_contain_text("People it reaches: 1")
    lead.type("We look at it")
    lead.press("Tab", "Enter")
    lead.told(f"{basket.key}: Reply")
    lead.stands(lead.link(basket))
    assert Message.objects.get().to_address == "karin@example.org"


def change_many(lead, issues):
    lead.press("ArrowLeft", "x", "j", "j", "Shift+x")
    bar = lead.page.get_by_role("toolbar", name="Change selected issues")
    expect(bar).to_contain_text("3 selected")
    picked = Issue.objects.filter(pk__in=[key.removeprefix("IS-") for key in lead.picked()])
    lead.press("p", "Enter")
    expect(lead.dialog("What will change")).to_contain_text("Issues that change: 3 / 3")
    lead.press("Enter")
    lead.told("3 issues: ")
    expect(bar).to_be_hidden()
    lead.stands()
    assert set(picked.values_list("moscow", flat=True)) == {"must"}
    lead.press("z")
    lead.told("3 of 3 are as they were")
    lead.stands()
    assert "must" not in picked.values_list("moscow", flat=True)


def move_a_card(lead):
    lead.press("k", "k", "k")
    first = lead.page.locator("[data-lane=new] .card-i").first
    lead.stands(first.get_by_role("link"))
    moved = Issue.objects.get(pk=first.get_attribute("id").removeprefix("IS-"))
    lead.press("Space", "ArrowRight", "ArrowRight", "Space")
    expect(lead.page.locator(f"[data-lane=in_progress] #{moved.key}")).to_be_visible()
    lead.told(f"{moved.key} moved to In progress")
    lead.stands(lead.link(moved))
    assert Issue.objects.get(pk=moved.pk).status == "in_progress"


def save_a_view(lead):
    lead.press("f")
    lead.type("Basket")
    lead.press("Enter")
    lead.page.wait_for_url("**/board/?q=Basket*")
    lead.go_to(lead.page.locator(".boardmore summary"))
    lead.press("Enter")
    lead.go_to(lead.page.get_by_label("Name", exact=True))
    lead.type("My baskets")
    lead.press("Enter")
    view = lead.page.get_by_role("navigation", name="Views").get_by_role("link", name="My baskets")
    expect(view).to_be_visible()
    assert "q=Basket" in SavedView.objects.get(name="My baskets").query


def read_the_list(lead, basket):
    lead.press("Control+k")
    lead.type("Issues")
    lead.press("Enter")
    lead.page.wait_for_url("**/launches/shop/issues/")
    lead.press("f")
    lead.type("Basket is empty")
    lead.press("Enter")
    lead.page.wait_for_url("**/issues/?q=Basket*")
    lead.press("j")
    lead.stands(lead.link(basket))
    lead.press("Enter")
    panel = lead.page.get_by_role("complementary", name="Issue")
    lead.stands(panel.get_by_role("heading", name="Basket is empty"))
    lead.go_to(panel.get_by_role("link", name="Open the page"), key="Shift+Tab")
    lead.press("Enter")
    lead.page.wait_for_url(f"**/issues/{basket.key}/")


def look_for_the_cause(lead, basket):
    lead.press("F2")
    lead.press("End")
    lead.type(" after paying")
    lead.press("Enter")
    lead.told("Basket is empty after paying")
    found = Issue.objects.get(pk=basket.pk)
    assert found.title == "Basket is empty after paying"
    expect(lead.page.locator(".ihead")).to_have_attribute("data-version", str(found.version))
    lead.stands(lead.page.locator(".ihead [data-edit=title]"))
    lead.press("g", "c")
    lead.page.wait_for_url(f"**/{basket.key}/cause/")
    lead.go_to(lead.page.get_by_role("button", name="Begin the analysis"))
    lead.press("Enter")
    expect(lead.page.get_by_role("heading", name="5 whys")).to_be_visible()
    lead.press("c")
    expect(lead.page.locator(".whyform")).to_be_visible()
    lead.go_to(lead.page.locator(".whyform [name=text]"))
    lead.type("The session ends too early")
    lead.go_to(lead.page.get_by_role("button", name="Add it"))
    lead.press("Enter")
    expect(lead.page.locator("article.why")).to_contain_text("The session ends too early")
    assert Why.objects.get().text == "The session ends too early"
    lead.go_to(lead.page.locator(".ihead").get_by_role("link", name=basket.key, exact=True))
    lead.press("Enter")
    lead.page.wait_for_url(f"**/issues/{basket.key}/")


def work_in_the_room(lead, basket):
    lead.press("e")
    lead.type("Sales are lost")
    lead.press("Enter")
    lead.page.wait_for_url("**/rooms/WR-*/")
    assert WarRoom.objects.get(issue=basket).reason == "Sales are lost"
    lead.press("n")
    lead.stands(lead.page.get_by_label("Say or note something"))
    lead.type("Canary is clean")
    lead.press("Tab", "Tab")
    lead.stands(lead.page.get_by_role("button", name="Note", exact=True))
    lead.press("Enter")
    expect(lead.page.locator(".axis")).to_contain_text("Canary is clean")
    assert RoomLine.objects.get().text == "Canary is clean"

    lead.go_to(lead.page.get_by_text("A decision", exact=True))
    lead.press("Enter", "Tab")
    lead.stands(lead.page.get_by_label("What is decided"))
    lead.type("Fix forward")
    lead.press("Enter")
    expect(lead.page.get_by_role("region", name="Decisions")).to_contain_text("Fix forward")
    assert RecordedDecision.objects.get().what == "Fix forward"

    lead.go_to(lead.page.get_by_text("An action", exact=True))
    lead.press("Enter", "Tab")
    lead.type("Load test")
    lead.press("Tab", "Tab")
    lead.stands(lead.page.get_by_label("Until", exact=True))
    lead.type(f"{clock.now() + timedelta(days=2):%m%d%Y}")
    lead.press("Tab")
    lead.type("1159PM")
    lead.press("Enter")
    expect(lead.page.get_by_role("region", name="Actions")).to_contain_text("Load test")
    assert Commitment.objects.get(what="Load test").owner.email == "alice@example.org"


def hand_over(lead, people):
    lead.press("g", "w")
    lead.page.wait_for_url("**/launches/shop/rooms/")
    lead.go_to(lead.page.get_by_role("navigation", name="Working together").get_by_role("link", name="Shift"))
    lead.press("Enter")
    lead.page.wait_for_url("**/shift/")
    lead.go_to(lead.page.get_by_label("To", exact=True))
    lead.type("Responder")
    lead.press("Tab")
    lead.type("Watch the tills")
    lead.press("Tab", "Enter")
    expect(lead.page.get_by_role("region", name="Alice Lead → Responder Person")).to_contain_text("Watch the tills")
    assert ShiftNote.objects.get().taker == people["responder"]


def look_at_the_wall_and_the_report(lead):
    lead.go_to(lead.page.get_by_role("navigation", name="Working together").get_by_role("link", name="Wall"))
    lead.press("Enter")
    lead.page.wait_for_url("**/wall/")
    expect(lead.page.locator("#part-incident")).to_contain_text("Basket is empty after paying")
    lead.go_to(lead.page.get_by_role("link", name="Back to the launch"))
    lead.press("Enter")
    lead.page.wait_for_url("**/rooms/")
    lead.press("g", "r")
    lead.page.wait_for_url("**/report/")
    expect(lead.page).to_have_title(re.compile(r"^Day \d+ of"))


# what others do meanwhile


@pytest.fixture
def on_board(visit, issues):
    """The lead signed in, on the first card of the live board."""
    person = Person(visit())
    person.page.goto("/launches/shop/board/")
    expect(person.page.locator("#live")).to_have_attribute("data-state", "live")
    person.press("j")
    person.stands(person.link(issues[0]))
    return person


@pytest.fixture
def responder(people):
    return Actor.person(people["responder"])


def change_severity(issue, responder):
    overrides.override_issue(issue.pk, field="severity", value="5", reason="", actor=responder, now=clock.now())


def test_a_card_that_is_drawn_anew_behind_a_dialog_has_the_focus_when_that_closes(on_board, issues, responder):
    on_board.press("s")
    on_board.stands(on_board.dialog("Severity").get_by_role("button", name="SEV1"))
    change_severity(issues[0], responder)
    expect(on_board.card(issues[0])).to_contain_text("SEV5")
    on_board.press("Escape")
    on_board.stands(on_board.link(issues[0]))


def test_a_card_that_somebody_takes_off_the_board_leaves_the_focus_to_the_next(on_board, issues, responder):
    lifecycle.move(issues[0].pk, to="closed", actor=responder, now=clock.now(), resolution="fixed")
    expect(on_board.card(issues[0])).to_have_count(0)
    on_board.stands(on_board.link(issues[1]))


@pytest.mark.parametrize("of_panel", ["[data-edit=title]", "[data-do=decline]", "a[href$='/issues/{key}/']", "h2"])
def test_the_panel_keeps_the_focus_where_it_was_when_somebody_changes_its_issue(on_board, issues, responder, of_panel):
    panel = on_board.page.get_by_role("complementary", name="Issue")
    place = panel.locator(of_panel.format(key=issues[0].key))
    on_board.press("Enter")
    expect(panel.locator("h2")).to_be_focused()
    if of_panel != "h2":
        on_board.go_to(place, key="Shift+Tab" if of_panel.startswith("a[") else "Tab")
    panel.locator("h2").evaluate("node => node.dataset.old = ''")
    change_severity(issues[0], responder)
    expect(panel).to_contain_text("SEV5")
    expect(panel.locator("[data-old]")).to_have_count(0)
    on_board.stands(place)
