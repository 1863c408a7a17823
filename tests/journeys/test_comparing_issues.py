"""This module tests that whoever asks why one issue is above another sees the answer, however long the ranking is."""

import pytest
from playwright.sync_api import expect

from hypercare.core import clock
from tests.integration.rows import make_issue


@pytest.mark.parametrize("width", [1440, 390])
def test_the_answer_is_in_sight_when_it_comes(visit, launch, width):
    issues = [make_issue(launch, now=clock.now(), title=f"Problem {n}", severity=3) for n in range(30)]
    page = visit(width=width)
    page.goto("/launches/shop/priorities/")
    page.get_by_label("One issue").fill(issues[3].key)
    page.get_by_label("and the other").fill(issues[9].key)
    page.keyboard.press("Enter")
    expect(page.locator(".sides")).to_be_in_viewport()
    expect(page.get_by_role("heading", name="Why is this above that?")).to_be_in_viewport()
