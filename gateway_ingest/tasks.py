"""This module names gateway_ingest's background tasks; each makes one domain call."""

from typing import Any

from celery import shared_task

from gateway_ingest import batches, call_kinds, evidence, flags, hours, partitions, ratings, retiring, sns, windows
from gateway_ingest.calls import STORE
from gateway_ingest.rules import tick
from hypercare.core import clock


@shared_task(name=sns.TASK)
def sns_errands(**_later: Any) -> None:
    """Fetches certificates and confirms topics that wait."""
    sns.run_errands(clock=clock.now)


@shared_task(name="gateway_ingest.fold_windows")
def fold_windows(**_later: Any) -> None:
    """Brings what deliveries noted into the minute windows."""
    windows.fold()


@shared_task(name="gateway_ingest.settle_ratings")
def settle_ratings(**_later: Any) -> None:
    """Counts ratings whose calls have come since, and gives up those that waited too long."""
    ratings.settle(now=clock.now())


@shared_task(name="gateway_ingest.make_partitions")
def make_partitions(**_later: Any) -> None:
    """Makes the calls' partitions of the next days."""
    partitions.make_ahead(now=clock.now())


@shared_task(name="gateway_ingest.close_days")
def close_days(**_later: Any) -> None:
    """Gives the calls of days that are over smaller indexes."""
    STORE.close_days(now=clock.now())


@shared_task(name="gateway_ingest.drop_old_calls")
def drop_old_calls(**_later: Any) -> None:
    """Forgets single calls older than their launch keeps; windows stay."""
    STORE.drop_old(now=clock.now())


@shared_task(name="gateway_ingest.link_components")
def link_components(**_later: Any) -> None:
    """Links kinds of calls to components that came, or got their names, after them; ends what rules found of what is gone."""
    call_kinds.link_components(now=clock.now())
    retiring.rest_all(now=clock.now())


@shared_task(name="gateway_ingest.forget_batches")
def forget_batches(**_later: Any) -> None:
    """Forgets deliveries that are too old to be known again, and flags that every look has seen."""
    batches.forget_old(now=clock.now())
    flags.forget_old(now=clock.now())


@shared_task(name="gateway_ingest.add_up_hours")
def add_up_hours(**_later: Any) -> None:
    """Adds the minutes of hours that are over up to hours."""
    hours.add_up(now=clock.now())


@shared_task(name="gateway_ingest.keep_evidence")
def keep_evidence(**_later: Any) -> None:
    """Keeps what is found near new reports."""
    evidence.keep_evidence(now=clock.now())


@shared_task(name=tick.TASK)
def watch_traffic(**_later: Any) -> None:
    """Lets the rules of every launch look at the minutes that have ended."""
    tick.watch_all(clock=clock.now)
