"""This module merges issues that are the same problem, and takes them apart again; a merged one is a duplicate of another."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.timeline import Actor, Entry, record
from triage import lifecycle, tree
from triage.board import changes
from triage.locks import lock_issues, lock_launch_of
from triage.match import pairs
from triage.models import ENDED_STATUSES, Answer, Issue, IssueStatus
from triage.recount import recount
from triage.warroom import rooms


@transaction.atomic
def merge(
    issue_id: int, *, into_id: int, actor: Actor, now: datetime, version: int | None = None, reason: str = ""
) -> Issue:
    """Makes an issue a duplicate of another of its launch; feedback stays where it was matched. Returns the root."""
    lock_launch_of(issue_id)
    refused = merge_all([issue_id], into_id=into_id, actor=actor, now=now, version=version, reason=reason)
    if refused:
        raise refused[issue_id]
    return Issue.objects.select_related("launch").get(pk=tree.roots_of([into_id])[into_id])


def merge_all(
    issue_ids: Sequence[int],
    *,
    into_id: int,
    actor: Actor,
    now: datetime,
    version: int | None = None,
    reason: str = "",
) -> dict[int, Problem]:
    """The same for issues of one launch, by a constant number of statements; says which could not follow.

    The caller holds the launch's lock. No merge changes what another may do, since the root stays the root.
    """
    root_id = tree.roots_of([into_id]).get(into_id, into_id)
    held = lock_issues([*issue_ids, into_id, root_id])
    target = held.get(into_id)
    refused = {pk: said for pk in issue_ids if (said := _unmergeable(held[pk], target, held.get(root_id), version))}
    merged = [held[pk] for pk in issue_ids if pk not in refused]
    if target is None or not merged:
        return refused
    launch, root = target.launch, held[root_id]
    moved = rooms.follow_merges(merged, root=root, actor=actor, now=now)
    why, entries = {"reason": reason} if reason else {}, []
    for issue in merged:
        data = {"field": "merged_into", "old": None, "new": target.key, "status": issue.status}
        room = {"room": moved[issue.pk]} if issue.pk in moved else {}
        entries.append(Entry(issue.key, "issue.merged", data | room | why))
        entries.append(Entry(root.key, "issue.merged", {"from": issue.key} | why))
        issue.merged_into, issue.status_before_merge = target, issue.status
    lifecycle.write(merged, IssueStatus.DUPLICATE, now=now)
    record(launch, entries, actor=actor, now=now)
    pairs.remember({issue.pk: into_id for issue in merged}, launch, answer=Answer.SAME, actor=actor, now=now)
    _settle(launch, merged, roots=[root_id], now=now)
    return refused


def _unmergeable(issue: Issue, target: Issue | None, root: Issue | None, version: int | None) -> Problem | None:
    """Why an issue cannot become a duplicate of the target with this root, or None."""
    if target and issue.pk == target.pk:
        return Problem(409, _("An issue cannot be merged into itself."))
    if target is None or root is None or target.launch_id != issue.launch_id:
        return Problem(404, _("There is no such issue in this launch to merge into."))
    if version is not None and version != issue.version:
        return lifecycle.conflict_of(issue)
    return _unfit(issue, root)


def _unfit(issue: Issue, root: Issue) -> Problem | None:
    """Why an issue as it is cannot join the tree of this root, or None."""
    if issue.merged_into_id:
        return Problem(409, _("%(key)s is merged into IS-%(into)s already; unmerge it first.") % {
            "key": issue.key, "into": issue.merged_into_id})  # fmt: skip
    if root.pk == issue.pk:
        return Problem(409, _("That would merge an issue into itself by way of another."))
    if root.status in ENDED_STATUSES and issue.status not in ENDED_STATUSES:
        return Problem(409, _("%(root)s is ended, and merging would end work that is open. Reopen it first.") % {
            "root": root.key})  # fmt: skip
    return None


@transaction.atomic
def unmerge(issue_id: int, *, actor: Actor, now: datetime, version: int | None = None) -> Issue:
    """Takes a merged issue out again with its status and all its reports. Returns the issue."""
    lock_launch_of(issue_id)
    issue = lock_issues([issue_id, tree.roots_of([issue_id])[issue_id]])[issue_id]
    if version is not None and version != issue.version:
        raise lifecycle.conflict_of(issue)
    if issue.merged_into_id is None:
        raise Problem(409, _("%(key)s is not merged into anything.") % {"key": issue.key})
    unmerge_all([issue], actor=actor, now=now)
    issue.refresh_from_db()
    return issue


def unmerge_all(
    issues: Sequence[Issue], *, actor: Actor, now: datetime, times: Mapping[int, lifecycle.Times] | None = None
) -> None:
    """The same for issues of one launch that are merged, with the `times` they had where a merge is taken back.

    The caller holds the launch's lock and theirs.
    """
    launch, roots = issues[0].launch, tree.roots_of([issue.pk for issue in issues])
    held = lock_issues([*roots, *roots.values()])
    rooms.follow_unmerges(issues, roots={pk: held[root] for pk, root in roots.items()}, actor=actor, now=now)
    entries = []
    for issue in issues:
        data: dict[str, Any] = {"field": "merged_into", "old": f"IS-{issue.merged_into_id}", "new": None}
        entries.append(Entry(issue.key, "issue.unmerged", data))
        entries.append(Entry(f"IS-{roots[issue.pk]}", "issue.unmerged", {"from": issue.key}))
    parted = {issue.pk: issue.merged_into_id for issue in issues if issue.merged_into_id}
    before = {issue.pk: issue.status_before_merge or IssueStatus.TRIAGED for issue in issues}
    for status in sorted(set(before.values())):
        some = [issue for issue in issues if before[issue.pk] == status]
        lifecycle.yield_fingerprints(some, status)
        for issue in some:
            issue.merged_into, issue.status_before_merge = None, ""
        lifecycle.write(some, status, now=now)
    lifecycle.date_back(issues, times or {})
    record(launch, entries, actor=actor, now=now)
    pairs.remember(parted, launch, answer=Answer.DIFFERENT, actor=actor, now=now)
    _settle(launch, issues, roots=sorted({*roots.values(), *roots}), now=now)


def _settle(launch: Launch, changed: Sequence[Issue], *, roots: Sequence[int], now: datetime) -> None:
    """Recounts the roots and gives their reports the root's word, then publishes the change."""
    own = [issue.pk for issue in changed]
    Issue.objects.filter(pk__in=set(roots) - set(own)).update(version=F("version") + 1)
    recount(roots, now=now)
    lifecycle.tell_reporters(list(Issue.objects.filter(pk__in=roots).select_related("launch")), now=now, ended=False)
    changes.publish(launch.pk, [*own, *roots])
