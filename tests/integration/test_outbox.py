"""This module holds the Outbox: what became of each mail, who may read it, and that its HTML never runs as a page of ours."""

from datetime import timedelta

import pytest

from hypercare.core import clock
from hypercare.core.messages import queue_mail
from hypercare.core.models import Delivery, Message, MessageKind, User

PAGE = "/launches/shop/outbox/"


@pytest.fixture
def lead(client, people):
    client.force_login(people["lead"])
    return client


def queued(launch, *, name="one", html="", wait=timedelta(0)) -> Message:
    queue_mail(
        launch=launch, kind=MessageKind.RECEIPT, about="HC-1", to_address="elin@example.org", language="en",
        subject=f"Subject {name}", text="<b>Text</b>", html=html, once_key=name, now=clock.now(), wait=wait,
    )  # fmt: skip
    return Message.objects.get(once_key=name)


def test_without_a_mail_server_the_page_tells_how_to_name_one(lead, launch):
    queued(launch)
    text = lead.get(PAGE).content.decode()
    assert "HYPERCARE_SMTP_URL=smtp+tls://user:password@host:587" in text
    assert "stands here" in text


@pytest.mark.parametrize(
    ("fate", "said"),
    [
        (({}, []), "queued"),
        (({"not_before": timedelta(hours=1)}, []), "waits until"),
        (({"sent_at": timedelta(0)}, [(True, "")]), "sent"),
        (({"not_before": timedelta(hours=1), "attempts": 1}, [(False, "SMTPDataError: 451 later")]), "451 later"),
        (({"given_up_at": timedelta(0), "attempts": 8}, [(False, "SMTPRecipientsRefused: 550 no")]), "550 no"),
    ],
)
def test_message_shows_what_became_of_it(lead, launch, settings, fate, said):
    settings.SMTP_CONFIGURED = True
    message, now = queued(launch), clock.now()
    changes, tries = fate
    moments = {name: now + value if isinstance(value, timedelta) else value for name, value in changes.items()}
    Message.objects.filter(pk=message.pk).update(**moments)
    for accepted, detail in tries:
        Delivery.objects.create(message=message, tried_at=now, accepted=accepted, detail=detail)
    assert said in lead.get(PAGE).content.decode()
    assert said in lead.get(f"{PAGE}{message.pk}/").content.decode()
    assert "HYPERCARE_SMTP_URL" not in lead.get(PAGE).content.decode()


def test_given_up_message_goes_back_into_the_queue(lead, launch):
    message = queued(launch)
    Message.objects.filter(pk=message.pk).update(given_up_at=clock.now(), attempts=8)
    lead.post(f"{PAGE}{message.pk}/again/")
    message.refresh_from_db()
    assert (message.given_up_at, message.attempts) == (None, 0)


def test_sent_message_is_never_sent_again(lead, launch):
    message = queued(launch)
    Message.objects.filter(pk=message.pk).update(sent_at=clock.now(), attempts=1)
    lead.post(f"{PAGE}{message.pk}/again/")
    message.refresh_from_db()
    assert message.attempts == 1


def test_text_is_escaped_and_html_is_a_powerless_download(lead, launch):
    message = queued(launch, html="<script>alert(1)</script>")
    assert "&lt;b&gt;Text&lt;/b&gt;" in lead.get(f"{PAGE}{message.pk}/").content.decode()
    page = lead.get(f"{PAGE}{message.pk}/html/")
    assert page.headers["Content-Disposition"] == f'attachment; filename="message-{message.pk}.html"'
    assert page.headers["Content-Security-Policy"].startswith("sandbox;")


def test_message_of_another_launch_or_of_none_is_not_there(lead, launch):
    message = queued(None)
    assert lead.get(f"{PAGE}{message.pk}/").status_code == 404


def test_invitations_with_their_links_are_seen_by_administrators_alone(client, people):
    message = queued(None)
    for role, wanted in (("admin", 403), ("lead", 403), ("reporter", 403)):
        client.force_login(people[role])
        assert (client.get("/outbox/").status_code, client.get(f"/outbox/{message.pk}/").status_code) == (
            wanted,
            wanted,
        )
    client.force_login(User.objects.create_superuser(email="root@example.org"))
    assert "Subject one" in client.get("/outbox/").content.decode()
    assert client.get(f"/outbox/{message.pk}/").status_code == 200


def test_list_asks_the_database_equally_often_for_one_message_and_for_three(
    lead, launch, django_assert_max_num_queries
):
    for name in ("one", "two", "three"):
        queued(launch, name=name)
        with django_assert_max_num_queries(8):
            lead.get(PAGE)
