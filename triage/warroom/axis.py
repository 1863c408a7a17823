"""This module lays everything that happened around a room on one axis of time, newest first, page by page.

Four sources are read, each from where the page begins and no further: the timeline of the room, its issue and what is
merged into it; deployments; what machines moved in the score; and what the traffic shows. However long the axis is, a
page takes the same number of queries, and each of them reads about as many rows as are shown.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from gateway_ingest.deployments import name_of
from hypercare.core.models import Deployment, MessageKind, TimelineEntry
from hypercare.core.problem import not_found
from triage.models import Score, WarRoom
from triage.warroom.moments import DEPLOYED_WITHIN, Moments

PAGE_SIZE = 50
_ROWS, _DEPLOYMENTS, _SCORES, _TRAFFIC = range(4)
_NO_END = 2**62
_OF_ALERTS = ["alert.acknowledged", "alert.let_go", "alert.suppressed", "alert.unsuppressed"]
# Mails that one entry of the room tells of together.
_TOLD = [str(MessageKind.ROOM_UPDATE), str(MessageKind.REMINDER)]

_ENTRIES = """
SELECT entry.* FROM unnest(%(subjects)s::text[]) AS one(subject) CROSS JOIN LATERAL (
    SELECT id, subject, kind, actor_name, occurred_at, recorded_at, data FROM core_timelineentry entry
    WHERE entry.launch_id = %(launch)s AND entry.subject = one.subject
      AND entry.occurred_at <= %(at)s AND (entry.occurred_at, entry.id) < (%(at)s, %(id)s)
      AND (left(entry.subject, 3) <> 'AL-' OR entry.kind = ANY(%(of_alerts)s))
      AND (%(kinds)s::text[] IS NULL OR entry.kind = ANY(%(kinds)s))
      AND NOT (entry.kind = 'message.sent' AND entry.data ->> 'kind' = ANY(%(told)s))
      AND NOT (entry.kind IN ('issue.merged', 'issue.unmerged') AND entry.subject <> %(root)s AND entry.data ? 'field')
    ORDER BY entry.occurred_at DESC, entry.id DESC LIMIT %(rows)s
) entry ORDER BY occurred_at DESC, id DESC LIMIT %(rows)s
"""


class Place(NamedTuple):
    """Where something stands on the axis: its time, then its source, then its number there."""

    at: datetime
    rank: int
    number: int

    def as_text(self) -> str:
        """The place as an address carries it."""
        return f"{round(self.at.timestamp() * 1_000_000)}.{self.rank}.{self.number}"


@dataclass(frozen=True)
class Row:
    """One thing on the axis as its source holds it."""

    place: Place
    known_at: datetime
    kind: str
    subject: str
    who: str
    data: dict[str, Any]


@dataclass(frozen=True)
class AxisPage:
    """Some of the axis, newest first; `older` is the place the next page begins after, empty at the end."""

    rows: list[Row]
    older: str = ""


@dataclass(frozen=True)
class _Bound:
    """What one source has to be older than, and of which kinds its entries are; all without any."""

    at: datetime
    number: int
    kinds: Collection[str]


def axis(
    room: WarRoom,
    found: Moments,
    *,
    now: datetime,
    before: str = "",
    size: int = PAGE_SIZE,
    kinds: Collection[str] = (),
) -> AxisPage:
    """The page that is older than a place; the newest without one. Problem 404 for a place that we did not give out.

    `kinds` leaves out all entries of the timeline but those of these kinds.
    """
    place = _place(before) if before else Place(now + timedelta(days=1), _TRAFFIC + 1, _NO_END)
    sources: Sequence[Callable[..., list[Row]]] = (_entries, _deployments, _scores, _traffic)
    rows = [
        row
        for rank, source in enumerate(sources)
        for row in source(room, found, _bound(place, rank, kinds), rows=size + 1, now=now)
    ]
    rows.sort(key=lambda row: row.place, reverse=True)
    more = len(rows) > size
    return AxisPage(rows[:size], rows[size - 1].place.as_text() if more else "")


def _place(text: str) -> Place:
    parts = text.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in parts):
        raise not_found(_("This part of the timeline does not exist; begin at the newest."))
    micros, rank, number = map(int, parts)
    try:
        return Place(datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros), rank, number)
    except OverflowError:
        raise not_found(_("This part of the timeline does not exist; begin at the newest.")) from None


def _bound(place: Place, rank: int, kinds: Collection[str]) -> _Bound:
    if rank == place.rank:
        return _Bound(place.at, place.number, kinds)
    return _Bound(place.at, _NO_END if rank < place.rank else 0, kinds)


def _entries(room: WarRoom, found: Moments, bound: _Bound, *, rows: int, now: datetime) -> list[Row]:  # noqa: ARG001 - one signature for all sources
    given = {
        "subjects": [room.key, *found.keys, *found.alerts],
        "launch": room.launch_id,
        "root": room.issue.key,
        "of_alerts": _OF_ALERTS,
        "told": _TOLD,
        "kinds": list(bound.kinds) or None,
        "at": bound.at,
        "id": bound.number,
        "rows": rows,
    }
    entries = TimelineEntry.objects.raw(_ENTRIES, given)
    return [
        Row(Place(one.occurred_at, _ROWS, one.pk), one.recorded_at, one.kind, one.subject, one.actor_name, one.data)
        for one in entries
    ]


def _deployments(room: WarRoom, found: Moments, bound: _Bound, *, rows: int, now: datetime) -> list[Row]:
    begun = found.begun.at if found.begun else room.opened_at
    around = Deployment.objects.filter(
        launch=room.launch_id, deployed_at__gte=begun - DEPLOYED_WITHIN, deployed_at__lte=room.closed_at or now
    )
    older = around.filter(Q(deployed_at__lt=bound.at) | Q(deployed_at=bound.at, pk__lt=bound.number))
    chosen = list(older.select_related("release__component", "environment").order_by("-deployed_at", "-pk")[:rows])
    known = {
        entry.subject: entry
        for entry in TimelineEntry.objects.filter(
            launch=room.launch_id, subject__in=[name_of(one) for one in chosen], kind="deployment.recorded"
        )
    }
    return [_deployed(one, known.get(name_of(one))) for one in chosen]


def _deployed(one: Deployment, entry: TimelineEntry | None) -> Row:
    component = one.release.component
    data = {
        "component": component.name if component else "",
        "version": one.release.version,
        "environment": one.environment.name,
        "summary": one.summary,
    }
    known_at, who = (entry.recorded_at, entry.actor_name) if entry else (one.deployed_at, one.source)
    return Row(Place(one.deployed_at, _DEPLOYMENTS, one.pk), known_at, "deployment.recorded", name_of(one), who, data)


def _scores(room: WarRoom, found: Moments, bound: _Bound, *, rows: int, now: datetime) -> list[Row]:  # noqa: ARG001 - as above
    """Where machines moved the severity or counted the reach; what a person did is told by the timeline."""
    by_hand = TimelineEntry.objects.filter(
        launch=room.launch_id, subject=room.issue.key, kind="issue.field", occurred_at=OuterRef("scored_at")
    )
    moved = Score.objects.filter(Q(moved__has_key="severity") | Q(moved__has_key="reach_method"), issue=room.issue_id)
    older = moved.filter(Q(scored_at__lt=bound.at) | Q(scored_at=bound.at, pk__lt=bound.number))
    return [
        Row(
            Place(one.scored_at, _SCORES, one.pk),
            one.scored_at,
            "issue.scored",
            room.issue.key,
            _("Score"),
            {"moved": one.moved, "severity": one.severity, "reach": one.reach_value, "reach_of": one.reach_of},
        )
        for one in older.filter(~Exists(by_hand)).order_by("-scored_at", "-pk")[:rows]
    ]


def _traffic(room: WarRoom, found: Moments, bound: _Bound, *, rows: int, now: datetime) -> list[Row]:  # noqa: ARG001 - as above
    effect = found.effect
    if effect is None:
        return []
    told: list[tuple[datetime, str, dict[str, Any]]] = [
        (effect.began, "traffic.began", {}),
        (effect.peak.at, "traffic.peak", {"errors": effect.peak.errors, "calls": effect.peak.calls}),
    ]
    if effect.over:
        told.append((effect.over, "traffic.over", {}))
    said = {"of": effect.calls, "query": effect.query}
    placed = [
        Row(Place(at, _TRAFFIC, number), at, kind, "", _("Gateway"), said | data)
        for number, (at, kind, data) in enumerate(told, 1)
    ]
    return [row for row in placed if (row.place.at, row.place.number) < (bound.at, bound.number)]
