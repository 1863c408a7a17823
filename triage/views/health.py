"""This module answers whether the process lives and whether the product can do its work."""

from datetime import datetime

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from feedback.models import Feedback
from hypercare.core import clock, heartbeat
from triage.classify.versions import is_in_memory_alone

_broker = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.3, socket_connect_timeout=0.3)
_state = {"migrated": False}


def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """The process lives."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 while database, migrations and a worker's heartbeat are good; the broker may be missing, and files of models."""
    facts: dict[str, object] = {
        "database": False,
        "migrations": False,
        "worker": False,
        "oldest_untriaged_seconds": None,
    }
    degraded = []
    try:
        now = clock.now()
        facts["migrations"] = _migrated()
        facts["database"] = True
        facts["worker"] = heartbeat.is_fresh(now=now)
        facts["oldest_untriaged_seconds"] = _oldest_untriaged(now=now)
        degraded = ["models"] if is_in_memory_alone() else []
    except DatabaseError:
        pass
    facts["broker"] = _broker_answers()
    ready = bool(facts["database"] and facts["migrations"] and facts["worker"])
    facts["degraded"] = degraded if facts["broker"] else ["broker", *degraded]
    return JsonResponse({"status": "ready" if ready else "not ready"} | facts, status=200 if ready else 503)


def _migrated() -> bool:
    if not _state["migrated"]:
        executor = MigrationExecutor(connection)
        _state["migrated"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _state["migrated"]


def _oldest_untriaged(*, now: datetime) -> float | None:
    oldest = Feedback.objects.filter(triaged_at=None).order_by("id").values_list("received_at", flat=True).first()
    return None if oldest is None else max((now - oldest).total_seconds(), 0.0)


def _broker_answers() -> bool:
    try:
        return bool(_broker.ping())
    except redis.RedisError:
        return False
