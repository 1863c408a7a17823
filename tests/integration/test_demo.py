"""This module loads the sample launch once, plays its live part with a clock of its own, and looks at what came of it."""

import stat
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Max

from feedback.models import Feedback
from gateway_ingest import call_kinds, evidence, latencies, windows
from gateway_ingest.calls import STORE, Wanted
from gateway_ingest.models import Alert, AlertStatus, Source, Window
from hypercare.core import clock, delivery
from hypercare.core.models import Deployment, Launch, Measurement, Membership, Message, User
from triage import alert_changes, lifecycle, pipeline
from triage.demo import lookup, replay, sign_ins, stage, traffic
from triage.demo.seed import seed
from triage.demo.story import read_story
from triage.exit.assess import assess, standings
from triage.models import CriterionState, Issue, IssueStatus, Origin, StatusReport, WarRoom
from triage.rootcause import risks
from triage.rootcause.reading import analysis_of
from triage.times.page import times_of
from triage.warroom.calling_out import said_of
from triage.warroom.moments import moments_of
from triage.warroom.page import timeline
from triage.warroom.wall import tiles_of, wall

pytestmark = pytest.mark.django_db
NAME = "meridian-demo"


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """The loaded launch and the moment of its loading; the database is as before when the module ends."""
    from django.db import transaction

    with django_db_blocker.unblock():
        now = clock.now()
        atomic = transaction.atomic()
        atomic.__enter__()
        try:
            yield seed(read_story(), now=now, say=lambda _line: None), now
        finally:
            transaction.set_rollback(True)
            atomic.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def home(tmp_path, settings):
    settings.HYPERCARE_HOME = tmp_path
    return tmp_path


@pytest.fixture(autouse=True)
def kinds_are_forgotten():
    """Each test takes back the kinds of calls it made, so this process may not know them in the next one."""
    yield
    call_kinds._kinds.clear()
    call_kinds._details.clear()


def standings_at(launch, moment):
    return {standing.criterion.code: standing for standing in standings(launch, moment)}


class Play:
    """A clock that moves only when the replay sleeps; triage works after every pause, as the workers do."""

    def __init__(self, now):
        self.now, self.lines = now, []

    def sleep(self, seconds):
        self.now += timedelta(seconds=seconds)
        pipeline.triage_waiting(clock=self.clock)
        alert_changes.follow(clock=self.clock)

    def clock(self):
        return self.now

    def run(self, the_stage, place):
        replay.replay(the_stage, place=place, clock=self.clock, say=self.lines.append, sleep=self.sleep)


def test_launch_stands_on_day_nine_of_twenty_with_everything_triaged(demo):
    the_stage, now = demo
    assert (the_stage.launch.day_on(now), the_stage.launch.days_planned) == (9, 20)
    assert Feedback.objects.filter(launch=the_stage.launch).count() > 110
    assert not Feedback.objects.filter(launch=the_stage.launch, triaged_at=None).exists()


def test_nothing_of_the_past_is_dated_later_than_now(demo):
    the_stage, now = demo
    assert not Feedback.objects.filter(launch=the_stage.launch, triaged_at__gt=now).exists()
    assert not Issue.objects.filter(launch=the_stage.launch, status_changed_at__gt=now).exists()


def test_each_thread_of_reports_became_one_issue(demo):
    the_stage, _now = demo
    for row in Feedback.objects.filter(launch=the_stage.launch, external_id__contains="-01"):
        thread = lookup.thread_of(row.external_id)
        issue = lookup.issue_of(the_stage, thread)
        assert lookup.threads_in(issue) - set(the_stage.story.alerts) <= {thread}


def test_sample_knows_causes_with_their_evidence_and_keeps_a_register_of_risks(demo):
    the_stage, _now = demo
    found = analysis_of(lookup.issue_of(the_stage, "payment-declined"))
    assert (found.code, found.open_ends(), len(found.bones)) == ("release_cutover", [], 6)
    assert max(why.depth for why in found.all_whys()) == 4
    assert all(one.path for why in found.all_whys() for one in why.evidence)
    assert risks.register(the_stage.launch).count() == len(risks.COMMON) + 1


def test_board_shows_machine_suggestions_beside_what_people_confirmed(demo):
    the_stage, _now = demo
    origins = {
        issue.title: issue.decisions.get(field="severity", ended_at=None).origin
        for issue in Issue.objects.filter(launch=the_stage.launch, merged_into=None)
    }
    assert origins["Wishlist empty after signing in"] == Origin.PERSON
    assert set(origins.values()) > {Origin.PERSON}


