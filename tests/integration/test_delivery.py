"""This module checks the way of a message to a real mail server on this machine: once, or tried again, or given up."""

import socket
import threading
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from django.core.mail import EmailMultiAlternatives, send_mail
from django.db import connection

from hypercare.core import delivery
from hypercare.core.messages import queue_mail
from hypercare.core.models import Delivery, Message, MessageKind, TimelineEntry

pytestmark = pytest.mark.usefixtures("db")


class Mailbox:
    """What a mail server was given; addresses that begin with `no-` or `later-` are refused for good or for now."""

    def __init__(self):
        self.mails = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - the name aiosmtpd calls
        if address.startswith("no-"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later-"):
            return "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - the name aiosmtpd calls
        mail = message_from_bytes(envelope.content, policy=policy.default)
        if "viagra" in str(mail["Subject"]):
            return "554 5.7.1 content refused"
        self.mails.append(mail)
        return "250 OK"

    @property
    def addresses(self):
        return [mail["To"] for mail in self.mails]


class Server(Controller):
    """A mail server on a free port of this machine."""

    def factory(self):
        return SMTP(self.handler, enable_SMTPUTF8=True)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def port(settings):
    """A free port, named to the product as its mail server's."""
    settings.SMTP_CONFIGURED = True
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    return settings.EMAIL_PORT


@pytest.fixture
def mailbox(port):
    """A running mail server's mailbox."""
    box = Mailbox()
    server = Server(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box
    server.stop()


def queue(now, *, to="anna@example.org", subject="Day 9", wait=timedelta(0), launch=None, **more):
    queue_mail(
        launch=launch,
        kind=MessageKind.DAILY_REPORT,
        about="report:2026-05-28",
        to_address=to,
        language="sv",
        subject=subject,
        text="Två rader\ntext",
        html="<p>Två rader</p>",
        once_key=f"test:{to}:{subject}",
        now=now,
        wait=wait,
        **more,
    )


def test_message_goes_out_once_with_text_html_and_headers(mailbox, now):
    queue(now, headers={"List-Unsubscribe": "<http://x/y/>"})
    assert (delivery.send_waiting(now=now), delivery.send_waiting(now=now)) == (1, 0)
    (mail,) = mailbox.mails
    assert mail.get_body(("plain",)).get_content().split() == ["Två", "rader", "text"]
    assert mail.get_body(("html",)).get_content().strip() == "<p>Två rader</p>"
    assert (mail["Subject"], mail["List-Unsubscribe"], mail["Auto-Submitted"], mail["Content-Language"]) == (
        "Day 9",
        "<http://x/y/>",
        "auto-generated",
        "sv",
    )


def test_sent_message_is_written_down(mailbox, launch, now):
    queue(now, launch=launch)
    delivery.send_waiting(now=now)
    message = Message.objects.get()
    assert (message.attempts, message.claimed_until, message.given_up_at) == (1, None, None)
    assert message.sent_at - now < timedelta(seconds=5)
    assert Delivery.objects.get().accepted
    assert TimelineEntry.objects.get(kind="message.sent").subject == "report:2026-05-28"


def test_each_message_keeps_its_own_name_over_every_try(mailbox, now):
    for to in ("anna@example.org", "bo@example.org"):
        queue(now, to=to)
    delivery.send_waiting(now=now)
    Message.objects.update(sent_at=None)
    delivery.send_waiting(now=now)
    names = [mail["Message-ID"] for mail in mailbox.mails]
    assert (names[:2] == names[2:], names[0] != names[1]) == (True, True)


def test_second_mail_with_the_same_key_is_dropped(mailbox, now):
    queue(now)
    queue(now)
    delivery.send_waiting(now=now)
    assert mailbox.addresses == ["anna@example.org"]


def test_message_for_later_waits(mailbox, now):
    queue(now, wait=timedelta(minutes=5))
    assert delivery.send_waiting(now=now + timedelta(minutes=4)) == 0
    assert delivery.send_waiting(now=now + timedelta(minutes=5)) == 1


def test_refused_recipient_is_given_up_and_keeps_nobody_else(mailbox, launch, now):
    queue(now, to="no-one@example.org", launch=launch)
    queue(now, to="anna@example.org")
    assert delivery.send_waiting(now=now) == 1
    refused = Message.objects.get(to_address="no-one@example.org")
    assert refused.given_up_at is not None
    assert "550" in refused.deliveries.get().detail
    assert "no such mailbox" in refused.deliveries.get().detail
    assert TimelineEntry.objects.filter(kind="message.failed").count() == 1
    assert delivery.send_waiting(now=now + timedelta(days=3)) == 0


def test_refused_content_is_given_up(mailbox, now):
    queue(now, subject="viagra")
    delivery.send_waiting(now=now)
    assert Message.objects.get().given_up_at is not None


def test_recipient_refused_for_now_is_tried_again(mailbox, now):
    queue(now, to="later-anna@example.org")
    queue(now, to="bo@example.org")
    assert delivery.send_waiting(now=now) == 1
    message = Message.objects.get(to_address="later-anna@example.org")
    assert (message.given_up_at, message.not_before > now) == (None, True)


def test_server_that_is_away_is_tried_again_at_growing_distances(port, now):
    queue(now)
    distances = []
    for _try in range(5):
        before = Message.objects.get().not_before
        assert delivery.send_waiting(now=before) == 0
        distances.append(round((Message.objects.get().not_before - before).total_seconds()))
    assert distances == [5, 30, 120, 600, 1800]
    assert Delivery.objects.filter(accepted=False).count() == 5


def test_message_goes_out_when_the_server_is_back(port, now):
    queue(now)
    delivery.send_waiting(now=now)
    box = Mailbox()
    server = Server(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        assert delivery.send_waiting(now=now + timedelta(seconds=10)) == 1
    finally:
        server.stop()
    assert box.addresses == ["anna@example.org"]


def test_server_that_is_away_spends_no_try_of_the_others(port, now):
    for number in range(3):
        queue(now, subject=f"Day {number}")
    delivery.send_waiting(now=now)
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [0, 0, 1]


def test_message_is_given_up_after_two_days_of_tries(port, now):
    queue(now)
    moment = now
    for _try in range(len(delivery.RETRIES) + 1):
        moment = Message.objects.get().not_before
        delivery.send_waiting(now=moment)
    assert Message.objects.get().given_up_at is not None
    assert timedelta(days=2) < moment - now < timedelta(days=3)


def test_without_smtp_messages_stay_in_the_outbox(mailbox, settings, now):
    settings.SMTP_CONFIGURED = False
    queue(now)
    assert delivery.send_waiting(now=now) == 0
    assert (mailbox.mails, Message.objects.get().attempts) == ([], 0)


def test_claim_of_a_worker_that_died_ends_by_itself(mailbox, now):
    queue(now)
    Message.objects.update(claimed_until=now + delivery.LEASE)
    assert delivery.send_waiting(now=now) == 0
    assert delivery.send_waiting(now=now + delivery.LEASE + timedelta(seconds=1)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_send_one_message_twice(mailbox, now):
    for number in range(40):
        queue(now, to=f"reader{number}@example.org")

    def work():
        try:
            delivery.send_waiting(now=now)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _worker in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(mailbox.addresses) == sorted(f"reader{number}@example.org" for number in range(40))


def test_line_break_in_a_header_is_given_up_and_blocks_nobody(mailbox, now):
    queue(now, headers={"X-Bad": "a\nBcc: eve@example.org"})
    queue(now, to="bo@example.org")
    assert delivery.send_waiting(now=now) == 1
    assert (mailbox.addresses, Message.objects.get(sent_at=None).given_up_at is not None) == (["bo@example.org"], True)


def test_mail_of_sign_in_goes_through_the_same_queue(settings, now):
    settings.EMAIL_BACKEND = "hypercare.core.delivery.QueueBackend"
    send_mail("Reset your password", "Follow the link", None, ["anna@example.org", "bo@example.org"])
    mail = EmailMultiAlternatives("Hello", "text", None, ["eva@example.org"])
    mail.attach_alternative("<p>text</p>", "text/html")
    mail.send()
    rows = Message.objects.order_by("pk").values_list("to_address", "kind", "html")
    assert list(rows) == [
        ("anna@example.org", "account", ""),
        ("bo@example.org", "account", ""),
        ("eva@example.org", "account", "<p>text</p>"),
    ]
