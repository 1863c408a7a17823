"""This module names the background tasks of gateway_ingest; each makes one domain call."""

from typing import Any

from celery import shared_task

from gateway_ingest import sns
from hypercare.core import clock


@shared_task(name=sns.TASK)
def sns_errands(**_later: Any) -> None:
    """Fetches certificates and confirms topics that wait."""
    sns.run_errands(clock=clock.now)
