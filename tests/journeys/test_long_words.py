"""This module holds every page to its window's width, however long a word without a break is that somebody wrote."""

import re

import pytest
from playwright.sync_api import expect

from feedback import intake
from feedback.report import read_report
from gateway_ingest import dead_letters, sources
from hypercare.core import clock
from hypercare.core.models import Component, Measurement, MetricDefinition, Team
from hypercare.core.timeline import SYSTEM, Actor
from tests.integration.rows import make_deployment, make_feedback, make_issue
from triage import lifecycle, merging
from triage.models import Match
from triage.notes import add_note
from triage.reports import draft
from triage.score import rescore

LAUNCH = "/launches/shop"
PAGES = [
    "/launches/",
    "/my/reports/",
    *(f"{LAUNCH}/{place}" for place in (
        "board/", "inbox/", "issues/", "exit/", "report/", "reports/", "portal/", "notes/new/", "setup/", "settings/",
        "settings/members/", "settings/components/", "settings/metrics/", "traffic/metrics/", "alerts/", "sources/",
        "times/", "priorities/", "fixes/", "rooms/", "shift/", "sources/letters/", "audit/", "outbox/", "quarantine/", "set-aside/", "widget-test/",
        "issues/{issue}/", "issues/{merged}/", "feedback/{report}/", "inbox/?q={word}", "issues/?q={word}",
    )),
    "/r/{receipt}/",
]  # fmt: skip


@pytest.fixture
def named(launch, people):
    """A launch whose every name is one word without an end."""
    now = clock.now()
    launch.name = "W" * 60
    launch.save()
    people["lead"].name = "W" * 80
    people["lead"].save()
    team = Team.objects.create(launch=launch, name="W" * 80)
    component = Component.objects.create(launch=launch, slug="w" * 60, name="W" * 80, team=team)
    title, owner = "W" * 300, people["lead"]
    issue = make_issue(launch, now=now, title=title, severity=1, component=component, team=team, owner=owner)
    merged = make_issue(launch, now=now, title=title, component=component)
    row = make_feedback(launch, now=now, title=title, body="W" * 3000, severity=1, issue_key=issue.key)
    Match.objects.create(feedback=row, issue=issue, origin="model", confidence=0.9, reason="w" * 200, matched_at=now)
    merging.merge(merged.pk, into_id=issue.pk, actor=Actor.person(owner), now=now)
    rescore([issue.pk], now=now)
    add_note(issue, text="W" * 400, actor=Actor.person(owner), now=now)
    source, _key = sources.create(launch, name="W" * 80, actor=SYSTEM, now=now)
    dead_letters.keep(source, b"W" * 500, reason="W" * 300, format_name="", now=now)
    MetricDefinition.objects.create(launch=launch, name="W" * 50, unit="W" * 20, only=["W" * 80])
    Measurement.objects.create(launch=launch, metric=f"own:{'W' * 50}", measured_at=now, value=1e15)
    ended = make_issue(launch, now=now, title=title)
    lifecycle.move(ended.pk, to="closed", actor=SYSTEM, now=now)
    make_deployment(launch, now=now, version="w" * 60)
    told = {"launch": "shop", "channel": "portal", "title": title, "reporter": {"email": owner.email}}
    receipt = intake.accept(launch, read_report(told, source="portal")[0], actor=SYSTEM, now=now)
    kept = draft.preview(launch, now=now)
    kept.note = "W" * 400
    kept.save()
    return {
        "issue": issue.key,
        "merged": merged.key,
        "report": row.key,
        "receipt": (receipt.status_path or "").strip("/").split("/")[-1],
        "word": "W" * 300,
    }


def too_wide(page, path: str) -> str:
    """What is wider than the window: the page, and the first things that reach beyond its edge."""
    page.goto(path)
    expect(page.locator(".htmx-request")).to_have_count(0)
    beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    culprits = """() => [...document.querySelectorAll("body *")]
        .filter((node) => node.getBoundingClientRect().right > innerWidth + 1).slice(0, 6)
        .map((node) => `${node.tagName}.${node.className?.baseVal ?? node.className}`)"""
    return f"{path[:60]} is {beyond} px too wide: {page.evaluate(culprits)}" if beyond > 0 else ""


@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_is_wider_than_its_window(visit, named, width):
    page = visit("lead", width=width)
    found = [too_wide(page, path.format(**named)) for path in PAGES]
    assert not any(found), "\n".join(filter(None, found))


@pytest.mark.parametrize("width", [390, 1440])
def test_a_guest_finds_the_portal_in_the_window_too(visit, named, width):
    page = visit(None, width=width)
    found = [too_wide(page, path.format(**named)) for path in (f"{LAUNCH}/portal/", "/r/{receipt}/")]
    assert not any(found), "\n".join(filter(None, found))


def test_a_report_beside_the_list_and_the_menus_keep_to_the_window(visit, named):
    page = visit("lead", width=390)
    page.goto(f"{LAUNCH}/inbox/")
    page.locator("[data-report]").last.click()
    expect(page.locator("#report-title")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate("document.querySelector('#report .scroll').scrollWidth <= innerWidth")
    page.goto(f"{LAUNCH}/board/")
    for name in ("account", re.compile("^W{60}$")):
        page.get_by_role("button", name=name).click()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        page.keyboard.press("Escape")


@pytest.mark.parametrize("width", [390, 800])
def test_the_box_of_views_and_lanes_lies_in_the_window(visit, named, width):
    page = visit("lead", width=width)
    page.goto(f"{LAUNCH}/board/")
    page.get_by_text("Views and lanes").click()
    box = page.locator(".boardmore > .box").bounding_box()
    assert 0 <= box["x"] <= box["x"] + box["width"] <= width
    assert page.get_by_role("link", name="Component").is_visible()


@pytest.mark.parametrize("width", [390, 1440])
def test_the_bar_keeps_its_buttons_beside_a_long_name(visit, named, width):
    page = visit("lead", width=width)
    page.goto(f"{LAUNCH}/board/")
    expect(page.locator(".hc-top .hc-verdict")).to_be_visible()
    parts = [
        page.locator(f".hc-top {part}").bounding_box() for part in (".launch", ".hc-verdict", ".hc-live", ".hc-av.lg")
    ]
    edges = [edge for box in parts for edge in (box["x"], box["x"] + box["width"])]
    assert edges == sorted(edges)
    assert edges[-1] <= width


def test_a_short_name_is_shown_whole_and_a_portal_keeps_its_way_below_its_name(visit, launch):
    page = visit("lead", width=390)
    page.goto(f"{LAUNCH}/board/")
    assert page.evaluate(
        "(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)(document.querySelector('.launch span'))"
    )
    page.goto(f"{LAUNCH}/portal/")
    brand, nav = (page.locator(f".mast {part}").bounding_box() for part in (".brand", "nav"))
    assert nav["y"] >= brand["y"] + brand["height"]
