"""This module keeps what an issue's score was and why it moved, so that a change of order can be explained later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from hypercare.core import prepared, rows
from triage.decisions import IssueValue
from triage.models import Issue, Moscow, Score
from triage.score.figures import Scored

# What is kept, and whether a change of it alone is worth a row.
_KEPT = {
    "severity": True,
    "moscow": True,
    "reach_value": False,
    "reach_of": False,
    "reach_method": True,
    "rice_impact": True,
    "rice_confidence": True,
    "rice_effort": True,
    "rice_score": False,
    "formula_score": False,
    "rpn": False,
    "business_value": True,
}
# A reach that grows report by report is told again once it moved by so much.
_WORTH_TELLING = 0.10
_SHOWN = 30
_WORDS = {
    "severity": _l("severity"),
    "moscow": _l("MoSCoW"),
    "reach_value": _l("reach"),
    "rice_impact": _l("impact"),
    "rice_confidence": _l("confidence"),
    "rice_effort": _l("effort"),
    "rice_score": "RICE",
    "formula_score": _l("formula"),
    "rpn": "RPN",
    "business_value": _l("value"),
}


_NEWEST = f"""
SELECT issue_id, {", ".join(_KEPT)} FROM triage_score WHERE id = ANY(ARRAY(
    SELECT (SELECT max(id) FROM triage_score WHERE issue_id = one) FROM unnest(%s::bigint[]) one))
"""  # noqa: S608 - the names stand above
_ALONE = [at for at, alone in enumerate(_KEPT.values()) if alone]
_REACH = list(_KEPT).index("reach_value")
_Figures = tuple[Any, ...]


def note(issues: Sequence[Scored], said: Sequence[IssueValue], *, now: datetime) -> None:
    """Writes a row for each issue of which something moved that matters; two queries."""
    before, figures = _newest([issue.pk for issue in issues]), attrgetter(*_KEPT)
    reasons = {(value.issue.pk, value.field): value.reason for value in said}
    written = []
    for issue in issues:
        was, becomes = before.get(issue.pk), figures(issue)
        if was is None or _moved(was, becomes):
            moved = _told_moves(issue.pk, was or becomes, becomes, reasons)
            row = dict(zip(_KEPT, becomes, strict=True))
            written.append({"issue_id": issue.pk, "scored_at": now, **row, "moved": moved})
    rows.put(Score, written)


def _newest(ids: Sequence[int]) -> dict[int, _Figures]:
    with prepared.cursor(binary=True) as cursor:
        cursor.execute(_NEWEST, [list(ids)])
        return {issue: figures for issue, *figures in cursor.fetchall()}


def _moved(was: _Figures, becomes: _Figures) -> bool:
    if any(was[at] != becomes[at] for at in _ALONE):
        return True
    grown = abs(becomes[_REACH] - was[_REACH])
    return bool(grown > 0 and grown >= _WORTH_TELLING * max(was[_REACH], 1))


def _told_moves(
    issue: int, was: _Figures, becomes: _Figures, reasons: Mapping[tuple[int, str], str]
) -> dict[str, dict[str, Any]]:
    return {
        name: {"was": before, "why": reasons.get((issue, name), "")}
        for name, before, after in zip(_KEPT, was, becomes, strict=True)
        if before != after
    }


@dataclass(frozen=True)
class Told:
    """A row of the history in words."""

    at: datetime
    words: str


def told(issue: Issue) -> list[Told]:
    """How an issue's score moved, newest first."""
    return [Told(row.scored_at, _words(row)) for row in issue.scores.order_by("-pk")[:_SHOWN]]


def _words(row: Score) -> str:
    said = [
        _change(name, was["was"], getattr(row, name), was["why"]) for name, was in row.moved.items() if name in _WORDS
    ]
    if not said:
        return _("SEV%(severity)s, RICE %(score)s") % {"severity": row.severity, "score": f"{row.rice_score:g}"}
    return "; ".join(said)


def _change(name: str, was: object, now: object, why: str) -> str:
    said = f"{_WORDS[name]} {_shown(name, was)} → {_shown(name, now)}"
    return f"{said}, {why}" if why else said


def _shown(name: str, value: object) -> str:
    if name == "severity":
        return f"SEV{value}"
    if name == "moscow":
        return str(Moscow(str(value)).label)
    if name == "rice_confidence":
        return f"{value:.0%}"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
