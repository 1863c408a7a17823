"""This module finds in which component a request failed first: of all its failed calls the one that began last."""

from datetime import datetime

from gateway_ingest.calls import STORE, Wanted
from gateway_ingest.evidence.life import MOST_CALLS
from hypercare.core.models import Launch

_ERRORS = 500


def innermost_failure(launch: Launch, trace_id: str, *, now: datetime) -> str:
    """The component's slug; empty where nothing of the trace failed on a server, or where no component is known.

    A caller waits for what it calls, so the failure that began last is the one that the others answer for.
    """
    calls = STORE.find([launch], Wanted(trace_id=trace_id), limit=MOST_CALLS, skip=0, now=now)
    failed = [call for call in calls if call.status >= _ERRORS]
    return max(failed, key=lambda call: (call.at, -call.duration)).component if failed else ""
