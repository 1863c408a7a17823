"""This module grows a forest of one analysis: rows are hung, moved, taken away with what hangs below, and put back.

Whys and the fishbone grow by the same rules; each call is made with the analysis locked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Max
from django.utils.translation import gettext as _

from hypercare.core.problem import Problem, wrong
from hypercare.core.timeline import Actor, Entry, record
from triage.models import Bone, Issue, RootCause, Why
from triage.rootcause import forest
from triage.rootcause.analysis import conflict

MOST = 200
KEPT_REMOVALS = 20
Row = TypeVar("Row", Why, Bone)


@dataclass(frozen=True)
class Forest(Generic[Row]):
    """One kind of rows: what it is called in the timeline, and how deep it may grow."""

    model: type[Row]
    name: str
    deepest: int


WHYS = Forest(Why, "why", 12)
BONES = Forest(Bone, "bone", 3)


def live(kind: Forest[Row], analysis: RootCause) -> list[Row]:
    """The rows that were not taken away."""
    rows = kind.model.objects.filter(analysis=analysis, removed_at=None)
    return list(rows.order_by("place", "pk"))


def find(kind: Forest[Row], analysis: RootCause, number: int, *, field: str = "") -> Row:
    """A live row by its number; Problem 404, or 400 about the field that named it."""
    row = kind.model.objects.filter(analysis=analysis, removed_at=None, pk=number).first()
    if row is None:
        detail = _("There is no number %(number)s in this analysis.") % {"number": number}
        raise wrong(f"/{field}", detail) if field else Problem(404, detail)
    return row


def refuse_stale(kind: Forest[Row], issue: Issue, row: Row, version: int | None) -> None:
    """409 naming who changed the row, where `version` is not the newest."""
    if version is not None and version != row.version:
        raise conflict(issue, {kind.name: row.pk}, f"“{row.text[:60]}”", version=row.version)


def hang(kind: Forest[Row], analysis: RootCause, under: int | None, fields: Mapping[str, Any]) -> Row:
    """A new row, the last below `under`."""
    rows = live(kind, analysis)
    _refuse_more(len(rows) + 1)
    if under is not None:
        find(kind, analysis, under, field="under")
    if forest.depth_of(forest.parents_of(rows), under) + 1 > kind.deepest:
        raise _too_deep(kind)
    return kind.model.objects.create(analysis=analysis, parent_id=under, place=_last(kind, analysis, under), **fields)


def move(kind: Forest[Row], analysis: RootCause, row: Row, *, under: int | None) -> bool:
    """Hangs a row with all below it somewhere else; says whether anything moved. Problem 400 for a ring."""
    if row.parent_id == under:
        return False
    parents = forest.parents_of(live(kind, analysis))
    if under is not None:
        find(kind, analysis, under, field="under")
    if forest.would_ring(parents, row.pk, under):
        raise wrong("/under", _("It cannot hang below itself, nor below what hangs below it."))
    if forest.reaches(parents, row.pk, under) > kind.deepest:
        raise _too_deep(kind)
    row.parent_id, row.place = under, _last(kind, analysis, under)
    row.version += 1
    row.save(update_fields=["parent", "place", "version"])
    return True


def step(kind: Forest[Row], analysis: RootCause, row: Row, *, steps: int) -> bool:
    """Moves a row so many places down among those beside it, or up; says whether anything moved."""
    beside = [one for one in live(kind, analysis) if one.parent_id == row.parent_id]
    before = [one.pk for one in beside]
    order = forest.arranged(before, row.pk, steps=steps)
    by_number = {one.pk: one for one in beside}
    for place, number in enumerate(order, 1):
        by_number[number].place = place
    kind.model.objects.bulk_update(beside, ["place"])
    return order != before


def take_away(kind: Forest[Row], analysis: RootCause, row: Row, *, now: datetime) -> int:
    """Takes a row away with all below it; says how many rows. What was taken away long before that is forgotten."""
    numbers = forest.with_below(forest.parents_of(live(kind, analysis)), row.pk)
    rows = kind.model.objects.filter(analysis=analysis)
    rows.filter(pk__in=numbers).update(removed_at=now, removal=row.pk)
    kept = [one.pk for one in removals(kind, analysis)]
    rows.filter(removed_at__isnull=False).exclude(removal__in=kept).delete()
    return len(numbers)


def removals(kind: Forest[Row], analysis: RootCause) -> list[Row]:
    """The rows that were taken away and can be put back, the newest first."""
    rows = kind.model.objects.filter(analysis=analysis, removed_at__isnull=False)
    return [row for row in rows.order_by("-removed_at", "-pk") if row.removal == row.pk][:KEPT_REMOVALS]


def put_back(kind: Forest[Row], analysis: RootCause, number: int) -> Row:
    """Puts a row back with what went along; a root where what it hung from is gone. 404 for what was not taken away."""
    rows = kind.model.objects.filter(analysis=analysis, removal=number)
    row = rows.filter(pk=number).first()
    if row is None:
        raise Problem(404, _("There is no number %(number)s that was removed.") % {"number": number})
    there = live(kind, analysis)
    _refuse_more(len(there) + rows.count())
    if row.parent_id not in {one.pk for one in there}:
        row.parent_id = None
    row.place = _last(kind, analysis, row.parent_id)
    row.version += 1
    row.save(update_fields=["parent", "place", "version"])
    rows.update(removed_at=None, removal=None)
    parents = forest.parents_of(live(kind, analysis))
    if forest.depth_of(parents, row.parent_id) + forest.height_of(parents, row.pk) > kind.deepest:
        raise _too_deep(kind)
    row.refresh_from_db()
    return row


def tell(kind: Forest[Row], issue: Issue, row: Row, verb: str, *, actor: Actor, now: datetime, **data: Any) -> None:
    """Writes into the issue's timeline what became of a row, and dates the analysis."""
    RootCause.objects.filter(pk=row.analysis_id).update(changed_at=now)
    told = {kind.name: row.pk, "note": row.text[:200]} | data
    record(issue.launch, [Entry(issue.key, f"cause.{kind.name}_{verb}", told)], actor=actor, now=now)


def _last(kind: Forest[Row], analysis: RootCause, under: int | None) -> int:
    beside = kind.model.objects.filter(analysis=analysis, parent=under, removed_at=None)
    return (beside.aggregate(last=Max("place"))["last"] or 0) + 1


def _refuse_more(number: int) -> None:
    if number > MOST:
        raise Problem(409, _("An analysis holds %(most)s of these at most.") % {"most": MOST})


def _too_deep(kind: Forest[Row]) -> Problem:
    return wrong("/under", _("It can be %(deepest)s levels deep at most.") % {"deepest": kind.deepest})
