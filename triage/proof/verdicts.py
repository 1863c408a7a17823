"""This module keeps the verdicts about fixes: the machine's as traffic comes, a person's until it is taken back.

Counting happens outside any transaction; writing takes the launch's lock and looks again whether the fix still stands.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from gateway_ingest.deployments import name_of
from gateway_ingest.evidence.failures import Rate
from hypercare.core.given_reasons import given_reason
from hypercare.core.problem import Problem, wrong
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from triage import lifecycle
from triage.locks import lock_ids, lock_launch
from triage.models import Fix, Issue, IssueStatus, Origin, ProofRules, Verdict, Word
from triage.one_by_one import one_by_one
from triage.proof import notices
from triage.proof.gathering import DAY, FIRST_LOOK, LAST_LOOK, MINUTE, Gathered, gather
from triage.proof.judging import Facts, Judgement, judge
from triage.proof.standing import as_roots, fixes_in_force

AT_ONCE = 30
DECIDER = "rule: traffic after the fix"
# Sure enough to act upon, where the launch allows it.
SURE_ENOUGH = 0.85
_SOON, _LATER = MINUTE, 10 * MINUTE
_FRESH = 60 * MINUTE
_WATCHED = (
    IssueStatus.IN_PROGRESS,
    IssueStatus.MITIGATED,
    IssueStatus.DEPLOYED,
    IssueStatus.VERIFIED,
    IssueStatus.CLOSED,
)
# What a person may say of a fix.
SAYABLE = (Word.VERIFIED, Word.NOT_FIXED, Word.SIDE_EFFECT)


def judge_due(*, clock: Callable[[], datetime]) -> int:
    """Judges the fixes of which traffic may have more to say, those that waited longest first; says how many."""
    due = list(_due(clock())[:AT_ONCE])
    one_by_one(due, lambda fix: judge_fix(fix, now=clock()))
    return len(due)


def _due(now: datetime) -> QuerySet[Fix]:
    rows = Fix.objects.filter(
        Q(issue__status__in=_WATCHED) | Q(issue__merged_into__isnull=False),
        ended_at=None,
        issue__launch__closed_at=None,
        deployment__deployed_at__gt=now - LAST_LOOK,
        deployment__deployed_at__lt=now - 2 * MINUTE,
    )
    is_fresh = Q(deployment__deployed_at__gt=now - _FRESH) & Q(looked_at__lt=now - _SOON)
    rows = rows.filter(Q(looked_at=None) | is_fresh | Q(looked_at__lt=now - _LATER))
    told = rows.select_related("issue__launch", "issue__component", "deployment__launch", "deployment__environment",
        "deployment__release__component")  # fmt: skip
    return told.order_by(F("looked_at").asc(nulls_first=True), "pk")


def judge_fix(fix: Fix, *, now: datetime) -> None:
    """Counts and writes the machine's word; a day that said too little goes on for a week.

    That of a merged issue is judged as its root's, while that is watched; of a deployment linked to several of its tree
    the first alone.
    """
    fix = as_roots(fix)
    if fix.issue.status not in _WATCHED or not fixes_in_force(fix.issue_id).filter(pk=fix.pk).exists():
        Fix.objects.filter(pk=fix.pk).update(looked_at=now)
        return
    with override(fix.issue.launch.language):
        found, said = _judged(fix, now=now)
        _write(fix, said, figures=figures_of(found), now=now)


def _judged(fix: Fix, *, now: datetime) -> tuple[Gathered, Judgement]:
    for length in (FIRST_LOOK, LAST_LOOK):
        found = gather(fix, now=now, length=length)
        said = judge(found.found) if isinstance(found.found, Facts) else found.found
        if said.word != Word.TOO_LITTLE or now - fix.deployment.deployed_at <= DAY:
            break
    return found, said


def figures_of(found: Gathered) -> dict[str, Any]:
    """The counts as they are kept with a verdict."""
    facts = found.found
    if isinstance(facts, Judgement):
        return {}
    names = ("during", "just_before", "normal", "after", "earlier_releases")
    return figures_of_rates({name: getattr(facts, name) for name in names}) | {
        "signatures": [one.as_query() for one in found.signatures],
        "symptom": facts.symptom.value,
        "at_same_hours": facts.at_same_hours,
        "reports": [facts.reports_before, facts.reports_after],
        "rises": [asdict(rise) for rise in facts.rises],
    }


def figures_of_rates(rates: Mapping[str, Rate]) -> dict[str, Any]:
    """Rates by their names as they are kept."""
    return {name: _rate(rate) for name, rate in rates.items()}


def _rate(rate: Rate) -> dict[str, Any]:
    moments = {name: at.isoformat() if (at := getattr(rate, name)) else None for name in ("begins", "ends")}
    p95 = {} if rate.p95_ms is None else {"p95_ms": round(rate.p95_ms)}
    return {"calls": rate.calls, "failures": rate.failures, "minutes": round(rate.minutes, 1)} | moments | p95


@transaction.atomic
def _write(fix: Fix, said: Judgement, *, figures: dict[str, Any], now: datetime) -> None:
    lock_launch(fix.issue.launch_id)
    if not lock_ids([fix.issue_id]) or not Fix.objects.filter(pk=fix.pk, ended_at=None).update(looked_at=now):
        return
    facts = {"confidence": said.confidence, "reason": said.reason[:1000], "figures": figures, "checked_at": now}
    live = Verdict.objects.filter(fix=fix, ended_at=None).exclude(origin=Origin.PERSON)
    if not live.filter(word=said.word).update(**facts):
        live.update(ended_at=now)
        Verdict.objects.create(fix=fix, word=said.word, origin=Origin.RULE, decider=DECIDER, decided_at=now, **facts)
        data = {"deployment": name_of(fix.deployment), "version": fix.deployment.release.version, "word": said.word}
        record(fix.issue.launch, [Entry(f"IS-{fix.issue_id}", "fix.judged", data)], actor=SYSTEM, now=now)
    if not Verdict.objects.filter(fix=fix, ended_at=None, origin=Origin.PERSON).exists():
        _act_on(fix, said, now=now)


def _act_on(fix: Fix, said: Judgement, *, now: datetime) -> None:
    """What follows from the machine's word by itself: a draft for the reporters, and a move where the launch allows it."""
    if said.word != Word.VERIFIED or newest_of(fix.issue_id) != fix.pk:
        return
    rules = rules_of(fix.issue.launch_id)
    notices.draft(fix, now=now)
    if not rules.verifies or (said.confidence or 0) < SURE_ENOUGH:
        return
    if Issue.objects.filter(pk=fix.issue_id, status=IssueStatus.DEPLOYED).exists():
        lifecycle.move(fix.issue_id, to=IssueStatus.VERIFIED, reason=said.reason[:500], actor=SYSTEM, now=now)
    if rules.tells and notices.waiting(fix.issue_id):
        notices.send(fix.issue_id, actor=SYSTEM, now=now)


