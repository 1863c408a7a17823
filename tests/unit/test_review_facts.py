"""This module tests what a review is filled in with, from an incident that is put together by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from feedback.models import KnownIssue
from gateway_ingest.evidence.failures import Rate
from hypercare.core.models import Component, Launch
from triage.models import Issue
from triage.review.analysis import Analysis
from triage.review.incident import Incident, Live, seconds_at
from triage.review.prefill import prefilled
from triage.review.sections import TITLES
from triage.warroom.calling_out import said_of
from triage.warroom.effects import Effect, Minute
from triage.warroom.moments import Moment, Moments

BEGAN = datetime(2026, 5, 28, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minutes):
    return BEGAN + minutes * MINUTE


@pytest.fixture
def issue():
    launch = Launch(slug="shop", name="Meridian Shop", zone="Europe/Stockholm")
    component = Component(launch=launch, slug="catalog-api", name="Product pages")
    return Issue(
        pk=12, launch=launch, component=component, title="Product pages answer 503", severity=2, status="closed",
        resolution="fixed", reach_value=412, reach_of=9800, reach_method="exact", opened_at=at(4),
    )  # fmt: skip


@pytest.fixture
def moments():
    effect = Effect(BEGAN, Minute(at(5), 200, 90), at(34), "GET /products", {})
    return Moments(
        keys=("IS-12",), alerts=("AL-3",), effect=effect,
        begun=Moment("effect", BEGAN, BEGAN, words="GET /products"),
        detected=Moment("alert", at(3), at(3), "HC-7", "HighErrorRate"),
        report=Moment("report", at(9), at(9), "HC-9", "Empty page"),
        alert=Moment("alert", at(3), at(3), "HC-7", "HighErrorRate"),
        deployment=Moment("deployment", at(-4), at(-4), "DP-2", "catalog-api 1.8.2"),
        taken_up=Moment("taken_up", at(6), at(6), "IS-12", "Tomás"),
        mitigated=Moment("mitigated", at(34), at(34), "IS-12", "Tomás"),
        ended=Moment("ended", at(120), at(120), "IS-12", "Priya"),
    )  # fmt: skip


@pytest.fixture
def incident(issue, moments):
    return Incident(
        issue=issue, room_key="WR-1", moments=moments, call_outs=said_of(moments), seconds_at={1: 600.0, 2: 6600.0},
        requests=Rate(9000, 1200, 34.0), reports=37, alerts=1, roles=[("Command", "Priya"), ("Lead Backend", "Tomás")], came=["Priya", "Tomás", "Noor"],
        lines=[], more_lines=False, decisions=["Roll back, as it is the last change"],
        fixes=[Live("catalog-api 1.8.3", at(30), "verified", "Verified")],
        known=KnownIssue(title="Some product pages are empty", workaround="Reload the page."),
        public_at=at(20), updates=2, late_updates=0, late_promises=0,
    )  # fmt: skip


def test_every_section_is_filled_in_by_its_name(incident):
    assert list(prefilled(incident)) == list(TITLES)


def test_impact_counts_minutes_requests_people_and_reports(incident):
    assert prefilled(incident)["impact"].text.splitlines() == [
        "- 10 minutes as SEV1",
        "- 110 minutes as SEV2",
        "- Requests failed: 1,200 of 9,000 (13%)",
        "- Users affected: 412 of 9,800 (4.2%), measured in traffic",
        "- 37 reports by people, 1 alert",
    ]


def test_impact_without_traffic_is_not_measured(incident, issue):
    issue.reach_method, issue.reach_value = "reporters", 3
    unseen = replace(incident, requests=None)
    said = prefilled(unseen)["impact"]
    assert "Requests failed: not measured" in said.text
    assert "Users affected: not measured; 3 by their own reports" in said.text
    assert said.source.endswith("no failed call in the traffic belongs to it.")


def test_course_is_told_with_the_rows_it_was_computed_from(incident):
    facts = prefilled(incident)["what_happened"]
    assert "- Known 3 min after the first failed calls, by the alert HC-7." in facts.text
    assert facts.source == "Computed from DP-2, HC-7, HC-9, IS-12."


def test_long_words_of_a_row_are_cut_with_a_sign(incident, moments):
    long = replace(moments, detected=Moment("report", at(3), at(3), "HC-7", "The page is empty. " * 20))
    line = prefilled(replace(incident, moments=long))["timeline"].text.splitlines()[1]
    assert line.endswith("…, HC-7)")
    assert len(line) < 200


def test_timeline_names_what_nobody_measured(incident):
    lines = prefilled(incident)["timeline"].text.splitlines()
    assert lines[:7] == [
        "- **Cause began**: 28 May 14:00 (GET /products)",
        "- **Detected**: 28 May 14:03 (HighErrorRate, HC-7)",
        "- **Paged**: not measured",
        "- **Taken up**: 28 May 14:06 (Tomás, IS-12)",
        "- **Public**: 28 May 14:20",
        "- **Mitigated**: 28 May 14:34 (Tomás, IS-12)",
        "- **End**: 28 May 16:00 (Priya, IS-12)",
    ]


def test_what_was_known_soon_and_before_people_told_of_it_went_well(incident):
    assert prefilled(incident)["went_well"].text.splitlines() == [
        "- Known 3 min after the first failed calls, by the alert HC-7.",
        "- The first report came 6 min after the first alert.",
        "- Live traffic shows that catalog-api 1.8.3 fixed it.",
        "- 2 updates were told, all in time.",
    ]
    assert prefilled(incident)["went_less_well"].text == ""


def test_what_people_had_to_tell_first_went_less_well(incident, moments):
    late = replace(moments, alerts=(), alert=None, detected=Moment("report", at(22), at(22), "HC-9", "Empty page"))
    found = replace(
        incident, moments=late, call_outs=said_of(late), alerts=0, late_updates=1,
        fixes=[Live("catalog-api 1.8.3", at(30), "not_fixed", "Not fixed")],
    )  # fmt: skip
    assert prefilled(found)["went_less_well"].text.splitlines() == [
        "- Known 22 min after the first failed calls, by the report HC-9.",
        "- No alert told of it; people had to.",
        "- Updates that were overdue: 1.",
        "- catalog-api 1.8.3 did not fix it: Not fixed.",
    ]


def test_responders_are_those_with_a_role_and_who_else_was_there(incident):
    assert prefilled(incident)["responders"].text.splitlines() == [
        "- Command: Priya", "- Lead Backend: Tomás", "- Also there: Noor"]  # fmt: skip


def test_outsiders_are_told_in_public_words_without_keys_and_names(incident):
    said = prefilled(incident)["external_message"].text
    assert said == (
        "Between 28 May 14:00 and 28 May 14:34 something did not work as it should: Some product pages are empty. "
        "It works again, and we are sorry for the trouble."
    )


def test_deployment_near_in_time_is_not_called_the_cause(incident):
    facts = prefilled(incident)["contributing_factors"]
    assert facts.text.endswith("Near in time, which alone is no cause.")
    assert facts.source == "From the deployment DP-2."


def test_analysis_of_the_cause_takes_its_place(incident):
    analysis = Analysis(
        symptom="Product pages answer 503",
        causes=("The pool is full.", "Nobody watched it"),
        codes=("capacity",),
        why_missed=("not tested",),
    )
    found = prefilled(incident, analysis)
    assert (
        found["contributing_factors"].text
        == "- The pool is full.\n- Nobody watched it\n- Cause code: capacity\n- Why it was missed: not tested"
    )
    assert found["what_happened"].text.startswith("Product pages answer 503\n\n")
    assert "The cause: The pool is full; Nobody watched it. What we learnt" in found["internal_message"].text


def test_incident_without_a_room_says_nothing_of_responders(incident):
    assert prefilled(replace(incident, room_key=""))["responders"].text == ""


def test_severity_lasts_until_the_next_score_and_the_last_until_the_end():
    scores = [(at(10), 2), (at(20), 1), (at(50), 2)]
    assert seconds_at(scores, begins=BEGAN, ends=at(60)) == {2: 1800.0, 1: 1800.0}


def test_score_after_the_end_adds_nothing():
    assert seconds_at([(at(0), 2), (at(90), 4)], begins=BEGAN, ends=at(60)) == {2: 3600.0}
