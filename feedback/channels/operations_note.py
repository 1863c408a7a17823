"""This module makes a report of what someone in operations saw: the writer is its reporter, a named witness its context."""

from collections.abc import Mapping
from typing import Any

from feedback.models import Channel
from feedback.report import Report
from feedback.spoken import fingerprint, title_of
from hypercare.core.models import User


def report_of(answers: Mapping[str, Any], *, writer: User) -> Report:
    """The observation as a report."""
    witness = {"seen_by": answers["said_by"]} if answers["said_by"] else {}
    return Report(
        channel=Channel.OPERATIONS_NOTE,
        source=f"user:{writer.pk}",
        title=title_of(answers["text"]),
        body=answers["text"],
        context={"written_by": str(writer)} | witness,
        reporter_email=writer.email.lower(),
        reporter_name=writer.name,
        component=answers["component"],
        occurred_at=answers["occurred_at"],
        external_id=fingerprint(answers["form_id"], answers["text"], answers["said_by"]),
        language=writer.language,
    )
