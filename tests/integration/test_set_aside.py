"""Spam and noise: set aside where the launch lets the machine, counted, back by a click, by the API or by itself."""

from datetime import timedelta

import pytest

from feedback import intake
from feedback.models import Attachment, Feedback
from feedback.report import read_report
from hypercare.core.models import TimelineEntry
from hypercare.core.timeline import SYSTEM, Actor
from triage import overrides, pipeline
from triage.models import Decision, Issue, IssueStatus, Label, Match, Sieve
from triage.sifting import aside
from triage.sifting.gate import mistrusted_in

pytestmark = pytest.mark.django_db
AD = "Online casino with free spins and a jackpot, register now: https://spin.example"


@pytest.fixture
def tell(launch, now):
    """Puts a report through the door and returns its row."""

    def put(title, *, at=now, source="key:1", **more):
        data = {"channel": "widget", "title": title} | more
        receipt = intake.accept(launch, read_report(data, source=source)[0], actor=SYSTEM, now=at)
        return Feedback.objects.get(pk=receipt.feedback_id)

    return put


@pytest.fixture
def triage(now):
    return lambda at=now: pipeline.triage_waiting(clock=lambda: at)


@pytest.fixture
def sieve(launch, now):
    aside.turn(launch, on=True, actor=SYSTEM, now=now)


@pytest.fixture
def bob(people):
    return Actor.person(people["responder"])


@pytest.fixture
def ad(sieve, tell, triage):
    """An advert that the machine set aside."""
    row = tell(AD)
    triage()
    row.refresh_from_db()
    return row


def judge(row, value, *, actor, now):
    overrides.override_feedback(row, field="spam", value=value, reason="", actor=actor, now=now)
    row.refresh_from_db()


def spam_said(row):
    return Decision.objects.get(feedback=row, field="spam", ended_at=None)


def test_spam_is_only_marked_until_a_launch_lets_the_machine_set_aside(tell, triage):
    row = tell(AD)
    triage()
    row.refresh_from_db()
    said = spam_said(row)
    assert (row.spam, row.set_aside, said.applied) == ("spam", False, False)
    assert row.issue_key
    assert "sets nothing aside by itself" in said.reason


def test_spam_is_set_aside_with_origin_confidence_and_reason_and_opens_no_issue(ad, now):
    said = spam_said(ad)
    assert (ad.set_aside, ad.spam, ad.issue_key, ad.returns_at) == (True, "spam", "", now + aside.STAYS)
    assert (said.origin, said.decider, said.applied) == ("rule", "rule: advertising words", True)
    assert said.confidence >= 0.9
    assert "“casino”" in said.reason
    assert not Issue.objects.exists()
    assert TimelineEntry.objects.filter(subject=ad.key, kind="feedback.set_aside").count() == 1


def test_what_came_with_it_in_the_batch_is_triaged_as_ever(sieve, tell, triage):
    tell(AD)
    genuine = tell("Checkout crashes when I pay")
    assert triage() == 2
    genuine.refresh_from_db()
    assert Issue.objects.get().key == genuine.issue_key


def test_a_report_of_someone_known_or_with_more_than_words_is_only_marked(sieve, tell, triage, people, launch, now):
    known = [
        tell("asdf", source="user:7", channel="portal"),
        tell("asdf asdf", reporter={"email": people["stakeholder"].email}),
        tell("asdfasdf", channel="api", source="token:1"),
        tell("qwertyuiop", context={"requests": [{"status": 500}]}),
        tell("asdf jkl", component="checkout"),
    ]
    with_file = tell("asdfghjkl")
    Attachment.objects.create(
        feedback=with_file, name="a.png", content_type="image/png", size=1, digest="0" * 64, created_at=now
    )
    triage()
    rows = Feedback.objects.filter(pk__in=[row.pk for row in (*known, with_file)])
    assert [(row.spam, row.set_aside) for row in rows] == [("spam", False)] * 6


def test_a_reporter_whose_report_became_work_is_vouched_for(sieve, tell, triage):
    tell("Checkout crashes when I pay", reporter={"email": "guest@example.net"})
    triage()
    row = tell("asdf", reporter={"email": "guest@example.net"})
    triage()
    row.refresh_from_db()
    assert not row.set_aside


