"""These tests open the pages about traffic as people do: what stands there, what is empty, what is wrong in the address."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gateway_ingest import windows
from gateway_ingest.models import ApiDescription
from tests.integration.rows import make_alert, make_deployment, make_feedback
from tests.integration.traffic import call, calls, store

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRAFFIC = "/launches/shop/traffic/"
OPENAPI = b"openapi: 3.1.0\ninfo: {title: Shop API}\npaths: {'/products/{id}': {get: {deprecated: true}}}\n"


@pytest.fixture(autouse=True)
def at_now(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def told(launch, now):
    """Traffic of several kinds, a report and a deployment."""
    model = {"component": "assistant", "path": "/chat", "model": "large", "provider": "acme"}
    store(launch, [
        *calls(400, now - 59 * MINUTE, every=timedelta(seconds=4), consumer="u{}"),
        *calls(400, now - 29 * MINUTE, every=timedelta(seconds=4)),
        *calls(120, now - 29 * MINUTE, every=timedelta(seconds=10), status=503),
        *calls(30, now - 20 * MINUTE, prompt_version="v7", duration=900_000, input_tokens=70, **model),
        call(now - 3 * MINUTE, trace_id=TRACE, request_id="req-7", status=502, error_type="Timeout"),
        call(now - 3 * MINUTE + timedelta(milliseconds=20), trace_id=TRACE, component="checkout", path="/pay"),
    ], now=now)  # fmt: skip
    report = make_feedback(launch, now=now, trace_id=TRACE, title="Product pages are empty")
    make_alert(launch, now=now - 5 * MINUTE)
    return report, make_deployment(launch, now=now - 30 * MINUTE, version="1.8.2")


@pytest.fixture
def see(lead):
    def text(path="", status=200):
        answer = lead.get(TRAFFIC + path)
        assert answer.status_code == status, answer.content
        return " ".join(answer.content.decode().split())

    return text


def test_routes_stand_with_their_figures_and_deployments(told, see):
    page = see()
    assert "GET /products/{number}" in page
    assert '<dd class="num">952</dd>' in page
    assert "13%" in page
    assert f"/traffic/deployments/{told[1].pk}/" in page
    assert "M500.0 0V100" in page or 'class="mark"' in page
    assert page.count('class="hc-spark"') == 3
    assert "As a table" in page


def test_routes_are_narrowed_and_ordered_by_the_address(told, see):
    page = see("?component=checkout&order=errors&span=24h")
    assert "/pay" in page
    assert "/products/{number}" not in page
    assert "component=checkout&amp;order=errors&amp;span=7d" in page


@pytest.mark.parametrize("query", ["?span=x", "?order=beauty", "?component=%00", "?component=" + "x" * 500, "?span=7d"])
def test_odd_address_shows_a_page(told, see, query):
    assert see(query)


def test_launch_without_traffic_says_how_to_get_some(launch, see):
    page = see()
    assert "No traffic yet" in page
    assert "Connect a source" in page
    assert "No model was called in this span" in see("ai/")
    assert "Findings come from the call log of a gateway." in see("governance/")


def test_quiet_span_says_so(launch, now, see):
    store(launch, calls(9, now - 5 * HOUR), now=now)
    assert "No calls in this span" in see()
    assert "No calls in this span" not in see("?span=6h")


def test_life_of_a_request_stands_in_order_with_what_was_around(told, see):
    page = see(f"requests/{TRACE}/")
    assert page.index("/products/{number}") < page.index("/pay")
    for word in ("2 calls in 120 ms", "1 failed", "Timeout", "req-7", told[0].key, "Product pages are empty", "1.8.2"):
        assert word in page
    assert page.count('class="fall"') == 2


@pytest.mark.parametrize("asked", [TRACE, TRACE.upper(), f"00-{TRACE}-00f067aa0ba902b7-01", "req-7", " req-7 "])
def test_search_by_trace_or_request_leads_to_its_life(told, lead, asked):
    answer = lead.get(TRAFFIC + "requests/", {"q": asked})
    assert (answer.status_code, answer["Location"]) == (302, f"{TRAFFIC}requests/{TRACE}/")


def test_search_by_consumer_lists_its_calls(told, lead):
    page = lead.get(TRAFFIC + "requests/", {"q": "u3"}).content.decode()
    assert "Calls of this consumer, the newest first." in page
    assert "GET /products/{number}" in page
    assert "1 call." in page


@pytest.mark.parametrize("asked", ["nobody", "x" * 500, "\x00", "%", "", "00-zz", "é"])
def test_search_that_finds_nothing_says_what_to_write(told, lead, asked):
    answer = lead.get(TRAFFIC + "requests/", {"q": asked})
    assert answer.status_code == 200
    assert "No call is found" in answer.content.decode() or "What are you looking for?" in answer.content.decode()


@pytest.mark.parametrize("path", [f"requests/{'1' * 32}/", "requests/x/", "requests/%00/", "deployments/999999/"])
def test_what_is_not_there_is_404(told, see, path):
    see(path, status=404)


def test_models_stand_side_by_side(told, see):
    page = see("ai/")
    for word in ("large", "acme", "v7", "2,100"):
        assert word in page
    assert re.search(r">(89|90)\d ms<", page)


def test_deployment_tells_what_it_changed(told, see):
    page = see(f"deployments/{told[1].pk}/?minutes=15")
    assert "hc-verdict is-bad" in page
    assert "Errors rose from 0.00% to" in page
    assert "chance alone: less than 1 in 10,000" in page
    assert "the line is the deployment" in page
    assert see(f"deployments/{told[1].pk}/?minutes=7")


def test_openapi_file_is_uploaded_held_against_traffic_and_removed(told, lead, see):
    file = SimpleUploadedFile("openapi.yaml", OPENAPI)
    answer = lead.post(TRAFFIC + "governance/upload/", {"file": file, "component": "catalog-api"}, follow=True)
    page = " ".join(answer.content.decode().split())
    assert "Shop API: 1 operation." in page
    assert "Deprecated but still called" in page
    row = ApiDescription.objects.get()
    assert (row.component.slug, str(row.uploaded_by)) == ("catalog-api", "Alice Lead")
    lead.post(f"{TRAFFIC}governance/{row.pk}/remove/")
    assert "Deprecated but still called" not in see("governance/")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "This field is required."),
        ({"file": SimpleUploadedFile("a.yaml", b"a: [")}, "no valid YAML"),
        ({"file": SimpleUploadedFile("a.yaml", b"a: *b")}, "alias"),
        ({"file": SimpleUploadedFile("a.yaml", OPENAPI), "component": "nowhere"}, "Select a valid choice"),
    ],
)
def test_bad_upload_is_answered_beside_the_form(told, lead, sent, said):
    answer = lead.post(TRAFFIC + "governance/upload/", sent)
    assert answer.status_code == 400
    assert said in answer.content.decode()


def test_who_only_reads_sees_no_upload(told, people):
    client = Client()
    client.force_login(people["stakeholder"])
    page = client.get(TRAFFIC + "governance/").content.decode()
    assert "API descriptions" in page
    assert "OpenAPI file" not in page.replace("OpenAPI files", "").replace("With an OpenAPI file", "")


def test_report_page_shows_its_evidence_with_reasons(told, lead):
    page = " ".join(lead.get(f"/launches/shop/feedback/{told[0].key}/").content.decode().split())
    assert "In the traffic" in page
    assert "The report carries the trace of these calls." in page
    assert f"{TRAFFIC}requests/{TRACE}/" in page


def test_pages_take_as_many_queries_however_much_traffic_there_is(told, launch, now, lead):
    paths = ["", "ai/", "governance/", f"requests/{TRACE}/", f"deployments/{told[1].pk}/"]

    def counts():
        windows.fold()
        found = []
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                lead.get(TRAFFIC + path)
            found.append(len(queries))
        return found

    counts()
    few = counts()
    for each in range(20):
        store(
            launch, calls(5, now - 9 * MINUTE, path=f"/page{chr(97 + each)}", model=f"m{each}", trace_id=TRACE), now=now
        )
    assert counts() == few
