"""This module makes up the calls of the sample launch's gateway, minute by minute, and sends them through their door."""

import json
import logging
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections
from django.db.models import QuerySet

from gateway_ingest import sources, windows
from gateway_ingest.formats.calls import IncomingCall
from gateway_ingest.formats.calls.incoming import ConsumerClass
from gateway_ingest.models import Source
from gateway_ingest.receive_calls import CallAnswer, store_calls
from gateway_ingest.routing import Routing
from gateway_ingest.rules.wishes import set_target
from hypercare.core import clock
from hypercare.core.models import Deployment
from hypercare.core.timeline import Actor
from triage.demo import own_metrics
from triage.demo.minutes import MINUTE, busy, minutes_between
from triage.demo.stage import Stage
from triage.demo.story import FOLDER, read_when
from triage.demo.voices import failed_requests

log = logging.getLogger(__name__)

GATEWAY = "API gateway"
SEARCH_P95_MS = 600.0
CAUGHT_UP = timedelta(hours=6)
_MINUTES_A_BATCH = 720
_SHOPPERS = 900
_LOOK_SECONDS = 10.0
_HOST = "shop.example.com"
_TOKEN_COST = 600  # billionths of a currency unit


@dataclass(frozen=True)
class Service:
    """One route of the sample shop: how much it is called at the busiest hour, and how long it takes."""

    component: str
    method: str
    path: str
    calls: float
    median_ms: float
    grows_a_day: float = 0.0
    consumer: str = ""
    provider: str = ""
    model: str = ""
    tokens: int = 0


@dataclass(frozen=True)
class Trouble:
    """What goes wrong with a component for a while: some calls fail, all are slower, prompts are longer."""

    component: str
    begins: datetime
    ends: datetime
    status: int = 0
    share: float = 0.0
    slower: float = 1.0
    longer: float = 1.0


@dataclass(frozen=True)
class Course:
    """All that decides what calls a minute has."""

    stage: Stage
    services: tuple[Service, ...]
    troubles: tuple[Trouble, ...]
    releases: tuple[tuple[str, datetime, str], ...]
    go_live: datetime

    @classmethod
    def of(cls, stage: Stage) -> "Course":
        """The course of a loaded launch; what the story tells from its opening on counts from a deployment of that day."""
        told = _told()
        known = {"launch": stage.launch, "environment__name": stage.story.launch["environment"]}
        deployed = Deployment.objects.filter(**known).order_by("deployed_at")
        return cls(
            stage,
            tuple(Service(**fields) for fields in told["services"]),
            tuple(_troubles(stage, _opening(stage, told["opening"], deployed))),
            tuple(deployed.values_list("release__component__slug", "deployed_at", "release__version")),
            clock.day_bounds(stage.launch.go_live_on, stage.launch.zone)[0],
        )

    def minute(self, at: datetime) -> Iterator[IncomingCall]:
        """The calls of the minute that begins then; the same for whoever asks, and on whatever date the sample is loaded."""
        since = (at - self.go_live).total_seconds()
        chance = random.Random(f"{self.stage.launch.slug} {since:.0f}")  # noqa: S311 - made-up calls
        for service in self.services:
            number = int(service.calls * busy(at, self.stage.launch.zone) + chance.random())
            troubles = [
                one for one in self.troubles if one.component == service.component and one.begins <= at < one.ends
            ]
            for _call in range(number):
                yield self._call(service, troubles, at, chance)

    def _call(
        self, service: Service, troubles: Sequence[Trouble], minute: datetime, chance: random.Random
    ) -> IncomingCall:
        at = minute + timedelta(seconds=chance.random() * 60)
        failed = next((one.status for one in troubles if chance.random() < one.share), 0)
        slower = math.prod(one.slower for one in troubles) * self._grown(service, minute)
        release = self._release(service.component, minute)
        call = IncomingCall(
            at=int(at.timestamp() * 1_000_000),
            status=failed or (404 if chance.random() < 0.004 else 200),
            method=service.method,
            path=service.path.replace("{number}", str(chance.randrange(1000, 4000))),
            host=_HOST,
            duration=int(service.median_ms * slower * chance.lognormvariate(0, 0.35) * 1000),
            request_id=f"{chance.getrandbits(128):032x}",
            trace_id=f"{chance.getrandbits(128):032x}",
            consumer=service.consumer or f"shopper-{chance.randrange(_SHOPPERS)}",
            consumer_class=ConsumerClass.APPLICATION if service.consumer else ConsumerClass.USER,
            component=service.component,
            release=release,
        )
        return _of_model(call, service, math.prod(one.longer for one in troubles), release, chance)

    def _grown(self, service: Service, at: datetime) -> float:
        return float((1 + service.grows_a_day) ** max(self.stage.launch.day_on(at), 0))

    def _release(self, component: str, at: datetime) -> str:
        versions = [version for slug, since, version in self.releases if slug == component and since <= at]
        return versions[-1] if versions else ""


def gateway_of(stage: Stage) -> Source:
    """The source that sends the calls; made where an older copy of the sample has none."""
    known = Source.objects.select_related("launch").filter(launch=stage.launch, name=GATEWAY).first()
    if known is None:
        actor = Actor(str(stage.people["astra"]), stage.people["astra"])
        known, _key = sources.create(stage.launch, name=GATEWAY, actor=actor, now=stage.launch.created_at)
    return known