def test_a_person_lets_it_back_and_triage_goes_on_as_usual(ad, triage, bob, now):
    judge(ad, "genuine", actor=bob, now=now)
    assert (ad.set_aside, ad.triaged_at, ad.returns_at) == (False, None, None)
    triage()
    ad.refresh_from_db()
    assert (ad.set_aside, ad.spam, Issue.objects.get().key) == (False, "", ad.issue_key)
    label = Label.objects.get(feedback=ad, field="spam")
    assert (label.way, label.value, label.said_value) == ("override", "genuine", "spam")


def test_a_confirmed_one_stays_and_can_still_be_let_back(ad, triage, bob, now):
    judge(ad, "spam", actor=bob, now=now)
    assert (ad.set_aside, ad.returns_at, ad.reply_status) == (True, None, "closed")
    assert Label.objects.get(feedback=ad, field="spam").way == "accept"
    assert aside.return_due(clock=lambda: now + timedelta(days=60)) == 0
    judge(ad, "genuine", actor=bob, now=now)
    triage()
    ad.refresh_from_db()
    assert (ad.reply_status, bool(ad.issue_key)) == ("received", True)


def test_a_word_taken_back_lets_it_wait_again(ad, bob, now):
    judge(ad, "noise", actor=bob, now=now)
    overrides.release_feedback(ad, field="spam", actor=bob, now=now)
    ad.refresh_from_db()
    assert (ad.spam, ad.set_aside, ad.returns_at) == ("spam", True, now + aside.STAYS)
    assert not Label.objects.filter(feedback=ad, withdrawn_at=None).exists()


def test_what_nobody_decides_on_comes_back_by_itself_and_stays_marked(ad, triage, now):
    later = now + aside.STAYS
    assert aside.return_due(clock=lambda: later - timedelta(seconds=1)) == 0
    assert aside.return_due(clock=lambda: later) == 1
    triage(later)
    ad.refresh_from_db()
    assert (ad.set_aside, ad.spam) == (False, "spam")
    assert ad.issue_key
    assert "nobody decided in 7 days" in spam_said(ad).reason


def test_a_person_sets_aside_by_hand_and_an_issue_left_empty_is_declined(tell, triage, bob, now):
    row = tell("Visit the fairground on Sunday", reporter={"email": "guest@example.net"})
    triage()
    row.refresh_from_db()
    judge(row, "noise", actor=bob, now=now)
    issue = Issue.objects.get()
    assert (row.set_aside, row.issue_key, issue.status, issue.feedback_count) == (True, "", IssueStatus.DECLINED, 0)
    assert not Match.objects.filter(feedback=row, ended_at=None).exists()
    judge(row, "genuine", actor=bob, now=now)
    triage()
    row.refresh_from_db()
    assert Issue.objects.get(pk=int(row.issue_key[3:])).status == IssueStatus.NEW


def test_an_issue_with_other_reports_goes_on(tell, triage, bob, now):
    same = "Product pages answer 503 service unavailable since noon, the product page is empty"
    first, second = tell(same), tell(same)
    triage()
    first.refresh_from_db()
    judge(first, "noise", actor=bob, now=now)
    issue = Issue.objects.get()
    assert (issue.status, issue.feedback_count) == (IssueStatus.NEW, 1)
    second.refresh_from_db()
    assert second.issue_key == issue.key


def test_a_rule_that_is_taken_back_too_often_may_only_mark(sieve, tell, triage, bob, launch, now):
    for text in ("asdfasdf", "qwertyuiop"):
        row = tell(text)
        triage()
        row.refresh_from_db()
        judge(row, "genuine", actor=bob, now=now)
    assert mistrusted_in(launch) == {"rule: mashed keys"}
    third = tell("zxcvbnm")
    triage()
    third.refresh_from_db()
    assert (third.set_aside, third.spam) == (False, "spam")
    assert "too often" in spam_said(third).reason


def test_machines_reports_are_no_spam(launch, api, now):
    from tests.integration.rows import make_feedback

    row = make_feedback(launch, now=now, channel="alert")
    answer = api.post(f"/api/v1/feedback/{row.key}/override/", {"field": "spam", "value": "spam"}, format="json")
    assert answer.status_code == 400
    assert not Feedback.objects.get(pk=row.pk).set_aside


