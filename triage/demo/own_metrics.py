"""This module names the sample launch's own metrics, and sends their values through OpenTelemetry's door."""

import json
import math
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from gateway_ingest import sources
from gateway_ingest.models import Source
from gateway_ingest.receive import Delivery
from gateway_ingest.receive_metrics import receive_metrics
from hypercare.core import clock
from hypercare.core.models import MetricDefinition
from hypercare.core.parts import save_part
from triage.demo.minutes import busy, minutes_between
from triage.demo.stage import Stage
from triage.demo.story import FOLDER, read_when
from triage.exit.criteria import Promise, add_criterion
from triage.exit.targets import Target

COLLECTOR = "OpenTelemetry Collector"
_AT_ONCE = timedelta(days=1)
_DELTA = 1


def load(stage: Stage, *, now: datetime) -> None:
    """Names the metrics while the launch is prepared, and sends what they were since go-live."""
    _prepare(stage, now=stage.launch.created_at)
    begins, _end = clock.day_bounds(stage.launch.go_live_on, stage.launch.zone)
    while begins < now:
        send(stage, begins, min(begins + _AT_ONCE, now), now=now)
        begins += _AT_ONCE


def _prepare(stage: Stage, *, now: datetime) -> None:
    """The source, the metrics, and the exit criterion that one of them stands for."""
    sources.create(stage.launch, name=COLLECTOR, actor=stage.actor("astra"), now=now)
    for told in _told():
        definition = MetricDefinition(launch=stage.launch, name=told["name"], unit=told["unit"])
        save_part(definition, actor=stage.actor("priya"), now=now)
        if said := told.get("exit"):
            promise = Promise(definition.measured_as, said["name"], said["comparator"], signer=said["signer"])
            target = Target(said["threshold"], said["hold_days"])
            add_criterion(stage.launch, promise, target, reason="", actor=stage.actor("priya"), now=now)


def send(stage: Stage, begins: datetime, ends: datetime, *, now: datetime) -> int:
    """Sends the values of the whole minutes between two moments, once; an older copy of the sample has none."""
    source = Source.objects.select_related("launch").filter(launch=stage.launch, name=COLLECTOR).first()
    minutes = list(minutes_between(begins, ends))
    if source is None or not minutes:
        return 0
    metrics = [_metric(told, stage, minutes) for told in _told()]
    body = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]}).encode()
    delivery = Delivery(body, idempotency_key=f"demo:{minutes[0]:%Y%m%d%H%M}-{len(minutes)}")
    return receive_metrics(source, delivery, protobuf=False, now=now).accepted


def _metric(told: Mapping[str, Any], stage: Stage, minutes: Sequence[datetime]) -> dict[str, Any]:
    points = [
        {"timeUnixNano": str(int(at.timestamp()) * 10**9), "asInt": str(_value(told, stage, at))} for at in minutes
    ]
    if told["kind"] == "gauge":
        return {"name": told["name"], "gauge": {"dataPoints": points}}
    summed = {"dataPoints": points, "aggregationTemporality": _DELTA, "isMonotonic": True}
    return {"name": told["name"], "sum": summed}


def _value(told: Mapping[str, Any], stage: Stage, at: datetime) -> int:
    """The value of the minute that begins then; the same for whoever asks."""
    launch = stage.launch
    chance = random.Random(f"{launch.slug} {told['name']} {at.timestamp():.0f}")  # noqa: S311 - made-up figures
    times = [
        one["times"]
        for one in told["troubles"]
        if all(
            (read_when(one[name]).moment(at, first_day=launch.go_live_on, zone=launch.zone) <= at) is (name == "from")
            for name in ("from", "until")
        )
    ]
    return int(told["busiest"] * busy(at, launch.zone) * math.prod(times) * chance.uniform(0.7, 1.3) + chance.random())


@lru_cache(1)
def _told() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / "own_metrics.json").read_text(encoding="utf-8"))
    return found
