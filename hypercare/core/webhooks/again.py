"""This module sends on request: a test message, a delivery once more, or all that failed since a moment."""

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from hypercare.core import wake
from hypercare.core.models import OutgoingWebhook, WebhookDelivery, WebhookTry
from hypercare.core.problem import Problem
from hypercare.core.timeline import Actor, Entry, record
from hypercare.core.webhooks import queue
from hypercare.core.webhooks.payload import body_of

TEST = "webhook.test"
KEPT_FOR = timedelta(days=30)


@transaction.atomic
def send_test(hook: OutgoingWebhook, *, actor: Actor, now: datetime) -> WebhookDelivery:
    """Queues a message that says it is a test; 409 while the webhook is off."""
    _must_be_on(hook)
    body = body_of(
        hook.launch, event=TEST, subject=hook.key, occurred_at=now, facts={"webhook": hook.name}, by="person"
    )
    record(hook.launch, [Entry(hook.key, "webhook.replayed", {"test": True})], actor=actor, now=now)
    once = f"{hook.pk}-test-{uuid.uuid4().hex[:12]}"
    return queue.put(hook, event=TEST, subject=hook.key, body=body, once_key=once, now=now)


def replay(delivery: WebhookDelivery, *, actor: Actor, now: datetime) -> None:
    """Sends one message once more, under its own number, so that a receiver that has it knows it."""
    _again(delivery.webhook, WebhookDelivery.objects.filter(pk=delivery.pk), actor=actor, now=now)


def replay_failed(hook: OutgoingWebhook, *, since: datetime, actor: Actor, now: datetime) -> int:
    """Sends all once more that failed since then, whether given up or waiting for a later try; says how many."""
    failed = WebhookDelivery.objects.filter(webhook=hook, done_at=None, created_at__gte=since)
    return _again(hook, failed.filter(Q(tries__gt=0) | Q(given_up_at__isnull=False)), actor=actor, now=now)


def log_of(hook: OutgoingWebhook) -> QuerySet[WebhookDelivery]:
    """The messages of a webhook, each with the status, trouble and time of its last try."""
    last = WebhookTry.objects.filter(delivery=OuterRef("pk")).order_by("-pk")
    return WebhookDelivery.objects.filter(webhook=hook).annotate(
        last_status=Subquery(last.values("status")[:1]),
        last_trouble=Subquery(last.values("trouble")[:1]),
        last_ms=Subquery(last.values("ms")[:1]),
    )


def forget_old(*, now: datetime) -> int:
    """Deletes what was delivered or given up a month ago, or has waited so long for a webhook that is off."""
    waiting = Q(done_at=None, given_up_at=None, next_try_at__lt=now - KEPT_FOR)
    ended = Q(done_at__lt=now - KEPT_FOR) | Q(given_up_at__lt=now - KEPT_FOR)
    return WebhookDelivery.objects.filter(ended | waiting).delete()[0]


@transaction.atomic
def _again(hook: OutgoingWebhook, rows: QuerySet[WebhookDelivery], *, actor: Actor, now: datetime) -> int:
    """What a worker holds at this moment is left to it."""
    _must_be_on(hook)
    free = rows.filter(Q(claimed_until=None) | Q(claimed_until__lt=now))
    fresh = {"next_try_at": now, "tries": 0, "done_at": None, "given_up_at": None, "host": queue.host_of(hook.url)}
    number = free.update(**fresh)
    if number:
        record(hook.launch, [Entry(hook.key, "webhook.replayed", {"deliveries": number})], actor=actor, now=now)
        wake.worker_after_commit(queue.TASK)
    return number


def _must_be_on(hook: OutgoingWebhook) -> None:
    if hook.launch.closed_at:
        raise Problem(409, _("%(launch)s is closed; nothing is sent for it.") % {"launch": hook.launch.name})
    if not OutgoingWebhook.objects.filter(pk=hook.pk, is_on=True).exists():
        raise Problem(409, _("This webhook is off; switch it on first."))
