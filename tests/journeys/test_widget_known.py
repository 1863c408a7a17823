"""This module writes into the widget on somebody else's page, and is told there what is known already."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from feedback import known
from hypercare.core import clock
from hypercare.core.models import LaunchKey
from hypercare.core.timeline import SYSTEM


@pytest.fixture
def shop(visit, site, launch):
    """A page of another origin that holds nothing but the widget."""

    class Host(BaseHTTPRequestHandler):
        def do_GET(self):
            page = f"<!doctype html><html lang=en><title>Shop</title><script src='{site.url}/w/{key.key}/widget.js'></script>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address, now = f"http://127.0.0.1:{server.server_port}", clock.now()
    key = LaunchKey.objects.create(launch=launch, key="k" * 20, origins=[address], created_at=now)
    words = {"title": "Norwegian postcodes are refused", "workaround": "Leave the field empty"}
    known.publish(launch, issue_key="IS-1", **words, actor=SYSTEM, now=now)
    page = visit(None)
    page.goto(f"{address}/")
    yield page
    server.shutdown()
    server.server_close()


def test_what_is_known_stands_under_the_text_and_again_after_a_look_elsewhere(shop):
    refused = []
    shop.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    shop.get_by_role("button", name="Feedback").click()
    shop.keyboard.press("1")
    text, listed = shop.get_by_label("What happened?"), shop.get_by_role("listitem")
    text.press_sequentially("my norwegian postcode is refused")
    expect(listed).to_have_text("Norwegian postcodes are refused Leave the field empty")
    expect(text).to_be_focused()
    shop.get_by_role("button", name="See them, or add a picture").click()
    expect(listed).to_have_count(0)
    shop.get_by_role("button", name="Back", exact=True).click()
    expect(listed).to_have_count(1)
    shop.keyboard.press("Escape")
    expect(shop.get_by_role("button", name="Feedback")).to_be_focused()
    shop.keyboard.press("Enter")
    expect(listed).to_have_count(1)
    text.fill("hm")
    expect(listed).to_have_count(0)
    with shop.expect_response("**/known"):
        text.fill("my norwegian postcode is refused " + "é" * 40_000)
    expect(listed).to_have_count(1)
    assert refused == [url for url in refused if "favicon" in url]
