"""How a launch scores, from a person's choice to the board: matrix, formula, risk, value, history, and why one stands above."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from feedback import intake
from feedback.report import read_report
from hypercare.core.models import TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.timeline import SYSTEM
from tests.integration.rows import make_alert, make_issue
from triage import lifecycle, pipeline
from triage.board.changes import current_version
from triage.exit.defaults import ensure_criteria
from triage.models import Issue, Score, ScoringRules
from triage.score import again, history, rescore, rules
from triage.score.matrix import DEFAULT

pytestmark = pytest.mark.django_db

PLAIN = [list(row) for row in DEFAULT]


@pytest.fixture
def issue(launch, now):
    """An issue with one report of a person about the critical component."""
    said = {"launch": "shop", "channel": "api", "title": "Product pages answer 503", "body": "503 since noon"}
    more = {"component": "catalog-api"}
    receipt = intake.accept(launch, read_report(said | more, source="token:1")[0], actor=SYSTEM, now=now)
    pipeline.triage_waiting(clock=lambda: now)
    return Issue.objects.get(matches__feedback_id=receipt.feedback_id)


def hold(api, issue, field, value):
    answer = api.post(f"/api/v1/issues/{issue.key}/override/", {"field": field, "value": value, "reason": "agreed"})
    assert answer.status_code == 200, answer.content
    issue.refresh_from_db()
    return answer.json()


def test_width_set_by_a_person_makes_the_matrix_decide_the_severity(api, issue):
    urgency = issue.urgency
    hold(api, issue, "impact_level", "1")
    assert issue.severity == DEFAULT[0][urgency - 1]
    said = hold(api, issue, "urgency", 3)
    assert (issue.severity, said["matrix"]) == (3, {"impact": 1, "urgency": 3})
    decision = issue.decisions.get(field="severity", ended_at=None)
    assert (decision.origin, "matrix" in decision.reason) == ("rule", True)


def test_released_width_gives_the_severity_back_to_what_reports_say(api, issue):
    before = issue.severity
    hold(api, issue, "impact_level", "3")
    hold(api, issue, "urgency", "3")
    assert issue.severity == 5
    for field in ("impact_level", "urgency"):
        api.post(f"/api/v1/issues/{issue.key}/override/", {"field": field, "release": True})
    issue.refresh_from_db()
    assert issue.severity == before


def test_severity_that_a_person_pins_stands_against_the_matrix(api, issue):
    hold(api, issue, "severity", "1")
    hold(api, issue, "impact_level", "3")
    assert issue.severity == 1


@pytest.mark.parametrize(
    ("field", "value"), [("impact_level", "0"), ("urgency", "4"), ("business_value", 11), ("rpn_detection", "0.5")]
)
def test_level_outside_its_scale_is_refused_beside_its_field(api, issue, field, value):
    answer = api.post(f"/api/v1/issues/{issue.key}/override/", {"field": field, "value": value, "reason": "x"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/value")


def test_risk_and_value_follow_what_is_known_and_what_a_person_sets(api, issue):
    assert issue.rpn == issue.rpn_severity * issue.rpn_occurrence * issue.rpn_detection > 1
    assert issue.business_value == 5 if issue.component is None else 8
    said = hold(api, issue, "rpn_detection", "10")
    assert said["risk"]["rpn"] == issue.rpn_severity * issue.rpn_occurrence * 10
    assert hold(api, issue, "business_value", 9.5)["business_value"] == 9.5


def test_formula_orders_the_board_within_seconds(api, launch, now):
    small, large = make_issue(launch, now=now, severity=4), make_issue(launch, now=now, severity=4)
    rescore([small.pk, large.pk], now=now)
    hold(api, small, "business_value", 10)
    hold(api, large, "rice_effort", 0.5)
    small.refresh_from_db(), large.refresh_from_db()
    assert small.priority < large.priority
    version = current_version(launch.pk)

    answer = api.patch("/api/v1/launches/shop/scoring/", {"formula": "value * 100"})
    assert (answer.status_code, answer.json()) == (200, {"matrix": PLAIN, "formula": "value * 100"})
    assert again.rescore_changed(clock=lambda: now) == 1

    small.refresh_from_db(), large.refresh_from_db()
    assert small.priority > large.priority
    assert small.formula_score == 1000
    assert current_version(launch.pk) > version
    assert again.rescore_changed(clock=lambda: now) == 0


def test_own_matrix_is_used(api, launch, issue, now):
    own = [[2, 2, 2], [3, 3, 3], [4, 4, 4]]
    rules.change(launch, matrix=own, formula="", actor=SYSTEM, now=now)
    again.rescore_changed(clock=lambda: now)
    hold(api, issue, "impact_level", "3")
    assert issue.severity == 4


@pytest.mark.parametrize(
    "said", [{"formula": "rice +"}, {"matrix": [[1, 2, 3]]}, {"matrix": [[1, 2, 9]] * 3}, {"formula": "x" * 401}]
)
def test_rules_that_cannot_be_worked_with_are_refused_and_change_nothing(api, launch, said):
    answer = api.patch("/api/v1/launches/shop/scoring/", said)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert not ScoringRules.objects.exists()


def test_same_rules_again_change_nothing(launch, now):
    rules.change(launch, matrix=PLAIN, formula="", actor=SYSTEM, now=now)
    assert not ScoringRules.objects.exists()
    rules.change(launch, matrix=PLAIN, formula="rice * 2", actor=SYSTEM, now=now)
    rules.change(launch, matrix=PLAIN, formula=" rice  * 2 ", actor=SYSTEM, now=now + timedelta(hours=1))
    assert ScoringRules.objects.get().changed_at == now
    assert TimelineEntry.objects.filter(kind="scoring.changed").count() == 1


def test_formula_that_some_issue_breaks_leaves_that_one_to_rice(launch, now):
    with pytest.raises(Problem):
        rules.change(launch, matrix=PLAIN, formula="1 / (reach - 1)", actor=SYSTEM, now=now)
    odd = make_issue(launch, now=now)
    rules.change(launch, matrix=PLAIN, formula="1 / (reach - 7)", actor=SYSTEM, now=now)
    Issue.objects.filter(pk=odd.pk).update(reach_value=7)
    again.rescore_changed(clock=lambda: now)
    odd.refresh_from_db()
    assert odd.priority > 0


def test_history_tells_what_moved_and_why_and_is_silent_where_nothing_did(api, issue, now):
    first = Score.objects.get(issue=issue)
    assert first.moved == {}
    rescore([issue.pk], now=now + timedelta(minutes=5))
    assert Score.objects.filter(issue=issue).count() == 1
    before = issue.rice_effort
    hold(api, issue, "rice_effort", 4)
    answer = api.get(f"/api/v1/issues/{issue.key}/scores/").json()
    assert len(answer) == 2
    assert answer[0]["moved"]["rice_effort"]["was"] == before
    assert answer[0]["rice_score"] < answer[1]["rice_score"]


def test_reach_that_creeps_is_told_again_only_once_it_moved_by_a_tenth(launch, now):
    one = make_issue(launch, now=now)
    rescore([one.pk], now=now)
    row = Score.objects.get(issue=one)
    Score.objects.filter(pk=row.pk).update(reach_value=1000)
    one.refresh_from_db()
    one.reach_value = 1099
    history.note([one], [], now=now)
    assert Score.objects.filter(issue=one).count() == 1
    one.reach_value = 1100
    history.note([one], [], now=now)
    assert Score.objects.filter(issue=one).count() == 2


def test_rescoring_many_asks_no_more_queries_than_rescoring_two(launch, now):
    some = [make_issue(launch, now=now).pk for _number in range(40)]
    rescore(some, now=now)

    def queries(ids):
        with CaptureQueriesContext(connection) as captured:
            rescore(ids, now=now + timedelta(hours=1))
        return len(captured)

    assert queries(some[:2]) == queries(some)


def test_why_names_the_neighbours_and_what_would_turn_them_around(api, launch, now):
    first, second = make_issue(launch, now=now, severity=3), make_issue(launch, now=now, severity=3)
    rescore([first.pk, second.pk], now=now)
    hold(api, second, "rice_effort", 0.5)
    said = api.get(f"/api/v1/issues/{first.key}/why/").json()
    assert (said["rank"], said["of"], said["below"]) == (2, 2, None)
    assert (said["above"]["upper"], said["above"]["lower"]) == (second.key, first.key)
    assert {move["figure"] for move in said["above"]["moves"]} >= {"reach", "effort"}
    api.post(f"/api/v1/issues/{first.key}/transition/", {"to": "declined", "reason": "no", "resolution": "wont_do"})
    assert api.get(f"/api/v1/issues/{first.key}/why/").json()["rank"] is None


def test_pages_show_the_order_the_plot_and_why(client, people, launch, issue, now):
    make_issue(launch, now=now, title="Invoices <b>late</b>", severity=4)
    rescore(Issue.objects.values_list("pk", flat=True), now=now)
    client.force_login(people["stakeholder"])
    page = client.get("/launches/shop/priorities/").content.decode()
    assert page.index(issue.title) < page.index("Invoices &lt;b&gt;late")
    assert "Why above" in page
    assert "<circle" in page
    shown = client.get(f"/launches/shop/issues/{issue.key}/").content.decode()
    assert "Why here" in shown
    assert "All priorities" in shown


def test_priorities_read_the_first_issues_once(client, people, launch, now):
    for _ in range(3):
        make_issue(launch, now=now)
    client.force_login(people["stakeholder"])
    client.get("/launches/shop/priorities/")
    with CaptureQueriesContext(connection) as captured:
        page = client.get("/launches/shop/priorities/")
    assert [line.rank for line in page.context["lines"]] == [1, 2, 3]
    assert sum('"triage_issue"."title"' in one["sql"] for one in captured) == 1


def test_scoring_page_says_what_is_wrong_beside_the_field_and_keeps_what_was_written(client, people, launch):
    client.force_login(people["lead"])
    cells = {f"cell_{i}_{u}": PLAIN[i - 1][u - 1] for i in (1, 2, 3) for u in (1, 2, 3)}
    answer = client.post("/launches/shop/priorities/scoring/", cells | {"formula": "rice * wishes"})
    assert answer.status_code == 400
    assert b"rice * wishes" in answer.content
    assert "wishes" in answer.context["form"].errors["formula"][0]
    saved = client.post("/launches/shop/priorities/scoring/", cells | {"cell_3_3": 4, "formula": "rpn"})
    assert saved.status_code == 302
    found = ScoringRules.objects.get()
    assert (found.formula, found.matrix[2][2]) == ("rpn", 4)
    client.force_login(people["stakeholder"])
    assert client.post("/launches/shop/priorities/scoring/", cells).status_code == 403


def fixed(launch, now, *, days, **fields):
    return make_issue(
        launch, now=now, status="closed", resolution="fixed", closed_at=now, worked_seconds=days * 86_400, **fields
    )


def test_effort_is_what_issues_fixed_like_it_took(launch, now):
    basket, pages = launch.components.get(slug="checkout"), launch.components.get(slug="catalog-api")
    for days in (7, 7, 14, 28, 28):
        fixed(launch, now, days=days, component=basket, category="bug")
    for _ in range(4):
        fixed(launch, now, days=70, component=pages, category="bug")
    like = make_issue(launch, now=now, component=basket, category="bug")
    by_component = make_issue(launch, now=now, component=basket, category="usability")
    by_category = make_issue(launch, now=now, component=pages, category="bug")
    unlike = make_issue(launch, now=now, component=pages, category="usability")
    rescore([like.pk, by_component.pk, by_category.pk, unlike.pk], now=now)
    found = [Issue.objects.get(pk=one.pk).rice_effort for one in (like, by_component, by_category, unlike)]
    assert found == [2, 2, 4, 1]
    assert "5 fixed like it" in like.decisions.get(field="rice_effort").reason


def test_time_in_work_is_kept_when_the_work_ends(api, issue, now):
    actor = SYSTEM
    lifecycle.move(issue.pk, to="in_progress", actor=actor, now=now)
    lifecycle.move(issue.pk, to="deployed", actor=actor, now=now + timedelta(hours=5))
    lifecycle.move(issue.pk, to="in_progress", actor=actor, now=now + timedelta(hours=9), reason="fails again")
    lifecycle.move(issue.pk, to="closed", actor=actor, now=now + timedelta(hours=10))
    issue.refresh_from_db()
    assert issue.worked_seconds == 6 * 3600


def test_issue_names_the_criteria_it_counts_against(api, launch, issue, now):
    ensure_criteria(launch)
    launch.exit_criteria.filter(code="E5").update(must=False)
    hold(api, issue, "severity", "2")
    assert (issue.blocks, issue.blocks_must) == (["E1"], True)
    hold(api, issue, "severity", "4")
    alert = make_alert(launch, now=now)
    report = issue.matches.get(ended_at=None).feedback
    alert.feedback = report
    alert.save()
    rescore([issue.pk], now=now)
    shown = api.get(f"/api/v1/issues/{issue.key}/").json()
    assert (shown["blocks"], shown["blocks_must"], shown["moscow"]) == (["E5"], False, "could")
