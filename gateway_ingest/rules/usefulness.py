"""This module says how a launch's rules did: how often each fired, when last, and how much of it was noise."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q

from gateway_ingest.models import Firing, RuleOutcome
from hypercare.core.models import Launch


@dataclass(frozen=True)
class Record:
    """What a rule has done so far; `noise` of its `ended` firings turned out to be noise."""

    firings: int = 0
    suppressed: int = 0
    ended: int = 0
    last_fired_at: datetime | None = None
    noise: int = 0

    @property
    def useful_share(self) -> float | None:
        """The share of ended firings that were no noise; None before any has ended."""
        return max(self.ended - self.noise, 0) / self.ended if self.ended else None


def records_of(launch: Launch) -> dict[str, Record]:
    """The record of each rule by name; two queries."""
    told, noise = Q(suppressed=False), _noise_of(launch)
    rows = (
        Firing.objects.filter(rule__launch=launch)
        .values("rule__name")
        .annotate(
            firings=Count("pk", filter=told),
            hidden=Count("pk", filter=~told),
            ended=Count("pk", filter=told & Q(ended_at__isnull=False)),
            last=Max("began_at", filter=told),
        )
    )
    return {
        row["rule__name"]: Record(
            row["firings"], row["hidden"], row["ended"], row["last"], noise.get(row["rule__name"], 0)
        )
        for row in rows
    }


def _noise_of(launch: Launch) -> dict[str, int]:
    """How many episodes of each rule's alerts were noise."""
    of_rules = RuleOutcome.objects.filter(alert__launch=launch, alert__source__traffic_watch__isnull=False)
    return dict(of_rules.values_list("rule").annotate(Count("pk")))
