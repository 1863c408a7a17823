"""This module writes the timeline: the one append-only record that history, audit log and board feed read."""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from hypercare.core import rows
from hypercare.core.models import Launch, TimelineEntry, User

LONGEST_NAME = 160  # what the timeline and decisions hold; an address may be longer

request_id: ContextVar[str] = ContextVar("request_id", default="")

KINDS = {
    "launch.created": _("Launch created"),
    "launch.changed": _("Launch changed"),
    "launch.closed": _("Launch closed"),
    "launch.reopened": _("Launch reopened"),
    "member.invited": _("Invitation sent"),
    "member.added": _("Member added"),
    "member.changed": _("Role changed"),
    "member.removed": _("Member removed"),
    "token.issued": _("Token issued"),
    "token.revoked": _("Token revoked"),
    "key.issued": _("Widget key issued"),
    "key.changed": _("Pages of a widget key changed"),
    "key.rotated": _("Widget key rotated"),
    "team.added": _("Team added"),
    "team.changed": _("Team changed"),
    "team.removed": _("Team removed"),
    "component.added": _("Component added"),
    "component.changed": _("Component changed"),
    "component.removed": _("Component removed"),
    "component.retired": _("Component retired"),
    "component.returned": _("Component taken back into use"),
    "field.added": _("Field added"),
    "field.changed": _("Field changed"),
    "field.removed": _("Field removed"),
    "metric.added": _("Metric added"),
    "metric.changed": _("Metric changed"),
    "metric.removed": _("Metric removed"),
    "source.created": _("Source created"),
    "source.rotated": _("Source key replaced"),
    "source.keys_ended": _("Earlier keys of a source ended"),
    "source.ended": _("Source ended"),
    "source.mapped": _("Mapping of a source changed"),
    "source.signing": _("Signatures of a source changed"),
    "source.limits": _("Limits of a source changed"),
    "source.routed": _("Route of a source added"),
    "source.unrouted": _("Route of a source removed"),
    "source.backfill": _("Backfill of a source changed"),
    "calls.retention": _("Days that calls are kept changed"),
    "source.subscribed": _("Topic subscribed to a source"),
    "vote.opened": _("Vote opened"),
    "vote.cast": _("Voted"),
    "vote.closed": _("Vote ended"),
    "vote.applied": _("Result of a vote taken over as value"),
    "scoring.changed": _("Scoring changed"),
    "board.limited": _("Limit of a column changed"),
    "model.trained": _("Model trained"),
    "model.promoted": _("Version of the model promoted"),
    "model.rolled_back": _("Model rolled back"),
    "tickets.imported": _("Old tickets brought in"),
    "tickets.removed": _("Old tickets removed"),
    "rule.changed": _("Rule changed"),
    "rule.reset": _("Rule reset to its default"),
    "rule.armed": _("Rule armed"),
    "rule.disarmed": _("Rule disarmed"),
    "rule.held": _("Rule held, as it fired and ended too often"),
    "target.changed": _("Target of traffic changed"),
    "heartbeat.removed": _("Heartbeat removed"),
    "maintenance.planned": _("Maintenance planned"),
    "maintenance.ended": _("Maintenance ended"),
    "dead_letter.replayed": _("Dead letter replayed"),
    "dead_letter.dismissed": _("Dead letters dismissed"),
    "deployment.recorded": _("Deployed"),
    "description.uploaded": _("API description uploaded"),
    "description.removed": _("API description removed"),
    "feedback.received": _("Received"),
    "feedback.triaged": _("Triaged"),
    "feedback.moved": _("Moved to another issue"),
    "feedback.set_aside": _("Set aside as spam or noise"),
    "feedback.returned": _("Came back to triage by itself"),
    "sieve.turned": _("Setting spam and noise aside turned on or off"),
    "quarantine.released": _("Let in from quarantine"),
    "quarantine.dropped": _("Dropped from quarantine"),
    "alert.fired": _("Alert fired"),
    "alert.fired_again": _("Alert fired again"),
    "alert.worse": _("Alert got worse"),
    "alert.acknowledged": _("Alert acknowledged"),
    "alert.let_go": _("Acknowledgement taken back"),
    "alert.suppressed": _("Alert suppressed"),
    "alert.unsuppressed": _("Alert no longer suppressed"),
    "alert.resolved": _("Alert resolved"),
    "alert.ended": _("Alert ended by a person"),
    "issue.opened": _("Issue opened"),
    "issue.joined": _("Report joined"),
    "issue.status": _("Status changed"),
    "issue.field": _("Changed"),
    "issue.scored": _("Score changed"),
    "issue.merged": _("Merged"),
    "issue.unmerged": _("Unmerged"),
    "issue.told_apart": _("Not the same problem"),
    "issue.note": _("Note"),
    "issue.labels": _("Labels changed"),
    "issue.replied": _("Replied to reporters"),
    "issue.reply_withdrawn": _("Reply withdrawn"),
    "fix.linked": _("Deployment linked"),
    "fix.unlinked": _("Deployment no longer linked"),
    "fix.judged": _("Live traffic judged the fix"),
    "fix.overruled": _("Verdict about the fix set by hand"),
    "fix.released": _("Verdict about the fix given back to the machine"),
    "fix.told": _("Reporters told of the fix"),
    "fix.notice_dropped": _("Message about the fix dropped"),
    "fix.fires": _("Fires although it is fixed"),
    "fix.lane": _("Lane of the fix set"),
    "fix.rules": _("What fixes may do by themselves changed"),
    "evidence.answered": _("Errors in traffic judged"),
    "cause.begun": _("Analysis of the cause begun"),
    "cause.changed": _("Analysis of the cause changed"),
    "cause.why_added": _("Why added"),
    "cause.why_changed": _("Why changed"),
    "cause.why_moved": _("Why moved"),
    "cause.why_removed": _("Why removed"),
    "cause.why_restored": _("Why put back"),
    "cause.bone_added": _("Put on the fishbone"),
    "cause.bone_changed": _("Changed on the fishbone"),
    "cause.bone_moved": _("Moved on the fishbone"),
    "cause.bone_removed": _("Taken off the fishbone"),
    "cause.bone_restored": _("Put back on the fishbone"),
    "risk.added": _("Risk added"),
    "risk.changed": _("Risk changed"),
    "risk.removed": _("Risk removed"),
    "risk.restored": _("Risk put back"),
    "issue.told": _("Reporters were told"),
    "room.opened": _("War room opened"),
    "room.closed": _("War room closed"),
    "room.role": _("Role taken"),
    "room.came": _("Came into the room"),
    "room.left": _("Left the room"),
    "room.said": _("Said"),
    "room.noted": _("Noted"),
    "room.update": _("Update told"),
    "room.update_late": _("Update was overdue"),
    "decision.made": _("Decided"),
    "promise.made": _("Promised"),
    "promise.kept": _("Promise kept"),
    "promise.dropped": _("Promise dropped"),
    "promise.late": _("Promise overdue"),
    "review.begun": _("Review begun"),
    "review.changed": _("Review changed"),
    "review.published": _("Review published"),
    "review.reopened": _("Review taken up again"),
    "article.drafted": _("Article drafted"),
    "article.changed": _("Article changed"),
    "article.published": _("Article published"),
    "article.retired": _("Article retired"),
    "article.confirmed": _("Article confirmed as still true"),
    "runbook.used": _("Runbook used"),
    "runbook.told": _("Said whether the runbook worked"),
    "standup.begun": _("Stand-up begun"),
    "standup.ended": _("Stand-up ended"),
    "shift.handed": _("Shift handed over"),
    "shift.taken": _("Shift taken over"),
    "issue.snoozed": _("Snoozed"),
    "issue.woken": _("Woken"),
    "known_issue.published": _("Told in public as a known issue"),
    "known_issue.withdrawn": _("No longer told in public"),
    "report.drafted": _("Report drafted"),
    "report.held": _("Report held"),
    "report.released": _("Report released"),
    "report.edited": _("Report's note changed"),
    "report.sent": _("Report sent"),
    "criterion.added": _("Exit criterion added"),
    "criterion.changed": _("Exit criterion changed"),
    "criterion.removed": _("Exit criterion removed"),
    "automation.added": _("Automation added"),
    "automation.changed": _("Automation changed"),
    "automation.removed": _("Automation removed"),
    "automation.on": _("Automation switched on"),
    "automation.off": _("Automation switched off"),
    "webhook.added": _("Webhook added"),
    "webhook.changed": _("Webhook changed"),
    "webhook.removed": _("Webhook removed"),
    "webhook.on": _("Webhook switched on"),
    "webhook.off": _("Webhook switched off"),
    "webhook.rotated": _("Webhook given a new secret"),
    "webhook.replayed": _("Deliveries of a webhook sent again"),
    "subscription.ended": _("Daily report ended by its reader"),
    "subscription.resumed": _("Daily report wanted again"),
    "message.sent": _("Message sent"),
    "message.failed": _("Message not accepted"),
    "message.retried": _("Message put back into the queue"),
}


