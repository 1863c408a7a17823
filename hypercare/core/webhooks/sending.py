"""This module sends what waits for webhooks, a few at a time beside one another, and writes down each try.

No transaction is open during a call. A message goes through the one guard for outgoing addresses at each try anew.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from django.db import close_old_connections, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from hypercare.core import outgoing
from hypercare.core.models import OutgoingWebhook, WebhookDelivery, WebhookTry
from hypercare.core.redaction import redact
from hypercare.core.webhooks import hooks, queue
from hypercare.core.webhooks.signing import headers_of

log = logging.getLogger(__name__)

CALLS_AT_ONCE = 8
LOOKS_AGAIN = 1.0  # seconds after which what became due is called beside those that hang
KEPT_OF_AN_ANSWER = 1024
ENDS_AFTER = timedelta(days=5)
GONE = 410
Clock = Callable[[], datetime]
_sending = threading.Lock()


@dataclass(frozen=True)
class Came:
    """What came of one call."""

    ms: int
    status: int | None = None
    answer: str = ""
    trouble: str = ""
    retry_after: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the receiver took it; a redirect is no."""
        return self.status is not None and 200 <= self.status < 300


def send_beside(*, clock: Clock) -> None:
    """Sends in a thread of its own, one a process, so that no other work of a worker waits for a receiver."""

    def work() -> None:
        try:
            close_old_connections()
            send_due(clock=clock)
        except Exception:  # the rows still wait, and the next sweep begins anew
            log.exception("webhooks could not be sent")
        finally:
            connection.close()
            _sending.release()

    if _sending.acquire(blocking=False):
        threading.Thread(target=work, name="webhooks", daemon=True).start()


def send_due(*, clock: Clock) -> int:
    """Sends what is due until nothing is; says how many were taken."""
    taken = 0
    running: dict[Future[Came], tuple[str, WebhookDelivery]] = {}
    with ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="webhook") as pool:
        while True:
            now = clock()
            held = queue.claim(rows=CALLS_AT_ONCE - len(running), now=now)
            for delivery in held.deliveries:
                running[pool.submit(_call, delivery, now=now)] = (held.name, delivery)
            if not running:
                return taken
            done, _rest = wait(running, timeout=LOOKS_AGAIN, return_when=FIRST_COMPLETED)
            for future in done:
                name, delivery = running.pop(future)
                taken += _finish(delivery, future, claimed_by=name, now=clock())


def _finish(delivery: WebhookDelivery, future: Future[Came], *, claimed_by: str, now: datetime) -> bool:
    """Notes what came of a call; where that stumbles it is a failed try, and the other calls are noted all the same."""
    try:
        return _note(delivery, future.result(), claimed_by=claimed_by, now=now)
    except Exception as error:
        log.exception("what came of delivery %s could not be noted", delivery.pk)
        failed = Came(0, trouble=type(error).__name__)
    try:
        return _note(delivery, failed, claimed_by=claimed_by, now=now)
    except Exception:  # its claim runs out, and then it is tried again
        log.exception("delivery %s could not be noted as failed", delivery.pk)
        return False


def _call(delivery: WebhookDelivery, *, now: datetime) -> Came:
    """One call; reads no row, so it holds no connection to the database."""
    hook, begun = delivery.webhook, time.monotonic()
    with override(hook.launch.language):
        signed = headers_of(hook, message_id=delivery.message_id, body=delivery.body, now=now)
        if signed is None:
            said = _("The secret was kept by another installation's key and cannot be read; make a new one.")
            return Came(0, trouble=said[:300])
        headers = {"content-type": "application/json", "user-agent": "Hypercare-Webhooks/1"} | signed
        try:
            came = outgoing.fetch(hook.url, method="POST", body=delivery.body.encode(), headers=headers)
        except outgoing.Unreachable as refused:
            return Came(_ms_since(begun), trouble=str(refused)[:300])
    answer = came.body[:KEPT_OF_AN_ANSWER].decode("utf-8", "replace").replace("\x00", "")
    later = next((value for name, value in came.headers.items() if name.lower() == "retry-after"), "")
    return Came(_ms_since(begun), came.status, redact(answer).text, "", later)


def _ms_since(begun: float) -> int:
    return int((time.monotonic() - begun) * 1000)


@transaction.atomic
def _note(delivery: WebhookDelivery, came: Came, *, claimed_by: str, now: datetime) -> bool:
    """Writes the try down and what follows from it; a claim that ran out meanwhile changes the message no more."""
    hook = OutgoingWebhook.objects.select_for_update(of=("self",)).filter(pk=delivery.webhook_id).first()
    if hook is None:
        return False  # it was removed with its log while the call went on
    mine = WebhookDelivery.objects.select_for_update().filter(pk=delivery.pk, claimed_by=claimed_by, done_at=None)
    row = mine.first()
    WebhookTry.objects.create(
        delivery=delivery, tried_at=now, status=came.status, ms=came.ms, answer=came.answer, trouble=came.trouble
    )
    if row is None:
        return False
    row.claimed_until, row.claimed_by = None, ""
    if came.is_good:
        row.done_at = now
        OutgoingWebhook.objects.filter(pk=hook.pk).exclude(failing_since=None).update(failing_since=None)
    else:
        pause = queue.wait_after(row, asked=_asked(came.retry_after, now=now))
        row.given_up_at = now if pause is None or came.status == GONE else None
        row.next_try_at = now + pause if pause else row.next_try_at
    row.save(update_fields=["claimed_until", "claimed_by", "done_at", "given_up_at", "next_try_at"])
    if not came.is_good:
        _after_failure(hook, came, now=now)
    return came.is_good


def _after_failure(hook: OutgoingWebhook, came: Came, *, now: datetime) -> None:
    if came.status == GONE:
        hooks.stop(hook, hooks.GONE, now=now)
    elif hook.failing_since is None:
        OutgoingWebhook.objects.filter(pk=hook.pk).update(failing_since=now)
    elif now - hook.failing_since >= ENDS_AFTER:
        hooks.stop(hook, hooks.FAILING, now=now)


def _asked(text: str, *, now: datetime) -> timedelta | None:
    """When a receiver that is too busy wants to hear of it again: seconds, or a date."""
    text = text.strip()[:40]
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=min(int(text), 86_400))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
