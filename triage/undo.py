"""This module takes a fresh move back: the table has no way from there to where it came from, and needs none."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from hypercare.core.models import TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.timeline import Actor
from triage import closing
from triage.board import changes
from triage.lifecycle import Times, give_back, lock, take_news_back, take_noise_back
from triage.models import OPEN_STATUSES, Issue

UNDO_WITHIN = timedelta(seconds=60)
TRANSITION = "undo"


@transaction.atomic
def undo_move(issue_id: int, *, version: int | None, actor: Actor, now: datetime) -> Issue:
    """Gives an issue the status it had before `actor` moved it; 409 when `version` is stale or there is nothing fresh."""
    issue = lock(issue_id, version=version)
    last = _last_move(issue)
    if last is None or not _is_own(last, actor) or last.data.get("transition") == TRANSITION:
        raise Problem(409, _("There is no move of yours to undo on %(key)s.") % {"key": issue.key})
    if now - last.recorded_at > UNDO_WITHIN:
        raise Problem(409, _("That was too long ago to undo; move %(key)s anew.") % {"key": issue.key})
    if last.data["old"] not in OPEN_STATUSES or take_news_back([issue], told_at=last.recorded_at):
        raise Problem(409, _("%(key)s was ended or reopened by that and people may have been told; move it anew instead.") % {
            "key": issue.key})  # fmt: skip
    if last.data.get("noise"):
        take_noise_back([issue])
    was, times = {issue.pk: (last.data["old"], "")}, _times_before(last)
    give_back([issue], was, transition=TRANSITION, actor=actor, now=now, times={issue.pk: times} if times else None)
    closing.review([issue.pk], now=now)
    changes.publish(issue.launch_id, [issue.pk])
    issue.refresh_from_db()
    return issue


def _last_move(issue: Issue) -> TimelineEntry | None:
    """The entry that gave the issue its present status, if nothing else did since."""
    moves = TimelineEntry.objects.filter(launch=issue.launch, subject=issue.key, kind="issue.status")
    last = moves.order_by("-id").first()
    return last if last and last.data.get("new") == issue.status else None


def _times_before(move: TimelineEntry) -> Times | None:
    """When the issue had come to where it was, which was open; None in what was written before this was kept."""
    if "since" not in move.data:
        return None
    return Times(datetime.fromisoformat(move.data["since"]), None, move.data["worked"])


def _is_own(move: TimelineEntry, actor: Actor) -> bool:
    return actor.user is not None and move.actor_id == actor.user.pk
