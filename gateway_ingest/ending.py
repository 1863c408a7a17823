"""This module ends alerts that their machine does not end: a person says why, or ends the whole source.

The end goes the way of any other: triage follows it and proposes to close the issue. A machine that says later that it
fires still, or again, begins a new episode; a rule of ours goes back to quiet.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from gateway_ingest.alerts import FOLLOW_TASK
from gateway_ingest.models import Alert, AlertChange, AlertStatus, Source
from gateway_ingest.rules import quieting
from hypercare.core import rows, wake
from hypercare.core.given_reasons import given_reason
from hypercare.core.problem import Problem
from hypercare.core.timeline import Actor, Entry, record

MAX_REASON = 300


def open_alerts_of(source: Source) -> QuerySet[Alert]:
    """What the source said goes wrong and did not end, in whatever launch."""
    return Alert.objects.filter(source=source).exclude(status=AlertStatus.RESOLVED)


@transaction.atomic
def end_by_hand(alert: Alert, *, reason: str, actor: Actor, now: datetime) -> Alert:
    """Ends one alert; raises Problem 400 without a reason, 409 for one that is over."""
    asked = _("Say in up to 300 characters why it is over.")
    reason = given_reason(reason, longest=MAX_REASON, has_lines=False, asked=asked)
    # A look of the rules and deliveries lock what watches and the source before alerts, and so does whoever ends one.
    quieting.hold_watch(alert)
    Source.objects.select_for_update(no_key=True).get(pk=alert.source_id)
    found = Alert.objects.select_for_update(of=("self",)).select_related("launch").get(pk=alert.pk)
    if found.status == AlertStatus.RESOLVED:
        raise Problem(409, _("This alert is over already."))
    end_found([found], reason=reason, actor=actor, now=now)
    quieting.put_to_rest(found, now=now)
    return found


def end_all_of(source: Source, *, actor: Actor, now: datetime) -> int:
    """Ends all that a source has open, in the transaction that ends the source and holds its lock; says how many."""
    locked = open_alerts_of(source).select_for_update(of=("self",)).select_related("launch")
    found = list(locked.order_by("launch_id", "pk"))
    for launch, alerts in groupby(found, key=attrgetter("launch")):
        with override(launch.language):
            reason = _("Its source “%(source)s” was ended.") % {"source": source.name}
        end_found(list(alerts), reason=reason, actor=actor, now=now)
    return len(found)


def end_found(alerts: Sequence[Alert], *, reason: str, actor: Actor, now: datetime) -> None:
    """Ends alerts of one launch that the caller has locked, in the caller's transaction."""
    for alert in alerts:
        alert.status, alert.ends_at, alert.resolved_at = AlertStatus.RESOLVED, max(now, alert.starts_at), now
    rows.update(alerts, ("status", "ends_at", "resolved_at"))
    changes = [
        {
            "alert_id": alert.pk,
            "status": AlertStatus.RESOLVED,
            "episode": alert.episode,
            "changed_at": now,
            "ended_by_id": actor.user.pk if actor.user else None,
            "reason": reason,
        }
        for alert in alerts
        if alert.feedback_id
    ]
    if changes:
        rows.add(AlertChange, changes)
        wake.worker_after_commit(FOLLOW_TASK)
    kind = "alert.ended" if actor.user else "alert.resolved"
    entries = [Entry(alert.key, kind, _told(alert, reason)) for alert in alerts]
    record(alerts[0].launch, entries, actor=actor, now=now)


def _told(alert: Alert, reason: str) -> dict[str, str]:
    feedback = {"feedback": f"HC-{alert.feedback_id}"} if alert.feedback_id else {}
    return {"severity": str(alert.severity), "title": alert.title, "reason": reason} | feedback
