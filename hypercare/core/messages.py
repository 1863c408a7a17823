"""This module queues mail: a Message row written in the same transaction as the change it speaks of."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NotRequired, TypedDict, Unpack

from hypercare.core import wake
from hypercare.core.models import Launch, Message

SEND_TASK = "core.send_messages"
# What a person's order says to others waits this long, so that undoing the order takes it back.
REGRET = timedelta(seconds=10)
MOST_AT_ONCE = 1000


class Mail(TypedDict):
    """One mail to be queued; a second one with the same `once_key` is dropped."""

    launch: Launch | None
    kind: str
    about: str
    to_address: str
    language: str
    subject: str
    text: str
    once_key: str
    now: datetime
    html: NotRequired[str]
    headers: NotRequired[dict[str, str]]
    wait: NotRequired[timedelta]


def queue_mail(**mail: Unpack[Mail]) -> None:
    """Puts one mail into the queue."""
    queue_mails([mail])


def queue_mails(mails: Iterable[Mail]) -> None:
    """Puts all into the queue by one statement; of two with the same `once_key` the first stays."""
    messages = [_message(mail) for mail in mails]
    if messages:
        Message.objects.bulk_create(messages, batch_size=MOST_AT_ONCE, ignore_conflicts=True)
        wake.worker_after_commit(SEND_TASK)


def _message(mail: Mail) -> Message:
    return Message(
        launch=mail["launch"],
        kind=mail["kind"],
        about=mail["about"],
        to_address=mail["to_address"],
        language=mail["language"],
        subject=" ".join(mail["subject"].split())[:300],
        text=mail["text"],
        html=mail.get("html", ""),
        headers={"Auto-Submitted": "auto-generated"} | mail.get("headers", {}),
        once_key=mail["once_key"],
        created_at=mail["now"],
        not_before=mail["now"] + mail.get("wait", timedelta(0)),
    )


def withdraw(abouts: Iterable[str], *, launch: Launch, kind: str, queued_at: datetime) -> int:
    """Takes mails back that were queued at that moment and no worker holds yet; says how many are out of reach."""
    queued = Message.objects.filter(launch=launch, kind=kind, about__in=list(abouts), created_at=queued_at)
    waiting = queued.filter(sent_at=None, given_up_at=None, attempts=0, claimed_until=None)
    # Deleting reads first and deletes by number, so what a worker claims in between would be gone while it is sent.
    held = list(waiting.select_for_update(skip_locked=True).values_list("pk", flat=True))
    Message.objects.filter(pk__in=held).delete()
    return queued.count()
