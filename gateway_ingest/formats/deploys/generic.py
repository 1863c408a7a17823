"""This module reads a deployment in our own words, for any pipeline that can post JSON."""

from collections.abc import Mapping

from gateway_ingest.formats.deploys.incoming import (
    DEFAULT_ENVIRONMENT,
    MAX_ENVIRONMENT,
    MAX_ID,
    MAX_VERSION,
    DeployReading,
    IncomingDeployment,
    an_object,
    moment,
    names,
    needed,
    notes,
    text,
)
from hypercare.core.strict_json import JSON


def read(payload: JSON, headers: Mapping[str, str]) -> DeployReading:  # noqa: ARG001 - the body says all
    """`version` is all that must be there; `environment` is production where it is left out.

    `issues` names what it is about; keys such as IS-12 are found in `summary`, `notes` and `commits` too.
    """
    said = an_object(payload, "body")
    version = needed(said, "version", "release", most=MAX_VERSION)
    component = text(said, "component", "service", most=MAX_VERSION)
    return IncomingDeployment(
        version=version,
        environment=text(said, "environment", most=MAX_ENVIRONMENT) or DEFAULT_ENVIRONMENT,
        component_names=(component,) if component else (),
        deployed_at=moment(said, "deployed_at"),
        summary=text(said, "summary"),
        external_id=text(said, "external_id", most=MAX_ID),
        notes=notes(said.get("summary"), said.get("notes"), said.get("commits"), said.get("message")),
        issues=names(said.get("issues")),
    )
