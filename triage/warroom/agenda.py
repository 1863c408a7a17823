"""This module gathers what each block of the stand-up looks at, from rows, and what a shift hands over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from hypercare.core.clock import in_zone
from hypercare.core.lapse import lapse
from hypercare.core.models import Deployment, Launch, RecordedDecision
from triage.exit.assess import standings
from triage.models import OPEN_STATUSES, Course, Issue, IssueStatus, Theme
from triage.warroom.promises import is_overdue, open_of
from triage.warroom.wall import tiles_of

DAY = timedelta(days=1)
SHOWN = 8


@dataclass(frozen=True)
class Fact:
    """One line that a block looks at."""

    words: str
    detail: str = ""
    path: str = ""
    severity: int = 0
    tone: str = ""

    def as_json(self) -> dict[str, Any]:
        """The line as a note of a shift keeps it."""
        return {
            "words": self.words,
            "detail": self.detail,
            "path": self.path,
            "severity": self.severity,
            "tone": self.tone,
        }


def facts_of(launch: Launch, block: str, *, now: datetime) -> list[Fact]:
    """What a block of the stand-up looks at now."""
    return _BLOCKS[block](launch, now)


def _exit(launch: Launch, now: datetime) -> list[Fact]:
    found = standings(launch, now)
    met = sum(one.met for one in found)
    path = reverse("triage:exit", args=[launch.slug])
    head = Fact(_("%(met)s of %(all)s criteria met") % {"met": met, "all": len(found)}, path=path)
    return [head, *(Fact(one.criterion.name, one.criterion.code, path, tone="is-warn") for one in found if not one.met)]


def _issues(launch: Launch, rows: QuerySet[Issue], *, now: datetime) -> list[Fact]:
    return [
        Fact(
            f"{one.key} {one.title}",
            ", ".join(
                filter(
                    None,
                    (
                        str(one.get_status_display()),
                        str(one.owner or _("no owner")),
                        _("open for %(time)s") % {"time": lapse((one.closed_at or now) - one.opened_at)},
                    ),
                )
            ),
            reverse("triage:issue", args=[launch.slug, one.key]),
            one.severity,
        )
        for one in rows.select_related("owner")[:SHOWN]
    ]


def _open(launch: Launch) -> QuerySet[Issue]:
    return Issue.objects.filter(launch=launch, status__in=OPEN_STATUSES)


def _new(launch: Launch, now: datetime) -> list[Fact]:
    rows = Issue.objects.filter(launch=launch, opened_at__gt=now - DAY, opened_at__lte=now)
    rows = rows.exclude(status=IssueStatus.DUPLICATE)
    return _issues(launch, rows.order_by("severity", "-priority", "-pk"), now=now)


def critical(launch: Launch, now: datetime) -> list[Fact]:
    """The open SEV1 and SEV2."""
    return _issues(launch, _open(launch).filter(severity__lte=2).order_by("severity", "-priority", "pk"), now=now)


def _ageing(launch: Launch, now: datetime) -> list[Fact]:
    return _issues(launch, _open(launch).filter(severity__lte=3).order_by("opened_at", "pk"), now=now)


def _themes(launch: Launch, now: datetime) -> list[Fact]:  # noqa: ARG001 - the signature of every block
    rising = Theme.objects.filter(launch=launch, course=Course.RISING).order_by("chance")[:3]
    path = reverse("triage:themes", args=[launch.slug])
    return [Fact(one.name, _("%(n)s reports") % {"n": one.reports}, path) for one in rising]


def _traffic(launch: Launch, now: datetime) -> list[Fact]:
    shown = [
        tile
        for tile in tiles_of(launch, now=now)
        if tile.gauge.page.startswith("gateway_ingest") and tile.value is not None
    ]
    return [
        Fact(
            f"{tile.gauge.label}: {tile.reading}",
            tile.target,
            reverse(tile.gauge.page, args=[launch.slug]),
            tone=tile.tone,
        )
        for tile in shown
    ]


def changes(launch: Launch, now: datetime, since: datetime | None = None) -> list[Fact]:
    """What was deployed since, else in the last day."""
    rows = Deployment.objects.filter(launch=launch, deployed_at__gt=since or now - DAY, deployed_at__lte=now)
    return [
        Fact(
            " ".join(filter(None, (one.release.component.name if one.release.component else "", one.release.version))),
            f"{date_format(in_zone(one.deployed_at, launch.zone), 'j M H:i')}, {one.environment.name}",
            reverse("gateway_ingest:traffic_deployment", args=[launch.slug, one.pk]),
        )
        for one in rows.select_related("release__component", "environment").order_by("-deployed_at", "-pk")[:SHOWN]
    ]


def _decisions(launch: Launch, now: datetime) -> list[Fact]:
    rows = RecordedDecision.objects.filter(launch=launch, superseded_by=None, decided_at__gt=now - DAY)
    return [Fact(one.what, f"{one.decider_name}, {one.about}") for one in rows.order_by("-decided_at")[:SHOWN]]


def due(launch: Launch, now: datetime) -> list[Fact]:
    """Promises that are overdue or due within a day."""
    rows = open_of(launch).filter(due_at__lte=now + DAY)[:SHOWN]
    return [
        Fact(
            one.what,
            f"{one.owner_name}, {date_format(in_zone(one.due_at, launch.zone), 'j M H:i')}",
            tone="is-bad" if is_overdue(one, now=now) else "",
        )
        for one in rows
    ]


def ended(launch: Launch, now: datetime, since: datetime) -> list[Fact]:
    """The issues that were closed or declined since."""
    rows = Issue.objects.filter(launch=launch, closed_at__gt=since, closed_at__lte=now)
    return _issues(launch, rows.exclude(status__in=OPEN_STATUSES).order_by("severity", "-closed_at"), now=now)


def opened(launch: Launch, now: datetime, since: datetime) -> list[Fact]:
    """The issues that were opened since."""
    rows = Issue.objects.filter(launch=launch, opened_at__gt=since, opened_at__lte=now)
    return _issues(launch, rows.exclude(status=IssueStatus.DUPLICATE).order_by("severity", "-pk"), now=now)


_BLOCKS: dict[str, Callable[[Launch, datetime], list[Fact]]] = {
    "exit": _exit,
    "new": _new,
    "critical": critical,
    "ageing": _ageing,
    "themes": _themes,
    "traffic": _traffic,
    "changes": changes,
    "decisions": _decisions,
    "promises": due,
}
