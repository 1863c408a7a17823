"""This module says how a launch's rules did: how often each fired, when last, and how much of it was noise."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Count, Max, Q, QuerySet

from gateway_ingest.models import Firing
from hypercare.core.models import Launch

_NO_NOISE = frozenset({"", "useful", "not_noise"})


@dataclass(frozen=True)
class Record:
    """What a rule has done so far; `noise` of `judged` firings were called noise by a person."""

    firings: int = 0
    suppressed: int = 0
    open: int = 0
    last_fired_at: datetime | None = None
    judged: int = 0
    noise: int = 0

    @property
    def useful_share(self) -> float | None:
        """The share of judged firings that were no noise; None before anybody judged."""
        return (self.judged - self.noise) / self.judged if self.judged else None


def records_of(launch: Launch) -> dict[str, Record]:
    """The record of each rule by name; two queries."""
    told, noise = Q(suppressed=False), _noise_of(launch)
    rows = (
        Firing.objects.filter(rule__launch=launch)
        .values("rule__name")
        .annotate(
            firings=Count("pk", filter=told),
            hidden=Count("pk", filter=~told),
            open=Count("pk", filter=told & Q(ended_at=None)),
            last=Max("began_at", filter=told),
        )
    )
    return {
        row["rule__name"]: Record(
            row["firings"], row["hidden"], row["open"], row["last"], *noise.get(row["rule__name"], (0, 0))
        )
        for row in rows
    }


def _noise_of(launch: Launch) -> dict[str, tuple[int, int]]:
    """How many alerts of each rule a person judged, and how many as noise."""
    outcome = apps.all_models["gateway_ingest"].get("ruleoutcome")
    if outcome is None:
        return {}
    found: dict[str, tuple[int, int]] = {}
    judged: QuerySet[Any, Any] = (
        QuerySet(outcome).filter(alert__launch=launch).values_list("alert__labels__rule", "reason")
    )
    for name, reason in judged:
        total, noise = found.get(name, (0, 0))
        found[name] = (total + 1, noise + (reason not in _NO_NOISE))
    return found
