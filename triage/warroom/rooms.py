"""This module opens and closes rooms: by hand for any open issue, and by itself for every SEV1.

A SEV1 comes from a person, from measured reach or from a rule, never from a report that nobody vouched for; so such a
report opens no room. A room that was closed opens again by itself only when its issue became SEV1 anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from hypercare.core import keys
from hypercare.core.access import Principal
from hypercare.core.given_reasons import given_reason
from hypercare.core.launches import check_not_closed
from hypercare.core.models import Launch, TimelineEntry
from hypercare.core.problem import Problem, wrong
from hypercare.core.roles import Right
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from triage import tree
from triage.locks import lock_launch_of
from triage.models import OPEN_STATUSES, Attendance, Duty, Issue, Origin, Score, WarRoom
from triage.one_by_one import one_by_one

OPENS_BY_ITSELF = 1
LONGEST_WORDS = 500


def access_room(principal: Principal, key: str, *, right: Right) -> WarRoom:
    """The room named like WR-7."""
    rows = WarRoom.objects.select_related("launch", "issue__component", "issue__launch")
    return keys.named(rows, key, "WR", by=principal, right=right)


@transaction.atomic
def open_room(issue: Issue, *, reason: str, actor: Actor, now: datetime, origin: Origin = Origin.PERSON) -> WarRoom:
    """Opens the room of an issue by hand, or as a rule of the launch says; the live one where there is one already.

    409 for what is ended.
    """
    lock_launch_of(issue.pk)
    root_id = tree.roots_of([issue.pk])[issue.pk]
    root = Issue.objects.select_related("launch").get(pk=root_id)
    if root.launch.closed_at:
        raise Problem(409, _("%(launch)s is closed; no room opens in it.") % {"launch": root.launch.name})
    if live := WarRoom.objects.filter(issue=root, closed_at=None).select_related("launch", "issue").first():
        return live
    if not root.is_open:
        raise Problem(409, _("%(key)s is ended; reopen it first.") % {"key": root.key})
    said = given_reason(reason, longest=LONGEST_WORDS, has_lines=False)
    return _open(root, origin=origin, reason=said, actor=actor, now=now)


def _open(issue: Issue, *, origin: Origin, reason: str, actor: Actor, now: datetime) -> WarRoom:
    room = WarRoom.objects.create(
        launch=issue.launch,
        issue=issue,
        origin=origin,
        opened_at=now,
        opened_by_name=actor.name,
        reason=reason,
    )
    data = {"room": room.key, "severity": issue.severity, "reason": reason}
    record(issue.launch, [Entry(issue.key, "room.opened", data)], actor=actor, now=now)
    return room


def open_due(*, now: datetime) -> int:
    """Opens a room for every SEV1 that has none; says how many."""
    due = list(_without_room().values_list("pk", flat=True))
    one_by_one(due, lambda issue_id: _open_by_rule(issue_id, now=now))
    return len(due)


def _without_room() -> QuerySet[Issue]:
    """Open SEV1 without a live room, and without one that was closed since they became SEV1."""
    became = Score.objects.filter(issue=OuterRef("issue_id"), severity=OPENS_BY_ITSELF, moved__has_key="severity")
    anew = Exists(became.filter(scored_at__gt=OuterRef("closed_at")))
    stands = WarRoom.objects.filter(Q(closed_at=None) | ~anew, issue=OuterRef("pk"))
    critical = Issue.objects.filter(status__in=OPEN_STATUSES, severity=OPENS_BY_ITSELF, launch__closed_at=None)
    return critical.filter(~Exists(stands), merged_into=None)


@transaction.atomic
def _open_by_rule(issue_id: int, *, now: datetime) -> None:
    """Looks once more under the lock: what was SEV1 may have been set right."""
    lock_launch_of(issue_id)
    issue = _without_room().select_related("launch").filter(pk=issue_id).first()
    if issue is not None:
        with override(issue.launch.language):
            reason = _("It is SEV1: a room opens by itself.")
        _open(issue, origin=Origin.RULE, reason=reason, actor=SYSTEM, now=now)


def lock_live(room: WarRoom) -> WarRoom:
    """The room, locked for change; 409 once it or its launch is closed."""
    locked = WarRoom.objects.select_for_update(of=("self",)).select_related("launch", "issue").get(pk=room.pk)
    check_not_closed(locked.launch)
    if locked.closed_at:
        raise Problem(409, _("%(key)s is closed and only to be read.") % {"key": room.key})
    return locked


def key_of_live(room: WarRoom) -> str:
    """The key of a live room, for what is written about it; 409 for a closed one."""
    if room.closed_at:
        raise Problem(409, _("%(key)s is closed and only to be read.") % {"key": room.key})
    return room.key


@transaction.atomic
def close_room(room: WarRoom, *, words: str, actor: Actor, now: datetime) -> WarRoom:
    """Closes a room with a sentence about how it ended; whoever is in it has left, whoever had a role gave it up."""
    asked = _("Say in a sentence how it ended.")
    try:
        said = given_reason(words, longest=LONGEST_WORDS, has_lines=False, asked=asked)
    except Problem as problem:
        raise wrong("/words", problem.detail) from None
    room = lock_live(room)
    room.closed_at, room.closed_by_name, room.closing_words = now, actor.name, said
    room.save(update_fields=["closed_at", "closed_by_name", "closing_words"])
    Duty.objects.filter(room=room, ended_at=None).update(ended_at=now)
    Attendance.objects.filter(room=room, left_at=None).update(left_at=now)
    record(room.launch, [Entry(room.key, "room.closed", {"words": said})], actor=actor, now=now)
    return room


def follow_merges(issues: Sequence[Issue], *, root: Issue, actor: Actor, now: datetime) -> dict[int, str]:
    """The live room where work goes on becomes that of the issues' root; the others close and say so.

    Says which room each of the issues had.
    """
    rooms = after_merge(Issue.objects.filter(pk__in=[issue.pk for issue in issues]), root_id=root.pk)
    own = {room.issue_id: room.key for room in rooms if room.issue_id != root.pk}
    for room in rooms[:1]:
        WarRoom.objects.filter(pk=room.pk).update(issue=root)
    for room in rooms[1:]:
        with override(room.launch.language):
            said = _("%(key)s is merged into %(root)s; work goes on in %(room)s.")
            words = said % {"key": room.issue.key, "root": root.key, "room": rooms[0].key}
        close_room(room, words=words, actor=actor, now=now)
    return own


def after_merge(issues: QuerySet[Issue], *, root_id: int) -> list[WarRoom]:
    """The live rooms of issues that go into a root: first the one where work goes on, then those that close.

    Work goes on in the root's own; where it has none, in that of the gravest issue, the one opened first before others.
    """
    live = WarRoom.objects.filter(Q(issue__in=issues.values("pk")) | Q(issue=root_id), closed_at=None)
    found = live.select_related("launch", "issue")
    return sorted(found, key=lambda room: (room.issue_id != root_id, room.issue.severity, room.opened_at, room.pk))


def follow_unmerges(issues: Sequence[Issue], *, roots: Mapping[int, Issue], actor: Actor, now: datetime) -> None:
    """Gives issues that leave their roots the rooms that merging took: one that moved moves back, one that closed opens.

    It opens with the roles that ended with it. What people closed since stays closed where it is.
    """
    had = _rooms_when_merged(issues)
    found = WarRoom.objects.filter(pk__in=[key[3:] for key in had.values()]).select_related("issue")
    rooms = {room.key: room for room in found}
    closed_with = _rooms_when_merged([room.issue for room in found if not room.is_live and room.issue.merged_into_id])
    entries = []
    for issue in issues:
        room, root = rooms.get(had.get(issue.pk, "")), roots[issue.pk]
        if room is None:
            continue
        moved = room.is_live and room.issue_id == root.pk
        closed = not room.is_live and closed_with.get(room.issue_id) == room.key
        if not moved and not closed:
            continue
        if closed:
            Duty.objects.filter(room=room, ended_at=room.closed_at).update(ended_at=None)
        room.issue, room.closed_at, room.closed_by_name, room.closing_words = issue, None, "", ""
        room.save(update_fields=["issue", "closed_at", "closed_by_name", "closing_words"])
        with override(issue.launch.language):
            reason = _("%(key)s is no longer merged into %(root)s.") % {"key": issue.key, "root": root.key}
        data = {"room": room.key, "severity": issue.severity, "reason": reason}
        entries.append(Entry(issue.key, "room.opened", data))
    if entries:
        record(issues[0].launch, entries, actor=actor, now=now)


def _rooms_when_merged(issues: Sequence[Issue]) -> dict[int, str]:
    """The live room that each issue had when it was merged last, as the timeline tells."""
    numbers = {issue.key: issue.pk for issue in issues}
    merged = TimelineEntry.objects.filter(launch__in={issue.launch_id for issue in issues}, kind="issue.merged")
    merged = merged.filter(subject__in=numbers, data__has_key="new")
    last = merged.order_by("subject", "-id").distinct("subject")
    return {numbers[entry.subject]: entry.data["room"] for entry in last if "room" in entry.data}


def was_closed_as_it_is(issue: Issue) -> bool:
    """Whether its last room is closed and its severity did not change since."""
    room = newest_of(issue)
    if room is None or room.closed_at is None:
        return False
    changed = Score.objects.filter(issue=issue, moved__has_key="severity", scored_at__gt=room.closed_at)
    return not changed.exists()


def newest_of(issue: Issue) -> WarRoom | None:
    """The room of an issue: the live one, or the last that was closed."""
    return WarRoom.objects.filter(issue=issue).order_by("-pk").first()


def rooms_of(launch: Launch) -> QuerySet[WarRoom]:
    """All rooms of a launch with what lists show."""
    return WarRoom.objects.filter(launch=launch).select_related("launch", "issue")


def live_rooms(launches: Iterable[Launch]) -> QuerySet[WarRoom]:
    """The live rooms of launches, those of the worst issues first."""
    rows = WarRoom.objects.filter(launch__in=list(launches), closed_at=None)
    return rows.select_related("launch", "issue__component").order_by("issue__severity", "pk")
