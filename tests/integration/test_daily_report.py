"""This module checks the daily report: its numbers, its one draft a day, its one sending, its pages and its mail."""

import json
import threading
from datetime import UTC, date, datetime, time, timedelta
from html.parser import HTMLParser

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from feedback.models import Channel
from gateway_ingest.models import AlertSeverity
from hypercare.core import clock
from hypercare.core.models import Launch, Membership, Message, Phase, Subscription, TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.subscriptions import readers, subscriptions_of
from hypercare.core.timeline import SYSTEM, Actor
from tests.integration.rows import make_alert, make_deployment, make_feedback, make_issue
from triage.exit.assess import assess
from triage.models import IssueStatus, StatusReport
from triage.reports import draft, mail
from triage.reports.daily import keep_up
from triage.reports.figures import figures_of
from triage.reports.period import period_of
from triage.reports.reading import read, subject_of
from triage.reports.send import send
from triage.reports.verdict import verdict

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DUE = datetime(2026, 5, 28, 13, 0, tzinfo=UTC)  # 15:00 in Stockholm
GRACE = timedelta(minutes=30)


@pytest.fixture
def launch(launch):
    """The launch as if it had been made on its first day."""
    launch.created_at = clock.day_bounds(launch.go_live_on, launch.zone)[0]
    launch.save()
    return launch


@pytest.fixture
def time_machine_at():
    """Sets the clock of the whole process to a moment."""
    travels = []

    def travel(moment):
        travels.append(time_machine.travel(moment, tick=False))
        travels[-1].start()

    yield travel
    for one in travels:
        one.stop()


def figures_at(launch, moment):
    return figures_of(launch, period_of(launch, clock.local_day(moment, launch.zone), now=moment))


def drafted(launch, moment=DUE):
    keep_up(now=moment)
    return StatusReport.objects.get(launch=launch, day=clock.local_day(moment, launch.zone))


# The verdict


@pytest.mark.parametrize(
    ("issues", "colour", "reason"),
    [
        ([], "green", "No SEV1 or SEV2 is open."),
        ([{"severity": 3}], "green", "No SEV1 or SEV2 is open."),
        ([{"severity": 2}], "amber", "One SEV2 is open: Product pages answer 503."),
        ([{"severity": 2}, {"severity": 2}], "amber", "2 SEV2 are open."),
        ([{"severity": 2}, {"severity": 1, "title": "Nobody can pay"}], "red", "One SEV1 is open: Nobody can pay."),
        ([{"severity": 1, "status": IssueStatus.CLOSED}], "green", "No SEV1 or SEV2 is open."),
    ],
)
def test_verdict_follows_the_worst_open_issue(launch, now, issues, colour, reason):
    for fields in issues:
        make_issue(launch, now=now, **fields)
    found = verdict(launch, now)
    assert (found.colour, found.reason) == (colour, reason)


def test_verdict_is_amber_past_the_planned_end_with_a_must_not_met(launch):
    found = verdict(launch, datetime(2026, 6, 9, 12, tzinfo=UTC))
    assert (found.colour, found.reason) == (
        "amber",
        "The planned end has passed and 3 criteria are not met: E1, E5, E6.",
    )


def test_verdict_is_red_when_a_must_got_worse_three_days_running(launch):
    for day in range(4):
        make_alert(launch, now=DUE, name=f"alert {day}")
        assess(launch, DUE + day * DAY)
    found = verdict(launch, DUE + 3 * DAY)
    assert (found.colour, found.reason) == ("red", "E5 has got worse on each of the last three days.")


def test_verdict_stays_calm_when_a_must_is_bad_but_steady(launch):
    make_alert(launch, now=DUE)
    for day in range(4):
        assess(launch, DUE + day * DAY)
    assert verdict(launch, DUE + 3 * DAY).colour == "green"


def test_verdict_part_shows_word_and_reason(client, launch, people):
    make_issue(launch, now=clock.now())
    client.force_login(people["stakeholder"])
    part = client.get(reverse("triage:verdict", args=["shop"])).content.decode()
    assert "AMBER" in part
    assert "One SEV2 is open" in part


# The numbers


