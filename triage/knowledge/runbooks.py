"""This module counts how runbooks serve: who used one for what, whether it worked, and which of them have gone stale."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from hypercare.core.launches import check_not_closed
from hypercare.core.models import User
from hypercare.core.problem import Problem
from hypercare.core.timeline import Actor, Entry, record
from triage.models import Article, ArticleState, Issue, RunbookUse

FRESH_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Record:
    """How a runbook served so far."""

    uses: int = 0
    worked: int = 0
    failed: int = 0
    last_used_at: datetime | None = None
    failed_last: bool = False

    @property
    def told(self) -> int:
        """Of how many uses the end is told."""
        return self.worked + self.failed


def records_of(runbooks: QuerySet[Article]) -> dict[int, Record]:
    """How each runbook served, by its number; one query."""
    last = RunbookUse.objects.filter(runbook=OuterRef("pk"), worked__isnull=False).order_by("-said_at", "-pk")
    rows = runbooks.order_by().annotate(
        used=Count("uses"),
        good=Count("uses", filter=Q(uses__worked=True)),
        bad=Count("uses", filter=Q(uses__worked=False)),
        lately=Max("uses__used_at"),
        newest=Subquery(last.values("worked")[:1]),
    )
    figures = rows.values_list("pk", "used", "good", "bad", "lately", "newest")
    return {pk: Record(used, good, bad, lately, newest is False) for pk, used, good, bad, lately, newest in figures}


def stale_because(runbook: Article, so_far: Record, *, now: datetime) -> list[str]:
    """Why a published article or runbook may be true no longer; empty for a fresh one."""
    if runbook.state != ArticleState.PUBLISHED:
        return []
    reasons = [_("It did not work the last time.")] if so_far.failed_last else []
    components = list(runbook.components.all())
    if components and all(one.retired_at for one in components):
        reasons.append(_("Its components are retired."))
    newest = max(filter(None, (runbook.confirmed_at, None if so_far.failed_last else so_far.last_used_at)))
    if now - newest > FRESH_FOR:
        reasons.append(_("Nobody used or confirmed it for %(days)s days.") % {"days": (now - newest).days})
    return reasons


@transaction.atomic
def use(runbook: Article, *, issue: Issue | None, person: User, now: datetime) -> RunbookUse:
    """Counts that a person works by a runbook; asked twice for the same it is one use, as long as its end is not told."""
    row = Article.objects.select_for_update(of=("self",)).select_related("launch").get(pk=runbook.pk)
    check_not_closed(row.launch)
    if not row.is_runbook or row.state != ArticleState.PUBLISHED:
        raise Problem(409, _("Only a published runbook is used."))
    waits = RunbookUse.objects.filter(runbook=row, issue=issue, user=person, worked=None).first()
    if waits:
        return waits
    actor = Actor.person(person)
    made = RunbookUse.objects.create(runbook=row, issue=issue, user=person, user_name=actor.name, used_at=now)
    _record(made, "runbook.used", {}, actor=actor, now=now)
    return made


@transaction.atomic
def tell(runbook: Article, *, issue: Issue | None, worked: bool, person: User, now: datetime) -> RunbookUse:
    """Says whether it worked, of the use that waits for it; without one, of a use that began now."""
    one = use(runbook, issue=issue, person=person, now=now)
    one.worked, one.said_at = worked, now
    one.save(update_fields=["worked", "said_at"])
    _record(one, "runbook.told", {"worked": worked}, actor=Actor.person(person), now=now)
    return one


def _record(one: RunbookUse, kind: str, data: dict[str, Any], *, actor: Actor, now: datetime) -> None:
    """On the timeline of the issue it was used for, else on the runbook's own."""
    subject = one.issue.key if one.issue else one.runbook.key
    record(one.runbook.launch, [Entry(subject, kind, {"article": one.runbook.key} | data)], actor=actor, now=now)
