"""This module tests war rooms: who may open one, what fills its timeline by itself, and what people do in it."""

from datetime import timedelta

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gateway_ingest.deployments import NewDeployment, record_deployment
from hypercare.core.models import Commitment, Message, TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from tests.conftest import bearer
from tests.integration.rows import make_feedback, make_issue
from tests.integration.traffic import calls, store
from triage import lifecycle, merging, overrides
from triage.exit.assess import assess
from triage.models import Attendance, Duty, Match, WarRoom
from triage.reports import draft
from triage.score import rescore
from triage.warroom import attendance, decided, duties, gauges, promises, rooms, shift, standup, talk, updates
from triage.warroom.axis import axis
from triage.warroom.calling_out import said_of
from triage.warroom.moments import moments_of
from triage.warroom.page import room_page, timeline
from triage.warroom.round_of_rooms import look_after
from triage.warroom.wall import wall

MINUTE = timedelta(minutes=1)


@pytest.fixture
def lead(people):
    return Actor.person(people["lead"])


@pytest.fixture
def issue(launch, now):
    return make_issue(launch, now=now, component=launch.components.get(slug="catalog-api"), category="availability")


@pytest.fixture
def room(issue, lead, now):
    return rooms.open_room(issue, reason="Sales are lost", actor=lead, now=now)


def belongs(issue, row, *, now):
    """What triage writes of a report: its match, its column, its line on the timeline."""
    Match.objects.create(feedback=row, issue=issue, origin="model", confidence=0.9, reason="alike", matched_at=now)
    row.issue_key = issue.key
    row.save(update_fields=["issue_key"])
    fact = {"feedback": row.key, "channel": row.channel}
    entry = Entry(issue.key, "issue.joined", fact, occurred_at=row.occurred_at, once_key=f"joined:{row.pk}")
    record(issue.launch, [entry], actor=SYSTEM, now=now)
    return row


def told(room, issue, *, at, known=timedelta(0), **fields):
    row = make_feedback(room.launch if room else issue.launch, now=at, **fields)
    row.received_at = at + known
    row.save(update_fields=["received_at"])
    return belongs(issue, row, now=at + known)


# opening and closing


def test_a_sev1_opens_its_room_by_itself_and_only_once(issue, lead, now):
    overrides.override_issue(issue.pk, field="severity", value="1", reason="Nobody can buy", actor=lead, now=now)
    look_after(now=now)
    look_after(now=now + MINUTE)
    room = WarRoom.objects.get(issue=issue)
    assert (room.origin, room.opened_by_name) == ("rule", "Hypercare")


def test_a_sev2_opens_none_by_itself(issue, now):
    look_after(now=now)
    assert not WarRoom.objects.exists()


def test_a_report_nobody_vouched_for_opens_none(launch, issue, now):
    for number in range(3):
        told(None, issue, at=now, severity=1, title=f"All is down {number}", channel="widget")
    rescore([issue.pk], now=now)
    look_after(now=now)
    assert not WarRoom.objects.exists()


def test_a_closed_room_stays_closed_until_the_issue_becomes_sev1_anew(issue, lead, now):
    def severity(value, minutes):
        at = now + minutes * MINUTE
        overrides.override_issue(issue.pk, field="severity", value=value, reason="", actor=lead, now=at)
        look_after(now=at)
        return WarRoom.objects.filter(issue=issue).count()

    assert severity("1", 0) == 1
    rooms.close_room(WarRoom.objects.get(), words="Rolled back", actor=lead, now=now + MINUTE)
    look_after(now=now + 2 * MINUTE)
    assert WarRoom.objects.count() == 1
    assert severity("2", 3) == 1
    assert severity("1", 4) == 2


def test_opening_again_leads_to_the_live_room(room, issue, lead, now):
    assert rooms.open_room(issue, reason="", actor=lead, now=now + MINUTE) == room