def test_numbers_count_what_the_rows_say(launch):
    before, inside = DUE - DAY - HOUR, DUE - 2 * HOUR
    make_issue(launch, now=before, severity=2)
    make_issue(launch, now=inside, severity=3, title="Wishlist is empty", reach_value=203, reach_of=9800)
    make_issue(launch, now=before, severity=3, status=IssueStatus.CLOSED, closed_at=inside, title="VAT doubled")
    make_issue(launch, now=inside, severity=3, status=IssueStatus.DUPLICATE)
    make_issue(launch, now=inside, severity=4, snoozed_until=DUE + DAY)
    make_alert(launch, now=inside)
    make_alert(launch, now=inside, name="Disk", severity=AlertSeverity.WARNING)
    make_feedback(launch, now=before)
    make_feedback(launch, now=inside, triaged_at=inside + timedelta(seconds=10))
    make_feedback(launch, now=inside, triaged_at=inside + timedelta(seconds=30))
    make_feedback(launch, now=inside, channel=Channel.ALERT, triaged_at=inside + timedelta(seconds=20))
    make_feedback(launch, now=inside, spam="spam", set_aside=True, returns_at=DUE + DAY)
    numbers = figures_at(launch, DUE)["numbers"]
    assert numbers == {
        "open": 3,
        "new": 2,
        "closed": 1,
        "snoozed": 1,
        "sev1": 0,
        "sev2": 1,
        "sev3": 1,
        "sev4": 1,
        "sev5": 0,
        "reports": 2,
        "triage_seconds": 20.0,
        "set_aside": 1,
        "alerts": 2,
        "error_alerts": 1,
        "refused_messages": 0,
    }


def test_numbers_are_compared_with_the_report_before(launch):
    keep_up(now=DUE - DAY)
    make_issue(launch, now=DUE - HOUR, severity=2)
    figures = figures_at(launch, DUE)
    assert (figures["change"]["sev2"], figures["change"]["new"], figures["before"]["colour"]) == (1, 1, "green")


def test_nothing_falls_between_two_reports(launch):
    yesterday = drafted(launch, DUE - DAY + timedelta(minutes=7))
    make_feedback(launch, now=yesterday.drafted_at)
    make_feedback(launch, now=yesterday.drafted_at + timedelta(microseconds=1))
    assert figures_at(launch, DUE)["numbers"]["reports"] == 1


def test_top_issues_are_the_worst_five(launch, now, people):
    for severity in (5, 4, 3, 3, 2, 1):
        make_issue(launch, now=now, severity=severity, owner=people["lead"], title=f"A SEV{severity}")
    top = figures_at(launch, DUE)["top"]
    assert [issue["severity"] for issue in top] == [1, 2, 3, 3, 4]
    assert (top[0]["title"], top[0]["owner"], top[0]["status"]) == ("A SEV1", "Alice Lead", "new")


def test_themes_tell_what_most_people_said_with_a_clean_quote(launch):
    moment = DUE - HOUR
    for category, count in (("bug", 1), ("access", 3), ("performance", 2), ("praise", 1)):
        for _number in range(count):
            make_feedback(launch, now=moment, category=category, body="I am anna@example.org. It is gone.")
    make_feedback(launch, now=moment, category="bug", channel=Channel.ALERT)
    figures = figures_at(launch, DUE)
    assert [(theme["category"], theme["count"]) for theme in figures["themes"]] == [
        ("access", 3),
        ("performance", 2),
        ("bug", 1),
    ]
    assert figures["themes"][0]["quote"] == "I am […]. It is gone."


def test_changes_list_the_deployments_of_the_period(launch):
    make_deployment(launch, now=DUE - 3 * DAY, version="1.8.1")
    make_deployment(launch, now=DUE - HOUR, version="1.8.3")
    assert [change["version"] for change in figures_at(launch, DUE)["changes"]] == ["1.8.3"]


def test_figures_can_be_kept_as_json(launch):
    make_issue(launch, now=DUE - HOUR)
    make_feedback(launch, now=DUE - HOUR)
    figures = figures_at(launch, DUE)
    assert json.loads(json.dumps(figures)) == figures


