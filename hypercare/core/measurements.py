"""This module stores figures that come from outside: at most one a minute of each metric, and not for ever."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from hypercare.core.models import Measurement, MetricDefinition

KEPT_FOR = timedelta(days=90)

_PUT = """INSERT INTO core_measurement AS stored (launch_id, metric, measured_at, value)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::float8[])
ON CONFLICT (launch_id, metric, measured_at) DO UPDATE SET value = """
_PUT_LATEST, _PUT_SUM = f"{_PUT} EXCLUDED.value", f"{_PUT} stored.value + EXCLUDED.value"

Place = tuple[int, str, datetime]


@dataclass(frozen=True)
class Figure:
    """One figure of a launch; what `adds` is a part of its minute, everything else is how it stood then."""

    launch_id: int
    metric: str
    at: datetime
    value: float
    adds: bool

    @property
    def place(self) -> Place:
        """The minute it belongs to."""
        return self.launch_id, self.metric, self.at.astimezone(UTC).replace(second=0, microsecond=0)


def take(figures: Iterable[Figure]) -> None:
    """Stores them: parts are added up by the minute, of all others the newest of each minute stands."""
    sums: dict[Place, float] = {}
    latest: dict[Place, float] = {}
    for one in sorted(figures, key=lambda one: one.at):
        if one.adds:
            sums[one.place] = sums.get(one.place, 0.0) + one.value
        else:
            latest[one.place] = one.value
    for statement, found in ((_PUT_SUM, sums), (_PUT_LATEST, latest)):
        if found:
            rows = sorted((*place, value) for place, value in found.items())
            with connection.cursor() as cursor:
                cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])


def forget_old(*, now: datetime) -> int:
    """Deletes what is too old; what exit criteria rest on stays. Says how many."""
    return Measurement.objects.filter(
        metric__startswith=MetricDefinition.MEASURED_AS, measured_at__lt=now - KEPT_FOR
    ).delete()[0]
