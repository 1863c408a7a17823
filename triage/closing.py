"""This module proposes to close an issue whose alerts are over, and closes by itself what only came and went.

A proposal is a decision of a rule that is not applied: anyone may accept it, or keep the issue open, which stands until
it is released. What no person reported or touched and was over within minutes settles by itself after a quiet while;
it stays counted, opens again when it fires again, and can be taken back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import DurationField, ExpressionWrapper, F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from feedback.models import MACHINE_CHANNELS, Feedback
from gateway_ingest import outcomes
from gateway_ingest.models import NoiseReason
from hypercare.core.given_reasons import given_reason
from hypercare.core.models import TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from triage import decisions, lifecycle, tree
from triage.board import changes
from triage.learn import labels
from triage.models import Decision, Issue, IssueStatus, Origin
from triage.one_by_one import one_by_one

FIELD = decisions.END
CLOSE, SETTLE, KEEP_OPEN = "close", "settle", "keep_open"
TRANSIENT = "transient"
_DECIDERS = {CLOSE: "rule: its alerts are over", SETTLE: "rule: it came and went"}
_CONFIDENCE = {CLOSE: 0.8, SETTLE: 0.9}

_SITUATIONS = f"""
SELECT tree.root, count(*) FILTER (WHERE feedback.channel <> ALL(%(machines)s)), count(alert.id),
       count(alert.id) FILTER (WHERE alert.status <> 'resolved'),
       max(alert.resolved_at), max(coalesce(alert.ends_at, alert.resolved_at) - alert.starts_at)
{tree.LIVE_REPORTS}JOIN feedback_feedback feedback ON feedback.id = match.feedback_id
LEFT JOIN gateway_ingest_alert alert ON alert.feedback_id = feedback.id
GROUP BY tree.root
"""


@dataclass(frozen=True)
class _Situation:
    """Who speaks in an issue's tree, and whether its alerts are over."""

    people: int
    alerts: int
    open_alerts: int
    over_at: datetime | None
    longest: timedelta | None

    @property
    def is_over(self) -> bool:
        """Whether machines alone spoke and all of them say that it ended."""
        return self.people == 0 and self.alerts > 0 and self.open_alerts == 0


def review(root_ids: Iterable[int], *, now: datetime) -> None:
    """Proposes an end where there is a reason to, and withdraws what has none any more; the caller holds the locks."""
    issues = list(Issue.objects.filter(pk__in=set(root_ids)).select_related("launch"))
    open_ones = [issue for issue in issues if issue.is_open]
    found = _situations([issue.pk for issue in open_ones])
    over = [issue for issue in open_ones if issue.pk in found and found[issue.pk].is_over]
    decisions.withdraw([issue for issue in issues if issue not in over], fields=[FIELD], now=now)
    decisions.suggest_for_issues([_proposal(issue, found[issue.pk], now=now) for issue in over], now=now)


def review_proposed(root_ids: Iterable[int], *, now: datetime) -> None:
    """The same for those that have a proposal: a report that came may speak against it."""
    live = Decision.objects.filter(issue__in=set(root_ids), field=FIELD, ended_at=None)
    if proposed := list(live.values_list("issue_id", flat=True)):
        review(proposed, now=now)


def proposal_of(issue: Issue) -> Decision | None:
    """The end that a rule proposes for an issue, if any."""
    live = Decision.objects.filter(issue=issue, field=FIELD, ended_at=None)
    return live.exclude(origin=Origin.PERSON).select_related("issue__launch").first()


def settles_at(proposal: Decision) -> datetime | None:
    """When the issue closes by itself; None where a person has to say so."""
    return _quiet_until(proposal) if proposal.value == SETTLE else None


def _quiet_until(proposal: Decision) -> datetime:
    issue = proposal.issue
    quiet = issue.launch.transient_quiet_minutes if issue else 0
    return proposal.decided_at + timedelta(minutes=quiet)


@transaction.atomic
def accept(
    issue_id: int, *, actor: Actor, now: datetime, version: int | None = None, resolution: str = "", reason: str = ""
) -> Issue:
    """Closes an issue as proposed; 409 where nothing is proposed or `version` is stale."""
    issue = lifecycle.lock(issue_id, version=version)
    proposal = proposal_of(issue)
    if proposal is None:
        raise Problem(409, _("Nothing is proposed for %(key)s any more.") % {"key": issue.key})
    labels.accepted(issue, said=proposal, actor=actor, now=now)
    return lifecycle.move(
        issue_id,
        to=IssueStatus.CLOSED,
        resolution=resolution or (TRANSIENT if proposal.value == SETTLE else ""),
        reason=reason or proposal.reason,
        actor=actor,
        now=now,
    )


@transaction.atomic
def keep_open(issue_id: int, *, actor: Actor, now: datetime, version: int | None = None, reason: str = "") -> Issue:
    """Refuses the proposal, or opens again what settled by itself; stands until released. 409 where neither is so."""
    issue, reason = lifecycle.lock(issue_id, version=version), given_reason(reason)
    has_settled = issue.status == IssueStatus.CLOSED and issue.resolution == TRANSIENT
    if not has_settled and proposal_of(issue) is None:
        raise Problem(409, _("Nothing is proposed for %(key)s any more.") % {"key": issue.key})
    if has_settled:
        outcomes.take_back(_reports_of(issue))
        lifecycle.return_to_work(issue, reason=reason, actor=actor, now=now)
    decisions.hold(issue, field=FIELD, value=KEEP_OPEN, reason=reason, actor=actor, now=now)
    issue.version += 1
    issue.save(update_fields=["version"])
    data = {"field": FIELD, "old": CLOSE, "new": KEEP_OPEN, "reason": reason}
    record(issue.launch, [Entry(issue.key, "issue.field", data)], actor=actor, now=now)
    changes.publish(issue.launch_id, [issue.pk])
    issue.refresh_from_db()
    return issue