@dataclass(frozen=True)
class Actor:
    """Who did it: a person, or a named part of the product when `user` is None.

    `request` names the request it was done by, where several are handled together.
    """

    name: str
    user: User | None = None
    request: str = ""

    @classmethod
    def person(cls, user: User) -> "Actor":
        """The actor for a signed-in person."""
        return cls(name=str(user)[:LONGEST_NAME], user=user)


SYSTEM = Actor("Hypercare")


@dataclass(frozen=True)
class Entry:
    """What is to be written; `once_key` makes a second writing of the same fact a no-op.

    `actor` is who did this one, where the entries of one writing have several authors.
    """

    subject: str
    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    occurred_at: datetime | None = None
    once_key: str | None = None
    actor: Actor | None = None


def record(launch: Launch | None, entries: Iterable[Entry], *, actor: Actor, now: datetime) -> None:
    """Writes entries in the caller's transaction; an unknown kind is a programming error (KeyError)."""
    rows.add(TimelineEntry, [_row(launch, entry, entry.actor or actor, now=now) for entry in entries])


def _row(launch: Launch | None, entry: Entry, actor: Actor, *, now: datetime) -> dict[str, Any]:
    return {
        "launch_id": launch.pk if launch else None,
        "subject": entry.subject,
        "kind": _known(entry.kind),
        "actor_id": actor.user.pk if actor.user else None,
        "actor_name": actor.name,
        "occurred_at": entry.occurred_at or now,
        "recorded_at": now,
        "data": entry.data,
        "request_id": actor.request or request_id.get(),
        "once_key": entry.once_key,
    }


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise KeyError(f"{kind} is not in the registry of timeline kinds")
    return kind
