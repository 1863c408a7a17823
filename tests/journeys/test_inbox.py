"""This module tests the inbox in a browser: the list beside one report, by mouse, by keyboard and without scripts."""

import pytest
from django.contrib.postgres.search import SearchVector
from playwright.sync_api import expect

from feedback.models import Feedback
from hypercare.core import clock
from tests.integration.rows import make_feedback, make_issue
from triage.models import Match

INBOX = "/launches/shop/inbox/"


@pytest.fixture
def reports(launch):
    """Three reports, the newest last; the first belongs to an issue."""
    now = clock.now()
    issue = make_issue(launch, now=now, title="Basket loses its goods")
    texts = [
        ("Basket is empty", "Everything I put in was gone after I signed in", "bug", 2),
        ("Sökningen hittar inga vinterkängor", "Jag söker på kängor och får noll träffar", "usability", 4),
        ("Pay button does nothing", "I press pay and nothing happens", "bug", 3),
    ]
    rows = [
        make_feedback(launch, now=now, title=title, body=body, category=category, severity=severity)
        for title, body, category, severity in texts
    ]
    Feedback.objects.filter(pk=rows[0].pk).update(issue_key=issue.key, reply_status="looking")
    Match.objects.create(
        feedback=rows[0], issue=issue, origin="model", confidence=0.9, reason="same words", matched_at=now
    )
    Feedback.objects.update(search=SearchVector("title", "body", config="simple"))
    return rows


@pytest.fixture
def page(visit, reports):
    """The lead's inbox."""
    page = visit()
    page.goto(INBOX)
    return page


def panel(page):
    return page.locator("#report")


def expect_titles(page, *titles: str) -> None:
    expect(page.locator("[data-report]")).to_have_text(list(titles))


def test_a_report_opens_beside_the_list_and_closes_again(page, reports):
    page.get_by_role("link", name="Basket is empty").click()
    heading = panel(page).get_by_role("heading", name="Basket is empty")
    expect(heading).to_be_focused()
    expect(panel(page)).to_contain_text("Everything I put in was gone")
    expect(panel(page).get_by_role("link", name="Basket loses its goods")).to_be_visible()
    assert page.url.endswith(INBOX)
    page.keyboard.press("Escape")
    expect(panel(page)).to_contain_text("Choose a report")
    expect(page.get_by_role("link", name="Basket is empty")).to_be_focused()


def test_j_and_k_walk_the_reports(page, reports):
    for key, row in (("j", reports[2]), ("j", reports[1]), ("k", reports[2])):
        page.keyboard.press(key)
        expect(panel(page).get_by_role("heading", name=row.title)).to_be_visible()
        expect(page.locator(f"[data-row={row.key}] [aria-current=true]")).to_be_focused()


def test_filters_stand_in_the_address_and_are_removed_one_by_one(page):
    page.select_option("#f-category", "bug")
    page.fill("#q", "pay")
    page.get_by_role("button", name="Filter").click()
    expect_titles(page, "Pay button does nothing")
    page.get_by_role("link", name="Search: pay, remove this filter").click()
    expect_titles(page, "Pay button does nothing", "Basket is empty")
    assert "category=bug" in page.url
    page.reload()
    expect_titles(page, "Pay button does nothing", "Basket is empty")


def test_a_view_and_a_search_add_up(page):
    page.get_by_role("link", name="Not looked at", exact=True).click()
    expect(page.locator("[data-report]")).to_have_count(2)
    page.fill("#q", "kängor")
    page.keyboard.press("Enter")
    expect_titles(page, "Sökningen hittar inga vinterkängor")
    assert "reply_status=received" in page.url


def test_a_filter_that_hides_everything_says_so_and_offers_the_way_back(page):
    page.goto(f"{INBOX}?q=zebra")
    expect(page.get_by_role("heading", name="Your filter hides everything")).to_be_visible()
    page.get_by_role("link", name="Remove the filter").click()
    expect(page.locator("[data-report]")).to_have_count(3)


def test_a_verdict_by_hand_is_set_in_the_panel(page, reports):
    page.get_by_role("link", name="Pay button does nothing").click()
    panel(page).get_by_label("Severity", exact=True).select_option("1")
    panel(page).get_by_role("button", name="Set Severity").click()
    expect(page.locator(".hc-toast")).to_contain_text("Severity is set")
    expect(panel(page).locator(".sugs .hc-sev[data-sev='1']:not(.suggested)")).to_be_visible()
    reports[2].refresh_from_db()
    assert reports[2].severity == 1


def test_an_empty_inbox_shows_how_to_send_the_first_report(visit):
    page = visit()
    page.goto(INBOX)
    expect(page.get_by_role("heading", name="Nothing has been reported yet")).to_be_visible()
    expect(page.get_by_role("link", name="Send the first one")).to_have_attribute("href", "/launches/shop/widget-test/")


def test_without_scripts_a_report_is_a_page_and_older_ones_a_link(visit, reports, launch):
    for number in range(60):
        make_feedback(launch, now=clock.now(), title=f"Report {number}")
    page = visit(java_script_enabled=False)
    page.goto(INBOX)
    expect(page.locator("[data-report]")).to_have_count(50)
    page.get_by_role("link", name="Older").click()
    expect(page.locator("[data-report]").last).to_have_text("Basket is empty")
    page.get_by_role("link", name="Basket is empty").click()
    page.wait_for_url(f"**/feedback/{reports[0].key}/")
    page.get_by_label("Type").select_option("security")
    page.get_by_role("button", name="Set Type").click()
    expect(page.locator(".hc-toast")).to_contain_text("Type is set")


def test_the_rail_counts_what_nobody_has_looked_at(page):
    expect(page.get_by_role("navigation", name="Main").locator(".hc-n")).to_have_text("2 not looked at")
