"""This module says how a launch's sources are: how much comes each minute, how late, and what was not taken."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Aggregate, BigIntegerField, Count, Sum
from django.db.models.functions import TruncMinute
from django.utils.translation import gettext as _

from gateway_ingest.models import Batch, DeadLetter, Source
from gateway_ingest.programs import PROGRAMS, Says

MINUTES = 30
_RECENT = timedelta(minutes=MINUTES)
# Traffic that stops for this long is worth a look; alerts are silent when all is well.
_SILENT_AFTER = timedelta(minutes=10)


class Median(Aggregate):
    """The middle one of the values."""

    function = "PERCENTILE_DISC"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = BigIntegerField()


@dataclass(frozen=True)
class Health:
    """What a source sent in the last half hour; `minutes` are the rows of each of them, the oldest first."""

    state: str
    minutes: tuple[int, ...]
    deliveries: int
    rejected: int
    lag: timedelta | None
    waiting_letters: int
    newest_reason: str = ""

    @property
    def rows(self) -> int:
        """All rows of the half hour."""
        return sum(self.minutes)

    @property
    def rows_a_minute(self) -> float:
        """Over the whole half hour."""
        return self.rows / MINUTES

    @property
    def lag_words(self) -> str:
        """The lag in its largest unit; empty where nobody said when anything was."""
        if self.lag is None:
            return ""
        seconds = self.lag.total_seconds()
        if seconds < 1:
            return _("under 1 s")
        for size, words in ((86_400, _("%(n)d d")), (3600, _("%(n)d h")), (60, _("%(n)d min"))):
            if seconds >= 2 * size:
                return words % {"n": seconds // size}
        return _("%(n)d s") % {"n": seconds}

    @property
    def spark(self) -> str:
        """The minutes as the path of a small chart, 88 wide and 24 high."""
        most = max(self.minutes) or 1
        step = 84 / (MINUTES - 1)
        points = [f"{2 + at * step:.1f} {22 - 20 * rows / most:.1f}" for at, rows in enumerate(self.minutes)]
        return "M" + "L".join(points)


def health_of(sources: Iterable[Source], *, now: datetime) -> dict[int, Health]:
    """Each source's health by its number; as many queries for one as for a hundred."""
    rows = list(sources)
    since = now.replace(second=0, microsecond=0) - _RECENT + timedelta(minutes=1)
    recent = Batch.objects.filter(source__in=rows, received_at__gte=since)
    minutes = _minutes(recent.annotate(minute=TruncMinute("received_at")), since)
    sums: dict[int, Mapping[str, Any]] = {
        one["source"]: one
        for one in recent.order_by().values("source").annotate(n=Count("pk"), bad=Sum("rejected"), middle=Median("lag"))
    }
    letters = DeadLetter.objects.filter(source__in=rows, refusal=False)
    by_source = letters.filter(handled_at=None).order_by().values("source")
    waiting = {one["source"]: one["n"] for one in by_source.annotate(n=Count("pk"))}
    newest = letters.filter(received_at__gte=since).order_by("source", "-received_at", "-pk").distinct("source")
    reasons = dict(newest.values_list("source", "reason"))
    return {
        row.pk: replace(
            _health(row, minutes.get(row.pk), sums.get(row.pk, {}), now=now),
            waiting_letters=waiting.get(row.pk, 0),
            newest_reason=reasons.get(row.pk, ""),
        )
        for row in rows
    }


def _minutes(batches: Any, since: datetime) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    grouped = batches.order_by().values_list("source", "minute").annotate(Sum("accepted"))
    for source, minute, rows in grouped:
        place = int((minute - since) / timedelta(minutes=1))
        found.setdefault(source, [0] * MINUTES)[min(place, MINUTES - 1)] += rows
    return found


def _health(source: Source, minutes: list[int] | None, sums: Mapping[str, Any], *, now: datetime) -> Health:
    lag = sums.get("middle")
    rejected = sums.get("bad") or 0
    return Health(
        state=_state(source, rejected, now=now),
        minutes=tuple(minutes or [0] * MINUTES),
        deliveries=sums.get("n") or 0,
        rejected=rejected,
        lag=None if lag is None else timedelta(milliseconds=lag),
        waiting_letters=0,
    )


def _state(source: Source, rejected: int, *, now: datetime) -> str:
    if source.revoked_at:
        return "ended"
    if rejected:
        return "rejecting"
    if source.last_event_at is None:
        return "waiting"
    program = PROGRAMS.get(source.program)
    is_traffic = program is not None and program.says == Says.CALLS
    return "silent" if is_traffic and now - source.last_event_at > _SILENT_AFTER else "hearing"