def test_a_room_of_a_merged_issue_is_its_roots(room, issue, launch, lead, now):
    other = make_issue(launch, now=now, title="503 too")
    merging.merge(other.pk, into_id=issue.pk, actor=lead, now=now)
    assert rooms.open_room(other, reason="", actor=lead, now=now + MINUTE) == room


def test_the_room_of_an_issue_that_is_merged_goes_to_the_root_or_closes_where_that_has_one(
    room, issue, launch, lead, now
):
    root, last = make_issue(launch, now=now, title="503"), make_issue(launch, now=now, title="503 too")
    merging.merge(issue.pk, into_id=root.pk, actor=lead, now=now)
    room.refresh_from_db()
    assert (room.issue, room.is_live) == (root, True)
    other = rooms.open_room(last, reason="", actor=lead, now=now)
    merging.merge(root.pk, into_id=last.pk, actor=lead, now=now)
    room.refresh_from_db()
    assert room.closing_words == f"{root.key} is merged into {last.key}; work goes on in {other.key}."


def test_taking_issues_apart_gives_back_the_room_that_merging_moved(room, issue, launch, lead, now):
    root = make_issue(launch, now=now, title="503")
    merging.merge(issue.pk, into_id=root.pk, actor=lead, now=now)
    merging.unmerge(issue.pk, actor=lead, now=now + MINUTE)
    room.refresh_from_db()
    assert (room.issue, room.is_live) == (issue, True)


def test_taking_issues_apart_opens_the_room_that_merging_closed_with_its_roles(room, issue, launch, lead, people, now):
    root = make_issue(launch, now=now, title="503")
    rooms.open_room(root, reason="", actor=lead, now=now)
    duties.take(room, role="scribe", person=people["lead"], actor=lead, now=now)
    merging.merge(issue.pk, into_id=root.pk, actor=lead, now=now + MINUTE)
    merging.unmerge(issue.pk, actor=lead, now=now + 2 * MINUTE)
    room.refresh_from_db()
    assert (room.issue, room.is_live, room.closing_words) == (issue, True, "")
    assert Duty.objects.get(room=room, ended_at=None).role == "scribe"
    entry = TimelineEntry.objects.filter(subject=issue.key, kind="room.opened").latest("id")
    assert entry.data["reason"] == f"{issue.key} is no longer merged into {root.key}."


@pytest.fixture
def merged_twice(room, issue, launch, lead, now):
    """The issue whose room it is went into one without a room, and that into one that has its own; gives that between."""
    middle, root = make_issue(launch, now=now, title="503"), make_issue(launch, now=now, title="503 too")
    merging.merge(issue.pk, into_id=middle.pk, actor=lead, now=now)
    rooms.open_room(root, reason="", actor=lead, now=now)
    merging.merge(middle.pk, into_id=root.pk, actor=lead, now=now + MINUTE)
    return middle


def test_a_room_that_moved_with_one_merge_and_closed_with_the_next_opens_where_it_began(
    room, issue, merged_twice, lead, now
):
    merging.unmerge(issue.pk, actor=lead, now=now + 2 * MINUTE)
    room.refresh_from_db()
    assert (room.issue, room.is_live) == (issue, True)
    merging.unmerge(merged_twice.pk, actor=lead, now=now + 3 * MINUTE)
    room.refresh_from_db()
    assert room.issue == issue


def test_a_room_that_people_closed_after_the_merges_were_apart_stays_closed(room, issue, merged_twice, lead, now):
    merging.unmerge(merged_twice.pk, actor=lead, now=now + 2 * MINUTE)
    room.refresh_from_db()
    rooms.close_room(room, words="Rolled back", actor=lead, now=now + 3 * MINUTE)
    merging.unmerge(issue.pk, actor=lead, now=now + 4 * MINUTE)
    room.refresh_from_db()
    assert (room.issue, room.closing_words) == (merged_twice, "Rolled back")


