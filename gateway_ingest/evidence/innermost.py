"""This module finds in which component requests failed first: of all failed calls of one the one that began last."""

from collections.abc import Sequence
from datetime import datetime

from gateway_ingest.calls import STORE
from hypercare.core.models import Launch


def innermost_failures(launch: Launch, trace_ids: Sequence[str], *, now: datetime) -> dict[str, str]:
    """The component's slug of each trace; without those where nothing failed on a server, or in no known component."""
    if not trace_ids:
        return {}
    return {trace: slug for trace, slug in STORE.first_failures(launch, trace_ids, now=now).items() if slug}
