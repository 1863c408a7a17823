"""This module checks the files of the sample story: that they can be played, tell one story, and never flood."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from feedback.models import Channel
from hypercare.core.roles import Role
from triage.categories import CATEGORIES
from triage.demo import acts
from triage.demo.lookup import thread_of
from triage.demo.story import FOLDER, When, read_story, read_when
from triage.models import IssueStatus
from triage.transitions import RESOLUTIONS

OPENING = datetime(2026, 5, 28, 12, 32, tzinfo=UTC)


@pytest.fixture(scope="module")
def story():
    return read_story()


@pytest.fixture(scope="module")
def reports(story):
    return [event.data for event in (*story.past, *story.live) if event.what == "report"]


@pytest.fixture(scope="module")
def turns(story):
    return [event.data for event in (*story.past, *story.live) if event.what == "turn"]


def names_of(turn):
    return turn["issue"] if isinstance(turn["issue"], list) else [turn["issue"]]


@pytest.mark.parametrize(
    ("words", "when"),
    [
        ("day 3 09:40", When(day=3, at=datetime(2026, 1, 1, 9, 40).time())),  # noqa: DTZ001 - a wall clock's time
        ("6 min before", When(seconds=-360)),
        ("12 s after", When(seconds=12)),
    ],
)
def test_times_of_the_story_are_read(words, when):
    assert read_when(words) == when


@pytest.mark.parametrize("words", ["", "day 3", "tomorrow", "3 h after", "day 3 9:40"])
def test_other_words_are_no_time(words):
    with pytest.raises(ValueError, match="no time of the story"):
        read_when(words)


def test_day_of_the_story_follows_the_launch_zone():
    moment = read_when("day 2 09:00").moment(OPENING, first_day=date(2026, 5, 20), zone="Europe/Stockholm")
    assert moment == datetime(2026, 5, 21, 7, 0, tzinfo=UTC)


def test_story_is_told_by_more_than_a_hundred_and_twenty_reports_in_many_channels(reports):
    assert 120 <= len(reports) <= 200
    assert len({report["channel"] for report in reports}) >= 8
    assert sum(report["language"] == "sv" for report in reports) >= 12


def test_every_report_has_its_own_id_and_its_own_words(reports):
    for field in ("id", "text"):
        repeated = [value for value, count in Counter(report[field] for report in reports).items() if count > 1]
        assert repeated == []


def test_reports_use_known_channels_and_addresses_that_belong_to_nobody(reports):
    assert {report["channel"] for report in reports} <= set(Channel.values)
    addresses = [found for report in reports for found in re.findall(r"[\w.]+@[\w.]+", report["by"])]
    assert len(set(addresses)) > 80
    assert {address.partition("@")[2] for address in addresses} == {"example.org", "example.com"}


def test_everything_past_happens_before_the_opening_whatever_the_hour(story):
    latest = max(event.when.at for event in story.past if event.when.day)
    earliest = min(event.when.seconds for event in story.past if not event.when.day)
    midnight = timedelta(days=1)
    since_midnight = timedelta(hours=latest.hour, minutes=latest.minute)
    assert max(event.when.day for event in story.past) < story.launch["today_is_day"]
    assert since_midnight - midnight < timedelta(seconds=earliest)
    assert all(event.when.day or event.when.seconds < 0 for event in story.past)


def test_live_part_begins_at_once_and_never_floods(story):
    moments = [event.when.seconds for event in story.live]
    gaps = [after - before for before, after in zip([0, *moments], moments, strict=False)]
    first_minutes = [gap for gap, moment in zip(gaps, moments, strict=True) if moment <= 150]
    assert moments == sorted(moments)
    assert moments[0] <= 10
    assert max(first_minutes) <= 10
    assert len(moments) <= 600
    assert max(Counter(moment // 60 for moment in moments).values()) <= 20


def test_turns_are_taken_by_known_people_about_things_that_were_said_before(story):
    people = {person.key for person in story.people}
    threads = set()
    past = sorted(
        story.past, key=lambda e: e.when.moment(OPENING, first_day=date(2026, 5, 20), zone=story.launch["zone"])
    )
    for event in (*past, *story.live):
        if event.what == "report":
            threads.add(thread_of(event.data["id"]))
        elif event.what == "alert":
            threads |= set(event.data["alerts"])
        elif event.what == "turn":
            assert event.data["who"] in people
            assert set(names_of(event.data)) | set(event.data.get("with", [])) <= threads, event


def test_turns_use_the_product_words(story, turns):
    parts = {component["slug"] for component in story.launch["components"]}
    assert {turn["to"] for turn in turns if "to" in turn} <= set(IssueStatus.values)
    assert {turn["resolution"] for turn in turns if "resolution" in turn} <= RESOLUTIONS
    assert {turn["category"] for turn in turns if "category" in turn} <= set(CATEGORIES)
    assert {turn["component"] for turn in turns if "component" in turn} <= parts
    assert {turn["owner"] for turn in turns if "owner" in turn} <= {person.key for person in story.people}


def test_alerts_and_deployments_name_known_parts(story):
    parts = {component["slug"] for component in story.launch["components"]}
    events = (*story.past, *story.live)
    assert {event.data["component"] for event in events if event.what == "deploy"} <= parts
    assert {alert["labels"]["component"] for alert in story.alerts.values()} <= parts
    assert {name for event in events if event.what == "alert" for name in event.data["alerts"]} == set(story.alerts)


def test_every_kind_of_event_can_be_performed(story):
    assert {event.what for event in (*story.past, *story.live)} == set(acts._ACTS)


def test_every_role_has_one_sign_in_that_says_what_it_sees(story):
    assert sorted(person.role for person in story.sign_ins) == sorted(Role.values)
    assert all(person.sees for person in story.sign_ins)


def test_incident_comes_whole_reports_alerts_fix_and_end(story):
    told = [
        event
        for event in story.live
        if event.when.seconds <= 300
        and ("503" in str(event.data) or "1.8.3" in str(event.data) or event.what == "alert")
    ]
    steps = [event.data["to"] for event in told if event.what == "turn" and "to" in event.data]
    statuses = [event.data["status"] for event in told if event.what == "alert"]
    versions = [event.data["version"] for event in told if event.what == "deploy"]
    assert steps == ["in_progress", "mitigated", "deployed", "verified"]
    assert statuses == ["firing", "firing", "resolved", "resolved"]
    assert versions == ["1.8.3", "1.8.3"]


def test_story_stands_in_readable_files():
    assert {path.name for path in FOLDER.iterdir()} == {
        "launch.json",
        "alerts.json",
        "causes.json",
        "past_reports.csv",
        "past_events.json",
        "lessons.json",
        "live_reports.csv",
        "live_events.json",
        "traffic.json",
        "openapi.yaml",
        "own_metrics.json",
    }


def test_lessons_speak_of_people_components_types_and_threads_of_the_story(story, reports):
    people = {person.key for person in story.people}
    components = {component["slug"] for component in story.launch["components"]}
    threads = {thread_of(report["id"]) for report in reports}
    for lesson in (event.data for event in story.lessons):
        assert {lesson["who"], lesson.get("owner", lesson["who"])} <= people
        assert set(lesson.get("components", ())) <= components
        assert set(lesson.get("categories", ())) <= set(CATEGORIES)
        assert {lesson.get("issue", lesson.get("from"))} - {None} <= threads