def test_a_room_that_people_closed_since_stays_closed_where_it_is(room, issue, launch, lead, now):
    root = make_issue(launch, now=now, title="503")
    merging.merge(issue.pk, into_id=root.pk, actor=lead, now=now)
    room.refresh_from_db()
    rooms.close_room(room, words="Rolled back", actor=lead, now=now + MINUTE)
    merging.unmerge(issue.pk, actor=lead, now=now + 2 * MINUTE)
    room.refresh_from_db()
    assert (room.issue, room.closing_words) == (root, "Rolled back")


def test_an_ended_issue_gets_no_room(issue, lead, now):
    lifecycle.move(issue.pk, to="closed", actor=lead, now=now)
    issue.refresh_from_db()
    with pytest.raises(Problem) as refused:
        rooms.open_room(issue, reason="", actor=lead, now=now)
    assert refused.value.status == 409


def test_closing_asks_for_a_sentence_and_ends_roles_and_attendance(room, lead, people, now):
    duties.take(room, role="commander", actor=lead, now=now)
    attendance.be_here(room, person=people["agent"], now=now)
    with pytest.raises(Problem, match="Say in a sentence"):
        rooms.close_room(room, words="  ", actor=lead, now=now)
    rooms.close_room(room, words="1.8.3 holds", actor=lead, now=now + MINUTE)
    with pytest.raises(Problem) as refused:
        talk.say(room, text="Too late", actor=lead, now=now + 2 * MINUTE)
    assert refused.value.status == 409
    assert not Attendance.objects.filter(left_at=None).exists()
    room.refresh_from_db()
    assert [duty.user_name for duty in duties.in_force(room)] == ["Alice Lead"]


# who does what, who is there


def test_a_role_goes_from_one_to_the_next(room, lead, people, now):
    duties.take(room, role="commander", actor=lead, now=now)
    duties.take(room, role="commander", person=people["responder"], actor=lead, now=now + MINUTE)
    assert [duty.user for duty in duties.in_force(room)] == [people["responder"]]


def test_there_is_a_lead_for_each_area(room, lead, people, now):
    duties.take(room, role="lead", area="Backend", actor=lead, now=now)
    duties.take(room, role="lead", area="Payments", person=people["agent"], actor=lead, now=now)
    assert [duty.area for duty in duties.in_force(room)] == ["Backend", "Payments"]


def test_only_who_works_in_the_launch_takes_a_role(room, people):
    for who in ("stakeholder", "outsider"):
        with pytest.raises(Problem, match="Nobody of that address"):
            duties.person_of(room.launch, people[who].email)


def test_who_is_not_heard_of_left_when_last_seen(room, people, now):
    attendance.be_here(room, person=people["agent"], now=now)
    attendance.be_here(room, person=people["agent"], now=now + MINUTE)
    attendance.sweep(now=now + 2 * MINUTE)
    assert len(attendance.here(room, now=now + 2 * MINUTE)) == 1
    attendance.sweep(now=now + 4 * MINUTE)
    assert Attendance.objects.get().left_at == now + MINUTE
    kinds = TimelineEntry.objects.filter(subject=room.key).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["room.came", "room.left"]


# what is said, decided and promised


def test_secrets_said_in_a_room_are_not_kept(room, lead, now):
    line = talk.say(room, text="It works with password: hunter2hunter2", actor=lead, now=now)
    assert "hunter2" not in line.text


def test_a_decision_supersedes_an_earlier_one_once(room, launch, lead, now):
    first = decided.decide(launch, about=room.key, what="Roll back", why="", actor=lead, now=now)
    decided.decide(launch, about=room.key, what="Fix forward", why="1.8.2 holds the VAT fix", supersedes=first.key,
                   actor=lead, now=now)  # fmt: skip
    with pytest.raises(Problem, match="superseded already"):
        decided.decide(launch, about=room.key, what="Wait", why="", supersedes=first.key, actor=lead, now=now)