def load(stage: Stage, *, now: datetime) -> int:
    """Sets what the lead wants of the search, which drifts towards it, and sends all calls since go-live; says how many."""
    search = stage.launch.components.get(slug="search")
    set_target(
        stage.launch,
        search,
        p95_ms=SEARCH_P95_MS,
        daily_budget=None,
        actor=stage.actor("priya"),
        now=stage.launch.created_at,
    )
    begins, _end = clock.day_bounds(stage.launch.go_live_on, stage.launch.zone)
    sent = send(stage, begins, now, now=now)
    windows.fold()
    return sent


def send(stage: Stage, begins: datetime, ends: datetime, *, now: datetime) -> int:
    """Sends the calls of the whole minutes between two moments; those that were sent before change nothing."""
    course, source = Course.of(stage), gateway_of(stage)
    minutes = list(minutes_between(begins, ends))
    sent = 0
    for start in range(0, len(minutes), _MINUTES_A_BATCH):
        part = minutes[start : start + _MINUTES_A_BATCH]
        calls = [call for minute in part for call in course.minute(minute)]
        name = f"calls:key:demo:{part[0]:%Y%m%d%H%M}-{len(part)}"
        sent += store_calls(source, calls, CallAnswer(), to=Routing(source.launch), batch_id=name, now=now).accepted
    return sent


def send_failed(stage: Stage, said: Mapping[str, Any], *, now: datetime) -> None:
    """Sends the calls that a report of the story saw fail, under the very traces it carries."""
    requests = failed_requests(said)
    calls = [
        _failed(request, said, at=now - timedelta(seconds=len(requests) - number))
        for number, request in enumerate(requests)
    ]
    if calls:
        name = f"calls:key:demo:{said['id']}"
        store_calls(gateway_of(stage), calls, CallAnswer(), to=Routing(stage.launch), batch_id=name, now=now)


@dataclass
class LiveTraffic:
    """Sends what is called now while the story waits for its next event; what a stop left out follows, up to some hours."""

    stage: Stage
    now: Callable[[], datetime] = clock.now
    pause: Callable[[float], None] = time.sleep
    sent_until: datetime | None = None

    def sleep(self, seconds: float) -> None:
        """Waits as long as `time.sleep` would, and sends each minute that has ended."""
        while seconds > 0:
            step = min(seconds, _LOOK_SECONDS)
            self.pause(step)
            seconds -= step
            try:
                self.send_ended_minutes()
            except (OperationalError, InterfaceError) as reason:
                log.warning("the sample traffic waits for the database: %s", type(reason).__name__)
                close_old_connections()

    def send_ended_minutes(self) -> None:
        """One delivery a minute, under a name of its own, so that a minute is stored once."""
        now = self.now()
        begins = max(self.sent_until or gateway_of(self.stage).last_event_at or now, now - CAUGHT_UP)
        for minute in minutes_between(begins, now):
            own_metrics.send(self.stage, minute, minute + MINUTE, now=now)
            send(self.stage, minute, minute + MINUTE, now=now)
            self.sent_until = minute + MINUTE


def _failed(request: Mapping[str, Any], said: Mapping[str, Any], *, at: datetime) -> IncomingCall:
    path = str(request["path"])
    services = (Service(**fields) for fields in _told()["services"])
    component = next((one.component for one in services if path.startswith(one.path.partition("{")[0])), "")
    return IncomingCall(
        at=int(at.timestamp() * 1_000_000),
        status=request["status"],
        method=request["method"],
        path=path.replace("{sku}", "2204"),
        host=_HOST,
        duration=request["ms"] * 1000,
        trace_id=str(request["traceparent"]).split("-")[1],
        consumer=said["by"] or "guest",
        consumer_class=ConsumerClass.USER,
        component=component,
    )


def _of_model(call: IncomingCall, service: Service, longer: float, release: str, chance: random.Random) -> IncomingCall:
    if service.model:
        call.provider, call.model, call.prompt_version = service.provider, service.model, release or "prompt 13"
        call.first_byte = call.duration // 3
        call.input_tokens = int(service.tokens * longer * chance.lognormvariate(0, 0.2))
        call.output_tokens = int(180 * chance.lognormvariate(0, 0.3))
        call.cost = (call.input_tokens + 3 * call.output_tokens) * _TOKEN_COST
    return call


def _opening(stage: Stage, told: dict[str, str], deployed: "QuerySet[Deployment]") -> datetime:
    """When the demo was opened: so long after a deployment that the story tells."""
    found = deployed.filter(release__version=told["version"], release__component__slug=told["component"]).last()
    moment = found.deployed_at if found else stage.launch.created_at
    return moment - timedelta(seconds=read_when(told["when"]).seconds)


def _troubles(stage: Stage, opening: datetime) -> Iterator[Trouble]:
    for fields in _told()["troubles"]:
        begins, ends = (
            read_when(fields[name]).moment(opening, first_day=stage.launch.go_live_on, zone=stage.launch.zone)
            for name in ("from", "until")
        )
        rest = {name: value for name, value in fields.items() if name not in {"from", "until"}}
        yield Trouble(begins=begins, ends=ends, **rest)


@lru_cache(1)
def _told() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "traffic.json").read_text(encoding="utf-8"))
    return found
