"""This module is the Celery app; its tasks live with their subjects, its clock in hypercare.schedule."""

import os

from celery import Celery
from celery.signals import worker_ready, worker_shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hypercare.settings")

from hypercare.schedule import BEAT_SCHEDULE
from hypercare.standby import Standby

app = Celery("hypercare")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = BEAT_SCHEDULE
app.autodiscover_tasks(["hypercare.core", "feedback", "gateway_ingest", "triage"])

standby = Standby(app)


@worker_ready.connect
def _begin(**_kwargs: object) -> None:
    standby.start()


@worker_shutdown.connect
def _end(**_kwargs: object) -> None:
    standby.stop()