def test_an_overdue_action_reminds_its_owner_once_a_day(room, launch, lead, people, now):
    one = promises.promise(launch, about=room.key, what="Write to the shoppers", owner=people["agent"],
                           due_at=now + MINUTE, actor=lead, now=now)  # fmt: skip
    for minutes in (0, 2, 3, 24 * 60 + 3):
        promises.chase_due(now=now + minutes * MINUTE)
    mails = Message.objects.filter(to_address=people["agent"].email, kind="reminder")
    assert mails.count() == 2
    assert f"/rooms/{room.key}/" in mails[0].text
    promises.end(one, kept=True, actor=lead, now=now + timedelta(days=2))
    promises.chase_due(now=now + timedelta(days=3))
    assert mails.count() == 2


def test_who_left_the_launch_is_reminded_of_nothing_and_who_steers_hears_instead(room, launch, lead, people, now):
    promises.promise(launch, about=room.key, what="Write to the shoppers", owner=people["agent"],
                     due_at=now + MINUTE, actor=lead, now=now)  # fmt: skip
    duties.take(room, role="comms", person=people["agent"], actor=lead, now=now)
    launch.memberships.filter(user=people["agent"]).delete()
    promises.chase_due(now=now + 61 * MINUTE)
    updates.chase_due(now=now + 61 * MINUTE)
    mails = Message.objects.filter(kind="reminder")
    assert set(mails.values_list("to_address", flat=True)) == {people["lead"].email, people["admin"].email}
    assert any("Agent Person promised in Meridian Shop and has left" in mail.text for mail in mails)


def test_a_dropped_action_says_why(room, launch, lead, people, now):
    one = promises.promise(launch, about=room.key, what="Warm caches", owner=people["lead"], due_at=now + MINUTE,
                           actor=lead, now=now)  # fmt: skip
    with pytest.raises(Problem):
        promises.end(one, kept=False, reason="", actor=lead, now=now)
    promises.end(one, kept=False, reason="No longer needed", actor=lead, now=now)
    assert Commitment.objects.get().kept is False


@pytest.mark.parametrize(("severity", "minutes"), [(1, 30), (2, 60)])
def test_the_next_update_is_due_by_severity(launch, lead, now, severity, minutes):
    room = rooms.open_room(make_issue(launch, now=now, severity=severity), reason="", actor=lead, now=now)
    due = updates.next_due(room, now=now)
    assert (due.at, due.is_late) == (now + minutes * MINUTE, False)
    assert updates.next_due(room, now=now + (minutes + 1) * MINUTE).is_late


def test_an_update_goes_to_its_audiences_and_begins_the_time_anew(room, lead, people, now):
    at = now + 20 * MINUTE
    update = updates.tell(room, conditions="Pages answer 503", actions="1.8.3 on its way", needs="", actor=lead,
                          audiences=["stakeholders"], now=at)  # fmt: skip
    mail = Message.objects.get(kind="room_update")
    assert (mail.to_address, update.sent_to) == (people["stakeholder"].email, [str(people["stakeholder"])])
    assert "Conditions: Pages answer 503" in mail.text
    assert updates.next_due(room, now=at).at == at + 60 * MINUTE


def test_an_overdue_update_is_said_once_to_who_speaks_for_the_room(room, lead, people, now):
    duties.take(room, role="comms", person=people["agent"], actor=lead, now=now)
    for minutes in (61, 62):
        updates.chase_due(now=now + minutes * MINUTE)
    assert list(Message.objects.filter(kind="reminder").values_list("to_address", flat=True)) == [people["agent"].email]


# the timeline that writes itself


@pytest.fixture
def replayed(launch, issue, lead, now):
    """An incident as its rows tell it: deployed, calls fail, an alert, a report, taken up, mitigated, closed."""
    begun = now.replace(second=0, microsecond=0)
    deployed = NewDeployment(
        version="1.8.2", environment="production", component="catalog-api", deployed_at=begun - 4 * MINUTE
    )
    record_deployment(launch, deployed, source="test", actor=SYSTEM, now=begun)
    store(launch, [*calls(600, begun - 40 * MINUTE, every=timedelta(seconds=4)),
                   *calls(90, begun, every=timedelta(seconds=10), status=503),
                   *calls(200, begun + 15 * MINUTE, every=timedelta(seconds=6))], now=begun + 40 * MINUTE)  # fmt: skip
    told(None, issue, at=begun + 2 * MINUTE, known=timedelta(seconds=30), channel="alert", title="5xx above 1%")
    told(None, issue, at=begun + 11 * MINUTE, known=MINUTE, title="The page is down")
    overrides.override_issue(issue.pk, field="severity", value="1", reason="", actor=lead, now=begun + 6 * MINUTE)
    lifecycle.move(issue.pk, to="mitigated", actor=lead, now=begun + 14 * MINUTE)
    look_after(now=begun + 6 * MINUTE)
    return WarRoom.objects.select_related("launch", "issue__component").get(issue=issue), begun


