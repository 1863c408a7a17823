"""This module drafts what the reporters of an issue are told of its fix, and sends it when a person says so."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from feedback import closing_the_loop
from feedback.models import Feedback
from hypercare.core.problem import Problem, wrong
from hypercare.core.redaction import redact
from hypercare.core.strict_json import clean_text
from hypercare.core.timeline import Actor, Entry, record
from triage import lifecycle, tree
from triage.models import Fix, FixNotice, Issue, IssueStatus, Origin, Verdict, Word
from triage.proof.standing import fixes_in_force, of_tree

LONGEST = 2000
TOLD_WHILE = (IssueStatus.DEPLOYED, IssueStatus.VERIFIED)


def draft(fix: Fix, *, now: datetime) -> None:
    """Drafts the message once for each fix that somebody can be told of; the caller holds the issue's lock."""
    is_over = not Issue.objects.filter(pk=fix.issue_id, status__in=TOLD_WHILE).exists()
    if is_over or FixNotice.objects.filter(fix=fix).exists() or not told_of(fix.issue_id).exists():
        return
    earlier = Q(issue=fix.issue_id) | Q(fix__in=of_tree(fix.issue_id))
    FixNotice.objects.filter(earlier, sent_at=None, dropped_at=None).update(dropped_at=now)
    FixNotice.objects.create(issue_id=fix.issue_id, fix=fix, drafted_at=now)


def told_of(issue_id: int) -> QuerySet[Feedback]:
    """The reports whose people can be told: those who left an address and did not come with another tool's history."""
    rows = Feedback.objects.filter(issue_key__in=tree.keys_of(issue_id), reporter__email__gt="")
    launch = Issue.objects.filter(pk=issue_id).values("launch_id")
    return rows.filter(launch__in=launch).exclude(channel__in=closing_the_loop.SILENT_CHANNELS)


def waiting(issue_id: int) -> FixNotice | None:
    """The draft that waits for a person, while its fix is linked here and what is held of it is that it works.

    None once the issue is closed, which is told by itself, or opened again.
    """
    if not Issue.objects.filter(pk=issue_id, status__in=TOLD_WHILE).exists():
        return None
    rows = FixNotice.objects.filter(fix__in=of_tree(issue_id), sent_at=None, dropped_at=None)
    notice = rows.select_related("fix").order_by("-pk").first()
    return notice if notice and _word_of(issue_id, notice.fix.deployment_id) == Word.VERIFIED else None


def _word_of(issue_id: int, deployment_id: int) -> str | None:
    """What is held of a fix: a person's word before the machine's."""
    fixes = fixes_in_force(issue_id).filter(deployment=deployment_id)
    held = dict(Verdict.objects.filter(fix__in=fixes, ended_at=None).order_by("pk").values_list("origin", "word"))
    return held.get(Origin.PERSON) or next(iter(held.values()), None)


@transaction.atomic
def send(issue_id: int, *, actor: Actor, now: datetime, words: str = "") -> int:
    """Sends the draft, in a person's words where given; says to how many reports. 409 where nothing waits."""
    issue = lifecycle.lock(issue_id)
    notice = waiting(issue.pk)
    if notice is None:
        raise Problem(409, _("No message about a fix waits here."))
    words = _checked(words)
    rows = list(told_of(issue.pk).select_related("reporter", "launch"))
    closing_the_loop.tell_fixed(rows, issue_key=issue.key, words=words, once=f"fix:{notice.fix_id}", now=now)
    notice.words, notice.sent_at, notice.sent_by, notice.sent_to = words, now, actor.user, len(rows)
    notice.save(update_fields=["words", "sent_at", "sent_by", "sent_to"])
    record(issue.launch, [Entry(issue.key, "fix.told", {"reports": len(rows)})], actor=actor, now=now)
    return len(rows)


@transaction.atomic
def drop(issue_id: int, *, actor: Actor, now: datetime) -> None:
    """Nobody is told; 409 where nothing waits."""
    issue = lifecycle.lock(issue_id)
    notice = waiting(issue.pk)
    if notice is None:
        raise Problem(409, _("No message about a fix waits here."))
    notice.dropped_at = now
    notice.save(update_fields=["dropped_at"])
    record(issue.launch, [Entry(issue.key, "fix.notice_dropped", {})], actor=actor, now=now)


def _checked(words: str) -> str:
    problems = clean_text(words)
    if len(words) > LONGEST:
        problems.append(_("Say it in %(limit)s characters.") % {"limit": LONGEST})
    if problems:
        raise wrong("/words", problems[0])
    return redact(words.strip()).text
