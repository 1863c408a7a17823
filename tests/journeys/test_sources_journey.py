"""This journey makes a source in the browser, waits for its first event, puts a dead letter right and replaces the key."""

import json
import re
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

from gateway_ingest.models import Source
from tests.journeys.test_pages_are_accessible import faults, with_axe

KEY = re.compile(r"hcs_[\w-]{40,}")
ALERT = {"title": "Till is slow", "severity": "warning", "status": "firing", "fingerprint": "till"}


def post(site, path, body, key):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(site.url + path, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def make(page, name, program):
    page.goto("/launches/shop/sources/")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("What sends").select_option(label=program)
    page.get_by_role("button", name="Make a source").click()
    expect(page.get_by_text("This is the only time the key is shown.")).to_be_visible()
    return KEY.search(page.locator("#main").inner_text())[0]


def test_source_is_made_copied_heard_put_right_and_given_a_new_key(visit, launch, site):
    page = with_axe(visit("lead", permissions=["clipboard-read", "clipboard-write"]))
    key = make(page, "Till alerts", "Prometheus, Alertmanager")
    assert not faults(page)
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"{site.url}/ingest/alertmanager/" in copied
    assert f"credentials: {key}" in copied

    expect(page.get_by_text("Waiting for the first event.")).to_be_visible()
    assert post(site, "/ingest/generic/", ALERT, key) == 202
    expect(page.get_by_text("First event received at")).to_be_visible()
    expect(page.get_by_text("hearing")).to_be_visible()

    assert post(site, "/ingest/", {"headline": "Till is offline", "state": "open"}, key) == 202
    page.goto("/launches/shop/sources/")
    expect(page.get_by_text("some was not taken").or_(page.get_by_text("hearing"))).to_be_visible()
    page.get_by_role("link", name="Till alerts").click()
    page.get_by_role("link", name="Fix mapping for").click()
    page.get_by_role("button", name="Save and replay").click()
    expect(page.get_by_text("was replayed: 1 alert.")).to_be_visible()

    page.goto(f"/launches/shop/sources/{Source.objects.get().pk}/")
    page.get_by_role("button", name="New key for Till alerts").click()
    expect(page.get_by_text("The key before it works for 24 hours more.")).to_be_visible()
    new = KEY.search(page.locator("#main").inner_text())[0]
    assert [post(site, "/ingest/generic/", ALERT | {"fingerprint": one}, one) for one in (key, new)] == [202, 202]
    assert not faults(page)

    page.get_by_role("button", name="End Till alerts").click()
    page.get_by_role("button", name="End the source").click()
    expect(page.get_by_text("what it sends is refused from now on.")).to_be_visible()
    assert [post(site, "/ingest/generic/", ALERT, one) for one in (key, new)] == [401, 401]


def test_source_is_made_and_limited_by_keyboard_alone(visit, launch, site):
    page = visit("lead")
    page.goto("/launches/shop/sources/")
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.type("nginx shop")
    page.keyboard.press("Tab")
    page.keyboard.type("ngin")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Configuration for nginx")).to_be_visible()
    page.get_by_label("Allowed addresses").focus()
    page.keyboard.type("10.0.0.300")
    page.keyboard.press("Tab")
    page.keyboard.type("50")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("“10.0.0.300” is no address or network")).to_be_visible()
    field = page.get_by_label("Allowed addresses")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("127.0.0.0/8")
    field.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The limits of nginx shop are set.")).to_be_visible()
    source = Source.objects.get()
    assert (source.allowed_networks, source.rows_a_second) == (["127.0.0.0/8"], 50)


@pytest.mark.parametrize("width", [390, 320])
def test_source_fits_a_phone(visit, launch, site, width):
    page = with_axe(visit("lead", width=width))
    make(page, "nginx with a name that is rather long for a phone", "nginx")
    beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(beyond) <= 0
    assert not faults(page)
    page.goto("/launches/shop/sources/")
    assert page.evaluate(beyond) <= 0
    expect(page.get_by_role("link", name="nginx with a name")).to_be_visible()
    assert not faults(page)
