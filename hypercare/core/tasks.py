"""This module names core's background tasks; each makes one domain call."""

from threading import Lock
from typing import Any

from celery import shared_task

from hypercare.core import clock, delivery, idempotency, launches, measurements
from hypercare.core.webhooks import again, queue, sending

_FANNING_OUT = Lock()


@shared_task(name="core.send_messages")
def send_messages(**_later: Any) -> None:
    """Sends what waits in the Outbox."""
    delivery.send_waiting(now=clock.now())


@shared_task(name="core.forget_old")
def forget_old(**_later: Any) -> None:
    """Deletes answers kept for repeated requests after a day, and figures from outside after 90, what webhooks got after 30."""
    idempotency.forget_old(now=clock.now())
    measurements.forget_old(now=clock.now())
    again.forget_old(now=clock.now())


@shared_task(name=queue.TASK)
def send_to_webhooks(**_later: Any) -> None:
    """Sends what waits for webhooks, in a thread of its own."""
    # A second thread would have nothing more to do, and nobody would do anything else meanwhile.
    if _FANNING_OUT.acquire(blocking=False):
        try:
            queue.fan_out(now=clock.now())
        finally:
            _FANNING_OUT.release()
    sending.send_beside(clock=clock.now)


@shared_task(name="core.begin_launches")
def begin_launches(**_later: Any) -> None:
    """Puts launches under hypercare on the day of their go-live."""
    launches.begin_due(now=clock.now())