def test_api_shows_lets_back_and_turns(ad, api, launch, now):
    listed = api.get("/api/v1/feedback/?launch=shop&set_aside=true").json()["results"]
    assert [(one["id"], one["spam"], one["set_aside"]) for one in listed] == [(ad.key, "spam", True)]
    standing = api.get("/api/v1/launches/shop/spam/").json()
    assert (standing["sets_aside"], standing["waiting"], standing["confirmed"]) == (True, 1, 0)
    answer = api.post(f"/api/v1/feedback/{ad.key}/override/", {"field": "spam", "value": "genuine"}, format="json")
    assert (answer.status_code, answer.json()["set_aside"]) == (200, False)
    decision = api.get(f"/api/v1/feedback/{ad.key}/").json()["decisions"][0]
    assert (decision["field"], decision["value"], decision["origin"]) == ("spam", "genuine", "person")
    assert api.patch("/api/v1/launches/shop/spam/", {"sets_aside": False}, format="json").json()["sets_aside"] is False
    assert not Sieve.objects.exists()


def test_inbox_counts_what_is_set_aside_and_links_to_it(ad, client, people):
    client.force_login(people["responder"])
    page = client.get("/launches/shop/inbox/").content.decode()
    assert AD not in page
    assert '<a class="ink2 text-decoration-underline" href="/launches/shop/set-aside/">1 set aside</a>' in page
    assert "everything is looked at" in page
    assert AD in client.get("/launches/shop/inbox/?set_aside=true").content.decode()


def test_page_shows_why_and_when_and_lets_back(ad, client, people):
    client.force_login(people["responder"])
    page = client.get("/launches/shop/set-aside/").content.decode()
    assert "“casino”" in page
    assert "rule: advertising words" in page
    assert "Goes back to triage by itself on 4 June, 14:32" in page
    client.post(f"/launches/shop/set-aside/{ad.key}/", {"value": "genuine"})
    ad.refresh_from_db()
    assert (ad.set_aside, ad.triaged_at) == (False, None)


def test_page_of_another_launch_cannot_judge_it(ad, client, people, now):
    from datetime import date

    from hypercare.core.launches import create_launch
    from hypercare.core.models import Launch

    create_launch(
        Launch(slug="other", name="Other", go_live_on=date(2026, 5, 20), planned_end_on=date(2026, 6, 8)),
        owner=people["lead"],
        now=now,
    )
    client.force_login(people["lead"])
    assert client.post(f"/launches/other/set-aside/{ad.key}/", {"value": "genuine"}).status_code == 404
    ad.refresh_from_db()
    assert ad.set_aside


def test_ai_failure_governance_and_language_are_decisions_that_people_override(tell, triage, api, launch, now):
    row = tell(
        "Assistenten hittar på skor, påhittade skor, och jag har nu frågat den från min telefon om personuppgifter",
        kind="ai_answer",
    )
    triage()
    shown = api.get(f"/api/v1/feedback/{row.key}/").json()
    found = {one["field"]: one for one in shown["decisions"]}
    assert (shown["ai_failure"], shown["governance"], shown["language"]) == ("made_up", "data_protection", "sv")
    assert all(
        found[field]["origin"] == "rule" and "“" in found[field]["reason"] for field in ("ai_failure", "governance")
    )
    path = f"/api/v1/feedback/{row.key}/override/"
    assert api.post(path, {"field": "governance", "value": "none"}, format="json").json()["governance"] is None
    assert api.post(path, {"field": "ai_failure", "value": "biased"}, format="json").json()["ai_failure"] == "biased"
    assert api.post(path, {"field": "ai_failure", "release": True}, format="json").json()["ai_failure"] == "made_up"
    assert api.post(path, {"field": "language", "value": "xx"}, format="json").status_code == 400
    assert [one["id"] for one in api.get("/api/v1/feedback/?launch=shop&ai_failure=made_up").json()["results"]] == [
        row.key
    ]


def test_a_language_the_sender_named_is_not_replaced(tell, triage):
    row = tell("The checkout has been slow and it is not what you see from there", language="sv")
    triage()
    row.refresh_from_db()
    assert row.language == "sv"
    assert Decision.objects.get(feedback=row, field="language").value == "en"
