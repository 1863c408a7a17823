"""This module gives a launch its verdict: red, amber or green, with the one reason that decides it.

Red: a SEV1 is open, or a must criterion got worse on each of the last three days. Amber: a SEV2 is open, or the planned
end has passed and a must criterion is not met. Green: none of these.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.core.cache import caches
from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hypercare.core import clock
from hypercare.core.models import Launch, Measurement
from triage.exit.assess import Standing, standings
from triage.models import OPEN_STATUSES, Comparator, CriterionState, Issue

KEPT_SECONDS = 5
WORSENING_DAYS = 3
_MEASURED_WITHIN = timedelta(hours=2)

TONES = {"red": "is-bad", "amber": "is-warn", "green": "is-good"}


@dataclass(frozen=True)
class Verdict:
    """A colour and its cause; the words are made when they are read, in the reader's language."""

    colour: str
    cause: str
    number: int = 0
    about: str = ""

    @property
    def word(self) -> str:
        """The colour as people say it."""
        return {"red": _("RED"), "amber": _("AMBER"), "green": _("GREEN")}[self.colour]

    @property
    def tone(self) -> str:
        """The class of the badge."""
        return TONES[self.colour]

    @property
    def reason(self) -> str:
        """Why, in one sentence."""
        match self.cause:
            case "sev1" | "sev2":
                return self._open_issues(self.cause.upper())
            case "worsening":
                return _("%(criterion)s has got worse on each of the last three days.") % {"criterion": self.about}
            case "overdue":
                return ngettext(
                    "The planned end has passed and one criterion is not met: %(codes)s.",
                    "The planned end has passed and %(n)s criteria are not met: %(codes)s.",
                    self.number,
                ) % {"n": self.number, "codes": self.about}
        return _("No SEV1 or SEV2 is open.")

    def _open_issues(self, severity: str) -> str:
        if self.number == 1:
            return _("One %(severity)s is open: %(title)s.") % {
                "severity": severity,
                "title": self.about.rstrip("."),
            }
        return _("%(n)s %(severity)s are open.") % {"n": self.number, "severity": severity}

    def as_json(self) -> dict[str, Any]:
        """The verdict as it is kept in a report."""
        return asdict(self)


def verdict(launch: Launch, now: datetime, *, found: list[Standing] | None = None) -> Verdict:
    """The launch's verdict at this moment; `found` spares measuring the criteria again."""
    critical = _open_by_severity(launch)
    found = standings(launch, now) if found is None else found
    if critical[1]:
        return _about_issues(launch, "red", severity=1, number=critical[1])
    worse = _worsening(launch, found, now=now)
    if worse:
        return Verdict("red", "worsening", 1, worse.criterion.code)
    if critical[2]:
        return _about_issues(launch, "amber", severity=2, number=critical[2])
    unmet = [standing.criterion.code for standing in found if standing.criterion.must and not standing.met]
    if unmet and clock.local_day(now, launch.zone) > launch.planned_end_on:
        return Verdict("amber", "overdue", len(unmet), ", ".join(unmet))
    return Verdict("green", "calm")


def kept_verdict(launch: Launch, now: datetime) -> Verdict:
    """The verdict, at most a few seconds old; every open page asks for it."""
    key = f"verdict:{launch.pk}"
    kept = caches["memory"].get(key)
    if not isinstance(kept, Verdict):
        kept = verdict(launch, now)
        caches["memory"].set(key, kept, KEPT_SECONDS)
    return kept


def _open_by_severity(launch: Launch) -> dict[int, int]:
    counts = Issue.objects.filter(launch=launch, status__in=OPEN_STATUSES, severity__lte=2).aggregate(
        sev1=Count("pk", filter=Q(severity=1)), sev2=Count("pk", filter=Q(severity=2))
    )
    return {1: counts["sev1"], 2: counts["sev2"]}


def _about_issues(launch: Launch, colour: str, *, severity: int, number: int) -> Verdict:
    first = (
        Issue.objects.filter(launch=launch, status__in=OPEN_STATUSES, severity=severity)
        .order_by("-priority", "id")
        .first()
    )
    return Verdict(colour, f"sev{severity}", number, first.title if first else "")


def _worsening(launch: Launch, found: list[Standing], *, now: datetime) -> Standing | None:
    """The first must criterion that misses its target by more than a day ago, then than two, then than three."""
    failed = [standing for standing in found if standing.criterion.must and standing.state == CriterionState.FAILED]
    if not failed:
        return None
    before = _values_days_ago(launch, {standing.criterion.measured_as for standing in failed}, now=now)
    for standing in failed:
        values = [before.get((standing.criterion.measured_as, days)) for days in range(WORSENING_DAYS, 0, -1)] + [
            standing.value
        ]
        if _gets_worse(values, upwards=standing.criterion.comparator != Comparator.AT_LEAST):
            return standing
    return None


def _gets_worse(values: list[float | None], *, upwards: bool) -> bool:
    known = [value for value in values if value is not None]
    return len(known) == len(values) and all(new > old if upwards else new < old for old, new in pairwise(known))


def _values_days_ago(launch: Launch, metrics: set[str], *, now: datetime) -> dict[tuple[str, int], float]:
    moments = {days: now - timedelta(days=days) for days in range(1, WORSENING_DAYS + 1)}
    near = Q()
    for moment in moments.values():
        near |= Q(measured_at__gt=moment - _MEASURED_WITHIN, measured_at__lte=moment)
    rows = Measurement.objects.filter(near, launch=launch, metric__in=metrics).order_by("measured_at")
    values = {}
    for row in rows:
        days = next(
            days
            for days, moment in moments.items()
            if row.measured_at > moment - _MEASURED_WITHIN and row.measured_at <= moment
        )
        values[row.metric, days] = row.value
    return values
