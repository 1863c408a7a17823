"""This module has models trained: asked for by a person or the night, one at a time, in a process of its own.

The process is the lowest in priority and bounds itself in time and memory, so neither a page nor triage ever waits for
it; one that ends without an answer is found by its row and counted as failed.
"""

import os
import subprocess
import sys
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from hypercare.core import wake
from hypercare.core.clock import local_day, local_moment
from hypercare.core.models import Launch
from hypercare.core.timeline import SYSTEM, Actor
from triage.learn.bounds import WALL_SECONDS
from triage.models import Label, Origin, Pair, TicketImport, Training

TASK = "triage.learn"
FAILED = "failed"
NIGHT = time(2, 30)
FEWEST_NEW = 10
_STARTING_LOCK = 0x4843544C
_started: dict[int, subprocess.Popen[bytes]] = {}


def ask(launch: Launch, *, actor: Actor, now: datetime) -> Training:
    """Asks for a training; the one that waits or runs already where there is one."""
    try:
        with transaction.atomic():
            asked = Training.objects.create(launch=launch, asked_by=actor.user, asked_name=actor.name, asked_at=now)
    except IntegrityError:
        return Training.objects.filter(launch=launch).latest("id")
    wake.worker_after_commit(TASK)
    return asked


def ask_for_the_night(*, now: datetime) -> None:
    """Once a night, where people decided enough or brought old tickets in since the last training."""
    for launch in Launch.objects.filter(closed_at=None):
        tonight = local_moment(local_day(now, launch.zone), NIGHT, launch.zone)
        last = Training.objects.filter(launch=launch).order_by("-id").values_list("asked_at", flat=True).first()
        if now < tonight or (last is not None and last >= tonight):
            continue
        since = last or launch.created_at
        new = Label.objects.filter(launch=launch, withdrawn_at=None, labelled_at__gt=since).count()
        new += Pair.objects.filter(launch=launch, origin=Origin.PERSON, answered_at__gt=since).count()
        if new >= FEWEST_NEW or TicketImport.objects.filter(launch=launch, ended_at__gt=since).exists():
            ask(launch, actor=SYSTEM, now=now)


def start_waiting(*, now: datetime) -> None:
    """Starts the training that has waited longest, unless one runs; what died without an answer is ended here."""
    over = [number for number, process in _started.items() if process.poll() is not None]
    for number in over:
        del _started[number]
    too_long = Q(begun_at__lt=now - timedelta(seconds=WALL_SECONDS + 60))
    for training in Training.objects.filter(too_long | Q(pk__in=over), ended_at=None).select_related("launch"):
        with override(training.launch.language):
            end(training, outcome=FAILED, reason=_("It ran out of time or memory, or was stopped."), now=now)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_STARTING_LOCK])
        running = Training.objects.filter(ended_at=None, begun_at__isnull=False)
        waiting = Training.objects.filter(ended_at=None, begun_at=None)
        first = None if running.exists() else waiting.order_by("id").first()
        if first is None:
            return
        Training.objects.filter(pk=first.pk).update(begun_at=now)
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "teach", str(first.pk)]
    _started[first.pk] = start_apart(command)


def start_apart(command: list[str]) -> subprocess.Popen[bytes]:
    """Starts a process that computes with one thread."""
    return subprocess.Popen(  # noqa: S603 - our own program, no shell
        command, stdin=subprocess.DEVNULL, env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    )


def end(training: Training, *, outcome: str, reason: str, now: datetime) -> Training:
    """Writes down what a training came to."""
    training.outcome, training.reason, training.ended_at = outcome, reason[:500], now
    training.save(update_fields=["outcome", "reason", "ended_at", "version", "seconds"])
    return training
