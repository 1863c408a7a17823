"""This module reads GitLab's webhooks: deployment and release events."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from gateway_ingest.formats.deploys.incoming import (
    DEFAULT_ENVIRONMENT,
    MAX_ENVIRONMENT,
    MAX_ID,
    MAX_VERSION,
    DeployReading,
    IncomingDeployment,
    NotLive,
    an_object,
    moment,
    needed,
    notes,
    part,
    text,
)
from gateway_ingest.formats.incoming import FormatError
from hypercare.core.strict_json import JSON


def read(payload: JSON, headers: Mapping[str, str]) -> DeployReading:  # noqa: ARG001 - the body names its event
    """A deployment with status success or a release that was created; other events put nothing live."""
    said = an_object(payload, "body")
    kind = text(said, "object_kind")
    if kind == "deployment":
        return _deployment(said)
    if kind == "release":
        return _release(said)
    if kind:
        return NotLive(_("The event “%(event)s” puts nothing live.") % {"event": kind[:40]})
    raise FormatError(_("Choose “Deployment events” or “Releases events” in the webhook's settings."))


def _deployment(said: dict[str, JSON]) -> DeployReading:
    status = text(said, "status")
    if status != "success":
        return NotLive(_("The deployment's state is “%(state)s”.") % {"state": status[:40]})
    return IncomingDeployment(
        version=needed(said, "ref", "short_sha", most=MAX_VERSION),
        environment=text(said, "environment", most=MAX_ENVIRONMENT) or DEFAULT_ENVIRONMENT,
        component_names=_names(said),
        deployed_at=moment(said, "status_changed_at"),
        summary=text(said, "commit_title"),
        external_id=f"deployment:{needed(said, 'deployment_id', most=MAX_ID)}",
        notes=notes(said.get("commit_title"), said.get("commit")),
    )


def _release(said: dict[str, JSON]) -> DeployReading:
    action = text(said, "action")
    if action != "create":
        return NotLive(_("The release was “%(action)s”, not published.") % {"action": action[:40]})
    version = needed(said, "tag", most=MAX_VERSION)
    return IncomingDeployment(
        version=version,
        environment=DEFAULT_ENVIRONMENT,
        component_names=_names(said),
        deployed_at=moment(said, "released_at", "created_at"),
        summary=text(said, "name", "description"),
        external_id=f"release:{text(said, 'id', most=MAX_ID) or version}",
        notes=notes(said.get("name"), said.get("description"), said.get("commit")),
    )


def _names(said: dict[str, JSON]) -> tuple[str, ...]:
    project = part(said, "project")
    path = text(project, "path_with_namespace").rpartition("/")[2]
    return tuple(name for name in (path, text(project, "name")) if name)
