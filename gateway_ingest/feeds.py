"""This module remembers which source brings calls of which kind, so that a component waits for its own sources only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction

from gateway_ingest.models import Feed

NOTED_EVERY = timedelta(minutes=10)
LATELY = timedelta(hours=2)
_MOST_KNOWN = 200_000

# What this process has written lately, by source and kind; another may write the same once more.
_noted: dict[tuple[int, int], datetime] = {}

_NOTE = """INSERT INTO gateway_ingest_feed (source_id, kind_id, latest_at)
SELECT %s, kind_id, %s FROM unnest(%s::integer[]) AS brought (kind_id)
ON CONFLICT (source_id, kind_id) DO UPDATE SET latest_at = greatest(gateway_ingest_feed.latest_at, EXCLUDED.latest_at)"""


def note(source_id: int, kinds: Iterable[int], *, now: datetime) -> None:
    """Notes that a source brought calls of these kinds, to some minutes, inside the caller's transaction."""
    stale = sorted(kind for kind in kinds if not _is_fresh(_noted.get((source_id, kind)), now))
    if not stale:
        return
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [source_id, now, stale])
    transaction.on_commit(lambda: _remember(source_id, stale, now=now))


def _remember(source_id: int, kinds: Iterable[int], *, now: datetime) -> None:
    if len(_noted) > _MOST_KNOWN:
        _noted.clear()
    _noted.update({(source_id, kind): now for kind in kinds})


def forget() -> None:
    """Forgets what this process has noted, for whoever makes the tables anew under it."""
    _noted.clear()


def _is_fresh(noted: datetime | None, now: datetime) -> bool:
    return noted is not None and timedelta() <= now - noted < NOTED_EVERY


@dataclass(frozen=True)
class Feeds:
    """When each source last brought calls of each component, to some minutes."""

    latest: Mapping[tuple[int, str], datetime] = field(default_factory=dict)

    def sources_of(self, component: str, *, since: datetime) -> set[int] | None:
        """Who fed a component since a moment; None where nobody ever did, as far as is known."""
        known = {source: at for (source, name), at in self.latest.items() if name == component}
        return {source for source, at in known.items() if at >= since} if known else None

    def components_of(self, source_id: int) -> set[str]:
        """What a source fed in its last two hours, however long ago those were."""
        known = {name: at for (source, name), at in self.latest.items() if source == source_id}
        newest = max(known.values(), default=None)
        return {name for name, at in known.items() if newest is not None and at >= newest - LATELY}


def feeds_of(launch_id: int) -> Feeds:
    """What is known of a launch's components; one query."""
    rows = Feed.objects.filter(kind__launch=launch_id).values_list(
        "source_id", "kind__component__slug", "kind__hint", "latest_at"
    )
    latest: dict[tuple[int, str], datetime] = {}
    for source_id, slug, hint, at in rows:
        place = (source_id, slug or hint)
        latest[place] = max(at, latest.get(place, at))
    return Feeds(latest)
