"""This module tests that the figures of times are right, and that each leads to exactly the issues it counts."""

from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from hypercare.core import clock
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from tests.integration.rows import make_alert, make_feedback, make_issue
from triage import lifecycle, merging, opening
from triage.filters import IssueFilter
from triage.models import Issue, Match
from triage.recount import recount
from triage.reports.draft import preview
from triage.reports.reading import read
from triage.times.courses import courses
from triage.times.lately import lately
from triage.times.page import times_of
from triage.undo import undo_move
from triage.warroom import gauges
from triage.warroom.wall import wall

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def lead(people):
    return Actor.person(people["lead"])


@pytest.fixture
def problem(launch, lead, now):
    """Makes a problem that an alert tells of two hours ago, and works on it as told: after how many minutes what was done."""

    def make(*, told=True, began=10, at=now - 2 * HOUR, **done):
        issue = make_issue(launch, now=at, severity=2, category="bug", component=launch.components.first())
        if told:
            report = make_feedback(launch, now=at, issue_key=issue.key, channel="alert")
            report.occurred_at = at - timedelta(minutes=began)
            report.save()
            belongs(report, issue, at)
        for what, minutes in done.items():
            moment = at + timedelta(minutes=minutes)
            if what == "note":
                record(launch, [Entry(issue.key, "issue.note", {})], actor=lead, now=moment)
            else:
                lifecycle.move(issue.pk, to=what, actor=lead, now=moment)
        return Issue.objects.get(pk=issue.pk)

    return make


def belongs(report, issue, at):
    Match.objects.create(feedback=report, issue=issue, origin="rule", confidence=1, reason="alike", matched_at=at)
    recount([issue.pk], now=at)


def course_of(launch, issue, now):
    return next(one for one in courses(launch, since=now - timedelta(days=30), until=now) if one.pk == issue.pk)


def test_a_course_is_read_from_the_rows(launch, problem, now):
    at = now - 2 * HOUR
    issue = problem(note=5, in_progress=6, mitigated=20, closed=60)
    course = course_of(launch, issue, now)
    assert (course.began, course.detected) == (at - timedelta(minutes=10), at)
    moments = (course.taken_up, course.mitigated, course.resolved)
    assert moments == tuple(at + timedelta(minutes=minutes) for minutes in (5, 20, 60))
    assert course.monitored_first


def test_work_taken_up_again_is_resolved_at_its_last_end(launch, problem, now):
    issue = problem(closed=10)
    for minutes, to in ((30, "in_progress"), (50, "verified"), (55, "deployed"), (70, "verified"), (80, "closed")):
        lifecycle.move(issue.pk, to=to, actor=SYSTEM, now=now - 2 * HOUR + timedelta(minutes=minutes))
    course = course_of(launch, issue, now)
    assert course.resolved == now - 2 * HOUR + timedelta(minutes=70)
    assert len(course.reopenings) == 1


def test_a_slip_that_was_undone_counts_nowhere_and_undoing_another_leaves_an_end(launch, problem, lead, now):
    at, minute = now - 2 * HOUR, timedelta(minutes=1)
    issue = problem(closed=10)
    lifecycle.move(issue.pk, to="in_progress", actor=lead, now=at + 20 * minute)
    lifecycle.move(issue.pk, to="verified", actor=lead, now=at + 25 * minute)
    undo_move(issue.pk, version=None, actor=lead, now=at + 26 * minute)
    course = course_of(launch, issue, now)
    assert (course.closings, course.reopenings) == ((at + 10 * minute,), (at + 20 * minute,))
    assert (course.is_verified, course.mitigated) == (False, at + 10 * minute)
    slip = problem()
    lifecycle.move(slip.pk, to="mitigated", actor=lead, now=at + 5 * minute)
    undo_move(slip.pk, version=None, actor=lead, now=at + 6 * minute)
    assert course_of(launch, slip, now).mitigated is None


def test_what_no_person_did_is_no_response(launch, problem, now):
    issue = problem()
    lifecycle.move(issue.pk, to="closed", actor=SYSTEM, now=now - HOUR)
    record(launch, [Entry(issue.key, "issue.note", {})], actor=Actor.person(launch.memberships.first().user), now=now)
    assert course_of(launch, issue, now).taken_up is None


def test_what_is_said_as_an_issue_is_opened_by_hand_is_no_response(launch, people, lead, now):
    said = opening.Wanted(title="Till is slow", severity="2", component="checkout", text="")
    issue = opening.open_issue(launch, said, writer=people["lead"], now=now - HOUR)
    assert course_of(launch, issue, now).taken_up is None
    lifecycle.move(issue.pk, to="in_progress", actor=lead, now=now)
    assert course_of(launch, issue, now).taken_up == now


def test_an_alert_that_a_person_ended_was_taken_up(launch, problem, lead, now):
    issue = problem()
    told = make_feedback(launch, now=now - 2 * HOUR, issue_key=issue.key, channel="alert")
    belongs(told, issue, now)
    alert = make_alert(launch, now=now - 2 * HOUR, feedback=told)
    record(launch, [Entry(alert.key, "alert.ended", {})], actor=lead, now=now - HOUR)
    assert course_of(launch, issue, now).taken_up == now - HOUR


