"""This module writes into the widget on somebody else's page, and is told there what is known already."""

import pytest
from playwright.sync_api import expect

from feedback import known
from hypercare.core import clock
from hypercare.core.timeline import SYSTEM


@pytest.fixture
def page(shop, launch):
    """A page with the widget, of a launch that told one thing it knows."""
    words = {"title": "Norwegian postcodes are refused", "workaround": "Leave the field empty"}
    known.publish(launch, issue_key="IS-1", **words, actor=SYSTEM, now=clock.now())
    return shop()


def test_what_is_known_stands_under_the_text_and_again_after_a_look_elsewhere(page):
    refused = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    page.get_by_role("button", name="Feedback").click()
    page.keyboard.press("1")
    text, listed = page.get_by_label("What happened?"), page.get_by_role("listitem")
    text.press_sequentially("my norwegian postcode is refused")
    expect(listed).to_have_text("Norwegian postcodes are refused Leave the field empty")
    expect(text).to_be_focused()
    page.get_by_role("button", name="See them, or add a picture").click()
    expect(listed).to_have_count(0)
    page.get_by_role("button", name="Back", exact=True).click()
    expect(listed).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Feedback")).to_be_focused()
    page.keyboard.press("Enter")
    expect(listed).to_have_count(1)
    text.fill("hm")
    expect(listed).to_have_count(0)
    with page.expect_response("**/known"):
        text.fill("my norwegian postcode is refused " + "é" * 40_000)
    expect(listed).to_have_count(1)
    assert refused == [url for url in refused if "favicon" in url]
