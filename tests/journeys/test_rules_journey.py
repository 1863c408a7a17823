"""This journey changes a rule by the keyboard alone: it finds what fires, tries a calmer limit on the past, saves, disarms."""

import re

import pytest
from playwright.sync_api import expect

from gateway_ingest.models import Alert, AlertStatus, Rule
from hypercare.core import clock
from tests.integration.watched import MINUTE, Gateway
from tests.journeys.test_pages_are_accessible import faults, with_axe


@pytest.fixture
def burst(launch, transactional_db):
    """Eight minutes of failures up to now, which the rules have seen."""
    gateway = Gateway(launch, clock.now() - 10 * MINUTE)
    gateway.play(8, (50, {"status": 500}), (950, {}))
    return gateway


def press_until(page, key, locator, *, most=60):
    """Presses a key until something has the focus."""
    for _time in range(most):
        if locator.evaluate("(node) => node === document.activeElement"):
            return
        page.keyboard.press(key)
    pytest.fail(f"{locator} is not reached by {key}")


def test_rule_is_tried_changed_and_disarmed_by_keyboard(visit, burst):
    page = with_axe(visit("lead"))
    page.goto("/launches/shop/board/")
    page.locator(".hc-rail").get_by_role("link", name="Rules").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Rules", exact=True)).to_be_visible()
    row = page.get_by_role("row", name=re.compile("Error burst"))
    expect(row).to_contain_text("Firing for 1 key")
    press_until(page, "Tab", page.get_by_role("link", name="Error burst"))
    page.keyboard.press("Enter")
    chart = page.get_by_role("img", name=re.compile("Share of answers 500 and above of checkout"))
    expect(chart).to_be_visible()
    table = page.get_by_text("The chart as a table")
    press_until(page, "Tab", table)
    page.keyboard.press("Enter")
    expect(page.get_by_role("cell", name="yes").first).to_be_visible()
    assert not faults(page)

    limit = page.get_by_label("Limit 1, in percent")
    press_until(page, "Tab", limit)
    page.keyboard.press("Control+A")
    page.keyboard.type("50")
    press_until(page, "Tab", page.get_by_role("button", name="Try it on the past"))
    page.keyboard.press("Enter")
    expect(page.locator(".hc-error")).to_contain_text("from the mildest step to the most severe")
    assert not faults(page)

    for number, text in ((1, "6"), (2, "9")):
        press_until(page, "Tab", page.get_by_label(f"Limit {number}, in percent"))
        page.keyboard.press("Control+A")
        page.keyboard.type(text)
    press_until(page, "Tab", page.get_by_role("button", name="Try it on the past"))
    page.keyboard.press("Enter")
    expect(page.locator("#tried [role=status]")).to_contain_text("it would have fired 0 times")
    assert not faults(page)
    assert Rule.objects.get(name="error_burst").version == 1

    press_until(page, "Tab", page.get_by_role("button", name="Save the rule"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("The rule was saved")).to_be_visible()
    expect(page.get_by_role("region", name="Who changed it")).to_contain_text("Alice Lead")
    press_until(page, "Tab", page.get_by_role("button", name="Disarm"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("what it was firing has ended")).to_be_visible()
    expect(page.get_by_role("button", name="Arm", exact=True)).to_be_visible()
    expect(chart).to_be_visible()
    assert Alert.objects.get(labels__rule="error_burst").status == AlertStatus.RESOLVED


def test_reader_sees_a_rule_and_cannot_change_it(visit, burst):
    page = with_axe(visit("stakeholder", width=390))
    page.goto("/launches/shop/rules/error_burst/")
    expect(page.get_by_role("img", name=re.compile("of checkout"))).to_be_visible()
    expect(page.get_by_text("Leads of this launch may change it.")).to_be_visible()
    expect(page.get_by_role("button", name="Save the rule")).to_have_count(0)
    assert not faults(page)