def test_a_merged_issue_gives_its_moments_to_its_root(launch, problem, lead, now):
    root, other = problem(at=now - HOUR), problem(at=now - 3 * HOUR, note=7)
    merging.merge(other.pk, into_id=root.pk, actor=SYSTEM, now=now)
    course = course_of(launch, root, now)
    assert (course.detected, course.taken_up) == (now - 3 * HOUR, now - 3 * HOUR + timedelta(minutes=7))
    assert [one.pk for one in courses(launch, since=now - timedelta(days=30), until=now)] == [root.pk]


@pytest.fixture
def busy(launch, problem, now, monkeypatch):
    """A launch with something behind every figure, and the clock at its moment."""
    monkeypatch.setattr(clock, "now", lambda: now)
    for minutes in (5, 6, 7, 8, 9):
        problem(note=minutes, mitigated=minutes + 10, closed=minutes + 20)
    problem(at=now - timedelta(days=3))
    problem(told=False, at=now - timedelta(days=8))
    reopened = problem(closed=10)
    lifecycle.move(reopened.pk, to="in_progress", actor=SYSTEM, now=now - HOUR)
    merged = problem()
    merging.merge(merged.pk, into_id=reopened.pk, actor=SYSTEM, now=now)
    person = problem(told=False)
    belongs(make_feedback(launch, now=now - 2 * HOUR, issue_key=person.key), person, now)
    make_issue(launch, now=now, component=None, severity=5)


def test_every_figure_of_the_page_leads_to_exactly_its_rows(client, people, launch, busy, now):
    client.force_login(people["lead"])
    times = times_of(launch, number=14, chosen="mtta", by="component", now=now)
    counted = [(one.url, one.spread.n) for one in times.figures] + [
        (one.left_out_url, one.left_out) for one in times.figures
    ]
    counted += [(one.url, one.spread.n) for one in times.parts]
    counted += [(one.url, one.share.part) for one in times.rates] + [(one.of_url, one.share.of) for one in times.rates]
    counted += [(times.merged_url, times.merged.part), (times.responses.url, times.responses.share.part)]
    counted += [(times.responses.of_url, times.responses.share.of)]
    counted += [(one.reopened_url, one.reopened.part) for one in times.rate_parts]
    counted += [(one.merged_url, one.merged.part) for one in times.rate_parts]
    counted += [(one.url, one.n) for one in times.ages if one.n]
    counted += [(day.opened_url, day.opened) for day in times.flow if day.opened]
    counted += [(day.ended_url, day.ended) for day in times.flow if day.ended]
    for load in (*times.owners, *times.teams):
        counted += [(load.open_url, load.open), (load.late_url, load.late), (load.risk_url, load.at_risk)]
    shown = {url: number_shown(launch, url) for url, _n in counted}
    assert {url: shown[url] for url, n in counted if shown[url] != n} == {}
    assert client.get(counted[0][0]).context["total"] == counted[0][1]
    assert {figure.measure.name: figure.spread.n for figure in times.figures} == {
        "mttd": 7,
        "mtta": 6,
        "mttm": 6,
        "mttr": 5,
    }
    assert (times.rates[0].share.part, times.merged.part) == (1, 1)


def number_shown(launch, url):
    """How many issues the filter of an address finds."""
    return IssueFilter(QueryDict(url.split("?")[1]), Issue.objects.filter(launch=launch)).qs.count()


def test_the_api_says_what_the_page_says_and_refuses_what_nobody_offers(api, launch, busy):
    told = api.get("/api/v1/launches/shop/times/?days=7&measure=mtta&by=component").json()
    mtta = told["figures"][1]
    assert (mtta["name"], mtta["n"], mtta["median_seconds"], mtta["left_out"]) == ("mtta", 6, 450.0, 3)
    assert len(told["days"]) == 7
    rows = api.get(f"/api/v1/issues/?launch=shop&{mtta['rows'].split('?')[1]}").json()["results"]
    assert len(rows) == 6
    refused = api.get("/api/v1/launches/shop/times/?days=8")
    assert (refused.status_code, refused["Content-Type"]) == (400, "application/problem+json")
    assert api.get("/api/v1/issues/?launch=shop&times=speed").status_code == 400


def test_the_page_asks_as_often_whatever_is_there(client, people, launch, busy, problem):
    client.force_login(people["lead"])
    client.get("/launches/shop/times/")

    def count():
        with CaptureQueriesContext(connection) as captured:
            client.get("/launches/shop/times/")
        return len(captured)

    once = count()
    for _number in range(5):
        problem(note=3, closed=4)
    assert count() == once


def test_report_wall_and_page_have_one_definition(launch, busy, now):
    week = lately(launch, begins=now - timedelta(days=7), now=now)
    gauges.measure(launch, now=now)
    tiles = {tile.gauge.name: tile for tile in wall(launch, now=now).tiles}
    assert (tiles["mtta"].value, tiles["mtta"].n) == (week.spreads["mtta"].median.total_seconds(), 6)
    assert tiles["mtta"].p90 == week.spreads["mtta"].p90.total_seconds()
    assert (tiles["csat"].value, tiles["active"].value) == (None, None)
    figures = preview(launch, now=now).figures
    assert figures["times"]["week"]["mtta"]["median"] == tiles["mtta"].value
    words = " ".join(read(figures).more)
    assert "Time to acknowledge (MTTA) in 7 days: 8 min in the middle" in words
    assert "1 reopened" in words
    assert read({name: value for name, value in figures.items() if name != "times"}).more
