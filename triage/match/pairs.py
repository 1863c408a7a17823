"""This module keeps what was suggested and answered about two issues being one problem.

An answer outlasts every later search: what a person refused is not asked again, and what was merged by mistake and taken
apart counts as refused.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.timeline import Actor, Entry, record
from triage import tree
from triage.models import Answer, Issue, Origin, Pair

SHOWN = 5
ALIKE_FROM = 0.15
WORDS_SHOWN = 4
_HOURS_TOLD = 48


@dataclass(frozen=True)
class Suggested:
    """An issue that may be the same problem, with how alike it is and why."""

    issue: Issue
    score: float
    evidence: dict[str, Any]

    @property
    def reasons(self) -> list[str]:
        """The evidence in words, the strongest first."""
        return reasons_of(self.evidence)


def reasons_of(evidence: dict[str, Any]) -> list[str]:
    """What speaks for and against, in the language of the reader."""
    told = []
    if evidence.get("trace"):
        told.append(_("the same request"))
    if words := evidence.get("words"):
        told.append(_("both say %(words)s") % {"words": ", ".join(f"“{word}”" for word in words[:WORDS_SHOWN])})
    if evidence.get("component") is not None:
        told.append(_("same component") if evidence["component"] else _("another component"))
    if evidence.get("release"):
        told.append(_("same release"))
    hours = evidence.get("hours")
    if hours is not None and hours <= _HOURS_TOLD:
        told.append(ngettext("within %(n)s hour", "within %(n)s hours", max(hours, 1)) % {"n": max(hours, 1)})
    return told


def in_order(one: int, other: int) -> tuple[int, int]:
    """The older issue first."""
    return min(one, other), max(one, other)


def suggested_for(issue: Issue, members: Sequence[int]) -> list[Suggested]:
    """The issues most alike to a tree of issues, that nobody refused; `members` are the tree's ids."""
    rows = Pair.objects.filter(Q(older__in=members) | Q(newer__in=members), launch_id=issue.launch_id)
    known = list(rows.exclude(answer=Answer.SAME).order_by("-score", "-id")[:200])
    inside = set(members)
    others = [row.newer_id if row.older_id in inside else row.older_id for row in known]
    roots = tree.roots_of(set(others))
    refused = {roots[other] for row, other in zip(known, others, strict=True) if row.answer == Answer.DIFFERENT}
    best: dict[int, Pair] = {}
    for row, other in zip(known, others, strict=True):
        if roots[other] not in inside | refused:
            best.setdefault(roots[other], row)
    shown = dict(list(best.items())[:SHOWN])
    found = Issue.objects.filter(launch_id=issue.launch_id).select_related("component").in_bulk(list(shown))
    return [Suggested(found[root], row.score, row.evidence) for root, row in shown.items() if root in found]


def suggest(issue: Issue, found: Iterable[tuple[int, float, dict[str, Any]]], *, judged_by: int, now: datetime) -> None:
    """Keeps what a search found near an issue: the best score of each pair by these weights, never over an answer."""
    for other, score, evidence in found:
        older, newer = in_order(issue.pk, other)
        said = {"score": score, "evidence": evidence, "judged_by": judged_by}
        row, made = Pair.objects.get_or_create(
            older_id=older,
            newer_id=newer,
            defaults={"launch_id": issue.launch_id, "found_at": now, **said},
        )
        if not made and not row.answer and (row.judged_by != judged_by or score > row.score):
            Pair.objects.filter(pk=row.pk, answer="").update(**said, found_at=now)


def is_refused(issue_id: int, other_id: int) -> bool:
    """Whether somebody said of two trees of issues, or of any two of their members, that they are not one problem."""
    members = tree.members_of([issue_id, other_id])
    one, other = members[issue_id], members[other_id]
    said = Q(older__in=one, newer__in=other) | Q(older__in=other, newer__in=one)
    return Pair.objects.filter(said, answer=Answer.DIFFERENT).exists()


def remember(others: Mapping[int, int], launch: Launch, *, answer: Answer, actor: Actor, now: datetime) -> None:
    """Notes that each issue is, or is not, the same problem as the other that was named; the newest answer stands."""
    said = {
        "answer": answer,
        "origin": Origin.PERSON if actor.user else Origin.MODEL,
        "answered_by": actor.user,
        "answered_at": now,
    }
    pairs = {in_order(issue, other) for issue, other in others.items()}
    rows = [Pair(launch=launch, older_id=one, newer_id=two, score=0, found_at=now, **said) for one, two in pairs]
    Pair.objects.bulk_create(rows, update_conflicts=True, unique_fields=["older", "newer"], update_fields=list(said))


@transaction.atomic
def refuse(issue: Issue, other: Issue, *, actor: Actor, now: datetime) -> None:
    """A person says that two issues are not the same problem; it is not suggested again."""
    if issue.pk == other.pk or issue.launch_id != other.launch_id:
        raise Problem(409, _("Name another issue of the same launch."))
    if tree.roots_of([issue.pk])[issue.pk] == tree.roots_of([other.pk])[other.pk]:
        raise Problem(409, _("They are merged. Take them apart first."))
    remember({issue.pk: other.pk}, issue.launch, answer=Answer.DIFFERENT, actor=actor, now=now)
    entries = [Entry(one.key, "issue.told_apart", {"other": two.key}) for one, two in ((issue, other), (other, issue))]
    record(issue.launch, entries, actor=actor, now=now)