def test_a_replayed_incident_fills_the_room_with_no_typing(replayed):
    room, begun = replayed
    lines = timeline(room, moments_of(room, now=begun + 40 * MINUTE), now=begun + 40 * MINUTE).lines
    by_time = [(line.source, line.kind) for line in reversed(lines)]
    assert [kind for source, kind in by_time if source not in {"issue", "room"}] == [
        "deployment.recorded", "traffic.began", "traffic.peak", "issue.joined", "issue.joined", "traffic.over"
    ]  # fmt: skip
    assert {"report", "alert", "deployment", "traffic", "issue", "room"} == {source for source, _kind in by_time}
    assert {"issue.status", "issue.field", "room.opened"} <= {kind for _source, kind in by_time}


def test_call_outs_are_what_the_rows_say(replayed):
    room, begun = replayed
    outs = {one.name: one.seconds for one in said_of(moments_of(room, now=begun + 40 * MINUTE))}
    assert outs == {
        "after_deployment": 4 * 60,
        "detected": 2 * 60 + 30,
        "report_lag": 9 * 60,
        "taken_up": 6 * 60 - (2 * 60 + 30),
        "mitigated": 14 * 60,
    }


def test_a_report_before_any_alert_is_called_out_so(launch, issue, room, now):
    told(room, issue, at=now - 9 * MINUTE)
    told(room, issue, at=now - 5 * MINUTE, channel="alert")
    said = next(one for one in said_of(moments_of(room, now=now)) if one.name == "report_lag")
    assert (said.seconds, said.sentence) == (-240, "The first report came 4 min before the first alert")


def test_what_came_before_the_issue_was_closed_last_is_another_incident(launch, issue, lead, now):
    told(None, issue, at=now - timedelta(days=2))
    lifecycle.move(issue.pk, to="closed", actor=lead, now=now - timedelta(days=1))
    told(None, issue, at=now - 12 * MINUTE, channel="alert", title="5xx again")
    lifecycle.move(issue.pk, to="in_progress", actor=lead, now=now - 10 * MINUTE)
    issue.refresh_from_db()
    found = moments_of(rooms.open_room(issue, reason="", actor=lead, now=now), now=now)
    assert (found.begun.at, found.report) == (now - 12 * MINUTE, None)


def test_what_was_known_later_stands_where_it_happened(room, lead, now):
    talk.say(room, text="Canary is clean", actor=lead, now=now + 5 * MINUTE)
    talk.say(room, text="The pool was full then", kind="note", at=now + MINUTE, actor=lead, now=now + 9 * MINUTE)
    lines = timeline(room, moments_of(room, now=now + 10 * MINUTE), now=now + 10 * MINUTE).lines
    assert [line.words for line in lines[:2]] == ["Canary is clean", "The pool was full then"]
    assert lines[1].known_at == now + 9 * MINUTE


def test_a_timeline_of_50_000_entries_pages_with_the_same_queries(room, lead, now):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_timelineentry (launch_id, subject, kind, actor_name, occurred_at, recorded_at, data, request_id)"
            " SELECT %s, %s, 'room.came', 'Bob', %s::timestamptz + n * interval '1 second', %s, '{}', ''"
            " FROM generate_series(1, 50000) n",
            [room.launch_id, room.key, now - timedelta(days=2), now],
        )
        cursor.execute("ANALYZE core_timelineentry")
    found = moments_of(room, now=now)
    before, seen, queries = "", 0, []
    for _page in range(3):
        with CaptureQueriesContext(connection) as captured:
            page = timeline(room, found, now=now, before=before)
        queries.append(len(captured))
        seen, before = seen + len({line.at for line in page.lines}), page.older
    assert seen == 150
    assert queries[1] == queries[2] <= 10
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {captured.captured_queries[0]['sql']}")
        read = str(cursor.fetchone()[0])
    assert "timeline_of_subject" in read


