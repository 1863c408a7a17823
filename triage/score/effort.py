"""This module reads from a launch's own history how long the work on an issue like this one takes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_noop as _

from hypercare.core import prepared
from triage.score.reasons import because
from triage.score.rice import DEFAULT_EFFORT, Part

ENOUGH = 5
_READ_BACK = 1000  # the newest ended issues of a launch; older ones tell of another time
_LEAST, _MOST = 0.1, 12.0
_SECONDS_OF_A_WEEK = 7 * 86_400.0

_TAKEN = """
SELECT launch_id, component_id, category, grouping(component_id), grouping(category), count(*),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY worked_seconds)
FROM unnest(%(launches)s::bigint[]) AS of(launch) CROSS JOIN LATERAL (
    SELECT launch_id, component_id, category, worked_seconds FROM triage_issue
    WHERE launch_id = of.launch AND worked_seconds > 0 AND status = 'closed' AND resolution = 'fixed'
    ORDER BY closed_at DESC LIMIT %(back)s
) issue
GROUP BY GROUPING SETS ((launch_id, component_id, category), (launch_id, component_id), (launch_id, category))
HAVING count(*) >= %(enough)s
"""

_Kind = tuple[int, int | None, str | None]


@dataclass(frozen=True)
class Taken:
    """How many were fixed and the weeks that the middle one of them took, by launch, component and category."""

    of_kind: Mapping[_Kind, tuple[int, float]] = field(default_factory=dict)

    def part(self, launch: int, component: int | None, category: str | None) -> Part:
        """The effort in weeks of those most like it: same component and category, else component, else category."""
        for kind in ((launch, component, category), (launch, component, None), (launch, None, category)):
            if kind[1:] != (None, None) and kind in self.of_kind:
                number, weeks = self.of_kind[kind]
                return Part(weeks, because(_("half of the %(number)s fixed like it took less"), number=number))
        return Part(DEFAULT_EFFORT, because(_("default")))


def taken(launch_ids: Iterable[int]) -> Taken:
    """What fixed issues of these launches took from the start of their work to its end; one query."""
    given: dict[str, Any] = {"launches": sorted(set(launch_ids)), "back": _READ_BACK, "enough": ENOUGH}
    with prepared.cursor() as cursor:
        cursor.execute(_TAKEN, given)
        found = cursor.fetchall()
    return Taken(
        {
            (launch, component, category): (number, _weeks(seconds))
            for launch, component, category, any_component, any_category, number, seconds in found
            if (component is not None or any_component) and (category or any_category)
        }
    )


def _weeks(seconds: float) -> float:
    return round(min(max(seconds / _SECONDS_OF_A_WEEK, _LEAST), _MOST), 1)
