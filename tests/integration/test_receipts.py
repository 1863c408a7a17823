"""This module tests the way back: the secret page, my reports, and the mail when a report is closed."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from feedback import closing_the_loop, receipts
from feedback.intake import accept
from feedback.models import Feedback
from feedback.report import Report
from hypercare.core.models import Message, User
from hypercare.core.timeline import SYSTEM
from triage.transitions import RESOLUTIONS


@pytest.fixture
def reported(launch, now):
    """Takes a report and gives its row."""

    def report(title="The basket is empty", *, email="elin@example.org", channel="portal", language="en"):
        receipt = accept(
            launch,
            Report(channel=channel, source="guest", title=title, reporter_email=email, language=language),
            actor=SYSTEM,
            now=now,
        )
        return Feedback.objects.select_related("launch", "reporter").get(pk=receipt.feedback_id)

    return report


def page_of(feedback, client=None):
    return (client or Client()).get(receipts.path_of(feedback))


def test_the_secret_link_opens_the_report_without_signing_in(reported):
    page = page_of(reported()).content.decode()
    assert "The basket is empty" in page
    assert "28 May 2026, 14:32" in page


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("received", "Received"),
        ("looking", "Looking into it"),
        ("working", "Working on a fix"),
        ("fixed_please_check", "Fixed, please check"),
        ("closed", "Closed"),
    ],
)
def test_the_step_line_marks_how_far_the_report_is(reported, status, word):
    feedback = reported()
    Feedback.objects.filter(pk=feedback.pk).update(reply_status=status)
    page = page_of(feedback).content.decode()
    assert re.search(rf'aria-current="step">{word}<', page)
    assert page.count("aria-current") == 1


def test_the_secret_page_leaves_no_trace_elsewhere(reported):
    response = page_of(reported())
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response["X-Robots-Tag"]
    assert '<meta name="robots" content="noindex' in response.content.decode()


def test_the_number_alone_grants_nothing(reported):
    feedback = reported()
    for guess in (feedback.key, str(feedback.pk), "0" * 32, "x"):
        assert Client().get(f"/r/{guess}/").status_code == 404


def test_the_secret_page_shows_nobody_elses_words(reported):
    first = reported("The basket is empty")
    reported("Somebody else's trouble")
    assert "Somebody else" not in page_of(first).content.decode()


def test_my_reports_needs_a_sign_in(db):
    response = Client().get("/my/reports/")
    assert response.status_code == 302
    assert "/accounts/login/" in response["Location"]


def test_my_reports_lists_those_of_my_address_in_any_case_and_no_others(reported, people):
    reported("Mine", email="reporter@example.org")
    reported("Not mine")
    reported("A guest's", email="")
    client = Client()
    client.force_login(people["reporter"])
    page = client.get("/my/reports/").content.decode()
    assert "Mine" in page
    assert "Not mine" not in page
    assert "A guest" not in page


def test_my_reports_says_so_when_there_are_none(people):
    client = Client()
    client.force_login(people["outsider"])
    assert "You have sent no reports yet" in client.get("/my/reports/").content.decode()


def test_my_reports_are_paged(reported, people):
    for number in range(27):
        reported(f"Report number {number:02d}", email="reporter@example.org")
    client = Client()
    client.force_login(people["reporter"])
    first = client.get("/my/reports/").content.decode()
    older = re.search(r'href="(\?before=\d+)"', first)[1]
    second = client.get(f"/my/reports/{older}").content.decode()
    assert len(re.findall(r"Report number \d\d", first)) == 25
    assert re.findall(r"Report number (\d\d)", second) == ["01", "00"]


@pytest.mark.parametrize("before", ["0", "-1", "x", "9" * 40, "٣", "\x00"])
def test_an_odd_page_mark_breaks_nothing(people, before):
    client = Client()
    client.force_login(people["reporter"])
    assert client.get("/my/reports/", {"before": before}).status_code == 200


def test_an_address_somebody_took_without_proof_shows_nothing(reported, people):
    reported("Elin's report")
    thief = people["outsider"]
    EmailAddress.objects.create(user=thief, email="elin@example.org", primary=True, verified=False)
    User.objects.filter(pk=thief.pk).update(email="elin@example.org")
    client = Client()
    client.force_login(thief)
    page = client.get("/my/reports/").content.decode()
    assert "Elin's report" not in page
    assert "not confirmed yet" in page
    EmailAddress.objects.update(verified=True)
    assert "Elin" in client.get("/my/reports/").content.decode()


def test_each_reporter_is_told_once_when_the_issue_is_closed(reported, now):
    rows = [reported(), reported("Again", email="omar@example.org"), reported("A guest's", email="")]
    for _ in range(2):
        closing_the_loop.tell_closed(rows, resolution="fixed", now=now)
    mails = Message.objects.filter(kind="closed")
    assert sorted(mails.values_list("to_address", flat=True)) == ["elin@example.org", "omar@example.org"]


def test_the_closing_mail_names_the_report_the_outcome_the_link_and_the_reason(reported, now):
    feedback = reported()
    closing_the_loop.tell_closed([feedback], resolution="rolled_back", now=now)
    mail = Message.objects.get(kind="closed")
    assert mail.subject == f"Your report {feedback.key} is closed: put right"
    assert "We took back the change that caused it." in mail.text
    assert receipts.link_of(feedback) in mail.text
    assert f"because you left your address with report {feedback.key}" in mail.text


def test_an_issue_that_is_closed_again_is_told_again(reported, now):
    feedback = reported()
    for moment in (now, now + timedelta(days=1)):
        closing_the_loop.tell_closed([feedback], resolution="fixed", now=moment)
    assert Message.objects.filter(kind="closed").count() == 2


@pytest.mark.parametrize("channel", ["alert", "gateway_rule", "import"])
def test_machines_and_imported_history_get_no_mail(reported, now, channel):
    closing_the_loop.tell_closed([reported(channel=channel)], resolution="fixed", now=now)
    assert not Message.objects.filter(kind="closed").exists()


def test_an_unknown_resolution_is_told_as_closed(reported, now):
    closing_the_loop.tell_closed([reported()], resolution="", now=now)
    assert Message.objects.get(kind="closed").subject.endswith("is closed: closed")


def test_every_resolution_of_triage_has_words_for_the_reporter():
    assert set(RESOLUTIONS) == closing_the_loop.RESOLUTIONS.keys()
