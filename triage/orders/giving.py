"""This module takes orders for issues, carries them out batch by batch, and takes a whole order back within 30 minutes.

Each batch is one transaction under the launch's lock with a constant number of statements, so an order of thousands
lets others in between. A worker that dies loses its batch, not the order: what is not done yet is what waits.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from hypercare.core import rows as stored_rows
from hypercare.core import wake
from hypercare.core.access import Principal
from hypercare.core.launches import check_not_closed
from hypercare.core.models import Launch, TimelineEntry, User
from hypercare.core.problem import Problem, wrong
from hypercare.core.roles import Right
from hypercare.core.timeline import Actor
from triage.board import changes
from triage.lifecycle import CHANGE_NOTHING, conflict
from triage.locks import lock_ids, lock_launch
from triage.models import BoardChange, ChangedIssue, Issue
from triage.one_by_one import one_by_one
from triage.orders.kinds import KINDS
from triage.orders.order import Order

TASK = "triage.orders"
AT_ONCE = 25  # so many are done while the person waits
BATCH = 200
MOST = 20_000
UNDO_WITHIN = timedelta(minutes=30)
Clock = Callable[[], datetime]

_PUT = """
INSERT INTO triage_changedissue (change_id, issue_id, before, is_changed, detail, undo_detail)
SELECT %s, id, '{}', false, '', '' FROM unnest(%s::bigint[]) AS id
"""


def check(launch: Launch, action: str, given: dict[str, object], *, now: datetime) -> dict[str, object]:
    """The order as it is kept; Problem 400 for one that nothing could follow."""
    if action not in KINDS:
        detail = _("Use one of %(known)s as action.") % {"known": ", ".join(KINDS)}
        raise wrong("/action", detail)
    return KINDS[action].check(launch, given, now=now)


def give(
    launch: Launch,
    issues: QuerySet[Issue],
    *,
    action: str,
    given: dict[str, object],
    actor: User,
    clock: Clock,
    version: int | None = None,
    once: str = "",
) -> BoardChange:
    """Takes the order: a few issues are done at once, more are left to a worker. 409 for one that cannot follow alone.

    `version` is that of a single issue; the same order, which names its issues, with the same `once` is one order, however
    often it is sent.
    """
    now, same = clock(), {"once": _digest(once, given)} if once else {}
    ids = list(issues.filter(launch=launch).order_by("pk").values_list("pk", flat=True)[: MOST + 1])
    with transaction.atomic():
        lock_launch(launch.pk)
        check_not_closed(launch)
        if same and (before := _given_before(launch, action=action, actor=actor, **same)):
            return before
        order = check(launch, action, given, now=now) | same
        if not 1 <= len(ids) <= MOST:
            raise Problem(400, _("Choose 1 to %(most)s issues.") % {"most": MOST})
        change = BoardChange.objects.create(
            launch=launch, actor=actor, action=action, order=order, total=len(ids), ordered_at=now
        )
        with connection.cursor() as cursor:
            cursor.execute(_PUT, [change.pk, ids])
        if len(ids) <= AT_ONCE:
            refused = _forward(change.pk, now=now, version=version if len(ids) == 1 else None)
            if len(ids) == 1 and refused:
                raise refused[ids[0]]
        else:
            wake.worker_after_commit(TASK)
    change.refresh_from_db()
    return change


def _digest(once: str, given: dict[str, object]) -> str:
    """What the same order with the same `once` has in common: what was asked, not what that means by now."""
    return hashlib.sha256(json.dumps([once, given], sort_keys=True, default=str).encode()).hexdigest()


def _given_before(launch: Launch, *, action: str, once: str, actor: User) -> BoardChange | None:
    """The same order as it came first, unless it was taken back since."""
    same = BoardChange.objects.filter(launch=launch, actor=actor, action=action, order__once=once, undo_asked_at=None)
    return same.select_related("launch", "actor").first()


def ask_back(change: BoardChange, *, actor: User, clock: Clock) -> BoardChange:
    """Takes an order back: a few issues at once, more by a worker. 409 where it is too late or not theirs."""
    now = clock()
    with transaction.atomic():
        lock_launch(change.launch_id)
        check_not_closed(change.launch)
        change = BoardChange.objects.select_for_update().get(pk=change.pk)
        if change.actor_id != actor.pk or not KINDS[change.action].can_undo:
            raise Problem(409, _("There is nothing of yours to undo here."))
        if change.undo_asked_at:
            raise Problem(409, _("That is taken back already."))
        if now - change.ordered_at > UNDO_WITHIN:
            raise Problem(409, _("That was too long ago to undo; change the issues anew."))
        change.undo_asked_at = now
        change.save(update_fields=["undo_asked_at"])
        if change.total <= AT_ONCE:
            _back(change.pk, now=now)
        else:
            wake.worker_after_commit(TASK)
    change.refresh_from_db()
    return change


def carry_on(*, clock: Clock) -> None:
    """Does what waits, order by order."""
    waiting = Q(finished_at=None, undo_asked_at=None) | Q(undo_asked_at__isnull=False, undone_at=None)
    ids = list(BoardChange.objects.filter(waiting).order_by("pk").values_list("pk", flat=True))
    one_by_one(ids, lambda pk: _to_its_end(pk, clock=clock))


def _to_its_end(change_id: int, *, clock: Clock) -> None:
    """Batch after batch; somebody may take it back between two of them."""
    while True:
        change = BoardChange.objects.get(pk=change_id)
        if change.undo_asked_at and change.undone_at is None:
            _back(change_id, now=clock())
        elif change.finished_at is None and change.undo_asked_at is None:
            _forward(change_id, now=clock())
        else:
            return


@transaction.atomic
def _forward(change_id: int, *, now: datetime, version: int | None = None) -> dict[int, Problem]:
    """Does the next batch and says what was refused."""
    change, order = _held(change_id)
    rows = list(change.issues.filter(done_at=None).order_by("issue_id")[:BATCH])
    if change.finished_at or change.undo_asked_at:
        return {}
    with override(change.actor.language):
        issues = _locked(rows)
        order.begin(issues, now=now)
        refused = _refusals(change, order, issues, version=version)
        ready = [issue for issue in issues if issue.pk not in refused]
        memory = order.memory(ready)
        refused |= _each_alone(ready, lambda some: order.apply(some, actor=Actor.person(change.actor), now=now))
    for row in rows:
        row.done_at, row.is_changed = now, row.issue_id not in refused
        row.before = memory.get(row.issue_id, {})
        row.detail = refused[row.issue_id].detail[:500] if row.issue_id in refused else ""
    if rows:
        stored_rows.update(rows, ["before", "done_at", "is_changed", "detail"])
    change.changed += len(rows) - len(refused)
    change.failed += len(refused)
    if change.changed + change.failed >= change.total or not rows:
        change.finished_at = now
    change.save(update_fields=["changed", "failed", "finished_at"])
    _publish(change, [row.issue_id for row in rows if row.is_changed])
    return refused


@transaction.atomic
def _back(change_id: int, *, now: datetime) -> None:
    """Takes the next batch back where it stands; what somebody changed since stays theirs and is named."""
    change, order = _held(change_id)
    if change.undone_at:
        return
    rows = list(change.issues.filter(is_changed=True, undone_at=None).order_by("issue_id")[:BATCH])
    told = 0
    with override(change.actor.language):
        issues = {issue.pk: issue for issue in _locked(rows)}
        by_issue = {row.issue_id: row for row in rows}
        stands = order.stands(list(issues.values()), by_issue) if rows else set()
        kept = _theirs(change, order, [issue for pk, issue in issues.items() if pk not in stands])
        ready = [issue for pk, issue in issues.items() if pk in stands]

        def take_back(some: Sequence[Issue]) -> dict[int, Problem]:
            nonlocal told
            mine = {issue.pk: by_issue[issue.pk] for issue in some}
            told += order.take_back(some, mine, actor=Actor.person(change.actor), now=now)
            return {}

        stuck = _each_alone(ready, take_back)
        kept |= {pk: problem.detail for pk, problem in stuck.items()}
        ready = [issue for issue in ready if issue.pk not in stuck]
    for row in rows:
        row.undone_at, row.undo_detail = now, kept.get(row.issue_id, "")[:500]
    if rows:
        stored_rows.update(rows, ["undone_at", "undo_detail"])
    change.taken_back += len(ready)
    change.told_before += told
    change.finished_at = change.finished_at or now
    if len(rows) < BATCH:
        change.undone_at = now
    change.save(update_fields=["taken_back", "told_before", "finished_at", "undone_at"])
    _publish(change, [issue.pk for issue in ready])


def _each_alone(issues: Sequence[Issue], work: Callable[[Sequence[Issue]], dict[int, Problem]]) -> dict[int, Problem]:
    """Does the work for all at once; where that is refused, for each alone, so that one keeps no other from its turn."""
    if not issues:
        return {}
    try:
        with transaction.atomic():
            return work(issues)
    except Problem as problem:
        if len(issues) == 1:
            return {issues[0].pk: problem}
    refused: dict[int, Problem] = {}
    for issue in _read([issue.pk for issue in issues]):
        refused |= _each_alone([issue], work)
    return refused


def _held(change_id: int) -> tuple[BoardChange, Order]:
    launch_id = BoardChange.objects.values_list("launch_id", flat=True).get(pk=change_id)
    lock_launch(launch_id)
    found = BoardChange.objects.select_for_update(of=("self",)).select_related("launch", "actor")
    change = found.get(pk=change_id)
    order = KINDS[change.action](change.launch, {name: part for name, part in change.order.items() if name != "once"})
    order.number = change.pk
    return change, order


def _locked(rows: Sequence[ChangedIssue]) -> list[Issue]:
    return _read(lock_ids(row.issue_id for row in rows))


def _read(held: Sequence[int]) -> list[Issue]:
    found = Issue.objects.filter(pk__in=held).select_related("launch", "component", "team", "owner")
    return list(found.order_by("pk"))


def _refusals(change: BoardChange, order: Order, issues: Sequence[Issue], *, version: int | None) -> dict[int, Problem]:
    """Whose rights ended while the order waited changes nothing more."""
    if Right.TRIAGE not in Principal(change.actor).rights_in(change.launch) or not change.actor.is_active:
        ended = Problem(403, _("You may no longer do this here."))
        return {issue.pk: ended for issue in issues}
    try:
        check_not_closed(change.launch)
    except Problem as closed:
        return {issue.pk: closed for issue in issues}
    refused = {}
    for issue in issues:
        if version is not None and version != issue.version:
            refused[issue.pk] = conflict(issue, _latest(change.launch, [issue], ()).get(issue.key))
        elif problem := order.refusal(issue):
            refused[issue.pk] = problem
    return refused


def _theirs(change: BoardChange, order: Order, issues: Sequence[Issue]) -> dict[int, str]:
    """For each issue who changed what since, in words."""
    if not issues:
        return {}
    latest = _latest(change.launch, issues, order.entries)
    return {issue.pk: conflict(issue, latest.get(issue.key)).detail for issue in issues}


def _latest(launch: Launch, issues: Sequence[Issue], kinds: Sequence[str]) -> dict[str, TimelineEntry]:
    entries = TimelineEntry.objects.filter(launch=launch, subject__in=[issue.key for issue in issues])
    entries = entries.filter(kind__in=kinds) if kinds else entries.exclude(kind__in=CHANGE_NOTHING)
    return {entry.subject: entry for entry in entries.order_by("subject", "-id").distinct("subject")}


def _publish(change: BoardChange, issue_ids: Sequence[int]) -> None:
    if issue_ids:
        changes.publish(change.launch_id, issue_ids)
