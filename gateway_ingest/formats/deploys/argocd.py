"""This module reads what Argo CD's notifications send: our template, or the whole Application."""

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
from hypercare.core.strict_json import JSON

# Paste it into argocd-notifications-cm; it needs nothing else of the Application.
TEMPLATE = """{"app": {{toJson .app.metadata.name}}, "phase": {{toJson .app.status.operationState.phase}},
 "revision": {{toJson .app.status.sync.revision}}, "environment": {{toJson .app.spec.destination.namespace}},
 "finished_at": {{toJson .app.status.operationState.finishedAt}}, "images": {{toJson .app.status.summary.images}}}"""


def read(payload: JSON, headers: Mapping[str, str]) -> DeployReading:  # noqa: ARG001 - the body says all
    """A sync that succeeded."""
    said = an_object(payload, "body")
    application = part(said, "app") or (said if "metadata" in said else {})
    return _told(_flat(application) if application else said)


def _flat(application: dict[str, JSON]) -> dict[str, JSON]:
    """The whole Application in the words of our template."""
    status = part(application, "status")
    operation = part(status, "operationState")
    return {
        "app": part(application, "metadata").get("name"),
        "phase": operation.get("phase"),
        "revision": part(operation, "syncResult").get("revision") or part(status, "sync").get("revision"),
        "environment": part(part(application, "spec"), "destination").get("namespace"),
        "finished_at": operation.get("finishedAt"),
        "images": part(status, "summary").get("images"),
    }


def _told(said: dict[str, JSON]) -> DeployReading:
    name = needed(said, "app", most=MAX_ID)
    phase = text(said, "phase", "status")
    if phase.lower() not in {"succeeded", "synced"}:
        return NotLive(_("The deployment's state is “%(state)s”.") % {"state": phase[:40]})
    revision = needed(said, "revision", most=MAX_ID)
    finished = moment(said, "finished_at", "finishedAt")
    images = _tags(said.get("images"))
    return IncomingDeployment(
        version=(images[0] if len(images) == 1 else revision[:12])[:MAX_VERSION],
        environment=text(said, "environment", "namespace", most=MAX_ENVIRONMENT) or DEFAULT_ENVIRONMENT,
        component_names=(name,),
        deployed_at=finished,
        summary=", ".join(images)[:300],
        # Without its time a sync of this revision cannot be told from a later one, as a rollback makes it.
        external_id=f"{name}:{revision}:{int(finished.timestamp())}"[:MAX_ID] if finished else "",
        notes=notes(said.get("notes"), said.get("message")),
        issues=names(said.get("issues")),
    )


def _tags(images: JSON) -> list[str]:
    """The tags of images such as registry/shop/catalog:1.8.2."""
    given = images if isinstance(images, list) else []
    return [image.rpartition(":")[2] for image in given if isinstance(image, str) and ":" in image.rpartition("/")[2]]
