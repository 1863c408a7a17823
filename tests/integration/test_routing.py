"""An issue belongs to the component most of its reports name and to that component's team, and says why."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from feedback import intake
from feedback.models import Feedback
from feedback.report import read_report
from hypercare.core.models import Component
from hypercare.core.timeline import SYSTEM, Actor
from tests.integration.rows import make_feedback, make_issue
from triage import merging, overrides, pipeline
from triage.models import Decision, Issue, Match
from triage.recount import recount

pytestmark = pytest.mark.django_db

TITLE, BODY = "Everything turns grey and stays grey", "It turns grey and stays grey since noon, whatever I press"


@pytest.fixture
def tell(launch, now) -> Callable[..., Feedback]:
    """A report of one and the same problem, triaged."""

    def put(**more: str) -> Feedback:
        data = {"launch": "shop", "channel": "api", "title": TITLE, "body": BODY} | more
        receipt = intake.accept(launch, read_report(data, source="token:1")[0], actor=SYSTEM, now=now)
        pipeline.triage_waiting(clock=lambda: now)
        return Feedback.objects.get(pk=receipt.feedback_id)

    return put


def in_force(issue: Issue) -> dict[str, Decision]:
    """The issue's live decisions by field."""
    return {one.field: one for one in issue.decisions.filter(ended_at=None)}


def test_component_named_by_a_later_report_reaches_the_issue(tell):
    tell()
    assert Issue.objects.get().component is None
    tell(component="checkout")
    issue = Issue.objects.get()
    assert (issue.component.slug, issue.team.name) == ("checkout", "Backend")
    said = in_force(issue)
    assert (said["component"].reason, said["team"].reason) == ("1 of 1 reports that name one", "owns Checkout")


def test_most_reports_decide_and_the_earlier_one_among_equals(tell):
    for slug in ("checkout", "catalog-api"):
        tell(component=slug)
    assert Issue.objects.get().component.slug == "checkout"
    tell(component="catalog-api")
    issue = Issue.objects.get()
    assert issue.component.slug == "catalog-api"
    assert in_force(issue)["component"].reason == "2 of 3 reports that name one"


def test_person_holds_the_component_until_it_is_released(tell, people, now):
    tell(component="checkout")
    issue, lead = Issue.objects.get(), Actor.person(people["lead"])
    overrides.override_issue(issue.pk, field="component", value="catalog-api", reason="seen", actor=lead, now=now)
    tell(component="checkout")
    issue.refresh_from_db()
    assert issue.component.slug == "catalog-api"
    overrides.release_issue(issue.pk, field="component", actor=lead, now=now)
    issue.refresh_from_db()
    assert issue.component.slug == "checkout"


def test_correcting_the_report_moves_its_issue(tell, people, now):
    row = tell(component="checkout")
    lead = Actor.person(people["lead"])
    overrides.override_feedback(row, field="component", value="catalog-api", reason="", actor=lead, now=now)
    assert Issue.objects.get().component.slug == "catalog-api"


def test_merged_issue_lends_its_component_and_takes_it_back(tell, launch, people, now):
    tell(component="checkout")
    named, lead = Issue.objects.get(), Actor.person(people["lead"])
    bare = make_issue(launch, title="Grey", now=now)
    merging.merge(named.pk, into_id=bare.pk, actor=lead, now=now)
    bare.refresh_from_db()
    assert (bare.component.slug, bare.team.name) == ("checkout", "Backend")
    merging.unmerge(named.pk, actor=lead, now=now)
    bare.refresh_from_db()
    assert (bare.component, bare.team) == (None, None)
    assert in_force(bare)["component"].reason == "no report names one"


def test_component_without_a_team_leaves_the_issue_without_one(tell, launch):
    Component.objects.filter(launch=launch, slug="checkout").update(team=None)
    tell(component="checkout")
    assert Issue.objects.get().team is None


def test_reports_are_read_once_and_queries_do_not_grow_with_the_issues(launch, now):
    component = launch.components.get(slug="checkout")

    def queries_of(number: int) -> int:
        issues = [make_issue(launch, title=f"No {n}", now=now) for n in range(number)]
        for issue in issues:
            row = make_feedback(launch, now=now, component=component)
            Match.objects.create(feedback=row, issue=issue, origin="rule", confidence=1, matched_at=now)
        with CaptureQueriesContext(connection) as captured:
            recount([issue.pk for issue in issues], now=now)
        assert sum("JOIN feedback_feedback" in one["sql"] for one in captured) == 1
        assert not Issue.objects.filter(component=None).exists()
        return len(captured)

    assert queries_of(30) == queries_of(1)


def test_reasons_are_written_in_the_launchs_language(tell, launch):
    launch.language = "sv"
    launch.save()
    tell(component="checkout")
    said = in_force(Issue.objects.get())
    assert said["team"].reason == "äger Checkout"
    assert said["rice_confidence"].reason == "få personer säger det, inget uppmätt än"
