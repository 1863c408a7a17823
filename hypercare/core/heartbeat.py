"""This module holds the workers' sign of life: a row that /readyz reads."""

from datetime import datetime, timedelta

from hypercare.core import clock
from hypercare.core.models import WorkerBeat

FRESH_FOR = timedelta(seconds=15)


def beat(name: str) -> None:
    """Writes that the worker `name` lives now, and forgets workers long gone."""
    now = clock.now()
    WorkerBeat.objects.update_or_create(name=name, defaults={"beat_at": now})
    WorkerBeat.objects.filter(beat_at__lt=now - timedelta(hours=1)).delete()


def end(name: str) -> None:
    """Takes back the sign of a worker that stops by itself."""
    WorkerBeat.objects.filter(name=name).delete()


def is_fresh(*, now: datetime) -> bool:
    """Whether any worker showed life in the last 15 seconds."""
    return WorkerBeat.objects.filter(beat_at__gte=now - FRESH_FOR).exists()
