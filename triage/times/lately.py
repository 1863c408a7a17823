"""This module sums up the times of a stretch that ends now, for whoever shows them beside other things."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Aggregate, Count, DurationField, F

from feedback.models import MACHINE_CHANNELS, Feedback
from hypercare.core.models import Launch
from triage.times import targets
from triage.times.courses import Course, courses
from triage.times.measures import MEASURES
from triage.times.period import Stretch, Time
from triage.times.rates import RATES, Share
from triage.times.spread import Spread

WEEK = timedelta(days=7)


class Median(Aggregate):
    """The middle of a group of durations."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True)
class Lately:
    """The four lengths of time, the shares, what came back in that time, and what is late now."""

    spreads: Mapping[str, Spread]
    shares: Mapping[str, Share]
    responses: Share
    returned: int
    late: int
    at_risk: int


def lately(launch: Launch, *, begins: datetime, now: datetime) -> Lately:
    """What the courses of problems say since a moment; one query."""
    found, stretch = courses(launch, since=begins, until=now), Stretch(begins, now, launch.zone)
    standings = Counter(targets.standing(course, launch.zone, now) for course in found)
    return Lately(
        spreads={name: measure.spread(found, stretch) for name, measure in MEASURES.items()},
        shares={name: rate.share(found, stretch) for name, rate in RATES.items()},
        responses=responses_of(found, stretch, now=now),
        returned=sum(any(stretch.hold(at) for at in course.reopenings) for course in found),
        late=standings[targets.LATE],
        at_risk=standings[targets.AT_RISK],
    )


def responses_of(found: Iterable[Course], time: Time, *, now: datetime) -> Share:
    """First responses in time of those that were due or given in that time."""
    decided = [course for course in found if targets.response_decided(course, time, now)]
    return Share(sum(targets.response_kept(course, time, now) for course in decided), len(decided))


def triage_waited(launch: Launch, *, begins: datetime, ends: datetime) -> tuple[int, timedelta | None]:
    """How many reports by people were triaged of those that came in then, and the middle of how long they waited."""
    came = Feedback.objects.filter(
        launch=launch, received_at__gt=begins, received_at__lte=ends, set_aside=False, triaged_at__isnull=False
    )
    found = came.exclude(channel__in=MACHINE_CHANNELS).aggregate(
        n=Count("pk"), took=Median(F("triaged_at") - F("received_at"))
    )
    return found["n"], max(found["took"], timedelta(0)) if found["n"] else None
