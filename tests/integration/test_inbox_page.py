"""This module tests the inbox's page: filters of the address, full-text search, pages by cursor, and its empty states."""

import re
from datetime import timedelta

import pytest
from django.contrib.postgres.search import SearchVector
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from feedback.models import Feedback, Reporter
from hypercare.core.models import FieldDefinition
from tests.integration.rows import make_feedback, make_issue
from triage.models import Decision

pytestmark = pytest.mark.django_db

INBOX = "/launches/shop/inbox/"


@pytest.fixture
def browser(people):
    """The lead, signed in."""
    client = Client()
    client.force_login(people["lead"])
    return client


@pytest.fixture
def reports(launch, now):
    """Three reports that differ in everything one can filter by."""
    FieldDefinition.objects.create(
        launch=launch, key="shop", label="Which shop?", kind="choice", choices=["Lund", "Umeå"]
    )
    checkout = launch.components.get(slug="checkout")
    made = [
        make_feedback(
            launch, now=now, title="Basket is empty", body="Gone after paying", severity=2, fields={"shop": "Lund"}
        ),
        make_feedback(
            launch,
            now=now,
            title="Sökningen hittar inga kängor",
            category="usability",
            channel="widget",
            issue_key="IS-7",
        ),
        make_feedback(
            launch,
            now=now + timedelta(days=1),
            title="Payments fail",
            body="The order was gone",
            severity=1,
            component=checkout,
            reply_status="looking",
        ),
    ]
    Feedback.objects.update(
        search=SearchVector("title", "body", config="english") + SearchVector("title", config="simple")
    )
    return made


def titles(answer) -> list[str]:
    return re.findall(r"data-report[^>]*>([^<]*)</a>", answer.content.decode())


def queries(browser, path: str) -> int:
    browser.get(path)
    with CaptureQueriesContext(connection) as counted:
        assert browser.get(path).status_code == 200
    return len(counted)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Payments fail", "Sökningen hittar inga kängor", "Basket is empty"]),
        ("channel=widget", ["Sökningen hittar inga kängor"]),
        ("channel=&category=&severity=&q=", ["Payments fail", "Sökningen hittar inga kängor", "Basket is empty"]),
        ("severity=1&severity=2", ["Payments fail", "Basket is empty"]),
        ("category=usability", ["Sökningen hittar inga kängor"]),
        ("component=checkout", ["Payments fail"]),
        ("issue=IS-7", ["Sökningen hittar inga kängor"]),
        ("reply_status=looking", ["Payments fail"]),
        ("received_after=2026-05-29T00:00:00Z", ["Payments fail"]),
        ("field.shop=Lund", ["Basket is empty"]),
        ("field.shop=Lund%00", []),
        ("field.unknown=x", []),
        ("q=gone", ["Payments fail", "Basket is empty"]),
        ("q=failed gone -basket", ["Payments fail"]),
        ('q="is empty"', ["Basket is empty"]),
        ("q=kängor", ["Sökningen hittar inga kängor"]),
        ("q=HC-{last}", ["Payments fail"]),
        ("q=HC-²", []),
        ("q=zebra", []),
        ("severity=1&q=basket", []),
    ],
)
def test_filters_of_the_address_choose_the_reports(browser, reports, query, found):
    assert titles(browser.get(f"{INBOX}?{query.format(last=reports[2].pk)}")) == found


def test_the_filter_form_keeps_what_its_controls_cannot_hold(browser, reports):
    page = browser.get(f"{INBOX}?severity=1&severity=2&issue=IS-7&category=bug&field.shop=Lund").content.decode()
    form = re.search(r'<form class="filters".*?</form>', page, re.DOTALL)[0]
    kept = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)">', form)
    assert kept == [("severity", "1"), ("severity", "2"), ("issue", "IS-7")]
    assert re.findall(r'<option value="([^"]+)" selected>', form) == ["bug"]


@pytest.mark.parametrize("query", ["severity=huge", "received_after=yesterday", "q=%00"])
def test_a_filter_that_is_nonsense_is_said_and_filters_nothing(browser, reports, query):
    answer = browser.get(f"{INBOX}?{query}")
    assert len(titles(answer)) == 3
    assert 'role="alert"' in answer.content.decode()


def test_a_report_that_waits_for_triage_is_found_by_its_title(browser, launch, now):
    make_feedback(launch, now=now, title="Just came in", triaged_at=None, category="")
    answer = browser.get(f"{INBOX}?q=just came")
    assert titles(answer) == ["Just came in"]
    assert "In triage" in answer.content.decode()


def test_pages_follow_by_cursor_and_nothing_shifts_when_reports_arrive(browser, launch, now):
    for number in range(60):
        make_feedback(launch, now=now, title=f"Report {number}")
    first = browser.get(INBOX)
    assert titles(first)[0] == "Report 59"
    older = re.search(r'href="([^"]*cursor=[^"]*)" rel="next"', first.content.decode())[1].replace("&amp;", "&")
    make_feedback(launch, now=now, title="Came meanwhile")
    assert titles(browser.get(older)) == [f"Report {number}" for number in range(9, -1, -1)]


@pytest.mark.parametrize("cursor", ["nonsense", "cD1hYmM="])
def test_a_cursor_that_is_none_is_a_page_that_says_so(browser, launch, cursor):
    answer = browser.get(f"{INBOX}?cursor={cursor}")
    assert answer.status_code == 404
    assert "begin at the newest" in answer.content.decode()


def test_an_empty_inbox_and_one_that_is_filtered_empty_differ(browser, launch, reports):
    assert "Your filter hides everything" in browser.get(f"{INBOX}?q=zebra").content.decode()
    Feedback.objects.all().delete()
    assert "Nothing has been reported yet" in browser.get(INBOX).content.decode()


def test_queries_do_not_grow_with_the_reports(browser, launch, now):
    def another(number: int) -> None:
        person = Reporter.objects.create(launch=launch, email=f"r{number}@example.org", created_at=now)
        row = make_feedback(launch, now=now, reporter=person, severity=2, component=launch.components.first())
        Decision.objects.create(
            launch=launch, feedback=row, field="severity", value="2", origin="model", decider="text model 1", confidence=0.8,
            reason="words", decided_at=now,
        )  # fmt: skip

    another(1)
    few = queries(browser, INBOX)
    another(2)
    another(3)
    assert queries(browser, INBOX) == few


def test_names_of_reporters_are_for_those_who_triage(people, launch, now):
    person = Reporter.objects.create(launch=launch, email="elin@example.org", name="Elin Svensson", created_at=now)
    row = make_feedback(launch, now=now, reporter=person)
    for who, sees in (("agent", True), ("stakeholder", False)):
        client = Client()
        client.force_login(people[who])
        for path in (INBOX, f"/launches/shop/feedback/{row.key}/"):
            assert ("Elin" in client.get(path).content.decode()) == sees, (who, path)


def test_a_report_of_another_launch_is_not_there(browser, launch, now, people):
    from hypercare.core.launches import create_launch
    from hypercare.core.models import Launch

    other = create_launch(
        Launch(slug="other", name="Other", go_live_on=now.date(), planned_end_on=now.date()),
        owner=people["lead"],
        now=now,
    )
    row, issue = make_feedback(other, now=now), make_issue(other, now=now)
    assert browser.get(f"/launches/shop/feedback/{row.key}/").status_code == 404
    assert browser.get(f"/launches/shop/issues/{issue.key}/").status_code == 404


def test_the_rail_counts_what_nobody_has_looked_at(browser, reports):
    assert ">2<" in browser.get(f"{INBOX}waiting/").content.decode()
