"""This module is the Celery app; its tasks live with their subjects, its clock in hypercare.schedule."""

import os

from celery import Celery
from celery.signals import worker_init, worker_shutdown
from kombu.transport.redis import Channel

from hypercare.schedule import BEAT_SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hypercare.settings")

# See hypercare.settings.broker on why no task is given back; the transport has no option for this half of it.
Channel.do_restore = False

app = Celery("hypercare")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = BEAT_SCHEDULE
app.autodiscover_tasks(["hypercare.core", "feedback", "gateway_ingest", "triage"])


# Before the worker looks for its broker: one that starts while the broker is away must help as well.
@worker_init.connect
def _keep_standby(**_kwargs: object) -> None:
    # Its models need Django set up, which Celery does after it has read this module.
    from hypercare.standby import Standby  # noqa: PLC0415

    standby = Standby(app)
    standby.start()
    worker_shutdown.connect(lambda **_kwargs: standby.stop(), weak=False)
