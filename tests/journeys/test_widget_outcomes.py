"""This module sends from the widget over networks that fail: what was written arrives, and its writer learns what came of it."""

import json
import re
import time

import pytest
from playwright.sync_api import Page, Route, expect

from feedback.models import Feedback

REPORTS = "**/w/*/reports"
ARRIVES_SECONDS = 30.0
NO_SHELF = "IDBFactory.prototype.open = () => { throw new Error('a private window') }"
CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: %s })"
WORDS = {
    "en": {
        "open": "Feedback",
        "what": "What happened?",
        "kept": "Your report is kept on this device and is sent again by itself for a day.",
        "sent": "Your report was sent: ",
        "thanks": "Thank you. A person will read this.",
    },
    "sv": {
        "open": "Synpunkter",
        "what": "Vad hände?",
        "kept": "Rapporten är sparad på den här enheten och skickas igen av sig själv i ett dygn.",
        "sent": "Din rapport skickades: ",
        "thanks": "Tack. En människa läser det här.",
    },
}


def write(page: Page, text: str, *, language: str = "en") -> None:
    """Opens the widget and writes there what is broken."""
    page.get_by_role("button", name=WORDS[language]["open"]).click()
    page.keyboard.press("1")
    page.get_by_label(WORDS[language]["what"]).fill(text)


def with_one_kept(shop) -> Page:
    """A page without network whose widget says that it keeps a report."""
    page = shop()
    page.context.set_offline(True)
    write(page, "Basket is empty")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="We could not reach the server.")).to_be_visible()
    return page


