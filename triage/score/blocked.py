"""This module says which exit criteria an open issue keeps from being met."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from triage.models import ExitCriterion

_OF_SEVERITY, _OF_ALERTS = "open_sev1_sev2", "error_alerts"


class Criterion(NamedTuple):
    """What a score needs to know of a criterion."""

    code: str
    metric: str
    must: bool


# Of a launch that has no criteria yet: they are given to it with its first assessment.
_AT_FIRST = (Criterion("E1", _OF_SEVERITY, must=True), Criterion("E5", _OF_ALERTS, must=True))


def criteria_of(launch_ids: Iterable[int]) -> Mapping[int, Sequence[Criterion]]:
    """The criteria that issues can hold up, by launch; one query."""
    found: dict[int, list[Criterion]] = defaultdict(list)
    rows = ExitCriterion.objects.filter(launch__in=set(launch_ids)).order_by("position", "pk")
    for launch, code, metric, must in rows.values_list("launch_id", "code", "metric", "must"):
        found[launch].append(Criterion(code, metric, must))
    return {launch: found.get(launch, _AT_FIRST) for launch in launch_ids}


def blocked(criteria: Sequence[Criterion], *, is_bad: bool, fires: bool) -> list[Criterion]:
    """Those that count an open issue of SEV1 or SEV2, or an alert that still fires, against the launch."""
    counts = {_OF_SEVERITY: is_bad, _OF_ALERTS: fires}
    return [criterion for criterion in criteria if counts.get(criterion.metric)]
