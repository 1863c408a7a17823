"""This module uploads the sample shop's own description of its API, which its traffic is held against."""

from datetime import datetime

from gateway_ingest import descriptions
from gateway_ingest.models import ApiDescription
from triage.demo.stage import Stage
from triage.demo.story import FOLDER


def describe(stage: Stage, *, now: datetime) -> ApiDescription:
    """The description, uploaded by whoever looks after the launch."""
    content = (FOLDER / "openapi.yaml").read_bytes()
    return descriptions.upload(stage.launch, content, component="", actor=stage.actor("astra"), now=now)
