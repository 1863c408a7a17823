"""This module opens the product in Chromium: one browser and one server for all journeys, a fresh database for each."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from hypercare.core import clock
from hypercare.core.models import LaunchKey, User

# Playwright's loop runs in the thread of the test, where Django would refuse to read rows.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

# How long a page may take on a busy machine; what holds at once is seen at once.
PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
PASSWORD = "correct horse"
TRIAGE_LOOK_SECONDS = 0.05
LOOKS, LOOK_SECONDS, QUIET_LOOKS = 250, 0.02, 4
AT_WORK = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'
"""


def chromium_path() -> str:
    """The browser named by HYPERCARE_CHROMIUM, or one found on PATH."""
    path = os.environ.get("HYPERCARE_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if not path:
        pytest.fail(
            f"No browser: install Chromium, or set HYPERCARE_CHROMIUM to its path (looked for {', '.join(CHROMIUM_NAMES)})."
        )
    return path


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser; it ends with the journeys, so that tests with loops of their own come after it in peace."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, site, transactional_db, people):
    """Opens a window in which someone is signed in, and gives its page; other arguments are the window's.

    The sign-in form is filled in by the journey of a whole shift; the others come in by a session of their own.
    """
    caches["default"].clear()
    contexts = []

    def open_window(who: str | None = "lead", *, width: int = 1440, **more) -> Page:
        window = {
            "viewport": {"width": width, "height": 900},
            "base_url": site.url,
            "reduced_motion": "reduce",
        } | more
        context = chromium.new_context(**window)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if who:
            context.add_cookies([session_of(people[who]) | {"url": site.url}])
        return context.new_page()

    yield open_window
    for context in contexts:
        context.close()
    let_requests_end()


@pytest.fixture
def shop(visit, site, launch):
    """Opens a page of another origin that holds nothing but the widget, in this language."""

    class Host(BaseHTTPRequestHandler):
        def do_GET(self):
            language = self.path.strip("/") or "en"
            script = f"<script src='{site.url}/w/{key.key}/widget.js'></script>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><html lang={language}><title>Shop</title>{script}".encode())

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    key = LaunchKey.objects.create(launch=launch, key="k" * 20, origins=[address], created_at=clock.now())

    def open_shop(language: str = "en", *, first: str = "", **more) -> Page:
        page = visit(None, **more)
        if first:
            page.add_init_script(first)
        page.goto(f"{address}/{language}")
        return page

    yield open_shop
    server.shutdown()
    server.server_close()


def let_requests_end() -> None:
    """What a closed window asked last may still be read: emptying the tables meanwhile would be a deadlock.

    One quiet look is not enough: a request may be between two statements, or on its way to the first.
    """
    quiet = 0
    for _look in range(LOOKS):
        with connection.cursor() as cursor:
            cursor.execute(AT_WORK)
            quiet = 0 if cursor.fetchone()[0] else quiet + 1
        if quiet == QUIET_LOOKS:
            return
        time.sleep(LOOK_SECONDS)


def session_of(user: User) -> dict[str, str]:
    """The cookie that a browser has after this person signed in."""
    client = Client()
    client.force_login(user)
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}


BOARD = "/launches/shop/board/"


@pytest.fixture
def opened(visit):
    """Opens pages of the lead's, and no error in them."""
    errors = []
    page = visit()
    page.on("pageerror", lambda error: errors.append(str(error)))

    def go(path: str) -> Page:
        page.goto(path)
        if path.startswith(BOARD):
            expect(page.locator("#live")).to_have_attribute("data-state", "live")
        return page

    yield go
    assert errors == []


def press(page: Page, *keys: str) -> None:
    """Key after key."""
    for key in keys:
        page.keyboard.press(key)


def told(page: Page, text: str) -> None:
    """What the page says in the end, also while the machine is busy."""
    expect(page.locator(".hc-toast", has_text=text).last).to_be_visible()


def poll_until(page: Page, is_so: Callable[[], object]) -> None:
    """Waits while the page goes on."""
    for _turn in range(PATIENCE_MS // 100):
        if is_so():
            return
        page.wait_for_timeout(100)
    raise AssertionError


@pytest.fixture
def triage(transactional_db) -> Iterator[None]:
    """Triage at work beside the test, as a worker would be; it ends before the tables are emptied."""
    from triage import pipeline
    from triage.classify.classify import load_model

    load_model(now=clock.now())
    ended = threading.Event()

    def work() -> None:
        try:
            while not ended.wait(TRIAGE_LOOK_SECONDS):
                pipeline.triage_waiting(clock=clock.now)
        finally:
            connection.close()

    worker = threading.Thread(target=work, name="triage")
    worker.start()
    yield
    ended.set()
    worker.join()
