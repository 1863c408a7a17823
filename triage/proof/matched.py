"""This module gathers the errors in traffic that were found near an issue's reports, and what people said of them.

An answer decides whether those errors belong to the issue's signature, and every answer of a launch weighs the way of
finding: what people keep refusing counts less.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from gateway_ingest.evidence import Piece, Signature, resolved
from gateway_ingest.models import KeptEvidence
from hypercare.core.problem import wrong
from hypercare.core.timeline import Actor, Entry, record
from triage import lifecycle, tree
from triage.models import EvidenceAnswer, Issue
from triage.proof.standing import of_tree
from triage.score.measured import signatures_of

SHOWN, SHOWN_FROM = 8, 0.1
_REPORTS_READ = 50
_FAITH = 5  # so many answers weigh as much as what was thought of a way before anybody answered
_SEEN_FAILING = (4, 5)
Place = tuple[str, str]


@dataclass(frozen=True)
class Matched:
    """Errors of one route of one component: how telling they are of the issue, why, and what a person said."""

    component: str
    route: str
    by: str
    score: float
    reasons: list[str]
    calls: int
    errors: int
    reports: int
    trace_id: str = ""
    answer: EvidenceAnswer | None = None

    @property
    def place(self) -> Place:
        """What it is known by."""
        return self.component, self.route


def matched(issue: Issue) -> list[Matched]:
    """The errors found near the issue's reports, those that people accepted first, then the most telling."""
    answers = {(one.component, one.route): one for one in issue.evidence_answers.all()}
    found = _gathered(issue, weights_of(issue.launch_id))
    rows = [replace(one, answer=answers.pop(one.place, None)) for one in found.values()]
    rows = [one for one in rows if one.answer or one.score >= SHOWN_FROM]
    rows += [_from_answer(one) for one in answers.values()]
    return sorted(rows, key=lambda one: (-_standing(one), -one.score, one.place))[:SHOWN]


def _standing(one: Matched) -> int:
    return 0 if one.answer is None else 1 if one.answer.belongs else -1


def _gathered(issue: Issue, weights: Mapping[str, float]) -> dict[Place, Matched]:
    kept = KeptEvidence.objects.filter(
        feedback__launch=issue.launch_id, feedback__issue_key__in=tree.keys_of(issue.pk)
    ).order_by("-feedback_id")
    found: dict[Place, Matched] = {}
    for row in kept[:_REPORTS_READ]:
        near = [_of(piece, weights) for piece in map(Piece.from_json, row.pieces) if piece.errors]
        for place, one in {one.place: one for one in sorted(near, key=lambda one: one.score)}.items():
            best = found.get(place)
            found[place] = one if best is None else _joined(best, one)
    return found


def _of(piece: Piece, weights: Mapping[str, float]) -> Matched:
    failed = next((call for call in piece.examples if call.status >= 400), None)
    route = piece.route or (failed.route if failed else "")
    score = round(piece.score * weights.get(piece.by, 1.0), 3)
    return Matched(
        piece.component, route, piece.by, score, piece.reasons, piece.calls, piece.errors, 1, trace_id=piece.trace_id
    )


def _joined(one: Matched, other: Matched) -> Matched:
    best = max(one, other, key=lambda each: each.score)
    return replace(best, reports=one.reports + other.reports)


def _from_answer(one: EvidenceAnswer) -> Matched:
    return Matched(one.component, one.route, one.by, one.score, one.reasons, 0, 0, 0, answer=one)


def weights_of(launch_id: int) -> dict[str, float]:
    """How much each way of finding counts in a launch, from 0 to 1: by what people accepted and refused of it."""
    said = EvidenceAnswer.objects.filter(issue__launch=launch_id).values_list("by", "belongs")
    counts = Counter(said)
    ways = {by for by, _belongs in counts}
    return {by: (counts[by, True] + _FAITH) / (counts[by, True] + counts[by, False] + _FAITH) for by in ways}


@transaction.atomic
def answer(issue_id: int, *, component: str, route: str, belongs: bool, actor: Actor, now: datetime) -> None:
    """A person says whether these errors belong to the issue; the newest word stands. 404 where nothing was found so."""
    issue = lifecycle.lock(issue_id)
    known = {one.place: one for one in matched(issue)}.get((component, route))
    if known is None:
        detail = _("Nothing of that route was found near the issue's reports.")
        raise wrong("/route", detail, status=404)
    said: dict[str, Any] = {"belongs": belongs, "by": known.by, "score": known.score, "reasons": known.reasons,
        "actor": actor.user, "actor_name": actor.name, "answered_at": now}  # fmt: skip
    EvidenceAnswer.objects.update_or_create(issue=issue, component=component, route=route, defaults=said)
    of_tree(issue.pk).update(looked_at=None)
    data = {"component": component, "route": route, "belongs": belongs}
    record(issue.launch, [Entry(issue.key, "evidence.answered", data)], actor=actor, now=now)


def signature_of(issue: Issue) -> list[Signature]:
    """Which calls the issue is about: what its reporters saw fail or its component's errors, and what people said."""
    answers = list(issue.evidence_answers.all())
    refused = {(one.component, one.route) for one in answers if not one.belongs}
    found = [one for one in signatures_of(issue, failed_as=_SEEN_FAILING) if not _is_refused(one, refused)]
    known = {one.route for one in found if one.route}
    added = [
        Signature(component=one.component, route=one.route, status_class=5)
        for one in answers
        if one.belongs and one.route not in known
    ]
    return [*found, *resolved(issue.launch, added)]


def _is_refused(one: Signature, refused: Iterable[Place]) -> bool:
    return any(one.route == route and one.component in {"", component} for component, route in refused if route)