def test_figures_take_the_same_queries_for_one_row_and_for_many(launch, django_assert_max_num_queries):
    counts = []
    for number in range(2):
        for copy in range(1 + 4 * number):
            make_issue(launch, now=DUE - HOUR, title=f"Issue {copy}")
            make_feedback(launch, now=DUE - HOUR)
            make_alert(launch, now=DUE, name=f"{number} {copy}")
            make_deployment(launch, now=DUE - HOUR, version=f"{number}.{copy}")
        launch = Launch.objects.get(pk=launch.pk)
        figures_at(launch, DUE)
        with django_assert_max_num_queries(30) as captured:
            figures_at(launch, DUE)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_subject_reads_as_agreed(launch, now):
    make_issue(launch, now=now)
    subject = subject_of(figures_at(launch, DUE))
    assert subject == "[Meridian Shop] Day 9 of 20 - AMBER - 1 SEV2, exit 0/3 met"


# The draft


def test_draft_is_made_at_the_set_hour_and_once(launch):
    keep_up(now=DUE - timedelta(seconds=1))
    assert not StatusReport.objects.exists()
    for seconds in (0, 30, 60):
        keep_up(now=DUE + timedelta(seconds=seconds))
    report = StatusReport.objects.get()
    assert (report.day, report.number, report.drafted_at, report.sends_at) == (
        date(2026, 5, 28),
        9,
        DUE,
        DUE + GRACE,
    )
    assert TimelineEntry.objects.filter(kind="report.drafted").count() == 1


@pytest.mark.parametrize(("day", "count"), [(date(2026, 3, 29), 1), (date(2026, 10, 25), 1)])
def test_day_of_a_clock_change_gives_one_report(launch, day, count):
    launch.report_at, launch.go_live_on, launch.planned_end_on = time(2, 30), date(2026, 3, 1), date(2026, 12, 1)
    launch.created_at = datetime(2026, 3, 1, tzinfo=UTC)
    launch.save()
    start, end = clock.day_bounds(day, launch.zone)
    moment = start
    while moment < end:
        keep_up(now=moment)
        moment += timedelta(minutes=10)
    assert StatusReport.objects.filter(day=day).count() == count
    assert StatusReport.objects.count() == count


def test_clock_set_back_makes_no_second_report(launch):
    keep_up(now=DUE)
    keep_up(now=DUE - 2 * HOUR)
    keep_up(now=DUE + HOUR)
    assert StatusReport.objects.count() == 1


def test_worker_back_in_the_evening_still_drafts_today(launch):
    report = drafted(launch, DUE + 5 * HOUR)
    assert report.sends_at == DUE + 5 * HOUR + GRACE


def test_day_the_worker_was_away_gets_no_late_report(launch):
    keep_up(now=DUE + DAY - 8 * HOUR)
    assert not StatusReport.objects.exists()


@pytest.mark.parametrize("fields", [{"closed_at": DUE}, {"phase": Phase.PREPARE}, {"phase": Phase.BUSINESS_AS_USUAL}])
def test_launch_out_of_hypercare_gets_no_report(launch, fields):
    Launch.objects.filter(pk=launch.pk).update(**fields)
    keep_up(now=DUE)
    assert not StatusReport.objects.exists()


def test_one_launch_that_fails_keeps_no_other_from_its_report(launch, people):
    Launch.objects.filter(pk=launch.pk).update(slug="z-shop")
    broken = Launch.objects.get(pk=launch.pk)
    broken.pk, broken.slug, broken.zone = None, "broken", "Nowhere/Atall"
    broken.save()
    with pytest.raises(ExceptionGroup):
        keep_up(now=DUE)
    assert StatusReport.objects.get().launch_id == launch.pk


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_draft_and_send_it_once(launch, people):
    def work(moment):
        try:
            keep_up(now=moment)
        finally:
            connection.close()

    for moments in ([DUE, DUE + timedelta(seconds=1)], [DUE + GRACE + HOUR, DUE + GRACE + HOUR]):
        threads = [threading.Thread(target=work, args=[moment]) for moment in moments]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert StatusReport.objects.count() == 1
    for kind in ("report.drafted", "report.sent"):
        assert TimelineEntry.objects.filter(kind=kind).count() == 1
    assert Message.objects.filter(kind="daily_report").count() == 4


# Sending


