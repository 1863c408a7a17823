"""This module queues mail: a Message row written in the same transaction as the change it speaks of."""

from datetime import datetime, timedelta

from hypercare.core import wake
from hypercare.core.models import Launch, Message

SEND_TASK = "core.send_messages"


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
