"""This module sets reports aside and lets them back into triage: by a person's word, or by itself when its time is over."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.contrib.postgres.search import SearchVector
from django.db import transaction
from django.db.models.functions import Left
from django.utils.translation import gettext as _
from django.utils.translation import override

from feedback.intake import TRIAGE_TASK
from feedback.models import MACHINE_CHANNELS, Feedback, ReplyStatus
from hypercare.core import rows, wake
from hypercare.core.models import Launch
from hypercare.core.problem import wrong
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from triage import decisions, lifecycle, tree
from triage.classify.spam import FIELD, GENUINE
from triage.classify.suggestion import Suggestion
from triage.models import Decision, Issue, IssueStatus, Match, Origin, Sieve
from triage.sifting.gate import suspicion_in
from triage.transitions import between

# What nobody decided on comes back after so long.
STAYS = timedelta(days=7)
_AT_ONCE = 200


def set_aside(launch: Launch, found: Sequence[tuple[Feedback, Sequence[Suggestion]]], *, now: datetime) -> None:
    """Writes that these reports are set aside by the machine, in the caller's transaction; nothing else is said of them."""
    if not found:
        return
    said = {row.pk: one for row, suggestions in found if (one := suspicion_in(suggestions))}
    rows.put(Decision, [decisions.suggested(launch.pk, pk, one, now=now) for pk, one in said.items()])
    for value in {one.value for one in said.values()}:
        Feedback.objects.filter(pk__in=[pk for pk, one in said.items() if one.value == value]).update(
            spam=value, set_aside=True, returns_at=now + STAYS, triaged_at=now, claimed_by="", claimed_until=None,
            search=SearchVector("title", Left("body", 100_000), config="simple"),
        )  # fmt: skip
    entries = [
        Entry(row.key, "feedback.set_aside", {"spam": said[row.pk].value, "reason": said[row.pk].reason})
        for row, _suggestions in found
    ]
    record(launch, entries, actor=SYSTEM, now=now)


def obey(row: Feedback, verdict: str, roots: Sequence[int], *, actor: Actor, now: datetime) -> None:
    """A person's word about spam: what is genuine goes back to triage, what is not is set aside and stays so.

    The caller holds the locks of `roots`, the issue that the report belongs to, and scores it again.
    """
    if row.channel in MACHINE_CHANNELS:
        detail = _("What machines report is no spam; end it as noise on its issue.")
        raise wrong("/field", detail)
    if verdict == GENUINE:
        if row.set_aside:
            _back_to_triage(row)
        Feedback.objects.filter(pk=row.pk).update(spam="")
    else:
        _take_out_of_issues(row, roots, actor=actor, now=now)
        Feedback.objects.filter(pk=row.pk).update(
            spam=verdict, set_aside=True, returns_at=None, reply_status=ReplyStatus.CLOSED
        )
    row.refresh_from_db()


def unsay(row: Feedback, said: Decision | None, *, now: datetime) -> None:
    """Takes a person's word back: the machine's stands as a suggestion, and what was set aside waits again."""
    Feedback.objects.filter(pk=row.pk).update(
        spam=said.value if said else "", returns_at=now + STAYS if row.set_aside else None
    )
    if said and said.applied and not row.set_aside:
        Decision.objects.filter(pk=said.pk).update(applied=False)
    row.refresh_from_db()


def _back_to_triage(row: Feedback) -> None:
    Feedback.objects.filter(pk=row.pk).update(
        set_aside=False, returns_at=None, triaged_at=None, claimed_by="", claimed_until=None,
        reply_status=ReplyStatus.RECEIVED,
    )  # fmt: skip
    wake.worker_after_commit(TRIAGE_TASK)


def _take_out_of_issues(row: Feedback, roots: Sequence[int], *, actor: Actor, now: datetime) -> None:
    """Triage decides anew should it ever come back, so what it said of type and issue ends here."""
    Match.objects.filter(feedback=row, ended_at=None).update(ended_at=now, actor=actor.user)
    Decision.objects.filter(feedback=row, ended_at=None).exclude(field=FIELD).update(ended_at=now)
    Feedback.objects.filter(pk=row.pk).update(issue_key="", category="", severity=None, sentiment="", team=None)
    for root, members in tree.members_of(roots).items():
        issue = Issue.objects.get(pk=root)
        is_empty = not Match.objects.filter(issue__in=members, ended_at=None).exists()
        if is_empty and between(issue.status, IssueStatus.DECLINED):
            reason = _("its only report, %(key)s, was set aside as spam or noise") % {"key": row.key}
            lifecycle.move(root, to=IssueStatus.DECLINED, actor=actor, now=now, reason=reason)


def return_due(*, clock: Callable[[], datetime]) -> int:
    """Lets back into triage what nobody decided on in time; says how many."""
    now, count = clock(), 0
    due = Feedback.objects.filter(set_aside=True, returns_at__lte=now, launch__closed_at=None)
    for launch in Launch.objects.filter(pk__in=due.values("launch")):
        count += _return(launch, now=now)
    return count


@transaction.atomic
def _return(launch: Launch, *, now: datetime) -> int:
    due = Feedback.objects.filter(launch=launch, set_aside=True, returns_at__lte=now)
    found = list(due.select_for_update(of=("self",)).order_by("pk")[:_AT_ONCE])
    live = Decision.objects.filter(feedback__in=found, field=FIELD, ended_at=None)
    with override(launch.language):
        why = _("%(reason)s; nobody decided in %(days)s days, so it came back")
        for said in list(live.exclude(origin=Origin.PERSON)):
            Decision.objects.filter(pk=said.pk).update(ended_at=now)
            said.pk, said.applied, said.decided_at = None, False, now
            said.reason = (why % {"reason": said.reason, "days": STAYS.days})[:500]
            said.save(force_insert=True)
    for row in found:
        _back_to_triage(row)
    record(launch, [Entry(row.key, "feedback.returned", {"spam": row.spam}) for row in found], actor=SYSTEM, now=now)
    return len(found)


@transaction.atomic
def turn(launch: Launch, *, on: bool, actor: Actor, now: datetime) -> None:
    """Lets the machine set aside by itself, or only mark; what is set aside already is left to people and time."""
    if on == Sieve.objects.filter(launch=launch).exists():
        return
    if on:
        Sieve.objects.create(launch=launch, turned_on_at=now, turned_on_by=actor.user)
    else:
        Sieve.objects.filter(launch=launch).delete()
    record(launch, [Entry(launch.slug, "sieve.turned", {"new": "on" if on else "off"})], actor=actor, now=now)
