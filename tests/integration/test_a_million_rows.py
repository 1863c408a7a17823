"""A launch with a million reports is worked with as one with a thousand: the same pages, the same number of queries."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks import crowd
from feedback import intake
from feedback.models import Feedback
from feedback.report import read_report
from hypercare.core.timeline import SYSTEM
from tests.conftest import bearer
from triage import pipeline
from triage.exit.assess import assess_all
from triage.models import Issue
from triage.reports.draft import preview

pytestmark = [pytest.mark.deep, pytest.mark.django_db(transaction=True), pytest.mark.timeout(1800)]

MANY = 1_000_000
PAGES = [
    *("inbox/", "inbox/?q=checkout+basket", "inbox/?severity=2&channel=portal", "inbox/?component=checkout"),
    *("board/", "board/?severity=1", "issues/", "exit/", "report/", "sources/", "alerts/"),
]
LISTS = ["feedback/?launch=shop", "feedback/?launch=shop&q=basket", "issues/?launch=shop&open=true"]


def queries(get, address):
    """How many questions an address asks the database, once its process is warm; none may run wild."""
    assert get(address).status_code == 200, address
    with CaptureQueriesContext(connection) as captured:
        assert get(address).status_code == 200, address
    return len(captured)


def all_queries(browser, api):
    """The same for every page and list."""
    pages = {page: queries(browser.get, f"/launches/shop/{page}") for page in PAGES}
    return pages | {name: queries(api.get, f"/api/v1/{name}") for name in LISTS}


def test_million_reports_ask_no_more_questions_than_a_thousand_and_work_goes_on(launch, people, now):
    browser, api = Client(), bearer(people["lead"], scopes=["admin"], now=now)
    browser.force_login(people["lead"])
    crowd.fill(launch, first=1, last=1500, now=now)
    few = all_queries(browser, api)
    crowd.fill(launch, first=1501, last=MANY, now=now)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '20s'")
    many = all_queries(browser, api)
    assert Feedback.objects.count() == MANY
    assert {name: (few[name], many[name]) for name in few if many[name] > few[name]} == {}

    report = read_report({"channel": "api", "title": "Basket is empty after signing in"}, source="token:1")[0]
    receipt = intake.accept(launch, report, actor=SYSTEM, now=now)
    assert pipeline.triage_waiting(clock=lambda: now) == 1
    assert Issue.objects.filter(matches__feedback_id=receipt.feedback_id, matches__ended_at=None).count() == 1
    assess_all(now=now)
    assert preview(launch, now=now).figures["number"] >= 1
