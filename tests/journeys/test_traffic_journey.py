"""This journey follows a report into its traffic: from what somebody wrote to the request that failed, and to what was live."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from hypercare.core import clock
from tests.integration.rows import make_deployment, make_feedback
from tests.integration.traffic import call, calls, store

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def told(launch):
    """Half an hour of traffic that broke with a deployment, and a report that carries a failed request's trace."""
    now = clock.now()
    store(launch, [
        *calls(300, now - 58 * MINUTE, every=timedelta(seconds=5), consumer="user-{}"),
        *calls(150, now - 29 * MINUTE, every=timedelta(seconds=10)),
        *calls(150, now - 29 * MINUTE, every=timedelta(seconds=10), status=503),
        call(now - 2 * MINUTE, trace_id=TRACE, status=503, request_id="req-7"),
    ], now=now)  # fmt: skip
    make_deployment(launch, now=now - 30 * MINUTE, version="1.8.2")
    return make_feedback(launch, now=now, title="Product pages are empty", trace_id=TRACE)


def test_report_leads_to_the_request_that_failed_and_to_what_broke_it(visit, told):
    page = visit("lead")
    page.goto(f"/launches/shop/feedback/{told.key}/")
    evidence = page.get_by_role("region", name="In the traffic")
    expect(evidence).to_contain_text("The report carries the trace of these calls.")
    evidence.get_by_role("link", name="Life of the request").first.click()
    expect(page.get_by_role("heading", name="One request")).to_be_visible()
    expect(page.get_by_role("region", name="Calls in order")).to_contain_text("503")
    expect(page.get_by_text("Product pages are empty")).to_be_visible()
    page.get_by_role("link", name="Product pages 1.8.2").click()
    expect(page.get_by_text("Worse", exact=True).first).to_be_visible()
    expect(page.get_by_text("Errors rose from 0.00% to")).to_be_visible()


def test_request_is_found_by_its_id_from_any_page_of_traffic(visit, told):
    page = visit("agent", width=390)
    page.goto("/launches/shop/board/")
    page.get_by_role("link", name="Traffic").click()
    expect(page.get_by_role("region", name="Routes")).to_contain_text("/products/{number}")
    page.get_by_role("searchbox", name="Trace, request or consumer").fill("req-7")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text(TRACE).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_both_sides_of_a_deployment_are_readable_on_a_phone(visit, told):
    page = visit("lead", width=390)
    page.goto("/launches/shop/traffic/?span=6h")
    page.get_by_role("link", name="Product pages 1.8.2").click()
    for name in ("Span", "Consumers"):
        header = page.get_by_role("rowheader", name=name, exact=True)
        assert header.evaluate("cell => { const text = document.createRange(); text.selectNodeContents(cell);"
            " return text.getClientRects().length; }") == 1  # fmt: skip
