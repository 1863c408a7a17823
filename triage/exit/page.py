"""This module gathers what the exit page and its API show: each criterion with its window, trend and what blocks it."""

from dataclasses import dataclass, field
from datetime import datetime

from hypercare.core.models import Launch
from hypercare.core.plain_numbers import plain_number
from triage.exit.assess import Standing, standings
from triage.exit.metrics import Blocker, metrics_of
from triage.exit.targets import TargetChange, changes_after_go_live
from triage.exit.trend import Cell, Spark, points_of, spark, window
from triage.models import Comparator, CriterionState

TONES = {CriterionState.MET: "is-good", CriterionState.HOLDING: "hold", CriterionState.FAILED: "is-bad"}


@dataclass(frozen=True)
class Row:
    """One criterion, ready to be shown."""

    standing: Standing
    reading: str
    target: str
    definition: str
    tone: str
    state: str
    days_left: int
    cells: list[Cell]
    spark: Spark | None
    blockers: list[Blocker]
    evidence: str = ""
    changes: list[TargetChange] = field(default_factory=list)

    @property
    def held(self) -> int:
        """Days held of those that are asked for."""
        return self.standing.criterion.hold_days - self.days_left


@dataclass(frozen=True)
class ExitPage:
    """All criteria of a launch: what holds it back, the longest wait on top, and what is met."""

    waiting: list[Row]
    met: list[Row]
    changes: list[TargetChange]

    @property
    def total(self) -> int:
        """How many criteria there are."""
        return len(self.waiting) + len(self.met)

    @property
    def must(self) -> list[Row]:
        """The criteria without which there is no exit."""
        return [row for row in [*self.waiting, *self.met] if row.standing.criterion.must]

    @property
    def must_met(self) -> int:
        """How many of those are met."""
        return sum(row.standing.met for row in self.must)


def exit_page(launch: Launch, now: datetime) -> ExitPage:
    """The page at this moment."""
    found = standings(launch, now)
    points = points_of(launch, {standing.criterion.measured_as for standing in found}, now=now)
    metrics = metrics_of(launch, (standing.criterion.metric for standing in found))
    changes = changes_after_go_live(launch)
    rows = []
    for standing in found:
        criterion = standing.criterion
        metric = metrics[criterion.metric]
        rows.append(
            Row(
                standing=standing,
                reading=metric.read(standing.value),
                target=target_of(criterion.comparator, criterion.threshold),
                definition=str(metric.definition),
                tone=TONES.get(CriterionState(standing.state), ""),
                state=str(CriterionState(standing.state).label),
                days_left=criterion.hold_days - min(standing.days_held, criterion.hold_days),
                cells=window(standing),
                spark=spark(points[criterion.measured_as], criterion.threshold, now=now),
                blockers=[] if standing.satisfied else metric.blockers(launch),
                evidence=metric.evidence,
                changes=[change for change in changes if change.code == criterion.code],
            )
        )
    waiting = sorted((row for row in rows if not row.standing.met), key=lambda row: -row.days_left)
    return ExitPage(waiting=waiting, met=[row for row in rows if row.standing.met], changes=changes)


def target_of(comparator: str, threshold: float) -> str:
    """The target in short, for example “≤ 1.2”; a plain figure where it must be exactly that."""
    figure = plain_number(threshold)
    return figure if comparator == Comparator.EQUAL else f"{Comparator(comparator).label} {figure}"
