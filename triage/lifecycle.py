"""This module is the only writer of an issue's status: moving, merging and taking apart."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from feedback import closing_the_loop
from feedback.models import Feedback, ReplyStatus
from gateway_ingest import outcomes
from hypercare.core.given_reasons import given_reason
from hypercare.core.models import TimelineEntry
from hypercare.core.problem import FieldError, Problem
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from triage import decisions, transitions, tree
from triage.board import changes
from triage.learn import labels
from triage.locks import lock_issues, lock_launch_of
from triage.match import pairs
from triage.models import ENDED_STATUSES, Answer, Issue, IssueStatus
from triage.recount import recount
from triage.story import story_of

# What is written on an issue's timeline and leaves the issue as it is.
_CHANGE_NOTHING = ("issue.note", "issue.told", "room.opened")


def lock(issue_id: int, *, version: int | None = None) -> Issue:
    """The issue, locked for change; 409 naming who changed what when `version` is no longer the newest."""
    lock_launch_of(issue_id)
    issue = (
        Issue.objects.select_for_update(of=("self",))
        .select_related("launch", "component", "team", "owner")
        .get(pk=issue_id)
    )
    if version is not None and version != issue.version:
        raise _conflict(issue)
    return issue


def _conflict(issue: Issue) -> Problem:
    changed = TimelineEntry.objects.filter(launch=issue.launch, subject=issue.key).exclude(kind__in=_CHANGE_NOTHING)
    latest = changed.order_by("-id").first()
    detail = _("%(key)s was changed by %(who)s meanwhile (%(what)s). Look at it again, then decide.") % {
        "key": issue.key,
        "who": latest.actor_name if latest else _("someone"),
        "what": story_of([latest])[0].words if latest else _("score"),
    }
    return Problem(
        409,
        detail,
        changed_by=latest.actor_name if latest else None,
        changes={"kind": latest.kind} | latest.data if latest else {},
        version=issue.version,
    )


@transaction.atomic
def move(
    issue_id: int,
    *,
    to: str,
    actor: Actor,
    now: datetime,
    version: int | None = None,
    reason: str = "",
    resolution: str = "",
    noise: str = "",
) -> Issue:
    """Moves an issue where the table allows; 409 where it does not or `version` is stale, 400 for a missing reason.

    `noise` says why the alerts behind it were not worth the interruption; it counts for their rules.
    """
    if to not in IssueStatus.values:
        detail = _("There is no status “%(name)s”; use one of %(known)s.") % {
            "name": to[:40], "known": ", ".join(IssueStatus.values)}  # fmt: skip
        raise Problem(400, detail, errors=(FieldError("/to", detail),))
    issue = lock(issue_id, version=version)
    if issue.status == to:
        return issue
    transition = transitions.between(issue.status, to)
    if transition is None:
        raise Problem(409, _("%(key)s is %(now)s and cannot become %(to)s from there; possible are: %(known)s.") % {
            "key": issue.key, "now": issue.get_status_display(), "to": to[:40],
            "known": ", ".join(transitions.targets_from(issue.status)) or _("nothing")})  # fmt: skip
    if transition.needs == "reason" and not reason.strip() and not noise:
        raise Problem(400, _("Say why in a sentence."), errors=(FieldError("/reason", _("Say why in a sentence.")),))
    if resolution and resolution not in transitions.RESOLUTIONS:
        detail = _("There is no resolution “%(name)s”; use one of %(known)s.") % {
            "name": resolution[:40], "known": ", ".join(sorted(transitions.RESOLUTIONS))}  # fmt: skip
        raise Problem(400, detail, errors=(FieldError("/resolution", detail),))
    data = {
        "field": "status",
        "old": issue.status,
        "new": to,
        "transition": transition.name,
        "reason": given_reason(reason),
    }
    ended = to in (IssueStatus.CLOSED, IssueStatus.DECLINED)
    if noise:
        data["noise"] = _note_noise(issue, noise, ended=ended, actor=actor, now=now)
    if issue.status == IssueStatus.NEW and not ended:
        labels.let_stand(issue, actor=actor, now=now)
    _open_again(issue, to)
    issue.resolution = (resolution or transitions.DEFAULT_RESOLUTION[IssueStatus(to)]) if ended else ""
    if ended:
        decisions.close(issue, field=decisions.END, now=now)
    write_status(issue, to, now=now, closed_at=now if ended else None)
    record(
        issue.launch,
        [Entry(issue.key, "issue.status", data | {"resolution": issue.resolution})],
        actor=actor,
        now=now,
    )
    tell_reporters(issue, now=now, ended=ended)
    changes.publish(issue.launch_id, [issue.pk])
    issue.refresh_from_db()
    return issue


def _note_noise(issue: Issue, noise: str, *, ended: bool, actor: Actor, now: datetime) -> str:
    reason = outcomes.check_reason(noise)
    members = tree.members_of([issue.pk])[issue.pk]
    reports = Feedback.objects.filter(matches__issue__in=members, matches__ended_at=None)
    if not ended or not outcomes.note(list(reports), reason=reason, actor=actor.user, now=now):
        detail = _("A noise reason is given when an issue that alerts opened is closed or declined.")
        raise Problem(400, detail, errors=(FieldError("/noise", detail),))
    return str(reason)


def return_to_work(issue: Issue, *, reason: str, actor: Actor, now: datetime) -> None:
    """Opens a closed issue that nobody worked on as if it had never been closed; the caller holds its lock and publishes."""
    data = {
        "field": "status",
        "old": issue.status,
        "new": str(IssueStatus.NEW),
        "transition": "return",
        "reason": reason,
    }
    _open_again(issue, IssueStatus.NEW)
    issue.resolution = ""
    write_status(issue, IssueStatus.NEW, now=now, closed_at=None)
    record(issue.launch, [Entry(issue.key, "issue.status", data | {"resolution": ""})], actor=actor, now=now)
    tell_reporters(issue, now=now, ended=False)


def write_status(issue: Issue, status: str, *, now: datetime, closed_at: datetime | None) -> None:
    """Writes the status with its time; everything that changes one goes through here."""
    if issue.status == IssueStatus.IN_PROGRESS:
        issue.worked_seconds += max(int((now - issue.status_changed_at).total_seconds()), 0)
    issue.status = status
    issue.status_changed_at = now
    issue.closed_at = closed_at
    issue.version += 1
    issue.save(
        update_fields=[
            "status",
            "status_changed_at",
            "closed_at",
            "worked_seconds",
            "resolution",
            "merged_into",
            "status_before_merge",
            "version",
        ]
    )


def tell_reporters(issue: Issue, *, now: datetime, ended: bool) -> None:
    """Shows every reporter of the tree how far the work is, and mails them when it ended."""
    keys = tree.keys_of(issue.pk)
    rows = Feedback.objects.filter(launch=issue.launch, issue_key__in=keys)
    rows.update(reply_status=transitions.REPLY_STATUS.get(IssueStatus(issue.status), ReplyStatus.LOOKING))
    if ended:
        heard = rows.filter(reporter__email__gt="").select_related("reporter", "launch")
        told = closing_the_loop.tell_closed(heard, issue_key=issue.key, resolution=issue.resolution, now=now)
        if told:
            record(issue.launch, [Entry(issue.key, "issue.told", {"people": told})], actor=SYSTEM, now=now)


@transaction.atomic
def merge(
    issue_id: int, *, into_id: int, actor: Actor, now: datetime, version: int | None = None, reason: str = ""
) -> Issue:
    """Makes an issue a duplicate of another of its launch; feedback stays where it was matched. Returns the root."""
    if issue_id == into_id:
        raise Problem(409, _("An issue cannot be merged into itself."))
    lock_launch_of(issue_id)
    root_id = tree.roots_of([into_id]).get(into_id, into_id)
    held = lock_issues([issue_id, into_id, root_id])
    issue, target = held[issue_id], held.get(into_id)
    if target is None or target.launch_id != issue.launch_id:
        raise Problem(404, _("There is no such issue in this launch to merge into."))
    if version is not None and version != issue.version:
        raise _conflict(issue)
    if issue.merged_into_id:
        raise Problem(409, _("%(key)s is merged into IS-%(into)s already; unmerge it first.") % {
            "key": issue.key, "into": issue.merged_into_id})  # fmt: skip
    if root_id == issue_id:
        raise Problem(409, _("That would merge an issue into itself by way of another."))
    if held[root_id].status in ENDED_STATUSES and issue.status not in ENDED_STATUSES:
        raise Problem(409, _("%(root)s is ended, and merging would end work that is open. Reopen it first.") % {
            "root": held[root_id].key})  # fmt: skip
    data = {"field": "merged_into", "old": None, "new": f"IS-{into_id}", "status": issue.status}
    why = {"reason": reason} if reason else {}
    issue.merged_into, issue.status_before_merge = target, issue.status
    write_status(issue, IssueStatus.DUPLICATE, now=now, closed_at=issue.closed_at)
    entries = [
        Entry(issue.key, "issue.merged", data | why),
        Entry(f"IS-{root_id}", "issue.merged", {"from": issue.key} | why),
    ]
    record(issue.launch, entries, actor=actor, now=now)
    pairs.remember(issue, into_id, answer=Answer.SAME, actor=actor, now=now)
    return _settle(issue, roots=[root_id], now=now)


@transaction.atomic
def unmerge(issue_id: int, *, actor: Actor, now: datetime, version: int | None = None) -> Issue:
    """Takes a merged issue out again with its status and all its reports. Returns the issue."""
    lock_launch_of(issue_id)
    root_id = tree.roots_of([issue_id])[issue_id]
    lock_issues([issue_id, root_id])
    issue = lock(issue_id, version=version)
    if issue.merged_into is None:
        raise Problem(409, _("%(key)s is not merged into anything.") % {"key": issue.key})
    merged_into = issue.merged_into
    data: dict[str, Any] = {"field": "merged_into", "old": merged_into.key, "new": None}
    status = issue.status_before_merge or IssueStatus.TRIAGED
    _open_again(issue, status)
    issue.merged_into, issue.status_before_merge = None, ""
    write_status(issue, status, now=now, closed_at=issue.closed_at)
    entries = [
        Entry(issue.key, "issue.unmerged", data),
        Entry(f"IS-{root_id}", "issue.unmerged", {"from": issue.key}),
    ]
    record(issue.launch, entries, actor=actor, now=now)
    pairs.remember(issue, merged_into.pk, answer=Answer.DIFFERENT, actor=actor, now=now)
    _settle(issue, roots=[root_id, issue.pk], now=now)
    issue.refresh_from_db()
    return issue


def _open_again(issue: Issue, status: str) -> None:
    """Gives an ended issue's fingerprint up where another open issue holds it now."""
    if issue.fingerprint is None or issue.status not in ENDED_STATUSES or status in ENDED_STATUSES:
        return
    same = Issue.objects.filter(launch=issue.launch, fingerprint=issue.fingerprint).exclude(pk=issue.pk)
    if same.exclude(status__in=ENDED_STATUSES).exists():
        Issue.objects.filter(pk=issue.pk).update(fingerprint=None)


def _settle(issue: Issue, *, roots: list[int], now: datetime) -> Issue:
    """Recounts the roots and gives their reports the root's word, then publishes the change."""
    Issue.objects.filter(pk__in=[pk for pk in roots if pk != issue.pk]).update(version=F("version") + 1)
    recount(roots, now=now)
    for root in Issue.objects.filter(pk__in=roots).select_related("launch"):
        tell_reporters(root, now=now, ended=False)
    changes.publish(issue.launch_id, [issue.pk, *roots])
    return Issue.objects.select_related("launch").get(pk=roots[0])
