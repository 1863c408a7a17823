"""This module tests the issue page as people without scripts have it: all that belongs to an issue, and every order."""

import pytest
from playwright.sync_api import expect

from hypercare.core import clock
from hypercare.core.timeline import SYSTEM
from tests.integration.rows import make_feedback, make_issue
from triage import lifecycle, overrides
from triage.models import Match
from triage.notes import add_note
from triage.score import rescore


def with_reports(launch, *, title: str, count: int):
    """An issue with reports that belong to it."""
    now = clock.now()
    issue = make_issue(launch, now=now, title=title)
    for number in range(count):
        row = make_feedback(launch, now=now, title=f"{title}, told {number + 1}", severity=2, issue_key=issue.key)
        Match.objects.create(feedback=row, issue=issue, origin="model", confidence=0.9, reason="alike", matched_at=now)
    rescore([issue.pk], now=now)
    issue.refresh_from_db()
    return issue


@pytest.fixture
def issue(launch):
    """An issue of two reports."""
    return with_reports(launch, title="Product pages answer 503", count=2)


@pytest.fixture
def page(visit, issue):
    """Its page, without scripts."""
    page = visit(java_script_enabled=False)
    page.goto(f"/launches/shop/issues/{issue.key}/")
    return page


def panel(page, name):
    return page.get_by_role("region", name=name)


def test_it_shows_all_reports_decisions_and_what_happened(page, issue):
    add_note(issue, text="The pool is full", actor=SYSTEM, now=clock.now())
    page.reload()
    expect(panel(page, "Reports and signals").get_by_role("link", name="told")).to_have_count(2)
    expect(panel(page, "Decisions in force")).to_contain_text("Severity")
    expect(panel(page, "Decisions in force")).to_contain_text("rule: score")
    expect(panel(page, "Timeline")).to_contain_text("Note: The pool is full Hypercare")
    expect(panel(page, "Reach")).to_contain_text("at least")


def test_it_is_moved_with_a_reason(page, issue):
    page.get_by_label("Move to").select_option("in_progress")
    page.get_by_role("textbox", name="Why").fill("Jonas takes it")
    page.get_by_role("button", name="Move").click()
    expect(panel(page, "Timeline")).to_contain_text("New → In progress: Jonas takes it Alice Lead")
    issue.refresh_from_db()
    assert issue.status == "in_progress"


def test_it_is_closed_with_a_resolution(page, issue):
    page.get_by_label("Move to").select_option("closed:workaround")
    page.get_by_role("button", name="Move").click()
    expect(page.locator(".meta")).to_contain_text("Closed (there is a workaround)")
    issue.refresh_from_db()
    assert (issue.status, issue.resolution) == ("closed", "workaround")


def test_it_is_not_declined_without_a_reason(page, issue):
    page.get_by_label("Move to").select_option("declined:wont_do")
    page.get_by_role("button", name="Move").click()
    expect(page.locator(".hc-toast[data-tone=error]")).to_contain_text("Say why")
    issue.refresh_from_db()
    assert issue.status == "new"


def test_it_is_declined_with_a_resolution(page, issue):
    page.get_by_label("Move to").select_option("declined:deferred")
    page.get_by_role("textbox", name="Why").fill("Next year's release")
    page.get_by_role("button", name="Move").click()
    expect(page.locator(".meta")).to_contain_text("Declined (deferred)")
    issue.refresh_from_db()
    assert (issue.status, issue.resolution) == ("declined", "deferred")


def test_it_is_not_moved_before_somebody_chose_where_to(page, issue):
    page.get_by_role("button", name="Move").click()
    expect(page.locator("#to:invalid")).to_be_focused()
    issue.refresh_from_db()
    assert issue.status == "new"


def test_an_order_from_a_stale_page_is_refused_by_name(page, issue, people):
    overrides.override_issue(issue.pk, field="severity", value="4", reason="", actor=SYSTEM, now=clock.now())
    page.get_by_label("Move to").select_option("triaged")
    page.get_by_role("button", name="Move").click()
    expect(page.locator(".hc-toast[data-tone=error]")).to_contain_text("changed by Hypercare meanwhile (Severity: SEV")


def test_a_value_is_set_by_hand_and_given_back(page, issue):
    by_hand = panel(page, "Set by hand")
    by_hand.get_by_label("Severity", exact=True).select_option("1")
    by_hand.get_by_role("button", name="Set Severity").click()
    expect(page.locator(".meta .hc-sev:not(.suggested)")).to_have_text("SEV1 Blocker")
    panel(page, "Decisions in force").get_by_role("button", name="Release Severity").click()
    expect(panel(page, "Timeline")).to_contain_text("Severity given back to the machines")
    expect(page.locator(".meta .hc-sev.suggested")).to_be_visible()
    expect(page.get_by_text("earlier decision")).to_be_visible()


def test_it_is_merged_by_link_and_taken_apart_again(page, issue, launch):
    other = with_reports(launch, title="Shop is down", count=1)
    page.get_by_label("Issue it is merged into").fill(f"https://hypercare.example/launches/shop/issues/{other.key}/")
    page.get_by_role("button", name="Merge").click()
    page.wait_for_url(f"**/issues/{other.key}/")
    expect(panel(page, "Reports and signals")).to_contain_text("3 in all")
    page.get_by_role("link", name=issue.title).last.click()
    page.get_by_role("button", name=f"Take apart from {other.key}").click()
    expect(panel(page, "Reports and signals")).to_contain_text("2 in all")
    issue.refresh_from_db()
    assert (issue.status, issue.merged_into_id) == ("new", None)


def test_a_note_is_added(page):
    page.get_by_role("textbox", name="Note").fill("Asked the supplier")
    page.get_by_role("button", name="Add note").click()
    expect(panel(page, "Timeline")).to_contain_text("Note: Asked the supplier Alice Lead")


def test_a_stakeholder_reads_it_and_finds_no_orders(visit, issue):
    page = visit("stakeholder", java_script_enabled=False)
    page.goto(f"/launches/shop/issues/{issue.key}/")
    expect(page.get_by_role("heading", name=issue.title)).to_be_visible()
    assert page.locator("main form").count() == 0


def test_an_ended_issue_still_says_how_it_ended(visit, issue):
    lifecycle.move(issue.pk, to="closed", actor=SYSTEM, now=clock.now(), resolution="rolled_back")
    page = visit("stakeholder")
    page.goto(f"/launches/shop/issues/{issue.key}/")
    expect(page.locator(".meta")).to_contain_text("Closed (rolled back)")
