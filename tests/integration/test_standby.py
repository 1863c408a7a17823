"""A worker's sign of life is there while it works and gone when it stops by itself."""

import time

import pytest

from hypercare.celery import app
from hypercare.core import clock, heartbeat
from hypercare.core.models import WorkerBeat
from hypercare.standby import Standby

pytestmark = pytest.mark.django_db(transaction=True)


def test_worker_that_stops_by_itself_leaves_no_sign_of_life():
    standby = Standby(app)
    standby.start()
    ends = time.monotonic() + 20
    while not WorkerBeat.objects.exists() and time.monotonic() < ends:
        time.sleep(0.05)
    assert heartbeat.is_fresh(now=clock.now())
    standby.stop()
    assert not WorkerBeat.objects.exists()