def test_every_column_of_the_board_has_cards(demo):
    the_stage, _now = demo
    shown = set(Issue.objects.filter(launch=the_stage.launch).values_list("status", flat=True))
    assert shown >= set(IssueStatus.values) - {IssueStatus.DUPLICATE}


def test_exit_criteria_held_as_long_as_the_story_says(demo):
    the_stage, now = demo
    found = standings_at(the_stage.launch, now)
    assert {code: standing.state for code, standing in found.items()} == {
        "E1": CriterionState.MET,
        "E5": CriterionState.MET,
        "E6": CriterionState.HOLDING,
        "E7": CriterionState.MET,
    }
    assert found["E7"].satisfied_since.date() == the_stage.launch.date_of_day(2)
    assert found["E1"].satisfied_since.date() == the_stage.launch.date_of_day(3)


def test_archive_holds_a_sent_report_of_each_past_day_with_its_own_numbers(demo):
    the_stage, _now = demo
    reports = list(StatusReport.objects.filter(launch=the_stage.launch, number__lt=9).order_by("number"))
    assert [report.number for report in reports] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert all(report.sent_at and report.html for report in reports)
    assert [report.figures["verdict"]["colour"] for report in reports[:3]] == ["green", "amber", "green"]
    assert "Card payments failed" in reports[1].note


def test_mail_of_the_sample_launch_stays_in_the_outbox(demo, settings):
    the_stage, now = demo
    settings.SMTP_CONFIGURED = True
    assert Message.objects.filter(launch=the_stage.launch, kind="daily_report").count() >= 8
    assert delivery.send_waiting(now=now + timedelta(minutes=1)) == 0


def test_one_person_per_role_signs_in_with_the_password_of_this_copy(demo, home):
    the_stage, _now = demo
    password = sign_ins.ensure_password(the_stage.story)
    assert sign_ins.ensure_password(the_stage.story) == password
    assert stat.S_IMODE((home / "secrets" / "demo_password").stat().st_mode) == 0o600
    for person in the_stage.story.sign_ins:
        user = User.objects.get(email=person.email)
        assert user.check_password(password)
        assert Membership.objects.get(launch=the_stage.launch, user=user).role == person.role


def test_people_without_a_sign_in_have_no_password(demo):
    assert not User.objects.get(email="tomas.herrera@example.com").has_usable_password()


def test_second_load_adds_nothing_and_names_the_sign_ins(demo, capsys):
    before = (Launch.objects.count(), Feedback.objects.count(), User.objects.count(), Message.objects.count())
    call_command("demo", "--seed")
    after = (Launch.objects.count(), Feedback.objects.count(), User.objects.count(), Message.objects.count())
    assert before == after
    assert "priya.nair@example.com" in capsys.readouterr().out


def test_live_part_plays_the_incident_to_its_end(demo):
    the_stage, now = demo
    play = Play(now)
    play.run(the_stage, replay.Place.of(the_stage))
    assert [line for line in play.lines if line.startswith("Passed over")] == []
    issue = lookup.issue_of(the_stage, "shop-503")
    assert (issue.title, issue.status) == ("Product pages answer 503 after deploy 1.8.2", IssueStatus.CLOSED)
    assert set(issue.sources) >= {"widget", "portal", "email", "alert"}
    assert issue.feedback_count >= 18
    assert not Alert.objects.filter(launch=the_stage.launch, status=AlertStatus.FIRING).exists()
    assert Deployment.objects.filter(launch=the_stage.launch, release__version="1.8.3").count() == 2
    room = WarRoom.objects.select_related("launch", "issue__component").get(issue=issue)
    assert room.closing_words
    called_out = {one.name: one.seconds for one in said_of(moments_of(room, now=play.now))}
    assert called_out["after_deployment"] <= 6 * 60 + 12
    assert called_out.keys() >= {"detected", "report_lag", "taken_up", "mitigated", "ended"}


def test_sample_shows_a_closed_room_with_what_was_decided_and_told(demo):
    the_stage, now = demo
    room = WarRoom.objects.get(launch=the_stage.launch)
    assert (room.issue.title, room.updates.count()) == ("Card payments declined after the bank's confirmation", 2)
    page = timeline(room, moments_of(room, now=now), now=now, size=500)
    assert {line.source for line in page.lines} >= {
        "report",
        "alert",
        "deployment",
        "issue",
        "said",
        "decision",
        "promise",
        "message",
    }


