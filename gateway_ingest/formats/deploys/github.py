"""This module reads GitHub's webhooks: `deployment_status` and `release`."""

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
    names,
    needed,
    notes,
    part,
    text,
)
from gateway_ingest.formats.incoming import FormatError
from hypercare.core.strict_json import JSON


def read(payload: JSON, headers: Mapping[str, str]) -> DeployReading:
    """A deployment that succeeded or a release that was published; other events put nothing live."""
    said = an_object(payload, "body")
    if "deployment_status" in said:
        return _deployment(said)
    if "release" in said:
        return _release(said)
    event = headers.get("x-github-event", "")
    if event or "zen" in said or "hook" in said:
        return NotLive(_("The event “%(event)s” puts nothing live.") % {"event": event or "ping"})
    raise FormatError(_("Choose the events “Deployment statuses” or “Releases” in the webhook's settings."))


def _deployment(said: dict[str, JSON]) -> DeployReading:
    status, deployment = part(said, "deployment_status"), an_object(said.get("deployment"), "deployment")
    state = text(status, "state")
    if state != "success":
        return NotLive(_("The deployment's state is “%(state)s”.") % {"state": state[:40]})
    payload, run = part(deployment, "payload"), part(said, "workflow_run")
    return IncomingDeployment(
        version=text(payload, "version", "tag", most=MAX_VERSION) or _version(deployment),
        environment=text(status, "environment", most=MAX_ENVIRONMENT)
        or text(deployment, "environment", most=MAX_ENVIRONMENT)
        or DEFAULT_ENVIRONMENT,
        component_names=_names(said, payload),
        deployed_at=moment(status, "updated_at", "created_at"),
        summary=text(status, "description") or text(deployment, "description"),
        external_id=f"deployment:{needed(deployment, 'id', most=MAX_ID)}",
        notes=notes(
            status.get("description"),
            deployment.get("description"),
            run.get("display_title"),
            run.get("head_commit"),
            payload.get("notes"),
            payload.get("commits"),
        ),
        issues=names(payload.get("issues")),
    )


def _version(deployment: dict[str, JSON]) -> str:
    """A tag or branch as it is called; a bare commit by its first twelve digits."""
    ref, commit = text(deployment, "ref", most=MAX_VERSION), text(deployment, "sha", most=12)
    if not ref and not commit:
        raise FormatError(_("“%(name)s” is missing or no text.") % {"name": "ref"})
    bare = len(ref) == 40 and all(letter in "0123456789abcdef" for letter in ref)
    return commit if commit and (bare or not ref) else ref[:12] if bare else ref


def _release(said: dict[str, JSON]) -> DeployReading:
    action, release = text(said, "action"), part(said, "release")
    if action not in {"published", "released"} or release.get("draft") is True:
        return NotLive(_("The release was “%(action)s”, not published.") % {"action": action[:40]})
    version = needed(release, "tag_name", most=MAX_VERSION)
    return IncomingDeployment(
        version=version,
        environment=DEFAULT_ENVIRONMENT,
        component_names=_names(said, {}),
        deployed_at=moment(release, "published_at", "created_at"),
        summary=text(release, "name", "body"),
        external_id=f"release:{text(release, 'id', most=MAX_ID) or version}",
        notes=notes(release.get("name"), release.get("body")),
    )


def _names(said: dict[str, JSON], payload: dict[str, JSON]) -> tuple[str, ...]:
    names = (text(payload, "component", "service"), text(part(said, "repository"), "name"))
    return tuple(name for name in names if name)
