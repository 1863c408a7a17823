"""This module measures what a lead feels of board and list in a real browser: first paint, answers to keys, scrolling."""

import argparse
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.figures import quantile, show
from benchmarks.product import LAUNCH, running_product

MEASURES = (
    "in Chromium on the same machine: first and largest paint of board and list, the time from a key to the next paint, and "
    "frames that took longer than 50 ms while scrolling"
)
REFERENCE = "first paint of the launch's settings page, which reads a handful of rows"
PAGES = {"board": f"/launches/{LAUNCH}/board/", "list": f"/launches/{LAUNCH}/issues/"}
PLAIN = f"/launches/{LAUNCH}/settings/"
KEYS = ("j", "j", "x", "j", "j", "k", "x", "Enter", "Escape", "j", "x", "Escape", "j", "j")
SIGN_IN = ("benchmark@example.org", "a-long-enough-one")
GOOD_INP_MS = 200

_WATCH = """
window.felt = {keys: [], paints: {}, shift: 0, frames: []};
new PerformanceObserver(list => list.getEntries().forEach(e => e.interactionId && felt.keys.push(e.duration)))
  .observe({type: "event", durationThreshold: 16, buffered: true});
new PerformanceObserver(list => list.getEntries().forEach(e => { felt.paints.largest = e.startTime; }))
  .observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver(list => list.getEntries().forEach(e => { if (!e.hadRecentInput) felt.shift += e.value; }))
  .observe({type: "layout-shift", buffered: true});
"""
_FRAMES = """
() => { felt.frames = []; let last = performance.now();
  const look = now => { felt.frames.push(now - last); last = now; felt.looking && requestAnimationFrame(look); };
  felt.looking = true; requestAnimationFrame(look); }
"""
_FIRST_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def main(options: Sequence[str]) -> None:
    """Fills a running product, opens the pages again and again and prints the figures."""
    chosen = _options(options)
    with running_product() as product, _page() as page:
        base, counted = f"http://127.0.0.1:{product.port}", _fill(chosen.reports)
        page.goto(f"{base}/accounts/login/")
        page.fill("[name=login]", SIGN_IN[0])
        page.fill("[name=password]", SIGN_IN[1])
        page.click("main [type=submit]")
        page.wait_for_url(lambda url: "/accounts/login" not in url)
        plain = [_first_paint(page, base + PLAIN) for _round in range(chosen.rounds)]
        figures = {name: _felt(page, base + path, rounds=chosen.rounds) for name, path in PAGES.items()}
    show(
        "board_in_the_browser",
        MEASURES,
        **counted,
        rounds=chosen.rounds,
        **figures,
        plain_first_paint_ms=round(quantile(plain, 0.5)),
        good_key_to_paint_ms=GOOD_INP_MS,
        reference=REFERENCE,
        ratio=figures["board"]["first_paint_p50_ms"] / quantile(plain, 0.5),
        goal=None,
    )


def _options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks board_in_the_browser", description=MEASURES)
    parser.add_argument("--reports", type=int, default=100_000, help="reports of the launch")
    parser.add_argument("--rounds", type=int, default=10, help="how often each page is opened")
    return parser.parse_args(options)


def _fill(reports: int) -> dict[str, int]:
    """Puts the crowd's reports into the product's database, whose address the product has left in the environment."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "hypercare.settings"
    # The rows of this process are read while Playwright's loop runs in its thread.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    # The settings read the addresses when they are first imported.
    import django  # noqa: PLC0415

    django.setup()
    from benchmarks import crowd  # noqa: PLC0415
    from hypercare.core import clock  # noqa: PLC0415
    from hypercare.core.models import Launch  # noqa: PLC0415
    from triage.models import OPEN_STATUSES, Issue  # noqa: PLC0415

    launch = Launch.objects.get(slug=LAUNCH)
    crowd.fill(launch, first=1, last=reports, now=clock.now())
    return {"reports": reports, "open_issues": Issue.objects.filter(launch=launch, status__in=OPEN_STATUSES).count()}


@contextmanager
def _page() -> Iterator[Page]:
    path = os.environ.get("HYPERCARE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        raise SystemExit("No browser: install Chromium, or set HYPERCARE_CHROMIUM to its path.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        window = browser.new_context(viewport={"width": 1440, "height": 900})
        window.add_init_script(_WATCH)
        yield window.new_page()
        browser.close()


def _first_paint(page: Page, address: str) -> float:
    answer = page.goto(address, wait_until="load")
    if answer is None or answer.status != 200:
        raise SystemExit(f"{address} answered {answer and answer.status}")
    return float(page.wait_for_function(_FIRST_PAINT).json_value())


def _felt(page: Page, address: str, *, rounds: int) -> dict[str, Any]:
    first, largest, keys, frames, shifts = [], [], [], [], []
    for _round in range(rounds):
        first.append(_first_paint(page, address))
        page.wait_for_timeout(500)
        for key in KEYS:
            page.keyboard.press(key)
            page.wait_for_timeout(120)
        page.evaluate(_FRAMES)
        for _turn in range(20):
            page.mouse.move(700, 600)
            page.mouse.wheel(0, 400)
            page.wait_for_timeout(40)
        felt = page.evaluate("() => { felt.looking = false; return felt; }")
        largest.append(felt["paints"].get("largest", 0.0))
        keys += felt["keys"] or [16.0]
        frames += felt["frames"][1:]
        shifts.append(felt["shift"])
    return {
        "first_paint_p50_ms": round(quantile(first, 0.5)),
        "first_paint_p95_ms": round(quantile(first, 0.95)),
        "largest_paint_p95_ms": round(quantile(largest, 0.95)),
        "key_to_next_paint_p50_ms": round(quantile(keys, 0.5)),
        "key_to_next_paint_p98_ms": round(quantile(keys, 0.98)),
        "scroll_frame_p95_ms": round(quantile(frames, 0.95)),
        "scroll_frames_over_50_ms": sum(frame > 50 for frame in frames),
        "scroll_frames": len(frames),
        "layout_shift_worst": round(max(shifts), 4),
    }
