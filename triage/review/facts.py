"""This module reads an incident and puts it into words in one go, in the language of its launch: many people read them."""

from datetime import datetime

from django.utils.translation import override

from triage.models import Issue
from triage.review.analysis import analysis_in_words
from triage.review.incident import incident_of
from triage.review.prefill import Facts, prefilled


def facts_of(issue: Issue, *, now: datetime) -> dict[str, Facts]:
    """What the rows say now for each section of an issue's review."""
    with override(issue.launch.language):
        return prefilled(incident_of(issue, now=now), analysis_in_words(issue))
