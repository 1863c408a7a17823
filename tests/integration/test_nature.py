"""What issues are suggested to be by nature, from their reports, alerts and traffic to the page where a person decides."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gateway_ingest.models import NoiseReason, RuleOutcome
from tests.integration.rows import make_alert, make_feedback, make_issue
from tests.integration.traffic import call, store
from triage.models import Decision
from triage.nature.suggesting import suggest_due

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def at_now(now):
    with time_machine.travel(now, tick=False):
        yield


def told(issue, now, **fields):
    row = make_feedback(issue.launch, now=now, issue_key=issue.key, **fields)
    row.matches.create(issue=issue, origin="model", confidence=0.9, reason="alike", matched_at=now)
    return row


def suggested(issue):
    live = Decision.objects.filter(issue=issue, ended_at=None, applied=False, origin="rule")
    return dict(live.values_list("field", "value"))


def trace(number):
    return f"{number:032x}"


@pytest.fixture
def basket(launch, now):
    """An issue of the basket whose requests failed first in the catalogue, which another issue is about."""
    issue = make_issue(launch, now=now, component=launch.components.get(slug="checkout"), title="Basket is empty")
    begun = now - 9 * MINUTE
    found = []
    for number in range(3):
        told(issue, now, trace_id=trace(number + 1))
        at = begun + number * MINUTE
        found += [
            call(at, component="checkout", path="/cart", status=502, trace_id=trace(number + 1)),
            call(at + timedelta(milliseconds=20), status=503, trace_id=trace(number + 1)),
        ]
    store(launch, found, now=now)
    return issue


def test_failures_that_begin_in_what_another_issue_is_about_make_a_symptom(basket, launch, now):
    make_issue(launch, now=now, component=launch.components.get(slug="catalog-api"), status="closed", closed_at=now)
    suggest_due(clock=lambda: now)
    assert "cause" not in suggested(basket)
    cause = make_issue(launch, now=now, component=launch.components.get(slug="catalog-api"))
    suggest_due(clock=lambda: now + 3 * MINUTE)
    assert suggested(basket)["cause"] == cause.key
    said = basket.decisions.get(field="cause", ended_at=None)
    assert said.reason == f"3 of 3 failed requests failed first in catalog-api, which {cause.key} is about"


def test_wish_about_the_component_is_no_cause(basket, launch, now):
    make_issue(launch, now=now, component=launch.components.get(slug="catalog-api"), category="enhancement", severity=1)
    suggest_due(clock=lambda: now)
    assert "cause" not in suggested(basket)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("How do I export my orders?", {"defect": "training_gap"}),
        ("What does the yellow badge mean?", {"defect": "training_gap"}),
        ("Hur byter jag språk?", {"defect": "training_gap"}),
        ("Why was I charged twice?", {}),
        ("What happened to my points, they are all gone?", {}),
        ("Is it normal that search finds nothing?", {}),
        ("Varför är kundvagnen tom?", {}),
    ],
)
def test_who_asks_why_something_went_wrong_has_no_training_gap(launch, now, title, expected):
    issue = make_issue(launch, now=now)
    told(issue, now, title=title, category="question")
    suggest_due(clock=lambda: now)
    assert suggested(issue) == expected


def test_unsure_type_is_no_noise_and_text_without_any_meaning_is(launch, now):
    unsure, meaningless = (make_issue(launch, now=now) for _each in range(2))
    for issue, value in ((unsure, "bug"), (meaningless, "")):
        row = told(issue, now, category="")
        Decision.objects.create(launch=launch, feedback=row, field="category", value=value, origin="model", decider="m",
                                applied=False, confidence=0.4, reason="r", decided_at=now)  # fmt: skip
    suggest_due(clock=lambda: now)
    assert suggested(unsure) == {}
    assert suggested(meaningless) == {"genuine": "noise"}


def test_requests_of_all_issues_are_followed_by_one_statement(basket, launch, now):
    other = make_issue(launch, now=now, component=launch.components.get(slug="catalog-api"))
    told(other, now, trace_id=trace(2))
    with CaptureQueriesContext(connection) as captured:
        suggest_due(clock=lambda: now)
    assert sum("gateway_ingest_call " in one["sql"] for one in captured) == 1
    assert suggested(basket)["cause"] == other.key


def test_answer_of_a_person_stands_and_is_given_on_the_page(basket, launch, client, people, now):
    make_issue(launch, now=now, component=launch.components.get(slug="catalog-api"))
    suggest_due(clock=lambda: now)
    client.force_login(people["lead"])
    page = f"/launches/shop/issues/{basket.key}/"
    assert "What it may be" in client.get(page).content.decode()
    client.post(f"{page}override/", {"field": "cause", "value": "cause", "version": "1"})
    suggest_due(clock=lambda: now + 3 * MINUTE)
    decision = basket.decisions.get(field="cause", ended_at=None)
    assert (decision.origin, decision.value) == ("person", "cause")
    assert "What it may be" not in client.get(page).content.decode()


def test_alert_that_people_called_noise_again_and_again_is_suggested_as_noise(launch, now):
    issue = make_issue(launch, now=now)
    report = told(issue, now, channel="alert", category="")
    alert = make_alert(launch, now=now, feedback=report, episode=4)
    for episode in (1, 2, 3):
        RuleOutcome.objects.create(
            alert=alert, episode=episode, rule="HighErrorRate", reason=NoiseReason.values[0], at=now
        )
    suggest_due(clock=lambda: now)
    assert suggested(issue) == {"genuine": "noise"}


def test_what_no_longer_holds_is_withdrawn(launch, now):
    issue = make_issue(launch, now=now)
    for _ in range(3):
        told(issue, now, category="question")
    suggest_due(clock=lambda: now)
    assert suggested(issue)["defect"] == "training_gap"
    for _ in range(4):
        told(issue, now, category="bug")
    suggest_due(clock=lambda: now + 3 * MINUTE)
    assert "defect" not in suggested(issue)


def test_cause_must_be_another_issue_of_the_launch(api, launch, now):
    issue, other = make_issue(launch, now=now), make_issue(launch, now=now)

    def answer(value):
        return api.post(f"/api/v1/issues/{issue.key}/override/", {"field": "cause", "value": value, "reason": "seen"})

    assert answer(issue.key).status_code == 400
    assert answer("IS-999999").status_code == 400
    assert answer(other.key).status_code == 200
    assert issue.decisions.get(field="cause", ended_at=None).value == other.key
