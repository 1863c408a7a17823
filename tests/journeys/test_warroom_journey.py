"""This module works an incident in the browser: open a room, take command, decide, add an action, close; and watches the wall."""

import pytest
from playwright.sync_api import expect

from hypercare.core import clock
from hypercare.core.timeline import SYSTEM
from tests.integration.rows import make_issue
from triage.models import WarRoom
from triage.warroom import rooms, talk

# A page looks again when the network comes back; so a test need not wait for its next turn.
LOOK = "dispatchEvent(new Event('online'))"


@pytest.fixture
def issue(launch):
    return make_issue(launch, now=clock.now())


def test_an_incident_is_worked_from_the_issue_to_the_closed_room(visit, issue):
    page = visit("lead")
    page.goto(f"/launches/shop/issues/{issue.key}/")
    page.get_by_role("button", name="Open a war room").click()
    page.get_by_role("button", name="Take it Command").click()
    page.get_by_role("button", name="Give up Command").wait_for()
    page.get_by_text("A decision", exact=True).click()
    page.get_by_label("What is decided").fill("Fix forward, no rollback")
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_role("region", name="Decisions")).to_contain_text("Fix forward, no rollback")
    page.get_by_text("An action", exact=True).click()
    page.get_by_label("What is to be done").fill("Load test")
    page.get_by_label("Until", exact=True).fill(f"{clock.now():%Y-%m-%d}T23:59")
    page.get_by_role("button", name="Add the action").click()
    expect(page.get_by_role("region", name="Actions")).to_contain_text("Load test")
    page.get_by_role("button", name="Close the room").click()
    page.get_by_label("How it ended").fill("1.8.3 holds")
    page.locator("#close-room").get_by_role("button", name="Close the room").click()
    expect(page.locator(".meta")).to_contain_text("1.8.3 holds")
    kinds = page.locator(".axis li").all_inner_texts()
    assert len(kinds) >= 5
    assert WarRoom.objects.get().closing_words == "1.8.3 holds"


def test_an_open_room_shows_what_others_say_without_a_reload(visit, issue):
    room = rooms.open_room(issue, reason="", actor=SYSTEM, now=clock.now())
    page = visit("agent")
    page.goto(f"/launches/shop/rooms/{room.key}/")
    expect(page.get_by_role("heading", name="1 here")).to_be_visible()
    page.get_by_label("Say or note something").fill("half a sentence")
    talk.say(room, text="Canary is clean", actor=SYSTEM, now=clock.now())
    page.evaluate(LOOK)
    expect(page.locator(".axis")).to_contain_text("Canary is clean")
    expect(page.get_by_label("Say or note something")).to_have_value("half a sentence")
    page.context.set_offline(True)
    page.evaluate(LOOK)
    expect(page.locator("#live")).to_have_text("Not live")


def test_what_somebody_says_in_a_room_is_there_before_the_page_looks_by_itself(visit, issue):
    room = rooms.open_room(issue, reason="", actor=SYSTEM, now=clock.now())
    page = visit("agent")
    page.add_init_script("window.setInterval = () => 0")
    with page.expect_websocket():
        page.goto(f"/launches/shop/rooms/{room.key}/")
    expect(page.get_by_role("heading", name="1 here")).to_be_visible()
    talk.say(room, text="Canary is clean", actor=SYSTEM, now=clock.now())
    expect(page.locator(".axis")).to_contain_text("Canary is clean")


def test_the_wall_rings_for_a_new_sev1_only_where_the_sound_is_on(visit, launch):
    page = visit("lead")
    page.goto("/launches/shop/wall/")
    page.evaluate("window.rung = 0; document.body.addEventListener('hc:rang', () => window.rung++)")
    expect(page.get_by_role("button", name="Sound off")).to_have_attribute("aria-pressed", "false")
    make_issue(launch, now=clock.now(), severity=1, title="Nobody can buy")
    page.evaluate(LOOK)
    expect(page.locator("#part-incident")).to_contain_text("Nobody can buy")
    assert page.evaluate("window.rung") == 0
    page.get_by_role("button", name="Sound off").click()
    assert page.evaluate("window.rung") == 1
    make_issue(launch, now=clock.now(), severity=1, title="Nobody can sign in")
    page.evaluate(LOOK)
    expect(page.locator("#part-incident")).to_contain_text("Nobody can sign in")
    page.wait_for_function("window.rung === 2")