def test_every_page_of_the_timeline_follows_the_one_before(room, issue, lead, now):
    for number in range(7):
        talk.say(room, text=f"Line {number}", actor=lead, now=now + MINUTE)
    found, later = moments_of(room, now=now), now + 2 * MINUTE
    first = axis(room, found, now=later, size=4)
    second = axis(room, found, now=later, before=first.older, size=4)
    assert len({row.place for row in (*first.rows, *second.rows)}) == 8
    with pytest.raises(Problem, match="begin at the newest"):
        axis(room, found, now=later, before="x.1.2")


def test_the_page_asks_as_often_with_one_row_as_with_many(room, launch, lead, people, now):
    def count():
        caches["memory"].clear()
        with CaptureQueriesContext(connection) as captured:
            room_page(room, now=now + MINUTE)
        return len(captured)

    talk.say(room, text="One", actor=lead, now=now)
    decided.decide(launch, about=room.key, what="Wait", why="", actor=lead, now=now)
    promises.promise(launch, about=room.key, what="Do", owner=people["agent"], due_at=now + MINUTE, actor=lead, now=now)
    once = count()
    for number in range(5):
        talk.say(room, text=f"More {number}", actor=lead, now=now)
        decided.decide(launch, about=room.key, what=f"Wait {number}", why="", actor=lead, now=now)
        promises.promise(launch, about=room.key, what=f"Do {number}", owner=people["agent"], due_at=now + MINUTE, actor=lead, now=now)  # fmt: skip
        attendance.be_here(room, person=people["lead"], now=now)
    assert count() == once


# pages


def test_the_page_shows_the_room_and_takes_orders(client, room, people, now):
    client.force_login(people["responder"])
    path = f"/launches/shop/rooms/{room.key}/"
    client.post(f"{path}take/", {"role": "commander"})
    client.post(f"{path}say/", {"text": "I take it"})
    page = client.get(path).content.decode()
    assert "I take it" in page
    assert "Responder Person" in page
    assert "update" in client.get("/launches/shop/rooms/").content.decode()


def test_the_list_asks_as_often_with_one_room_as_with_many(
    client, room, launch, lead, people, now, django_assert_num_queries
):
    client.force_login(people["lead"])
    client.get("/launches/shop/rooms/")
    with CaptureQueriesContext(connection) as once:
        client.get("/launches/shop/rooms/")
    for number in range(3):
        rooms.open_room(make_issue(launch, now=now, title=f"More {number}"), reason="", actor=lead, now=now)
    with django_assert_num_queries(len(once)):
        client.get("/launches/shop/rooms/")


def test_the_reader_of_an_open_page_is_there(client, room, people):
    client.force_login(people["stakeholder"])
    assert "1 here" in client.post(f"/launches/shop/rooms/{room.key}/here/").content.decode()
    assert client.post(f"/launches/shop/rooms/{room.key}/say/", {"text": "x"}).status_code == 403


def test_another_launchs_room_is_not_there(client, room, people, launch, now):
    from hypercare.core.launches import create_launch
    from hypercare.core.models import Launch

    other = create_launch(
        Launch(slug="other", name="Other", go_live_on=launch.go_live_on, planned_end_on=launch.planned_end_on),
        owner=people["outsider"], now=now,
    )  # fmt: skip
    client.force_login(people["outsider"])
    assert client.get(f"/launches/shop/rooms/{room.key}/").status_code == 404
    assert client.get(f"/launches/{other.slug}/rooms/{room.key}/").status_code == 404