def settle_due(*, now: datetime) -> int:
    """Closes what came and went and stayed quiet; says how many."""
    quiet = ExpressionWrapper(F("issue__launch__transient_quiet_minutes") * timedelta(minutes=1), DurationField())
    proposed = Decision.objects.filter(field=FIELD, value=SETTLE, ended_at=None, issue__status=IssueStatus.NEW)
    due = proposed.annotate(quiet=quiet).filter(decided_at__lte=now - F("quiet"))
    issue_ids = list(due.order_by("id").values_list("issue_id", flat=True))
    one_by_one(issue_ids, lambda issue_id: _settle(issue_id, now=now))
    return len(issue_ids)


@transaction.atomic
def _settle(issue_id: int, *, now: datetime) -> None:
    """Looks once more under the lock: what was quiet may have spoken."""
    issue = lifecycle.lock(issue_id)
    review([issue_id], now=now)
    proposal = proposal_of(issue)
    if proposal is None or proposal.value != SETTLE or _quiet_until(proposal) > now:
        return
    outcomes.note(_reports_of(issue), reason=NoiseReason.TRANSIENT, actor=None, now=now)
    lifecycle.move(issue_id, to=IssueStatus.CLOSED, resolution=TRANSIENT, reason=proposal.reason, actor=SYSTEM, now=now)


def open_again(rows: Iterable[Feedback], *, now: datetime) -> None:
    """Opens issues that settled by themselves and whose alerts now fire again; the caller holds the launch's lock.

    Another launch may hear of the same alert from the same source; its issue is its own.
    """
    earlier = {(row.launch_id, row.source, before) for row in rows if (before := _episode_before(row))}
    if not earlier:
        return
    told_before = Feedback.objects.none()
    for launch_id, source, name in earlier:
        told_before |= Feedback.objects.filter(launch=launch_id, source=source, external_id=name)
    settled = Issue.objects.filter(
        status=IssueStatus.CLOSED,
        resolution=TRANSIENT,
        matches__ended_at=None,
        matches__feedback__channel__in=MACHINE_CHANNELS,
        matches__feedback__in=told_before,
    )
    for issue_id in sorted(set(settled.values_list("pk", flat=True))):
        issue = lifecycle.lock(issue_id)
        with override(issue.launch.language):
            lifecycle.return_to_work(issue, reason=_("Its alert fires again."), actor=SYSTEM, now=now)
        changes.publish(issue.launch_id, [issue.pk])


def _episode_before(row: Feedback) -> str:
    """What the report of the episode before is called by its source."""
    key, _colon, episode = (row.external_id or "").rpartition(":")
    is_later = row.channel in MACHINE_CHANNELS and episode.isdecimal() and len(episode) < 10 and int(episode) > 1
    return f"{key}:{int(episode) - 1}" if is_later else ""


def _situations(root_ids: list[int]) -> dict[int, _Situation]:
    with connection.cursor() as cursor:
        machines = [str(channel) for channel in MACHINE_CHANNELS]
        cursor.execute(_SITUATIONS, {"machines": machines, **tree.columns_of(tree.members_of(root_ids))})
        return {row[0]: _Situation(*row[1:]) for row in cursor.fetchall()}


def _proposal(issue: Issue, found: _Situation, *, now: datetime) -> decisions.IssueValue:
    value = SETTLE if _came_and_went(issue, found, now=now) else CLOSE
    with override(issue.launch.language):
        reason = _reason(value, found)
    return decisions.IssueValue(
        issue, FIELD, value, Origin.RULE, _DECIDERS[value], _CONFIDENCE[value], reason, applied=False
    )


def _reason(value: str, found: _Situation) -> str:
    minutes = max(1, round((found.longest or timedelta()).total_seconds() / 60))
    if value == SETTLE:
        return ngettext(
            "It was over after %(minutes)s minute, nobody reported it and nobody took it up",
            "It was over after %(minutes)s minutes, nobody reported it and nobody took it up",
            minutes,
        ) % {"minutes": minutes}
    return ngettext(
        "Its alert is over and no person reported it",
        "All its %(alerts)s alerts are over and no person reported it",
        found.alerts,
    ) % {"alerts": found.alerts}


def _came_and_went(issue: Issue, found: _Situation, *, now: datetime) -> bool:
    """Whether it was short, is nobody's work, and does not come and go all day."""
    within = timedelta(minutes=issue.launch.transient_minutes)
    is_short = found.longest is not None and found.longest <= within and bool(within)
    if not is_short or issue.status != IssueStatus.NEW or issue.owner_id is not None:
        return False
    if Decision.objects.filter(issue=issue, origin=Origin.PERSON).exists() or _was_ended_by_hand(issue):
        return False
    moves = TimelineEntry.objects.filter(launch=issue.launch, subject=issue.key, kind="issue.status")
    today = moves.filter(data__resolution=TRANSIENT, recorded_at__gt=now - timedelta(days=1))
    return today.count() < issue.launch.transient_times_a_day


def _was_ended_by_hand(issue: Issue) -> bool:
    """Whether a person ended one of its alerts: then somebody took it up."""
    keys = tree.keys_of(issue.pk)
    return TimelineEntry.objects.filter(launch=issue.launch, subject__in=keys, kind="alert.ended").exists()


def _reports_of(issue: Issue) -> list[Feedback]:
    members = tree.members_of([issue.pk])[issue.pk]
    return list(Feedback.objects.filter(matches__issue__in=members, matches__ended_at=None))
