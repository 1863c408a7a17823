"""This module keeps what waits to be sent to webhooks: put there with the change it speaks of, held by lease, put off.

Claims come one after the other and take rows as an array, so no two workers hold one, and no host has more than two
calls at a time however many workers there are: a receiver that hangs holds up its own messages only.
"""

import hashlib
import logging
import os
import socket
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import connection, transaction

from hypercare.core import wake
from hypercare.core.happenings import events_told_by, hear, next_for, put_off
from hypercare.core.models import Happening, Listener, OutgoingWebhook, WebhookDelivery
from hypercare.core.roles import Right
from hypercare.core.webhooks import hooks
from hypercare.core.webhooks.payload import body_of_happening

log = logging.getLogger(__name__)

TASK = "core.webhooks"
LEASE = timedelta(seconds=60)
OF_ONE_HOST = 2
RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
JITTER = 0.1
_LOCK = 0x48435748

_CLAIM = """
WITH due AS (
    SELECT waiting.id, row_number() OVER (PARTITION BY waiting.host ORDER BY waiting.next_try_at, waiting.id) AS place
    FROM core_webhookdelivery waiting
    JOIN core_outgoingwebhook webhook ON webhook.id = waiting.webhook_id AND webhook.is_on
    JOIN core_launch launch ON launch.id = webhook.launch_id AND launch.closed_at IS NULL
    WHERE waiting.done_at IS NULL AND waiting.given_up_at IS NULL AND waiting.next_try_at <= %(now)s
        AND (waiting.claimed_until IS NULL OR waiting.claimed_until < %(now)s)
), busy AS (
    SELECT host, count(*) AS calls FROM core_webhookdelivery
    WHERE done_at IS NULL AND given_up_at IS NULL AND claimed_until >= %(now)s GROUP BY host
)
UPDATE core_webhookdelivery SET claimed_by = %(name)s, claimed_until = %(until)s, tries = tries + 1
WHERE id = ANY (ARRAY(
    SELECT waiting.id FROM core_webhookdelivery waiting JOIN due ON due.id = waiting.id
        LEFT JOIN busy ON busy.host = waiting.host
    WHERE due.place + coalesce(busy.calls, 0) <= %(of_one_host)s
        AND waiting.done_at IS NULL AND (waiting.claimed_until IS NULL OR waiting.claimed_until < %(now)s)
    ORDER BY waiting.next_try_at, waiting.id LIMIT %(rows)s FOR UPDATE OF waiting SKIP LOCKED
))
RETURNING id
"""


@dataclass(frozen=True)
class Claim:
    """A name no other claim has, and what it took."""

    name: str
    deliveries: list[WebhookDelivery]


def put(hook: OutgoingWebhook, *, event: str, subject: str, body: str, once_key: str, now: datetime) -> WebhookDelivery:
    """Queues a message in the caller's transaction; the same `once_key` again is the first one."""
    given = {
        "webhook": hook, "host": host_of(hook.url), "event": event, "subject": subject[:64], "body": body,
        "created_at": now, "next_try_at": now,
    }  # fmt: skip
    delivery, _new = WebhookDelivery.objects.get_or_create(once_key=once_key, defaults=given)
    wake.worker_after_commit(TASK)
    return delivery


def host_of(url: str) -> str:
    """Whom the messages of an address keep busy."""
    return (urlsplit(url).hostname or "")[:255]


def fan_out(*, now: datetime) -> int:
    """Puts what happened, so much at a time, into the queue of each webhook that chose it; says how many things it was."""
    return hear(lambda: _fan_out_one(now=now), task=TASK)


@transaction.atomic
def _fan_out_one(*, now: datetime) -> bool:
    waiting = next_for(Listener.WEBHOOKS, now=now)
    if not waiting:
        return False
    happening = waiting[0]
    try:
        with transaction.atomic():
            _fan_out_to_each(happening, now=now)
    except Exception:
        log.exception("happening %s could not be told to webhooks", happening.pk)
        if not put_off(happening, now=now):
            return True
    happening.delete()
    return True


def _fan_out_to_each(happening: Happening, *, now: datetime) -> None:
    events = events_told_by(happening.kind, happening.subject, happening.data)
    if not happening.launch.closed_at:
        for hook in OutgoingWebhook.objects.filter(launch=happening.launch, is_on=True).select_related(
            "owner", "launch"
        ):
            _tell(hook, happening, [event for event in events if event in hook.events], now=now)


def _tell(hook: OutgoingWebhook, happening: Happening, events: Iterable[str], *, now: datetime) -> None:
    if not hooks.may(hook, Right.MANAGE):
        hooks.stop(hook, hooks.OWNER, now=now)
        return
    with_people = hook.with_people and hooks.may(hook, Right.AUDIT)
    for event in events:
        body = body_of_happening(happening, event, with_people=with_people)
        once = f"{hook.pk}-{happening.pk}-{event}"
        put(hook, event=event, subject=happening.subject, body=body, once_key=once, now=now)


def claim(*, rows: int, now: datetime) -> Claim:
    """Takes up to so many due messages, the longest due first."""
    name = f"{socket.gethostname()[:24]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
    given: dict[str, str | int | datetime] = {"name": name, "now": now, "until": now + LEASE, "rows": rows}
    given["of_one_host"] = OF_ONE_HOST
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(_CLAIM, given)
        ids = [number for (number,) in cursor.fetchall()]
    found = WebhookDelivery.objects.filter(pk__in=ids).select_related("webhook__launch")
    return Claim(name, list(found.order_by("next_try_at", "pk")))


def wait_after(delivery: WebhookDelivery, *, asked: timedelta | None = None) -> timedelta | None:
    """How long until the next try, a little more or less for each message; None when it was the last."""
    if delivery.tries > len(RETRIES):
        return None
    usual = RETRIES[delivery.tries - 1]
    spread = hashlib.sha256(f"{delivery.pk}|{delivery.tries}".encode()).digest()[0] / 255
    wait = usual * (1 - JITTER + 2 * JITTER * spread)
    return min(max(wait, asked), RETRIES[-1]) if asked else wait
