"""This module sets how long single calls are kept, and until when a source may send old ones."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from gateway_ingest.calls import keep_days
from gateway_ingest.models import Backfill, CallRetention, Source
from hypercare.core.models import Launch
from hypercare.core.problem import wrong
from hypercare.core.timeline import Actor, Entry, record

LONGEST_DAYS = 400
LONGEST_BACKFILL = timedelta(days=7)


def days_kept(launch: Launch) -> int:
    """How many days the launch keeps its single calls."""
    return keep_days([launch])[launch.pk]


@transaction.atomic
def set_days(launch: Launch, days: int, *, actor: Actor, now: datetime) -> None:
    """Sets it; what is older goes within the hour, windows stay. Raises Problem 400 for a number outside 1 to 400."""
    if not 1 <= days <= LONGEST_DAYS:
        raise wrong("/keep_days", _("Choose a number of days from 1 to 400."))
    before = days_kept(launch)
    if days == before:
        return
    CallRetention.objects.update_or_create(launch=launch, defaults={"keep_days": days})
    entry = Entry(f"launch:{launch.slug}", "calls.retention", {"before": before, "days": days})
    record(launch, [entry], actor=actor, now=now)


def backfill_until(source: Source, *, now: datetime) -> datetime | None:
    """Until when the source may send old rows, if it may now."""
    return Backfill.objects.filter(source=source, until__gt=now).values_list("until", flat=True).first()


@transaction.atomic
def set_backfill(source: Source, hours: int, *, actor: Actor, now: datetime) -> None:
    """Lets a source send old rows for some hours; 0 ends it. Raises Problem 400 for more than seven days."""
    if not 0 <= hours <= LONGEST_BACKFILL / timedelta(hours=1):
        raise wrong("/hours", _("Choose a number of hours from 0 to 168."))
    until = now + timedelta(hours=hours)
    if hours:
        Backfill.objects.update_or_create(source=source, defaults={"until": until})
    else:
        Backfill.objects.filter(source=source).delete()
    data = {"name": source.name, "until": until.isoformat() if hours else ""}
    record(source.launch, [Entry(f"source:{source.pk}", "source.backfill", data)], actor=actor, now=now)
