"""This module hands waiting messages to the mail server, each once, and writes down what came of it.

A message is claimed alone, right before it is sent, for longer than one talk with the server can take; so two workers
never hold the same one. A refusal for good ends it; anything else is tried again, at growing distances, for two days.
"""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPException, SMTPNotSupportedError, SMTPRecipientsRefused
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from django.db import transaction
from django.db.models import F, Q

from hypercare.core import clock
from hypercare.core.messages import queue_mail
from hypercare.core.models import Delivery, Launch, Message, MessageKind
from hypercare.core.secrets import derived
from hypercare.core.timeline import SYSTEM, Entry, record

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)
ROUND = 200
RETRIES = [
    *(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800)),
    *(timedelta(hours=hours) for hours in (1, 2, 4, 8, 12, 24)),
]
# Any other trouble is with the server or how we sign in to it: the next message would fare the same.
ABOUT_ONE_MESSAGE = (SMTPRecipientsRefused, SMTPDataError, SMTPNotSupportedError, ValueError)


def send_waiting(*, now: datetime) -> int:
    """Sends due messages through SMTP and returns how many were accepted; without SMTP they stay in the Outbox."""
    if not settings.SMTP_CONFIGURED:
        return 0
    begun = time.monotonic()
    accepted = 0
    backend = SmtpBackend()
    try:
        for _turn in range(ROUND):
            moment = now + timedelta(seconds=time.monotonic() - begun)
            message = _claim(now=moment)
            if message is None:
                break
            error = _hand_over(message, backend)
            if error is None:
                _note_accepted(message, now=moment)
                accepted += 1
                continue
            _note_refused(message, error, now=moment)
            if not isinstance(error, ABOUT_ONE_MESSAGE):
                break
    finally:
        backend.close()
    return accepted


def _claim(*, now: datetime) -> Message | None:
    waiting = Message.objects.filter(
        Q(claimed_until=None) | Q(claimed_until__lt=now), sent_at=None, given_up_at=None, not_before__lte=now
    )
    waiting = waiting.exclude(launch__slug=Launch.SAMPLE_SLUG)
    with transaction.atomic():
        message = waiting.order_by("not_before", "pk").select_for_update(skip_locked=True, of=("self",)).first()
        if message:
            Message.objects.filter(pk=message.pk).update(claimed_until=now + LEASE, attempts=F("attempts") + 1)
            message.attempts += 1
    return message


def _hand_over(message: Message, backend: SmtpBackend) -> Exception | None:
    """What went wrong, or None when the server took the message."""
    try:
        backend.open()
        _as_mail(message, backend).send()
    except (SMTPException, OSError, ValueError) as error:
        return error
    return None


def _as_mail(message: Message, backend: SmtpBackend) -> EmailMultiAlternatives:
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    named = {
        "Message-ID": f"<{derived('message', str(message.pk))}@{host}>",
        "Content-Language": message.language,
    }
    mail = EmailMultiAlternatives(
        message.subject,
        message.text,
        settings.DEFAULT_FROM_EMAIL,
        [message.to_address],
        headers=message.headers | named,
        connection=backend,
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail


@transaction.atomic
def _note_accepted(message: Message, *, now: datetime) -> None:
    Delivery.objects.create(message=message, tried_at=now, accepted=True)
    Message.objects.filter(pk=message.pk).update(sent_at=now, claimed_until=None)
    _note(message, "message.sent", now=now)


@transaction.atomic
def _note_refused(message: Message, error: Exception, *, now: datetime) -> None:
    detail = f"{type(error).__name__}: {error}".replace("\x00", "")[:500]
    Delivery.objects.create(message=message, tried_at=now, accepted=False, detail=detail)
    if _is_for_good(error) or message.attempts > len(RETRIES):
        Message.objects.filter(pk=message.pk).update(given_up_at=now, claimed_until=None)
        _note(message, "message.failed", now=now)
    else:
        wait = RETRIES[message.attempts - 1]
        Message.objects.filter(pk=message.pk).update(not_before=now + wait, claimed_until=None)
    log.warning("message %s not accepted: %s", message.pk, type(error).__name__)


def _is_for_good(error: Exception) -> bool:
    """Whether the server will never take this message: a 5xx about its recipient or its content, or no mail at all."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(500 <= code < 600 for code, _text in error.recipients.values())
    if isinstance(error, SMTPDataError):
        return 500 <= error.smtp_code < 600
    return isinstance(error, SMTPNotSupportedError | ValueError)


def _note(message: Message, kind: str, *, now: datetime) -> None:
    entry = Entry(message.about or f"message:{message.pk}", kind, {"message": message.pk, "kind": message.kind})
    record(message.launch, [entry], actor=SYSTEM, now=now)


class QueueBackend(BaseEmailBackend):
    """Django's mail door (used by sign-in): every mail goes into the same queue and Outbox."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Queues one Message for each recipient."""
        now = clock.now()
        for mail in email_messages:
            for address in mail.recipients():
                queue_mail(
                    launch=None,
                    kind=MessageKind.ACCOUNT,
                    about="",
                    to_address=address,
                    language="en",
                    subject=str(mail.subject),
                    text=str(mail.body),
                    html=_html_of(mail),
                    once_key=f"account:{now.timestamp()}:{address}:{mail.subject}"[:160],
                    now=now,
                )
        return len(email_messages)


def _html_of(mail: EmailMessage) -> str:
    alternatives = mail.alternatives if isinstance(mail, EmailMultiAlternatives) else []
    return next((str(content) for content, kind in alternatives if kind == "text/html"), "")
