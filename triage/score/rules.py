"""This module reads and changes how a launch scores: its matrix of impact and urgency, and a formula of its own."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from hypercare.core import wake
from hypercare.core.models import Launch
from hypercare.core.problem import wrong
from hypercare.core.timeline import Actor, Entry, record
from triage.models import ScoringRules
from triage.score import formula as formulas
from triage.score import matrix as matrices

RESCORE_TASK = "triage.rescore"


def rules_of(launch: Launch) -> ScoringRules:
    """The launch's rules; the defaults, not stored, where it has none of its own."""
    found = ScoringRules.objects.filter(launch=launch).first()
    return found or ScoringRules(launch=launch, matrix=None, formula="", changed_at=launch.created_at)


def matrix_of(rules: ScoringRules | None) -> matrices.Matrix:
    """The matrix in force; the default where there are no rules."""
    found: matrices.Matrix = (rules and rules.matrix) or matrices.DEFAULT
    return found


@transaction.atomic
def change(launch: Launch, *, matrix: Any, formula: str, actor: Actor, now: datetime) -> ScoringRules:
    """Changes them and has all open issues scored again; raises Problem 400 for what cannot be worked with."""
    if not matrices.is_matrix(matrix):
        detail = _("The matrix needs three rows of three severities, each 1 to 5.")
        raise wrong("/matrix", detail)
    formula, own = formulas.check(formula), [list(row) for row in matrix]
    before = rules_of(launch)
    was, becomes = facts_of(before), {"matrix": own, "formula": formula}
    if was == becomes:
        return before
    is_default = own == [list(row) for row in matrices.DEFAULT]
    facts = {"matrix": None if is_default else own, "formula": formula, "changed_at": now, "rescored_at": None}
    rules, _created = ScoringRules.objects.update_or_create(launch=launch, defaults=facts)
    record(launch, [Entry("scoring", "scoring.changed", {"old": was, "new": becomes})], actor=actor, now=now)
    wake.worker_after_commit(RESCORE_TASK)
    return rules


def facts_of(rules: ScoringRules) -> dict[str, Any]:
    """What is in force, as the timeline and the API tell it."""
    return {"matrix": [list(row) for row in matrix_of(rules)], "formula": rules.formula}
