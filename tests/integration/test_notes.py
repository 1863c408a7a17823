"""This module tests notes: what stakeholders said and operations saw comes in through the same door."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from feedback.intake import accept
from feedback.models import Feedback
from feedback.report import Report
from hypercare.core.timeline import SYSTEM

NOTE = "/launches/shop/notes/new/"


def write(user, **answers):
    client = Client()
    client.force_login(user)
    channel = {"channel": "stakeholder_note", "text": "The board asks why checkout is slow."}
    return client.post(NOTE, channel | answers, follow=True)


def test_a_stakeholders_word_is_theirs_whoever_writes_it_down(people):
    response = write(people["agent"], said_by="Maria, sales", component="checkout", occurred_at="2026-05-28T14:00")
    row = Feedback.objects.get()
    assert f"Noted as {row.key}" in response.content.decode()
    assert (row.channel, row.title, row.component.slug) == (
        "stakeholder_note",
        "The board asks why checkout is slow.",
        "checkout",
    )
    assert row.reporter.name == "Maria, sales"
    assert row.context == {"said_by": "Maria, sales", "written_by": "Agent Person"}


def test_the_time_of_a_note_is_the_launchs_local_time(people):
    write(people["agent"], occurred_at="2026-05-28T14:00")
    assert Feedback.objects.get().occurred_at == datetime(2026, 5, 28, 12, 0, tzinfo=UTC)


def test_a_note_without_a_name_is_the_writers_own_word(people):
    write(people["stakeholder"])
    assert Feedback.objects.get().reporter.email == "stakeholder@example.org"


def test_an_operations_note_names_its_witness_and_counts_the_writer(people):
    write(people["responder"], channel="operations_note", text="Pool at 100 % since noon.", said_by="Night shift")
    row = Feedback.objects.get()
    assert (row.channel, row.reporter.email, row.context["seen_by"]) == (
        "operations_note",
        "responder@example.org",
        "Night shift",
    )


def test_two_notes_of_one_voice_are_one_reporter(people):
    write(people["agent"], said_by="Maria, sales")
    write(people["lead"], said_by="maria,  Sales", text="Now the boots are gone as well.")
    assert len(set(Feedback.objects.values_list("reporter_id", flat=True))) == 1


def test_a_note_sent_twice_is_stored_once(people):
    for _ in range(2):
        write(people["agent"], form_id="6d1f1c1a-6f4e-4b57-9a3f-0a4a5b0c1d2e")
    assert Feedback.objects.count() == 1


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"text": " "}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"said_by": "a\x07b"}, "said_by"),
        ({"said_by": "x" * 121}, "said_by"),
        ({"channel": "alert"}, "channel"),
        ({"component": "nothing"}, "component"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"occurred_at": "2026-03-29T02:30"}, "occurred_at"),
        ({"occurred_at": "2999-01-01T00:00"}, "occurred_at"),
    ],
)
def test_a_faulty_note_is_refused_beside_its_field(people, answers, field):
    response = write(people["agent"], **answers)
    assert response.status_code == 400
    assert f'id="id_{field}_error"' in response.content.decode()
    assert not Feedback.objects.exists()


def test_a_closed_launch_takes_no_note(people, launch, now):
    launch.closed_at = now
    launch.save()
    response = write(people["agent"])
    assert "takes no more reports" in response.content.decode()
    assert not Feedback.objects.exists()


@pytest.mark.parametrize(("role", "status"), [("reporter", 403), ("outsider", 404)])
def test_others_write_no_notes(people, role, status):
    assert write(people[role]).status_code == status
    assert not Feedback.objects.exists()


def test_the_page_names_no_note_of_another_channel(people, launch, now):
    receipt = accept(launch, Report(channel="portal", source="guest", title="Mine"), actor=SYSTEM, now=now)
    client = Client()
    client.force_login(people["agent"])
    assert "Noted as" not in client.get(NOTE, {"noted": receipt.feedback_id}).content.decode()