def send_and_hold(page: Page, text: str) -> Route:
    """Sends this, and keeps it on its way until the test answers it."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(REPORTS, hold, times=1)
    write(page, text)
    with page.expect_request(REPORTS):
        page.keyboard.press("Control+Enter")
    while not held:
        page.evaluate("0")  # while the page is asked something, the browser hands the request over
    return held[0]


def refuse(route: Route, **problem) -> None:
    route.fulfill(
        status=400,
        body=json.dumps(problem),
        headers={"Access-Control-Allow-Origin": "*", "Content-Type": "application/problem+json"},
    )


def click_beside(page: Page) -> None:
    page.mouse.click(20, 20)


def assert_arrived(*texts: str) -> None:
    """Exactly these reports are stored, in any order."""
    end = time.monotonic() + ARRIVES_SECONDS
    while time.monotonic() < end and Feedback.objects.count() < len(texts):
        time.sleep(0.1)
    assert sorted(Feedback.objects.values_list("title", flat=True)) == sorted(texts)


@pytest.mark.parametrize("language", ["en", "sv"])
def test_a_kept_report_and_the_one_written_after_it_both_arrive(shop, language):
    words = WORDS[language]
    page = shop(language)
    page.context.set_offline(True)
    for text in ("Basket is empty", "Search finds nothing"):
        write(page, text, language=language)
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text(words["kept"], exact=True)).to_be_visible()
        if text == "Basket is empty":
            page.keyboard.press("Escape")
    page.context.set_offline(False)
    expect(page.locator(".told")).to_contain_text(words["sent"])
    expect(page.get_by_role("heading", name=words["thanks"])).to_be_visible()
    assert_arrived("Basket is empty", "Search finds nothing")


def test_a_report_that_arrives_while_the_next_is_written_leaves_the_form_alone(shop):
    page = with_one_kept(shop)
    page.keyboard.press("Escape")
    write(page, "Search finds nothing")
    page.context.set_offline(False)
    assert_arrived("Basket is empty")
    expect(page.get_by_role("dialog")).to_contain_text(re.compile("HC-|Your report was sent: "))
    expect(page.get_by_label("What happened?")).to_have_value("Search finds nothing")
    expect(page.locator(".told")).to_contain_text("Your report was sent: ")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Your report is ")).to_be_visible()
    assert_arrived("Basket is empty", "Search finds nothing")


def test_a_kept_report_that_is_refused_later_comes_back_to_its_writer(shop):
    page = with_one_kept(shop)
    page.route(REPORTS, lambda route: refuse(route, detail="The launch is closed."))
    page.context.set_offline(False)
    expect(page.get_by_role("alert").filter(has_text="The launch is closed.")).to_be_visible()
    expect(page.get_by_label("What happened?")).to_have_value("Basket is empty")


def test_a_text_changed_after_an_answer_was_lost_is_a_report_of_its_own(shop):
    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page = shop(first=NO_SHELF)
    page.route(REPORTS, lose_the_answer)
    write(page, "Basket is empty")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Your text is still here. Try again, or copy it.")).to_be_visible()
    page.unroute(REPORTS)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Feedback").click()
    expect(page.get_by_label("What happened?")).to_have_value("Basket is empty")
    page.get_by_label("What happened?").fill("Basket is empty after I sign in")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Your report is ")).to_be_visible()
    assert_arrived("Basket is empty", "Basket is empty after I sign in")


@pytest.mark.parametrize("leave", [lambda page: page.keyboard.press("Escape"), click_beside], ids=["escape", "beside"])
def test_a_receipt_that_comes_after_the_dialog_was_closed_is_told_and_shown_next(shop, leave):
    page = shop()
    route = send_and_hold(page, "Basket is empty")
    leave(page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    route.continue_()
    expect(page.locator(".news")).to_have_text(f"Your report was sent: {last_key()}.")
    page.get_by_role("button", name="Feedback").click()
    expect(page.get_by_text("Your report is ")).to_contain_text(last_key())
    expect(page.locator(".told")).to_be_empty()
    expect(page.get_by_role("link", name="Follow it here")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Feedback").click()
    expect(page.get_by_role("heading", name="Tell us")).to_be_visible()


def last_key() -> str:
    assert_arrived("Basket is empty")
    return Feedback.objects.get().key


def test_a_refusal_that_comes_after_the_dialog_was_closed_is_told_and_shown_next(shop):
    page = shop()
    route = send_and_hold(page, "Basket is empty")
    page.keyboard.press("Escape")
    refuse(route, detail="Wrong.", errors=[{"pointer": "/email", "detail": "This address is not known."}])
    expect(page.locator(".news")).to_have_text("This address is not known.")
    page.get_by_role("button", name="Feedback").click()
    expect(page.get_by_role("alert").filter(has_text="This address is not known.")).to_be_visible()
    expect(page.get_by_label("E-mail, if you like")).to_be_focused()
    expect(page.get_by_label("What happened?")).to_have_value("Basket is empty")


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ("", "Your report is kept on this device and is sent again by itself for a day."),
        (NO_SHELF, "Your text is still here. Try again, or copy it."),
    ],
    ids=["kept", "not kept"],
)
def test_a_server_not_reached_after_the_dialog_was_closed_is_told_and_shown_next(shop, first, told):
    page = shop(first=first)
    route = send_and_hold(page, "Basket is empty")
    page.keyboard.press("Escape")
    page.route(REPORTS, lambda again: again.abort())
    route.abort()
    expect(page.locator(".news")).to_have_text(f"We could not reach the server. {told}")
    page.get_by_role("button", name="Feedback").click()
    expect(page.get_by_text(told, exact=True)).to_be_visible()
    expect(page.get_by_label("What happened?")).to_have_value("Basket is empty")


def test_what_is_on_its_way_is_sent_once_and_not_written_on(shop):
    page = shop()
    route = send_and_hold(page, "Basket is empty")
    page.keyboard.type(" after I sign in")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Feedback").click()
    expect(page.get_by_text("Sending", exact=True)).to_be_visible()
    page.keyboard.type(" after I sign in")
    expect(page.locator("textarea#text")).to_have_value("Basket is empty")
    refuse(route, detail="The launch is closed.")
    expect(page.get_by_label("What happened?")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Your report is ")).to_be_visible()
    assert_arrived("Basket is empty")


def test_sending_by_key_once_more_leaves_the_receipt_where_it_is(shop):
    page = shop()
    write(page, "Basket is empty")
    page.keyboard.press("Control+Enter")
    receipt = page.get_by_text("Your report is ")
    expect(receipt).to_be_visible()
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Meta+Enter")
    expect(receipt).to_be_visible()
    assert_arrived("Basket is empty")


@pytest.mark.parametrize("language", ["en", "sv"])
@pytest.mark.parametrize(
    "clipboard", ["undefined", "{ writeText: () => Promise.reject(new Error('not allowed')) }"], ids=["none", "refused"]
)
def test_where_nothing_can_be_copied_the_text_is_selected_instead(shop, language, clipboard):
    buttons = {"en": ["Copy text", "Selected: copy it now"], "sv": ["Kopiera texten", "Markerad: kopiera nu"]}
    page = shop(language, first=CLIPBOARD % clipboard)
    page.context.set_offline(True)
    write(page, "Basket is empty", language=language)
    page.keyboard.press("Control+Enter")
    before, after = (page.get_by_role("button", name=name, exact=True) for name in buttons[language])
    before.click()
    expect(after).to_be_visible()
    expect(page.get_by_label(WORDS[language]["what"])).to_be_focused()
    assert page.evaluate("getSelection().toString()") == "Basket is empty"


def test_a_text_that_was_copied_is_said_to_be(shop):
    page = shop(first=CLIPBOARD % "{ writeText: async (text) => (window.copied = text) }")
    page.context.set_offline(True)
    write(page, "Basket is empty")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Copy text").click()
    expect(page.get_by_role("button", name="Copied", exact=True)).to_be_visible()
    assert page.evaluate("copied") == "Basket is empty"


@pytest.mark.parametrize("outwards", [True, False], ids=["from the text", "into the text"])
def test_a_drag_over_the_edge_of_the_dialog_does_not_close_it(shop, outwards):
    page = shop()
    write(page, "Basket is empty")
    box = page.get_by_label("What happened?").bounding_box()
    inside, beside = (box["x"] + 60, box["y"] + 20), (20, 20)
    start, end = (inside, beside) if outwards else (beside, inside)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    page.mouse.up()
    expect(page.get_by_role("dialog")).to_be_visible()
    click_beside(page)
    expect(page.get_by_role("dialog")).to_have_count(0)
