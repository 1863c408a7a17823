"""This module knows when a launch or a component is being mended on purpose, and which sources are quiet because of it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from gateway_ingest.absences import Absences, Stretch
from gateway_ingest.feeds import Feeds, feeds_of
from hypercare.core.models import Launch, MaintenanceWindow


@dataclass(frozen=True)
class Mending:
    """The planned maintenance of a launch, and which source feeds which component."""

    windows: tuple[MaintenanceWindow, ...] = ()
    feeds: Feeds = field(default_factory=Feeds)

    def touches(self, component: str, begins: datetime, ends: datetime) -> bool:
        """Whether the component, or the whole launch, was being mended at any time of a span."""
        return any(
            window.begins_at < ends
            and begins < window.ends_at
            and (window.component is None or window.component.slug == component)
            for window in self.windows
        )

    def any_between(self, begins: datetime, ends: datetime) -> bool:
        """Whether anything was being mended at any time of a span."""
        return any(window.begins_at < ends and begins < window.ends_at for window in self.windows)

    def quiet(self, away: Absences, source_id: int) -> Absences:
        """When nothing was to be heard of a source: we were away, or all that it feeds was being mended."""
        mended = list(self._stretches(self.feeds.components_of(source_id))) if self.windows else []
        return Absences(sorted([*away.times, *mended])) if mended else away

    def _stretches(self, components: Collection[str]) -> Iterator[Stretch]:
        """The times in which each of these components was being mended, or the whole launch."""
        moments = sorted({moment for window in self.windows for moment in (window.begins_at, window.ends_at)})
        for begins, ends in pairwise(moments):
            whole = any(
                one.component is None and one.begins_at <= begins and ends <= one.ends_at for one in self.windows
            )
            if whole or (components and all(self.touches(name, begins, ends) for name in components)):
                yield begins, ends


def mending_of(launch: Launch, *, since: datetime) -> Mending:
    """What was or is planned of a launch from a moment on; who feeds what is asked only where there is anything."""
    planned = tuple(MaintenanceWindow.objects.filter(launch=launch, ends_at__gte=since).select_related("component"))
    return Mending(planned, feeds_of(launch.pk)) if planned else Mending()
