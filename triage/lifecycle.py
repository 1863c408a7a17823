"""This module is the only writer of an issue's status, and moves issues from one to another."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from feedback import closing_the_loop
from feedback.models import Feedback, ReplyStatus
from gateway_ingest import outcomes
from hypercare.core import rows
from hypercare.core.given_reasons import given_reason
from hypercare.core.models import TimelineEntry
from hypercare.core.problem import Problem, wrong
from hypercare.core.timeline import KINDS, SYSTEM, Actor, Entry, record
from triage import decisions, transitions, tree
from triage.board import changes
from triage.learn import labels
from triage.locks import lock_launch_of
from triage.models import ENDED_STATUSES, Issue, IssueStatus
from triage.story import story_of

# What is written on an issue's timeline and leaves the issue as it is.
_OF_CAUSES = tuple(kind for kind in KINDS if kind.startswith("cause."))
CHANGE_NOTHING = ("issue.note", "issue.told", "issue.replied", "issue.reply_withdrawn", "room.opened", *_OF_CAUSES)


def lock(issue_id: int, *, version: int | None = None) -> Issue:
    """The issue, locked for change; 409 naming who changed what when `version` is no longer the newest."""
    lock_launch_of(issue_id)
    issue = (
        Issue.objects.select_for_update(of=("self",))
        .select_related("launch", "component", "team", "owner")
        .get(pk=issue_id)
    )
    if version is not None and version != issue.version:
        raise conflict_of(issue)
    return issue


def conflict_of(issue: Issue) -> Problem:
    """A 409 that names who changed the issue last, and what."""
    changed = TimelineEntry.objects.filter(launch=issue.launch, subject=issue.key).exclude(kind__in=CHANGE_NOTHING)
    return conflict(issue, changed.order_by("-id").first())


def conflict(issue: Issue, latest: TimelineEntry | None) -> Problem:
    """A 409 that names who changed what, as the timeline tells it."""
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


class Times(NamedTuple):
    """When an issue came to its status and to its end, and how long it was worked on before."""

    status_changed_at: datetime
    closed_at: datetime | None
    worked_seconds: int


@dataclass(frozen=True)
class Move:
    """An order to move issues: where to, why, and for an end how it ended.

    `noise` says why the alerts behind them were not worth the interruption; it counts for their rules.
    """

    to: str
    reason: str = ""
    resolution: str = ""
    noise: str = ""

    @property
    def ends(self) -> bool:
        """Whether work is over with it."""
        return self.to in (IssueStatus.CLOSED, IssueStatus.DECLINED)

    def check(self) -> "Move":
        """Raises Problem 400 for what no issue could follow; answers itself with the reason as it may be kept."""
        for field, value, known in (
            ("to", self.to, IssueStatus.values),
            ("resolution", self.resolution, ["", *sorted(transitions.RESOLUTIONS)]),
        ):
            if value not in known:
                said = _("There is no status “%(name)s”; use one of %(known)s.")
                if field == "resolution":
                    said = _("There is no resolution “%(name)s”; use one of %(known)s.")
                detail = said % {"name": value[:40], "known": ", ".join(filter(None, known))}
                raise wrong(f"/{field}", detail)
        return replace(self, reason=given_reason(self.reason))

    def refusal(self, issue: Issue) -> Problem | None:
        """Why an issue cannot follow, or None."""
        transition = transitions.between(issue.status, self.to)
        if transition is None:
            return Problem(409, _("%(key)s is %(now)s and cannot become %(to)s from there; possible are: %(known)s.") % {
                "key": issue.key, "now": issue.get_status_display(), "to": self.to[:40],
                "known": ", ".join(transitions.targets_from(issue.status)) or _("nothing")})  # fmt: skip
        if transition.needs == "reason" and not self.reason and not self.noise:
            said = _("Say why in a sentence.")
            return wrong("/reason", said)
        return None


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
    """Moves an issue where the table allows; 409 where it does not or `version` is stale, 400 for a missing reason."""
    order = Move(to, reason, resolution, noise).check()
    issue = lock(issue_id, version=version)
    if issue.status == to:
        return issue
    if refusal := order.refusal(issue):
        raise refusal
    move_all([issue], order, actor=actor, now=now)
    changes.publish(issue.launch_id, [issue.pk])
    issue.refresh_from_db()
    return issue


def move_all(issues: Sequence[Issue], order: Move, *, actor: Actor, now: datetime) -> None:
    """Moves issues of one launch that nothing refuses; the caller holds their locks and publishes the board."""
    noise = {issue.pk: _note_noise(issue, order, actor=actor, now=now) for issue in issues if order.noise}
    if not order.ends:
        labels.let_stand([issue for issue in issues if issue.status == IssueStatus.NEW], actor=actor, now=now)
    yield_fingerprints(issues, order.to)
    if order.ends:
        decisions.close(issues, field=decisions.END, now=now)
    entries = []
    for issue in issues:
        transition = transitions.between(issue.status, order.to)
        issue.resolution = (
            (order.resolution or transitions.DEFAULT_RESOLUTION[IssueStatus(order.to)]) if order.ends else ""
        )
        data = {
            "field": "status",
            "old": issue.status,
            "new": order.to,
            "transition": transition.name if transition else "",
            "reason": order.reason,
            "resolution": issue.resolution,
            "since": issue.status_changed_at.isoformat(),
            "worked": issue.worked_seconds,
        }
        entries.append(Entry(issue.key, "issue.status", data | ({"noise": noise[issue.pk]} if noise else {})))
    write_status(issues, order.to, now=now, closed_at=now if order.ends else None)
    record(issues[0].launch, entries, actor=actor, now=now)
    tell_reporters(issues, now=now, ended=order.ends)


def _note_noise(issue: Issue, order: Move, *, actor: Actor, now: datetime) -> str:
    reason = outcomes.check_reason(order.noise)
    members = tree.members_of([issue.pk])[issue.pk]
    reports = Feedback.objects.filter(matches__issue__in=members, matches__ended_at=None)
    if not order.ends or not outcomes.note(list(reports), reason=reason, actor=actor.user, now=now):
        detail = _("A noise reason is given when an issue that alerts opened is closed or declined.")
        raise wrong("/noise", detail)
    return str(reason)


def return_to_work(issue: Issue, *, reason: str, actor: Actor, now: datetime) -> None:
    """Opens a closed issue that nobody worked on as if it had never been closed; the caller holds its lock and publishes."""
    give_back([issue], {issue.pk: ("new", "")}, transition="return", reason=reason, actor=actor, now=now)


def give_back(
    issues: Sequence[Issue],
    was: Mapping[int, tuple[str, str]],
    *,
    transition: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
    times: Mapping[int, Times] | None = None,
) -> None:
    """Gives issues of one launch the status and resolution they had, and their `times` where somebody remembers them.

    The caller holds their locks and publishes.
    """
    entries = []
    for status in sorted({status for status, _resolution in was.values()}):
        some = [issue for issue in issues if was[issue.pk][0] == status]
        yield_fingerprints(some, status)
        for issue in some:
            data = {"field": "status", "old": issue.status, "new": status, "transition": transition, "reason": reason}
            issue.resolution = was[issue.pk][1]
            entries.append(Entry(issue.key, "issue.status", data | {"resolution": issue.resolution}))
        write_status(some, status, now=now, closed_at=now if status in ENDED_STATUSES else None)
    date_back(issues, times or {})
    record(issues[0].launch, entries, actor=actor, now=now)
    tell_reporters(issues, now=now, ended=False)


def date_back(issues: Sequence[Issue], times: Mapping[int, Times]) -> None:
    """What stands again stands since it came to be so."""
    remembered = [issue for issue in issues if issue.pk in times]
    for issue in remembered:
        issue.status_changed_at, issue.closed_at, issue.worked_seconds = times[issue.pk]
    rows.update(remembered, ("status_changed_at", "closed_at", "worked_seconds"))


_STATUS_COLUMNS = (
    "status", "status_changed_at", "closed_at", "worked_seconds", "resolution", "merged_into_id", "status_before_merge",
    "version",
)  # fmt: skip


def write_status(issues: Sequence[Issue], status: str, *, now: datetime, closed_at: datetime | None) -> None:
    """Writes the status with its time, and when they ended."""
    for issue in issues:
        issue.closed_at = closed_at
    write(issues, status, now=now)


def write(issues: Sequence[Issue], status: str, *, now: datetime) -> None:
    """Everything that changes a status goes through here."""
    for issue in issues:
        if issue.status == IssueStatus.IN_PROGRESS:
            issue.worked_seconds += max(int((now - issue.status_changed_at).total_seconds()), 0)
        issue.status = str(status)
        issue.status_changed_at = now
        issue.version += 1
    rows.update(issues, _STATUS_COLUMNS)


def tell_reporters(issues: Sequence[Issue], *, now: datetime, ended: bool) -> None:
    """Shows every reporter of these trees how far the work is, and mails them when it ended."""
    members, launch = tree.members_of([issue.pk for issue in issues]), issues[0].launch
    for status in sorted({issue.status for issue in issues}):
        some = [issue for issue in issues if issue.status == status]
        keys = [f"IS-{member}" for issue in some for member in members[issue.pk]]
        told = Feedback.objects.filter(launch=launch, issue_key__in=keys)
        told.update(reply_status=transitions.REPLY_STATUS.get(IssueStatus(status), ReplyStatus.LOOKING))
        if ended:
            to = told.filter(reporter__email__gt="").select_related("reporter", "launch")
            heard = closing_the_loop.tell_closed(to, resolution=some[0].resolution, now=now)
            roots = {f"IS-{member}": issue.key for issue in some for member in members[issue.pk]}
            people = Counter(roots[row.issue_key] for row in heard)
            entries = [Entry(key, "issue.told", {"people": count}) for key, count in people.items()]
            record(launch, entries, actor=SYSTEM, now=now)


def take_news_back(issues: Sequence[Issue], *, told_at: datetime) -> int:
    """Withdraws what the reporters of these trees were to be told of an end at that moment; says how many know already."""
    keys = [f"IS-{one}" for members in tree.members_of([issue.pk for issue in issues]).values() for one in members]
    reports = Feedback.objects.filter(launch=issues[0].launch, issue_key__in=keys).values_list("pk", flat=True)
    return closing_the_loop.take_back_closed([f"HC-{pk}" for pk in reports], launch=issues[0].launch, told_at=told_at)


def take_noise_back(issues: Sequence[Issue]) -> None:
    """Forgets that the alerts behind these trees were noise."""
    members = [one for some in tree.members_of([issue.pk for issue in issues]).values() for one in some]
    outcomes.take_back(list(Feedback.objects.filter(matches__issue__in=members, matches__ended_at=None)))


def yield_fingerprints(issues: Sequence[Issue], status: str) -> None:
    """Gives an ended issue's fingerprint up where another open issue holds it now."""
    opened = [issue for issue in issues if issue.fingerprint and issue.status in ENDED_STATUSES]
    if not opened or status in ENDED_STATUSES:
        return
    same = Issue.objects.filter(launch=opened[0].launch_id, fingerprint__in=[issue.fingerprint for issue in opened])
    taken = set(same.exclude(status__in=ENDED_STATUSES).values_list("fingerprint", flat=True))
    late = []
    for issue in opened:
        if issue.fingerprint in taken:
            late.append(issue.pk)
        taken.add(issue.fingerprint)
    Issue.objects.filter(pk__in=late).update(fingerprint=None)
