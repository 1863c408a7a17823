"""This module carries what happened to alerts into their issues: an end is noted, a return too, and what got worse raises.

The rows come from below with `handled_at` empty; here they become timeline entries of the issue, exactly once.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import override

from gateway_ingest.alerts import SUGGESTED_SEVERITY
from gateway_ingest.models import AlertChange, AlertSeverity, AlertStatus
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from triage import closing, decisions, tree
from triage.board import changes
from triage.classify.evidence import WORST_OF_A_MACHINE
from triage.locks import lock_issues, lock_launch
from triage.models import Issue, Match
from triage.score import rescore

BATCH_ROWS = 500
DECIDER = "rule: alert severity"
_KIND = {AlertStatus.RESOLVED: "alert.resolved", AlertStatus.FIRING: "alert.fired_again"}


def follow(*, clock: Callable[[], datetime]) -> int:
    """Handles waiting changes whose feedback is triaged; returns how many."""
    handled = 0
    while batch := _follow_batch(now=clock()):
        handled += batch
    return handled


@transaction.atomic
def _follow_batch(*, now: datetime) -> int:
    waiting = list(
        AlertChange.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(handled_at=None, alert__feedback__triaged_at__isnull=False)
        .select_related("alert__launch", "alert__feedback", "ended_by")
        .order_by("id")[:BATCH_ROWS]
    )
    if not waiting:
        return 0
    feedback_ids = [pk for change in waiting if (pk := change.alert.feedback_id) is not None]
    issue_of = dict(
        Match.objects.filter(feedback_id__in=feedback_ids, ended_at=None).values_list("feedback_id", "issue_id")
    )
    for change in waiting:
        _note(change, issue_of.get(change.alert.feedback_id or 0), now=now)
    AlertChange.objects.filter(pk__in=[change.pk for change in waiting]).update(handled_at=now)
    worse = [change for change in waiting if change.severity and change.episode == change.alert.episode]
    for launch_id in sorted({change.alert.launch_id for change in waiting}):
        issue_ids = {
            i for c in waiting if c.alert.launch_id == launch_id and (i := issue_of.get(c.alert.feedback_id or 0))
        }
        lock_launch(launch_id)
        roots = lock_issues(tree.roots_of(issue_ids).values())
        _raise([change for change in worse if change.alert.launch_id == launch_id], now=now)
        Issue.objects.filter(pk__in=roots).update(version=F("version") + 1)
        rescore(roots, now=now)
        closing.review(roots, now=now)
        changes.publish(launch_id, roots)
    return len(waiting)


def _raise(worse: Sequence[AlertChange], *, now: datetime) -> None:
    """Lets the reports say how bad their alerts became, as a rule's suggestion; the issues are scored by it after."""
    for change in worse:
        row, word = change.alert.feedback, AlertSeverity(change.severity)
        with override(change.alert.launch.language):
            severity = max(SUGGESTED_SEVERITY[word], WORST_OF_A_MACHINE)
            reason = _("the alert got worse and says “%(word)s”") % {"word": word.value}
        if row is not None:
            decisions.worsen(row, severity=severity, decider=DECIDER, reason=reason, now=now)


def _note(change: AlertChange, issue_id: int | None, *, now: datetime) -> None:
    kind = "alert.worse" if change.severity else _KIND.get(AlertStatus(change.status))
    if kind is None or issue_id is None:
        return
    told = {"alert": change.alert.key, "episode": change.episode}
    entry = Entry(
        f"IS-{issue_id}",
        "alert.ended" if change.ended_by_id else kind,
        told | _said(change),
        occurred_at=change.changed_at,
        once_key=f"alert-change:{change.pk}",
        actor=Actor.person(change.ended_by) if change.ended_by else None,
    )
    record(change.alert.launch, [entry], actor=SYSTEM, now=now)


def _said(change: AlertChange) -> dict[str, str]:
    """Why a person ended it, or what it became where it got worse."""
    return {name: value for name in ("reason", "severity") if (value := getattr(change, name))}
