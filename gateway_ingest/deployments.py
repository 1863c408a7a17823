"""This module records that a release went live somewhere; the same external id again changes nothing."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from gateway_ingest.issue_names import found_in
from hypercare.core import wake
from hypercare.core.models import Component, Deployment, Environment, Launch, Release
from hypercare.core.problem import Problem, wrong
from hypercare.core.redaction import redact, without_secret
from hypercare.core.timeline import Actor, Entry, record

LINK_TASK = "triage.follow_deployments"
_AHEAD = timedelta(days=1)


@dataclass(frozen=True)
class NewDeployment:
    """What was deployed; `component` is a slug or empty for the whole launch.

    `notes` are messages of commits and release notes, of which only the issues they name are kept; `issues` are those
    that the sender names in a field.
    """

    version: str
    environment: str
    component: str = ""
    deployed_at: datetime | None = None
    summary: str = ""
    external_id: str = ""
    notes: str = ""
    issues: tuple[str, ...] = ()


def name_of(deployment: Deployment) -> str:
    """The name people use, for example DP-3."""
    return f"DP-{deployment.pk}"


@transaction.atomic
def record_deployment(
    launch: Launch, new: NewDeployment, *, source: str, actor: Actor, now: datetime
) -> tuple[Deployment, bool]:
    """Writes it once for each (source, external id); says whether it is new. Raises Problem 400 or 409."""
    if launch.closed_at:
        raise Problem(409, _("%(launch)s was closed and takes no more deployments.") % {"launch": launch.name})
    component = _component(launch, new.component)
    if new.deployed_at and new.deployed_at > now + _AHEAD:
        raise wrong("/deployed_at", _("This time lies more than a day ahead; check the sender's clock."))
    environment, _made = Environment.objects.get_or_create(launch=launch, name=new.environment)
    named = found_in([new.version, new.summary, new.notes], fields=new.issues)
    release, _made = Release.objects.get_or_create(
        launch=launch, component=component, version=new.version, defaults={"created_at": now}
    )
    deployment, created = Deployment.objects.get_or_create(
        launch=launch,
        source=source,
        external_id=without_secret(new.external_id) or uuid.uuid4().hex,
        defaults={
            "release": release,
            "environment": environment,
            "deployed_at": min(new.deployed_at or now, now),
            "summary": redact(new.summary).text[:300],
            "named_issues": named,
            "linked_at": None if named else now,
        },
    )
    if created:
        data = {"version": new.version, "environment": new.environment, "component": new.component}
        entry = Entry(name_of(deployment), "deployment.recorded", data, deployment.deployed_at)
        record(launch, [entry], actor=actor, now=now)
        if named:
            wake.worker_after_commit(LINK_TASK)
    return deployment, created


def _component(launch: Launch, slug: str) -> Component | None:
    if not slug:
        return None
    component = Component.objects.filter(launch=launch, slug=slug).first()
    if component is None:
        known = ", ".join(Component.objects.filter(launch=launch).order_by("slug").values_list("slug", flat=True))
        raise wrong("/component", _("There is no such component in this launch; known are: %(known)s.") % {
            "known": known or _("none yet")})  # fmt: skip
    return component
