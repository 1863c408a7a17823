"""This package holds one pure file for each kind of deploy webhook."""

from collections.abc import Callable, Mapping

from gateway_ingest.formats.deploys import argocd, generic, github, gitlab
from gateway_ingest.formats.deploys.incoming import DeployReading, IncomingDeployment, NotLive
from hypercare.core.strict_json import JSON

__all__ = ["DEPLOY_FORMATS", "DeployReading", "IncomingDeployment", "NotLive"]

# Each reads a payload with its headers (names in small letters) or raises FormatError.
DEPLOY_FORMATS: dict[str, Callable[[JSON, Mapping[str, str]], DeployReading]] = {
    "github": github.read,
    "gitlab": gitlab.read,
    "argocd": argocd.read,
    "generic": generic.read,
}
