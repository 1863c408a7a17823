"""This module queues mail: a Message row written in the same transaction as the change it speaks of."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from hypercare.core import wake
from hypercare.core.models import Launch, Message

SEND_TASK = "core.send_messages"
# What a person's order says to others waits this long, so that undoing the order takes it back.
REGRET = timedelta(seconds=10)


def queue_mail(
    *,
    launch: Launch | None,
    kind: str,
    about: str,
    to_address: str,
    language: str,
    subject: str,
    text: str,
    once_key: str,
    now: datetime,
    html: str = "",
    headers: dict[str, str] | None = None,
    wait: timedelta = timedelta(0),
) -> None:
    """Puts one mail into the queue; a second one with the same `once_key` is dropped."""
    message = Message(
        launch=launch,
        kind=kind,
        about=about,
        to_address=to_address,
        language=language,
        subject=" ".join(subject.split())[:300],
        text=text,
        html=html,
        headers={"Auto-Submitted": "auto-generated"} | (headers or {}),
        once_key=once_key,
        created_at=now,
        not_before=now + wait,
    )
    Message.objects.bulk_create([message], ignore_conflicts=True)
    wake.worker_after_commit(SEND_TASK)


def withdraw(abouts: Iterable[str], *, launch: Launch, kind: str, queued_at: datetime) -> int:
    """Takes mails back that were queued at that moment and no worker holds yet; says how many are out of reach."""
    queued = Message.objects.filter(launch=launch, kind=kind, about__in=list(abouts), created_at=queued_at)
    queued.filter(sent_at=None, given_up_at=None, attempts=0, claimed_until=None).delete()
    return queued.count()