def newest_of(issue_id: int) -> int | None:
    """The fix of an issue that went live last."""
    live = fixes_in_force(issue_id)
    return live.order_by("-deployment__deployed_at", "-pk").values_list("pk", flat=True).first()


def rules_of(launch_id: int) -> ProofRules:
    """What the launch lets the machine do."""
    return ProofRules.objects.filter(launch=launch_id).first() or ProofRules(launch_id=launch_id)


def in_force(fix: Fix) -> Verdict | None:
    """The person's word where there is one, else the machine's."""
    live = {verdict.origin == Origin.PERSON: verdict for verdict in fix.verdicts.all() if verdict.ended_at is None}
    return live.get(True) or live.get(False)


@transaction.atomic
def overrule(issue_id: int, fix_id: int, *, word: str, reason: str, actor: Actor, now: datetime) -> Verdict:
    """A person's word about a fix, which stands against the machine's until it is taken back."""
    if word not in SAYABLE:
        detail = _("Say one of %(known)s.") % {"known": ", ".join(SAYABLE)}
        raise wrong("/word", detail)
    issue, fix = _locked(issue_id, fix_id)
    Verdict.objects.filter(fix=fix, ended_at=None, origin=Origin.PERSON).update(ended_at=now)
    verdict = Verdict.objects.create(
        fix=fix, word=word, origin=Origin.PERSON, decider=actor.name, reason=given_reason(reason), actor=actor.user,
        decided_at=now, checked_at=now,
    )  # fmt: skip
    data = {"deployment": name_of(fix.deployment), "word": word, "reason": verdict.reason}
    record(issue.launch, [Entry(issue.key, "fix.overruled", data)], actor=actor, now=now)
    if word == Word.VERIFIED:
        notices.draft(fix, now=now)
    return verdict


@transaction.atomic
def release(issue_id: int, fix_id: int, *, actor: Actor, now: datetime) -> None:
    """Takes a person's word back; 409 where there is none."""
    issue, fix = _locked(issue_id, fix_id)
    if not Verdict.objects.filter(fix=fix, ended_at=None, origin=Origin.PERSON).update(ended_at=now):
        raise Problem(409, _("No person has said anything about this fix."))
    Fix.objects.filter(pk=fix.pk).update(looked_at=None)
    record(
        issue.launch, [Entry(issue.key, "fix.released", {"deployment": name_of(fix.deployment)})], actor=actor, now=now
    )


def _locked(issue_id: int, fix_id: int) -> tuple[Issue, Fix]:
    issue = lifecycle.lock(issue_id)
    fix = fixes_in_force(issue.pk).select_related("deployment__release", "issue__launch").filter(pk=fix_id).first()
    if fix is None:
        raise Problem(404, _("This deployment is not linked."))
    return issue, as_roots(fix)