def test_wall_of_the_sample_has_figures_from_the_start(demo):
    the_stage, now = demo
    shown = {tile.gauge.name for tile in wall(the_stage.launch, now=now).tiles if tile.value is not None}
    assert shown >= {"open", "reports", "available", "p95", "active"}


def test_incident_holds_up_the_exit_while_it_lasts(demo):
    the_stage, now = demo
    play = Play(now)
    place = Stopping(replay.Place.of(the_stage), after=50, events=the_stage.story.live)
    with pytest.raises(KeyboardInterrupt):
        play.run(the_stage, place)
    found = {standing.criterion.code: standing for standing in assess(the_stage.launch, play.now)}
    assert found["E1"].state == found["E5"].state == CriterionState.FAILED


def only(the_stage, events):
    """The stage with a shorter story."""
    return replace(the_stage, story=replace(the_stage.story, live=tuple(events)))


class Stopping:
    """A place that is interrupted once the story is so many seconds old."""

    def __init__(self, place, *, after, events):
        self.place, self.after, self.events = place, after, events

    def read(self):
        return self.place.read()

    def write(self, done):
        self.place.write(done)
        if self.events[done - 1].when.seconds >= self.after:
            raise KeyboardInterrupt


def test_replay_goes_on_where_it_was_stopped(demo):
    the_stage, now = demo
    the_stage = only(the_stage, the_stage.story.live[:8])
    play, place = Play(now), replay.Place.of(the_stage)
    with pytest.raises(KeyboardInterrupt):
        play.run(the_stage, Stopping(place, after=20, events=the_stage.story.live))
    done = place.read()
    play.run(the_stage, place)
    played = [line for line in play.lines if line.startswith("Played report shop-503-01")]
    assert 0 < done < len(the_stage.story.live) == place.read()
    assert len(played) == 1


def test_event_played_twice_after_a_kill_stores_its_report_once(demo):
    the_stage, now = demo
    first = next(event for event in the_stage.story.live if event.what == "report")
    for _time in range(2):
        replay._play(the_stage, first, clock=lambda: now, say=lambda _line: None, sleep=lambda _seconds: None)
    assert Feedback.objects.filter(launch=the_stage.launch, external_id=first.data["id"]).count() == 1


def test_replay_passes_over_what_a_visitor_has_done_already(demo):
    the_stage, now = demo
    visitor = the_stage.actor("priya")
    issue = lookup.issue_of(the_stage, "promo-phone")
    lifecycle.move(issue.pk, to=IssueStatus.CLOSED, actor=visitor, now=now)
    closing = [event for event in the_stage.story.live if event.data.get("issue") == "promo-phone"]
    late = [replace(event, data=event.data | {"to": IssueStatus.TRIAGED}) for event in closing]
    play = Play(now)
    play.run(only(the_stage, late), replay.Place.of(the_stage))
    assert [line.partition(":")[0] for line in play.lines] == ["Passed over turn promo-phone"]


def test_replay_without_a_loaded_launch_says_what_to_do():
    Launch.objects.filter(slug=NAME).update(slug="renamed")
    with pytest.raises(CommandError, match="--seed first"):
        call_command("demo", "--replay")


def test_place_of_another_launch_is_not_taken_over(tmp_path):
    replay.Place(tmp_path / "run" / "demo.json", launch=1).write(12)
    assert replay.Place(tmp_path / "run" / "demo.json", launch=2).read() == 0


def test_load_that_breaks_leaves_nothing(demo):
    _stage, now = demo
    Launch.objects.filter(slug=NAME).update(slug="renamed")
    story = read_story()
    broken = story.past[0].__class__(story.past[0].when, "report", {**story.past[0].data, "channel": "nowhere"})
    with pytest.raises(ValueError, match="nowhere"):
        seed(replace(story, past=(broken,)), now=now, say=lambda _line: None)
    assert stage.find(story) is None


def windows_of(the_stage, component, begins, ends):
    windows.fold()
    return list(Window.objects.filter(kind__launch=the_stage.launch, kind__hint=component, at__gte=begins, at__lt=ends))