# the wall, the stand-up and the shift


def test_the_wall_shows_measured_figures_with_their_change_and_says_where_there_is_none(launch, now):
    for days in (7, 1, 0):
        make_feedback(launch, now=now - timedelta(days=days, hours=1))
        gauges.measure(launch, now=now - timedelta(days=days))
    make_feedback(launch, now=now - timedelta(hours=2))
    gauges.measure_due(now=now + gauges.EVERY)
    tiles = {tile.gauge.name: tile for tile in wall(launch, now=now + gauges.EVERY).tiles}
    assert (tiles["reports"].value, tiles["reports"].yesterday, tiles["reports"].last_week) == (2, 1, 1)
    assert (tiles["p95"].value, tiles["p95"].reading) == (None, "")
    assert wall(launch, now=now + timedelta(hours=1)).tiles[0].is_stale


def test_the_wall_asks_as_often_whatever_is_there(launch, lead, room, now):
    def count():
        caches["memory"].clear()
        with CaptureQueriesContext(connection) as captured:
            wall(launch, now=now)
        counted = [one["sql"] for one in captured.captured_queries if "COUNT(" in one["sql"]]
        assert not [sql for sql in counted if "feedback_feedback" in sql]
        return len(captured)

    assess(launch, now)
    once = count()
    for number in range(4):
        make_issue(launch, now=now, title=f"More {number}", severity=1)
        make_feedback(launch, now=now)
    look_after(now=now)
    assert count() <= once


def test_the_wall_is_a_page_that_renews_itself(client, room, people):
    client.force_login(people["stakeholder"])
    assert 'data-parts="/launches/shop/wall/parts/"' in client.get("/launches/shop/wall/").content.decode()
    assert "Product pages answer 503" in client.get("/launches/shop/wall/parts/").content.decode()


def test_the_stand_ups_notes_and_decisions_become_the_reports_draft(launch, lead, now):
    one = standup.begin(launch, actor=lead, now=now)
    assert standup.begin(launch, actor=lead, now=now + MINUTE) == one
    standup.go_to(one, block="critical", now=now + 2 * MINUTE)
    one.refresh_from_db()
    assert standup.left(one, now=now + 3 * MINUTE) == timedelta(seconds=120)
    standup.note(one, block="critical", text="1.8.3 holds", actor=lead, now=now)
    standup.note(one, block="exit", text="Two to go", actor=lead, now=now)
    decided.decide(launch, about=one.key, what="Freeze on Friday", why="", actor=lead, now=now)
    standup.end(one, actor=lead, now=now + 15 * MINUTE)
    lines = draft.preview(launch, now=now + timedelta(hours=1)).note.split("\n")
    assert lines == [
        "Exit progress: Two to go (Alice Lead)",
        "SEV1 and SEV2: 1.8.3 holds (Alice Lead)",
        "Decided: Freeze on Friday (Alice Lead)",
    ]
    with pytest.raises(Problem, match="over"):
        standup.note(one, block="exit", text="Late", actor=lead, now=now)


def test_a_draft_made_before_the_stand_up_ends_gets_its_notes_beside_its_own(launch, lead, now):
    report = draft.preview(launch, now=now)
    report.note = "Thanks to all"
    report.save()
    one = standup.begin(launch, actor=lead, now=now)
    standup.note(one, block="exit", text="Two to go", actor=lead, now=now)
    standup.end(one, actor=lead, now=now)
    report.refresh_from_db()
    assert report.note == "Thanks to all\n\nExit progress: Two to go (Alice Lead)"


def test_blocks_of_the_stand_up_take_a_quarter_of_an_hour_and_all_have_facts(client, launch, people, room):
    assert sum(block.seconds for block in standup.BLOCKS) == 15 * 60
    client.force_login(people["lead"])
    for block in standup.BLOCKS:
        assert client.get(f"/launches/shop/stand-up/?block={block.name}").status_code == 200


