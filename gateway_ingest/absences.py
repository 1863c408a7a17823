"""This module knows when we were away ourselves: nobody looked and nothing was received, so silence then tells nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.db.models.functions import TruncMinute

from gateway_ingest.models import Absence, Batch
from hypercare.core.models import Launch

AWAY_AFTER = timedelta(minutes=3)  # without a look; looks come every minute
QUIET_FOR = timedelta(minutes=10)  # without any delivery, where some came in the time without looks
GRACE = timedelta(minutes=5)  # in which senders find us again
KEPT_FOR = timedelta(days=70)  # the longest interval of a heartbeat, twice and a little

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True)
class Absences:
    """The times in which we were away, in order and apart from one another."""

    times: Sequence[Stretch] = ()

    def touch(self, begins: datetime, ends: datetime, *, grace: timedelta = timedelta()) -> bool:
        """Whether we were away at any time of a stretch, or came back less than `grace` before it."""
        return any(away < ends and begins < back + grace for away, back in self.times)

    def without(self, begins: datetime, ends: datetime) -> list[Stretch]:
        """The parts of a stretch in which we could hear, after what senders need to find us again."""
        parts, at = [], begins
        for away, back in self.times:
            if at < min(away, ends):
                parts.append((at, min(away, ends)))
            at = max(at, back + GRACE)
        return [*parts, (at, ends)] if at < ends else parts


def absences_of(launch: Launch, begins: datetime, new: Iterable[Stretch] = ()) -> Absences:
    """What is known of a launch from some moment on, and what was found just now."""
    known = Absence.objects.filter(launch=launch, ends_at__gt=begins).values_list("begins_at", "ends_at")
    return Absences(sorted({*known, *new}))


def found_between(looked_until: datetime, until: datetime) -> list[Stretch]:
    """The times without any delivery since the last look, where that is so long ago that nobody looked in between.

    While anything at all is delivered, to any launch, the door is open, and who is silent then is silent.
    """
    if until - looked_until <= AWAY_AFTER:
        return []
    received = Batch.objects.filter(received_at__gte=looked_until, received_at__lt=until)
    minutes = received.annotate(minute=TruncMinute("received_at")).values_list("minute", flat=True).distinct()
    came = sorted(minute for minute in minutes if looked_until < minute)
    longest = QUIET_FOR if came else timedelta()
    return [(away, back) for away, back in pairwise([looked_until, *came, until]) if back - away > longest]


def keep(launch: Launch, found: Iterable[Stretch], *, now: datetime) -> None:
    """Writes down when we were away, and forgets what nothing reaches back to."""
    new = [Absence(launch=launch, begins_at=away, ends_at=back) for away, back in found]
    if new:
        Absence.objects.filter(launch=launch, ends_at__lt=now - KEPT_FOR).delete()
        Absence.objects.bulk_create(new, ignore_conflicts=True)
