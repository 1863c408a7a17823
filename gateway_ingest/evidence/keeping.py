"""This module keeps what was found near reports, so that it stands when the single calls are dropped."""

from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils.translation import override

from feedback.models import MACHINE_CHANNELS, Feedback
from gateway_ingest.evidence.near import near
from gateway_ingest.models import CallKind, KeptEvidence
from hypercare.core.models import Launch

# Gateways deliver some minutes late; what comes later still is found by a second look.
FIRST_LOOK, SECOND_LOOK = timedelta(minutes=2), timedelta(minutes=30)
_STILL_SOUGHT = timedelta(hours=24)
_REPORTS_AT_ONCE = 200


def keep_evidence(*, now: datetime) -> int:
    """Looks at reports that nobody looked near to yet, and once more after half an hour; returns at how many."""
    launches = Launch.objects.filter(pk__in=CallKind.objects.values("launch_id"), closed_at=None)
    return sum(_keep_of(launch, now=now) for launch in launches)


def _keep_of(launch: Launch, *, now: datetime) -> int:
    unseen = Q(kept_evidence=None)
    early = Q(kept_evidence__sought_at__lt=F("received_at") + SECOND_LOOK, received_at__lt=now - SECOND_LOOK)
    waiting = Feedback.objects.filter(
        unseen | early, launch=launch, received_at__gte=now - _STILL_SOUGHT, received_at__lt=now - FIRST_LOOK
    ).exclude(channel__in=MACHINE_CHANNELS)
    rows = list(waiting.select_related("launch", "reporter", "component").order_by("received_at")[:_REPORTS_AT_ONCE])
    # Reasons are written down in the language of the team that reads them.
    with override(launch.language):
        for row in rows:
            pieces = [piece.as_json() for piece in near(row, now=now)]
            KeptEvidence.objects.update_or_create(feedback=row, defaults={"pieces": pieces, "sought_at": now})
    return len(rows)
