"""This module makes a report of what a stakeholder said: the voice is theirs, whoever wrote it down."""

from collections.abc import Mapping
from typing import Any

from feedback.models import Channel
from feedback.report import Report
from feedback.spoken import fingerprint, title_of
from hypercare.core.models import User


def report_of(answers: Mapping[str, Any], *, writer: User) -> Report:
    """The note as a report; the person who said it counts as its reporter, else the writer."""
    said_by = answers["said_by"]
    return Report(
        channel=Channel.STAKEHOLDER_NOTE,
        source=f"user:{writer.pk}",
        title=title_of(answers["text"]),
        body=answers["text"],
        context={"said_by": said_by or str(writer), "written_by": str(writer)},
        reporter_email="" if said_by else writer.email.lower(),
        reporter_name=said_by or writer.name,
        reporter_external_id=f"said by {' '.join(said_by.casefold().split())}"[:200] if said_by else "",
        component=answers["component"],
        occurred_at=answers["occurred_at"],
        external_id=fingerprint(answers["form_id"], answers["text"], said_by),
        language=writer.language,
    )