def test_a_shift_goes_from_one_person_to_the_next_with_the_rows_as_they_stood(launch, room, issue, lead, people, now):
    promises.promise(
        launch, about=room.key, what="Load test", owner=people["agent"], due_at=now + MINUTE, actor=lead, now=now
    )
    note = shift.hand_over(launch, to=people["agent"], text="Watch the pool", actor=lead, now=now)
    lifecycle.move(issue.pk, to="closed", actor=lead, now=now + MINUTE)
    note.refresh_from_db()
    assert [fact["words"] for fact in note.facts["critical"]] == [f"{issue.key} Product pages answer 503"]
    assert [fact["words"] for fact in note.facts["promises"]] == ["Load test"]
    assert Message.objects.get(kind="shift").to_address == people["agent"].email
    with pytest.raises(Problem) as refused:
        shift.take_over(note, actor=lead, now=now + MINUTE)
    assert refused.value.status == 403
    taken = shift.take_over(note, actor=Actor.person(people["agent"]), now=now + MINUTE)
    assert taken.acknowledged_at == now + MINUTE
    assert shift.began_at(launch, now=now + 2 * MINUTE) == now


def test_nobody_hands_a_shift_to_themselves(launch, lead, people, now):
    with pytest.raises(Problem, match="somebody else"):
        shift.hand_over(launch, to=people["lead"], text="", actor=lead, now=now)


def test_the_shift_page_shows_and_hands_over(client, people, room):
    client.force_login(people["lead"])
    client.post("/launches/shop/shift/hand-over/", {"to": people["agent"].email, "text": "Watch the pool"})
    client.force_login(people["agent"])
    page = client.get("/launches/shop/shift/").content.decode()
    assert "Watch the pool" in page
    assert "Take it over" in page


# the API


def test_the_api_opens_a_room_and_works_in_it(api, issue, people):
    opened = api.post("/api/v1/rooms/", {"issue": issue.key, "reason": "Down"}, format="json")
    assert opened.status_code == 201
    path = f"/api/v1/rooms/{opened.data['id']}"
    assert api.post("/api/v1/rooms/", {"issue": issue.key}, format="json").status_code == 200
    api.post(f"{path}/take/", {"role": "commander"}, format="json")
    done = api.post(f"{path}/decide/", {"what": "Fix forward"}, format="json").json()
    assert [one["role"] for one in done["roles"]] == ["commander"]
    assert [one["what"] for one in done["decisions"]] == ["Fix forward"]
    kinds = [line["kind"] for line in api.get(f"{path}/timeline/").json()["results"]]
    assert kinds == ["decision.made", "room.role", "room.opened"]
    refused = api.post(f"{path}/tell/", {"conditions": "x", "actions": "y"}, format="json")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/audiences")


def test_the_api_leads_through_a_stand_up_and_hands_the_shift_over(api, launch, people, now):
    path = "/api/v1/launches/shop"
    assert api.get(f"{path}/stand-up/").json()["id"] is None
    assert api.post(f"{path}/stand-up/note/", {"text": "x"}, format="json").status_code == 409
    api.post(f"{path}/stand-up/begin/", {}, format="json")
    noted = api.post(f"{path}/stand-up/note/", {"block": "new", "text": "Two new"}, format="json").json()
    assert [(one["block"], one["text"]) for one in noted["notes"]] == [("new", "Two new")]
    handed = api.post(f"{path}/shifts/", {"to": people["agent"].email, "text": "Quiet"}, format="json")
    assert (handed.status_code, handed.json()["taker_name"]) == (201, str(people["agent"]))
    assert api.post(f"/api/v1/shifts/{handed.json()['id']}/take/", {}, format="json").status_code == 403
    taker, outsider = (bearer(people[who], scopes=["admin"], now=now) for who in ("agent", "outsider"))
    assert outsider.post(f"/api/v1/shifts/{handed.json()['id']}/take/", {}, format="json").status_code == 404
    assert taker.post(f"/api/v1/shifts/{handed.json()['id']}/take/", {}, format="json").status_code == 200
    assert api.get(f"{path}/wall/").json()["tiles"][0]["value"] is None