def test_every_length_of_time_has_a_figure_and_the_wall_compares_with_the_day_and_the_week_before(demo):
    the_stage, now = demo
    figures = times_of(the_stage.launch, number=14, chosen="mttd", by="component", now=now).figures
    assert {figure.measure.name for figure in figures if not figure.spread.is_told} == set()
    began = figures[0].spread
    assert timedelta(minutes=4) <= began.median <= timedelta(hours=1)
    for later in (timedelta(seconds=40), timedelta(minutes=50)):
        tiles = {tile.gauge.name: tile for tile in tiles_of(the_stage.launch, now=now + later)}
        assert tiles["mttd"].yesterday
        for name in ("reports", "opened", "open", "mtta", "mttm", "mttr", "p95", "active", "errors"):
            assert (tiles[name].yesterday is None, tiles[name].last_week is None) == (False, False), name


def test_calls_stand_for_every_minute_since_go_live_and_none_is_later_than_now(demo):
    the_stage, now = demo
    minutes = set(Window.objects.filter(kind__launch=the_stage.launch).values_list("at", flat=True))
    assert len(minutes) > 8 * 1440
    assert max(minutes) <= now
    assert {window.kind.component.slug for window in Window.objects.select_related("kind__component")[:500]}


def test_traffic_shows_the_trouble_that_the_story_tells(demo):
    the_stage, now = demo
    failing = windows_of(the_stage, "catalog-api", now - timedelta(minutes=5), now)
    before = windows_of(the_stage, "catalog-api", now - timedelta(minutes=60), now - timedelta(minutes=10))
    assert sum(window.errors or 0 for window in failing) > 0 == sum(window.errors or 0 for window in before)
    slow = windows_of(the_stage, "search", now - timedelta(minutes=30), now)
    usual = windows_of(the_stage, "search", now - timedelta(hours=5), now - timedelta(minutes=50))
    middle = [
        latencies.quantile(latencies.union([bytes(one.latencies) for one in part]), 0.5) for part in (slow, usual)
    ]
    assert middle[0] > 1.3 * middle[1]


def test_report_that_saw_requests_fail_has_its_calls_under_the_same_trace(demo, client):
    the_stage, now = demo
    report = Feedback.objects.filter(launch=the_stage.launch, external_id__startswith="payment-declined-01").get()
    trace_id = report.context["requests"][0]["traceparent"].split("-")[1]
    (launch,) = Launch.objects.filter(pk=the_stage.launch.pk)
    found = STORE.find([launch], Wanted(trace_id=trace_id), limit=50, skip=0, now=now)
    assert {(call.status, call.component) for call in found} == {(502, "payments")}


def test_evidence_has_something_to_say_of_the_sample(demo):
    the_stage, now = demo
    launch = Launch.objects.get(pk=the_stage.launch.pk)
    found = evidence.governance(launch, evidence.Span.of(now - timedelta(days=7), now))
    assert {str(finding.rule) for finding in found} >= {"undocumented", "deprecated", "never_called"}
    fixed = Deployment.objects.get(launch=launch, release__component__slug="payments", release__version="2.8.1")
    compared = evidence.before_and_after(fixed, now=now)
    assert (compared.word, compared.is_complete) == ("better", True)
    report = Feedback.objects.filter(launch=launch, external_id__startswith="payment-declined-01").get()
    assert evidence.near(report, now=now)[0].by == "trace"


def test_own_metrics_of_the_sample_came_by_opentelemetrys_door_for_each_minute(demo):
    the_stage, now = demo
    rows = Measurement.objects.filter(launch=the_stage.launch, metric__startswith="own:")
    begins = clock.day_bounds(the_stage.launch.go_live_on, the_stage.launch.zone)[0]
    minutes = int((now - begins) / traffic.MINUTE)
    assert rows.filter(measured_at__gte=begins).count() == 2 * minutes
    assert rows.filter(metric="own:orders.paid").aggregate(most=Max("value"))["most"] > 5
    source = Source.objects.get(name="OpenTelemetry Collector")
    assert (source.repeats, source.dead_letters.count(), source.last_event_at) == (0, 0, now)


def test_live_traffic_sends_each_ended_minute_once_and_fills_a_gap(demo):
    the_stage, now = demo
    moment = now + timedelta(minutes=20)
    for _start in range(2):
        Source.objects.filter(name=traffic.GATEWAY).update(last_event_at=now)
        traffic.LiveTraffic(the_stage, now=lambda: moment, pause=lambda _seconds: None).sleep(30)
    sent = windows_of(the_stage, "catalog-api", now.replace(second=0, microsecond=0), moment)
    assert len({window.at for window in sent}) == 20
    course = traffic.Course.of(the_stage)
    wanted = [call for call in course.minute(sent[0].at) if call.component == "catalog-api"]
    assert sum(window.calls for window in sent if window.at == sent[0].at) == len(wanted)
