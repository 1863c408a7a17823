"""This module takes one deploy webhook: reads it and records the deployment, once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from gateway_ingest import batches, dead_letters, posted_forms, routing, sources
from gateway_ingest.component_names import component_of, components_by_name
from gateway_ingest.deployments import NewDeployment, name_of, record_deployment
from gateway_ingest.formats import FormatError
from gateway_ingest.formats.deploys import DEPLOY_FORMATS, IncomingDeployment, NotLive
from gateway_ingest.models import Batch, Source
from gateway_ingest.routing import Routing
from gateway_ingest.unpacking import unpack
from hypercare.core.models import Deployment, Launch
from hypercare.core.problem import Problem, not_found
from hypercare.core.strict_json import JSON, BadJson, parse
from hypercare.core.timeline import Actor

MAX_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True)
class DeployAnswer:
    """What the sender gets with 202: the deployment's name, or why nothing was recorded."""

    deployment: str = ""
    duplicate: bool = False
    ignored: str = ""
    rejected: list[dict[str, object]] = field(default_factory=list)
    dead_letter: str = ""

    def as_json(self) -> dict[str, object]:
        """The body of the answer."""
        body: dict[str, object] = {"accepted": int(bool(self.deployment) and not self.duplicate)}
        body |= {"duplicate": True} if self.duplicate else {"rejected": self.rejected}
        extra = {"deployment": self.deployment, "ignored": self.ignored, "dead_letter": self.dead_letter}
        return body | {name: value for name, value in extra.items() if value}


def receive_deploy(
    source: Source, body: bytes, *, encoding: str, format_name: str, headers: Mapping[str, str], now: datetime
) -> DeployAnswer:
    """Records what went live, once for each Idempotency-Key or body.

    Raises Problem 400, 413 or 415 for an unreadable body, 404 for an unknown format.
    """
    key = headers.get("idempotency-key", "")
    batches.check_key(key)
    if format_name not in DEPLOY_FORMATS:
        detail = _("There is no format of that name; known are: %(known)s.")
        raise not_found(detail % {"known": ", ".join(DEPLOY_FORMATS)})
    is_form = posted_forms.is_form(headers)
    unpacked, payload = _opened(source, body, encoding=encoding, is_form=is_form, format_name=format_name, now=now)
    try:
        said = DEPLOY_FORMATS[format_name](payload, headers)
    except FormatError as error:
        return _letter(source, unpacked, str(error), format_name=format_name, now=now)
    if isinstance(said, NotLive):
        Source.objects.filter(pk=source.pk).update(last_event_at=now)
        return DeployAnswer(ignored=said.reason)
    try:
        return _stored(source, said, batch_id=f"deploys:{batches.batch_id(key, [unpacked])}", now=now)
    except _NoLaunchError:
        return _letter(source, unpacked, routing.refusal(), format_name=format_name, now=now)
    except Problem as problem:
        if problem.status != HTTPStatus.BAD_REQUEST:
            raise
        return _letter(source, unpacked, problem.detail, format_name=format_name, now=now)


def _letter(source: Source, body: bytes, reason: str, *, format_name: str, now: datetime) -> DeployAnswer:
    letter = dead_letters.keep(source, body, reason=reason, format_name=f"deploys/{format_name}", now=now)
    batches.note_rejected(source, now=now)
    return DeployAnswer(rejected=[{"index": None, "error": reason}], dead_letter=letter.key)


def _opened(
    source: Source, body: bytes, *, encoding: str, is_form: bool, format_name: str, now: datetime
) -> tuple[bytes, JSON]:
    try:
        unpacked = unpack(body, encoding=encoding)
        unpacked = posted_forms.as_json(unpacked) if is_form else unpacked
        return unpacked, parse(unpacked, max_bytes=MAX_BYTES)
    except (Problem, BadJson) as error:
        raise dead_letters.refused(source, body, error, format_name=f"deploys/{format_name}", now=now) from error


@transaction.atomic
def _stored(source: Source, said: IncomingDeployment, *, batch_id: str, now: datetime) -> DeployAnswer:
    """The source's row lock comes first, so that two deliveries of one event follow one another."""
    source = sources.locked_living(source.pk)
    launch = Routing.of(source).launch_of(routing.traits_of_deployment(said))
    if launch is None:
        raise _NoLaunchError
    new = _new(said, launch)
    if batches.came_before(source, batch_id, now=now) and not _is_return(said, launch, new, batch_id=batch_id):
        Source.objects.filter(pk=source.pk).update(repeats=F("repeats") + 1, last_event_at=now)
        return DeployAnswer(duplicate=True)
    row, created = record_deployment(launch, new, source=f"source:{source.pk}", actor=Actor(source.name), now=now)
    facts = {"accepted": int(created), "lag": _lag(said, now=now), "received_at": now}
    Batch.objects.update_or_create(source=source, batch_id=batch_id, defaults=facts)
    Source.objects.filter(pk=source.pk).update(last_event_at=now, first_event_at=source.first_event_at or now)
    return DeployAnswer(deployment=name_of(row), duplicate=not created)


def _is_return(said: IncomingDeployment, launch: Launch, new: NewDeployment, *, batch_id: str) -> bool:
    """Whether the same body tells of a rollback: nothing in it names one deployment, and another version is live now."""
    if ":key:" in batch_id or said.deployed_at or said.external_id:
        return False
    of_part = Deployment.objects.filter(launch=launch, environment__name=new.environment)
    of_part = of_part.filter(release__component__slug=new.component or None)
    live = of_part.order_by("-deployed_at", "-pk").values_list("release__version", flat=True).first()
    return live is not None and live != new.version


class _NoLaunchError(Exception):
    """No route fits."""


def _new(said: IncomingDeployment, launch: Launch) -> NewDeployment:
    component = component_of(said.component_names, components_by_name(launch.pk))
    return NewDeployment(
        version=said.version,
        environment=said.environment,
        component=component.slug if component else "",
        deployed_at=said.deployed_at,
        summary=said.summary,
        external_id=said.external_id,
        notes=said.notes,
        issues=said.issues,
    )


def _lag(said: IncomingDeployment, *, now: datetime) -> int | None:
    return max(0, int((now - said.deployed_at).total_seconds() * 1000)) if said.deployed_at else None
