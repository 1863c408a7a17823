"""This module watches every launch's traffic minute by minute and lets its rules speak, exactly once for each minute.

What was seen is worked out before the transaction; the transaction takes the launch's watch row, looks whether nobody
else was faster, changed a rule or ended what one found, and writes states, firings and alerts together with how far it
has looked.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from gateway_ingest import absences, retiring, sources, windows
from gateway_ingest.delays import SETTLES
from gateway_ingest.models import CallKind, Heartbeat, RuleState, Source, TrafficWatch
from gateway_ingest.rules import rows, usual
from gateway_ingest.rules.looking import Seen, look
from gateway_ingest.rules.stored import whole_minute
from gateway_ingest.rules.writing import write
from hypercare.core.models import Launch
from hypercare.core.secrets import digest, new_secret

log = logging.getLogger(__name__)

CATCHES_UP = timedelta(minutes=30)  # what was longer ago when nobody watched is passed over
TASK = "gateway_ingest.watch_traffic"
_SPEAKS_AS = "Hypercare rules"


def watch_all(*, clock: Callable[[], datetime]) -> int:
    """Looks at the minutes that have ended since the last time, launch by launch; says how many launches it looked at."""
    of_launch = {"launch": OuterRef("pk")}
    heard = Exists(CallKind.objects.filter(**of_launch)) | Exists(
        Heartbeat.objects.filter(source__launch=OuterRef("pk"))
    )
    looked = 0
    windows.fold()
    for launch in Launch.objects.filter(heard, closed_at=None).order_by("pk"):
        try:
            looked += watch_launch(launch, now=clock())
        except Exception:  # one launch's trouble may not silence the rules of the others
            log.exception("the traffic of %s could not be watched; the next minute tries again", launch.slug)
    return looked


def watch_launch(launch: Launch, *, now: datetime) -> bool:
    """Looks at what has ended and was not looked at; whether there was anything and nobody else took it."""
    retiring.rest(launch, now=now)
    watch = watch_of(launch, now=now)
    until = whole_minute(now - SETTLES)
    begins = max(watch.looked_until, until - CATCHES_UP)
    if begins >= until:
        return False
    rows.ensure(launch, now=now)
    is_first = watch.learned_until is None  # before it there was nobody to be away
    absent = [] if is_first else absences.found_between(watch.looked_until, until)
    usual.learn(watch, absent=absent, now=now)
    seen = look(launch, watch, begins, until, absent)
    return _commit(launch, watch, seen, now=now)


def watch_of(launch: Launch, *, now: datetime) -> TrafficWatch:
    """How far the launch is watched; the first look begins with the minutes just gone."""
    known = TrafficWatch.objects.select_related("source").filter(launch=launch).first()
    if known is not None:
        return known
    with transaction.atomic():
        Launch.objects.select_for_update(no_key=True).get(pk=launch.pk)
        known = TrafficWatch.objects.select_related("source").filter(launch=launch).first()
        if known is None:
            begins = whole_minute(now - SETTLES) - CATCHES_UP
            known = TrafficWatch.objects.create(launch=launch, source=_voice(launch, now=now), looked_until=begins)
    return known


def _voice(launch: Launch, *, now: datetime) -> Source:
    """The source that the rules speak through; nobody knows its key, and it stands in no list."""
    taken = set(Source.objects.filter(launch=launch).values_list("name", flat=True))
    name = next(name for number in range(len(taken) + 1) if (name := f"{_SPEAKS_AS}{number or ''}") not in taken)
    return Source.objects.create(launch=launch, name=name, digest=digest(new_secret("hcs")), hint="", created_at=now)


@transaction.atomic
def _commit(launch: Launch, watch: TrafficWatch, seen: Seen, *, now: datetime) -> bool:
    row = TrafficWatch.objects.select_for_update(of=("self",)).get(pk=watch.pk)
    if row.looked_until != watch.looked_until or seen.versions != rows.versions(launch):
        return False
    # Only a look makes a key fire, so a number that fell tells that a person ended one meanwhile.
    if seen.firing != RuleState.objects.filter(rule__launch=launch, firing=True).count():
        return False
    source = sources.locked_living(watch.source_id)
    write(launch, source, seen, now=now)
    row.looked_until = seen.until
    row.save(update_fields=["looked_until"])
    return True