def test_draft_sends_itself_after_the_grace(launch, people):
    report = drafted(launch)
    keep_up(now=DUE + GRACE - timedelta(seconds=1))
    assert not Message.objects.exists()
    keep_up(now=DUE + GRACE)
    report.refresh_from_db()
    assert (report.sent_at, report.sent_by) == (DUE + GRACE, "Hypercare")
    assert sorted(Message.objects.values_list("to_address", flat=True)) == [
        "admin@example.org",
        "alice@example.org",
        "responder@example.org",
        "stakeholder@example.org",
    ]


def test_held_draft_waits_until_it_is_released(launch, people):
    report, lead = drafted(launch), Actor.person(people["lead"])
    draft.hold(report.pk, actor=lead, now=DUE)
    keep_up(now=DUE + 2 * HOUR)
    assert not Message.objects.exists()
    draft.release(report.pk, actor=lead, now=DUE + 2 * HOUR)
    keep_up(now=DUE + 2 * HOUR)
    assert not Message.objects.exists()
    keep_up(now=DUE + 2 * HOUR + GRACE)
    assert Message.objects.count() == 4


def test_hold_outlives_the_account_of_whoever_holds(launch, people):
    report = drafted(launch)
    draft.hold(report.pk, actor=Actor.person(people["admin"]), now=DUE)
    people["admin"].delete()
    keep_up(now=DUE + GRACE)
    assert not Message.objects.exists()


def test_draft_older_than_a_day_is_left_to_a_person(launch, people):
    report = drafted(launch)
    keep_up(now=DUE + GRACE + DAY + HOUR)
    report.refresh_from_db()
    assert report.sent_at is None


def test_sending_twice_is_refused_and_mails_once(launch, people):
    report, lead = drafted(launch), Actor.person(people["lead"])
    send(report.pk, actor=lead, now=DUE)
    with pytest.raises(Problem) as refusal:
        send(report.pk, actor=lead, now=DUE + HOUR)
    assert refusal.value.status == 409
    assert Message.objects.count() == 4


def test_numbers_stay_as_they_were_drafted(launch, people):
    report = drafted(launch)
    make_issue(launch, now=DUE + timedelta(minutes=1), severity=1)
    keep_up(now=DUE + GRACE)
    report.refresh_from_db()
    assert report.figures["numbers"]["sev1"] == 0
    assert "RED" not in report.text


