"""This module holds how conditions compare, and what they say of what they saw."""

import pytest

from hypercare.core.happenings import EVENTS, events_told_by, kinds_of
from hypercare.core.models import Happening, Launch
from hypercare.core.timeline import KINDS
from triage.automation import conditions
from triage.automation.facts import About, Facts

LAUNCH = Launch(slug="shop", name="Shop")


def judged(field, compare, value, **data):
    happening = Happening(launch=LAUNCH, kind="deployment.recorded", subject="DP-1", data=data)
    facts = Facts(happening, About(LAUNCH, happening.subject))
    return conditions.judge({"field": field, "is": compare, "value": value}, facts)


@pytest.mark.parametrize(
    ("compare", "value", "holds"),
    [
        ("contains", "prod", True),
        ("contains", "staging, PROD", True),
        ("contains", "staging", False),
        ("lacks", "staging", True),
        ("is", "production", True),
        ("is", "prod", False),
    ],
)
def test_texts_are_compared_whatever_their_case(compare, value, holds):
    assert judged("environment", compare, value, environment="Production").holds is holds


@pytest.mark.parametrize(
    ("compare", "value", "holds"),
    [("is", "verified, not_fixed", True), ("is_not", "side_effect", True), ("is_not", "verified", False)],
)
def test_commas_divide_values_of_which_one_will_do(compare, value, holds):
    assert judged("verdict", compare, value, word="verified").holds is holds


def test_what_nobody_knows_holds_in_no_comparison_but_is_not():
    assert not judged("verdict", "is", "verified").holds
    assert judged("verdict", "is_not", "verified").holds
    assert not judged("severity", "at_most", "5").holds


def test_it_says_what_it_saw_and_what_was_wanted():
    said = judged("verdict", "is", "verified", word="not_fixed").words
    assert said == "Event: what traffic says of the fix is not_fixed, wanted: is verified"


def test_a_change_of_score_is_asked_for_what_it_made_of_the_issue():
    happening = Happening(launch=LAUNCH, kind="issue.scored", subject="IS-1", data={"moved": {}, "severity": 2})
    facts = Facts(happening, About(LAUNCH, "none"))
    assert conditions.judge({"field": "severity", "is": "at_most", "value": "2"}, facts).holds


@pytest.mark.parametrize("value", ["nan", "inf", "1e400", "two"])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(Exception, match="number"):
        conditions.check(LAUNCH, [{"field": "severity", "is": "at_most", "value": value}])


def test_every_event_is_told_by_kinds_of_the_timeline():
    assert kinds_of(EVENTS) <= set(KINDS)


def test_a_change_of_score_is_one_of_severity_only_where_that_moved():
    assert events_told_by("issue.scored", "IS-1", {"moved": {"severity": {}}}) == [
        "issue.severity_changed", "issue.scored"]  # fmt: skip
    assert events_told_by("issue.scored", "IS-1", {"moved": {"rpn": {}}}) == ["issue.scored"]
    assert events_told_by("alert.resolved", "IS-1", {}) == []
