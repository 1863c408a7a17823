"""The pure sums of a score: matrix, risk priority number, formula, quadrant, and what keeps one issue above another."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from hypercare.core.problem import Problem
from triage.models import Issue
from triage.score import business, formula, matrix, quadrant, rpn
from triage.score.standing import between

FIGURES = dict.fromkeys(formula.NAMES, 2.0)


@pytest.mark.parametrize(
    ("impact", "urgency", "severity"),
    [(1, 1, 1), (1, 2, 2), (2, 1, 2), (1, 3, 3), (2, 2, 3), (3, 1, 3), (2, 3, 4), (3, 2, 4), (3, 3, 5)],
)
def test_default_matrix_is_that_of_itil(impact, urgency, severity):
    assert matrix.severity_at(matrix.DEFAULT, impact=impact, urgency=urgency) == severity


@pytest.mark.parametrize(
    "value", [None, [], [[1, 2, 3]] * 2, [[1, 2]] * 3, [[0, 1, 2]] * 3, [[1, 2, 6]] * 3, [[True, 1, 2]] * 3, "123"]
)
def test_what_is_no_matrix_is_told_apart(value):
    assert not matrix.is_matrix(value)
    assert matrix.is_matrix([list(row) for row in matrix.DEFAULT])


@pytest.mark.parametrize(
    ("reach", "active", "severity", "level"),
    [
        (250, 1000, 4, 1),
        (249, 1000, 1, 2),
        (50, 1000, 5, 2),
        (49, 1000, 1, 3),
        (9, None, 1, 1),
        (9, None, 2, 2),
        (9, 0, 4, 3),
    ],
)
def test_width_follows_the_share_reached_and_the_severity_where_nobody_knows_how_many_there_are(
    reach, active, severity, level
):
    assert matrix.impact_of(reach=reach, active=active, severity=severity) == level


def risk(*, severity=3, signals=1, from_machines=0, over=timedelta(hours=1)):
    return rpn.Risk(severity, signals, from_machines, over)


def test_risk_is_the_product_of_its_three_parts():
    assert rpn.rpn(10, 7, 8) == 560
    assert [risk(severity=severity).levels[0] for severity in range(1, 6)] == [10, 8, 6, 4, 2]


def test_occurrence_is_by_signals_a_day_and_the_first_hour_is_no_forecast():
    assert risk(signals=30, over=timedelta(hours=1)).levels[1] == 7
    assert risk(signals=30, over=timedelta(days=10)).levels[1] == 4
    assert risk(signals=1, over=timedelta(days=30)).levels[1] == 2
    assert risk(signals=30).reasons[1] == "30 signals, 30.0 a day"


def test_what_only_people_saw_is_hardest_to_detect():
    only_people, both, only_machines = (risk(signals=5, from_machines=n).levels[2] for n in (0, 2, 5))
    assert only_people > both > only_machines


def test_critical_component_is_worth_more():
    critical = SimpleNamespace(critical=True, name="Checkout")
    assert business.value_of(critical) > business.value_of(None)
    assert "Checkout" in business.why(critical)


@pytest.mark.parametrize(
    ("text", "value"),
    [("rice", 2), ("rice * (1 + value / 10)", 2.4), ("min(rpn, 1) + max(reach, 3)", 4), ("rpn if blocks else 0", 2)],
)
def test_formula_is_worked_out(text, value):
    assert formula.worked_out(text, FIGURES) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        *("rice +", "__import__('os')", "rice.__class__", "unknown", "'a' * 3", "[1, 2]", "lambda: 1", "open('x')"),
        *("9 ** 9 ** 9", "1 << 99999999", "rice > 1", "'x'", "1 / 0", "log(0 * rice)", "a := 1", "reach / 0"),
        *(
            "(" * 90 + "1" + ")" * 90 + "+",
            "max",
            "max()",
            "1e308 * 10",
            "rice; rice",
            "{}",
            "f'{rice}'",
            "sqrt(-rice)",
        ),
    ],
)
def test_formula_that_is_no_sum_is_refused_with_what_it_may_name(text):
    with pytest.raises(Problem) as refused:
        formula.check(text)
    assert refused.value.status == 400
    assert refused.value.errors[0].pointer == "/formula"
    assert "business" not in refused.value.detail
    assert "rice" in refused.value.detail


def test_formula_that_divides_by_zero_for_some_issues_is_refused_before_it_is_used():
    with pytest.raises(Problem, match="divides by zero"):
        formula.check("rice / blocks")
    assert formula.check("  rice  /  max(blocks, 1) ") == "rice / max(blocks, 1)"
    assert formula.check("") == ""


@given(st.text(max_size=60))
def test_no_text_breaks_the_check_of_a_formula(text):
    try:
        assert formula.check(text) == " ".join(text.split())
    except Problem as refused:
        assert refused.status == 400


def issue(pk, *, moscow="should", reach=10, impact=1.0, confidence=0.5, effort=1.0):
    score = round(max(reach, 1) * impact * confidence / effort, 2)
    return Issue(
        pk=pk, moscow=moscow, reach_value=reach, rice_impact=impact, rice_confidence=confidence, rice_effort=effort,
        rice_score=score,
    )  # fmt: skip


@given(
    st.tuples(st.integers(0, 5000), st.sampled_from([0.25, 0.5, 1.0, 2.0, 3.0]), st.sampled_from([0.5, 0.8, 1.0])),
    st.tuples(st.integers(0, 5000), st.sampled_from([0.25, 0.5, 1.0, 2.0, 3.0]), st.sampled_from([0.5, 0.8, 1.0])),
)
def test_reach_that_is_said_to_be_needed_does_turn_the_two_around(one, other):
    first, second = (issue(n, reach=r, impact=i, confidence=c) for n, (r, i, c) in enumerate((one, other), 1))
    upper, lower = sorted((first, second), key=lambda row: -row.rice_score)
    for move in between(upper, lower).moves:
        if move.figure == "reach":
            moved = issue(9, reach=int(move.needed), impact=lower.rice_impact, confidence=lower.rice_confidence)
            assert moved.rice_score > upper.rice_score
            nearly = issue(9, reach=int(move.needed) - 1, impact=lower.rice_impact, confidence=lower.rice_confidence)
            assert nearly.rice_score <= upper.rice_score


@override_settings(LANGUAGE_CODE="en")
def test_why_above_says_what_decides():
    must, should = issue(1, moscow="must", reach=1), issue(2, reach=900)
    assert "comes before any score" in between(must, should).reason
    close = between(issue(1, reach=12), issue(2, reach=10))
    assert close.reason == "IS-1 scores 6 and IS-2 scores 5"
    assert close.would_pass.startswith("IS-2 would pass it with reach 13 instead of 10")
    assert not close.is_firm
    assert between(issue(1, reach=100), issue(2, reach=10)).is_firm
    assert "the newer one" in between(issue(2), issue(1)).reason


def test_impact_and_effort_place_an_issue_in_its_quadrant():
    found = quadrant.dots_of(
        [issue(1, impact=3.0, effort=0.5), issue(2, impact=0.5, effort=8.0), issue(3, impact=3.0, effort=0.5)]
    )
    assert [(dot.first.pk, dot.more) for dot in found] == [(1, 1), (2, 0)]
    assert found[0].name == "Quick wins"
    assert found[1].name == "Leave for later"
    assert found[0].x < found[1].x
    assert found[0].y < found[1].y
    assert all(0 < dot.x < quadrant.WIDTH and 0 < dot.y < quadrant.HEIGHT for dot in found)