def test_sent_report_refuses_any_change(launch, people):
    report = drafted(launch)
    keep_up(now=DUE + GRACE)
    for change in (lambda: StatusReport.objects.update(note="x"), lambda: StatusReport.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    with pytest.raises(Problem):
        draft.edit_note(report.pk, "x", actor=SYSTEM, now=DUE + HOUR)


def test_reader_who_ended_the_mail_gets_none(launch, people):
    mine = subscriptions_of(launch, [people["stakeholder"]])[people["stakeholder"].pk]
    Subscription.objects.filter(pk=mine.pk).update(ended_at=DUE)
    assert people["stakeholder"] not in readers(launch)
    assert readers(launch).count() == 3


def test_ending_one_launchs_mail_leaves_the_others(launch, people, now):
    other = Launch.objects.get(pk=launch.pk)
    other.pk, other.slug = None, "other"
    other.save()
    Membership.objects.create(launch=other, user=people["lead"], role="lead", created_at=now)
    row = subscriptions_of(launch, [people["lead"]])[people["lead"].pk]
    Subscription.objects.filter(pk=row.pk).update(ended_at=now)
    assert (people["lead"] in readers(launch), people["lead"] in readers(other)) == (False, True)


def test_mail_carries_one_click_unsubscribe(launch, people):
    drafted(launch)
    keep_up(now=DUE + GRACE)
    message = Message.objects.get(to_address="stakeholder@example.org")
    secret = Subscription.objects.get(user=people["stakeholder"]).secret
    link = f"http://127.0.0.1:8000/unsubscribe/{secret}/"
    assert message.headers["List-Unsubscribe"] == f"<{link}>"
    assert message.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in message.text
    assert link in message.html


def test_archived_copy_holds_no_readers_secret(launch, people):
    report = drafted(launch)
    keep_up(now=DUE + GRACE)
    report.refresh_from_db()
    assert "/unsubscribe/" not in report.html + report.text


# The mail


class Loads(HTMLParser):
    """Collects what an HTML mail would load or run."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        loads = [name for name, value in attrs if name in {"src", "background", "onload"} or "url(" in (value or "")]
        if tag in {"img", "script", "link", "iframe"} or loads:
            self.found.append(tag)


def fullest(launch, now):
    for number in range(12):
        make_issue(launch, now=now, severity=1, title="<b>&" + "ö" * 295)
        make_issue(launch, now=now, status=IssueStatus.CLOSED, closed_at=now, title="<i>" + "x" * 297)
        make_deployment(launch, now=now, version=f"{number}" * 40)
        make_feedback(launch, now=now, category=["bug", "access", "praise"][number % 3], body="“ä” " * 10_000)


def test_html_mail_stays_under_100_kb_and_loads_nothing(launch):
    fullest(launch, DUE - HOUR)
    report = drafted(launch)
    report.note = "Å" * draft.LONGEST_NOTE
    letter = mail.write(report, language="en")
    loads = Loads()
    loads.feed(letter.html)
    assert (len(letter.html.encode()) < 100_000, loads.found) == (True, [])
    assert "prefers-color-scheme: dark" in letter.html


def test_html_mail_escapes_what_people_wrote(launch):
    make_issue(launch, now=DUE - HOUR, title="<script>alert(1)</script>")
    letter = mail.write(drafted(launch), language="en")
    assert "<script>" not in letter.html
    assert "<script>alert(1)</script>" in letter.text


def test_text_mail_tells_the_same_story(launch):
    make_issue(launch, now=DUE - HOUR, reach_value=412, reach_of=9800, title="Product pages answer 503")
    make_feedback(launch, now=DUE - HOUR, category="access", body="I cannot sign in.")
    make_deployment(launch, now=DUE - HOUR, version="1.8.3")
    text = mail.write(drafted(launch), language="en").text
    for part in (
        "AMBER: One SEV2 is open: Product pages answer 503.",
        "Open SEV1, 2, 3: 0/1/0",
        "reach: 412, 4.2%, New, no owner",
        "Access 1: “I cannot sign in.”",
        "14:00  Product pages 1.8.3 production: the 503 fix",
        "E1  No critical problems open: Failed, 0 of 5 days",
    ):
        assert part in text
    assert "\n\n\n" not in text


def test_reading_says_at_least_where_guests_reported(launch, now):
    make_issue(launch, now=now, reach_value=7, reach_guests=2)
    assert read(figures_at(launch, DUE)).top[0]["reach"] == "at least 7"


# The pages


def test_reading_says_that_none_reported_what_only_machines_saw(launch, now):
    make_issue(launch, now=now, severity=1, reach_value=0, reach_of=9800)
    assert read(figures_at(launch, now)).top[0]["reach"] == "none reported"


def test_page_before_the_hour_is_a_live_preview(client, launch, people, time_machine_at):
    time_machine_at(DUE - HOUR)
    make_issue(launch, now=DUE - 2 * HOUR)
    client.force_login(people["stakeholder"])
    page = client.get(reverse("triage:report", args=["shop"])).content.decode()
    assert "Preview" in page
    assert "One SEV2 is open: Product pages answer 503." in page
    assert not StatusReport.objects.exists()


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"closed_at": DUE - DAY}, "the launch is closed"),
        ({"go_live_on": date(2026, 5, 30), "phase": Phase.PREPARE}, "they begin with the go-live on 30 May"),
        ({"phase": Phase.BUSINESS_AS_USUAL}, "the launch is in the phase “Business as usual”"),
        ({"created_at": DUE + HOUR}, "this launch was made after today&#x27;s hour. The first comes tomorrow at 15:00"),
    ],
)
def test_preview_promises_a_draft_only_where_one_is_made(client, launch, people, time_machine_at, fields, why):
    time_machine_at(DUE + 2 * HOUR)
    client.force_login(people["stakeholder"])

    def sending():
        page = " ".join(client.get(reverse("triage:report", args=["shop"])).content.decode().split())
        return page[page.index('class="send') : page.index('class="wrap"')]

    assert "The draft is made at <b>15:00</b>" in sending()
    Launch.objects.filter(pk=launch.pk).update(**fields)
    assert f"As it would be now. No report is made of it: {why}." in sending()
    assert "The draft is made" not in sending()
    keep_up(now=DUE + 2 * HOUR)
    assert not StatusReport.objects.exists()


def test_draft_of_a_launch_that_was_closed_promises_no_sending(client, launch, people, time_machine_at):
    time_machine_at(drafted(launch).drafted_at)
    Launch.objects.filter(pk=launch.pk).update(closed_at=DUE)
    client.force_login(people["stakeholder"])
    page = client.get(reverse("triage:report", args=["shop"])).content.decode()
    assert "The launch is closed, so it does not send itself." in page
    assert "Sends itself at" not in page


def test_lead_holds_notes_releases_and_sends(client, launch, people, time_machine_at):
    report = drafted(launch)
    time_machine_at(DUE + timedelta(minutes=1))
    client.force_login(people["lead"])

    def order(name, **data):
        return client.post(reverse("triage:report_change", args=["shop", "2026-05-28", name]), data, follow=True)

    assert "Alice Lead holds it" in order("hold").content.decode()
    assert "The sale opens on Friday." in order("note", note="The sale opens on Friday.").content.decode()
    assert "Sends itself at <b>15:30</b>" in order("release").content.decode()
    assert "It no longer changes" in order("send").content.decode()
    report.refresh_from_db()
    assert (report.sent_by, "The sale opens on Friday." in report.html) == ("Alice Lead", True)


def test_test_mail_goes_to_whoever_asks_and_to_nobody_else(client, launch, people, time_machine_at):
    time_machine_at(DUE - HOUR)
    client.force_login(people["lead"])
    client.post(reverse("triage:report_change", args=["shop", "2026-05-28", "test"]))
    message = Message.objects.get()
    assert (message.to_address, message.subject.startswith("[Test] [Meridian Shop]")) == ("alice@example.org", True)


@pytest.mark.parametrize("role", ["responder", "agent", "stakeholder"])
def test_only_the_lead_may_send(client, launch, people, role):
    drafted(launch)
    client.force_login(people[role])
    answer = client.post(reverse("triage:report_change", args=["shop", "2026-05-28", "send"]))
    assert answer.status_code == 403
    assert StatusReport.objects.get().sent_at is None


def test_archive_lists_and_opens_every_day(client, launch, people):
    keep_up(now=DUE - DAY)
    keep_up(now=DUE - DAY + GRACE)
    keep_up(now=DUE)
    client.force_login(people["stakeholder"])
    page = client.get(reverse("triage:reports", args=["shop"])).content.decode()
    assert page.index("Thu 28 May 2026") < page.index("Wed 27 May 2026")
    kept = client.get(reverse("triage:report_on", args=["shop", "2026-05-27"])).content.decode()
    assert "It no longer changes" in kept
    mailed = client.get(reverse("triage:report_mail", args=["shop", "2026-05-27"]))
    assert mailed.content.decode() == StatusReport.objects.get(day=date(2026, 5, 27)).html
    assert mailed["Content-Disposition"] == 'attachment; filename="shop-2026-05-27.html"'


@pytest.mark.parametrize("day", ["2026-05-01", "yesterday", "2026-13-40", "0"])
def test_day_without_a_report_is_not_found(client, launch, people, day):
    client.force_login(people["lead"])
    assert client.get(reverse("triage:report_on", args=["shop", day])).status_code == 404


def test_unsubscribe_asks_on_get_and_ends_on_post(client, launch, people):
    row = subscriptions_of(launch, [people["stakeholder"]])[people["stakeholder"].pk]
    url = reverse("core:unsubscribe", args=[row.secret])
    assert "Shall it stop?" in client.get(url).content.decode()
    row.refresh_from_db()
    assert row.ended_at is None
    assert "no more" in client.post(url, {"List-Unsubscribe": "One-Click"}).content.decode()
    row.refresh_from_db()
    assert row.ended_at is not None
    assert "again, once a day" in client.post(url, {"again": "1"}).content.decode()


def test_unsubscribe_works_without_cookies_or_csrf_token(launch, people):
    row = subscriptions_of(launch, [people["stakeholder"]])[people["stakeholder"].pk]
    bare = Client(enforce_csrf_checks=True)
    answer = bare.post(
        reverse("core:unsubscribe", args=[row.secret]),
        "List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
    )
    row.refresh_from_db()
    assert (answer.status_code, row.ended_at is not None) == (200, True)


def test_unknown_unsubscribe_link_is_not_found(client, db):
    assert client.get(reverse("core:unsubscribe", args=["x" * 43])).status_code == 404
