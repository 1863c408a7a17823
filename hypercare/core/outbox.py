"""This module tells what became of each message, and puts one that was given up back into the queue."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from hypercare.core import wake
from hypercare.core.messages import SEND_TASK
from hypercare.core.models import Delivery, Launch, Message
from hypercare.core.timeline import Actor, Entry, record


@dataclass(frozen=True)
class Fate:
    """What became of a message: a word, its tone, the moment it is about, and the server's own words if it refused."""

    word: str
    tone: str = ""
    at: datetime | None = None
    why: str = ""


def messages_of(launch: Launch | None) -> QuerySet[Message]:
    """The messages of a launch, or those that belong to none, newest first, each with the last refusal."""
    refusals = Delivery.objects.filter(message=OuterRef("pk"), accepted=False).order_by("-tried_at", "-pk")
    return (
        Message.objects.filter(launch=launch)
        .select_related("launch")
        .annotate(refusal=Subquery(refusals.values("detail")[:1]))
        .order_by("-pk")
    )


def fate_of(message: Message, *, now: datetime) -> Fate:
    """Where a message stands; it needs the `refusal` that `messages_of` adds."""
    refusal: str = getattr(message, "refusal", None) or ""
    if message.sent_at:
        return Fate(_("sent"), "is-good", message.sent_at)
    if message.given_up_at:
        return Fate(_("given up"), "is-bad", message.given_up_at, refusal)
    if refusal:
        return Fate(_("refused, again at"), "is-warn", message.not_before, refusal)
    if message.not_before > now:
        return Fate(_("waits until"), "", message.not_before)
    leaves = settings.SMTP_CONFIGURED and not (message.launch and message.launch.is_sample)
    return Fate(_("queued") if leaves else _("stands here"))


@transaction.atomic
def try_again(message: Message, *, actor: Actor, now: datetime) -> None:
    """Puts a message that was given up or waits after a refusal at the head of the queue."""
    changed = Message.objects.filter(pk=message.pk, sent_at=None).exclude(given_up_at=None, attempts=0)
    if changed.update(given_up_at=None, attempts=0, not_before=now, claimed_until=None):
        entry = Entry(message.about or f"message:{message.pk}", "message.retried", {"message": message.pk})
        record(message.launch, [entry], actor=actor, now=now)
        wake.worker_after_commit(SEND_TASK)
