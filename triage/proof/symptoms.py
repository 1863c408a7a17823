"""This module says by what the trouble of an issue shows in traffic: calls that fail, that are slow, or answers rated bad."""

from gateway_ingest.evidence import Signature, Span
from gateway_ingest.evidence.failures import Watched
from gateway_ingest.evidence.symptoms import WatchedAnswers, WatchedSlow
from triage.models import Issue
from triage.proof.judging import Symptom
from triage.proof.matched import signature_of

# What does not show as failed calls but by its type shows otherwise.
_OF_TYPE = {"performance": Symptom.SLOW, "ai_quality": Symptom.BAD_ANSWERS}


def symptom_of(issue: Issue) -> tuple[Symptom, list[Signature]]:
    """What failed, where anything did; else all calls of its component, if its type says what is wrong with them."""
    failing = signature_of(issue)
    symptom = _OF_TYPE.get(issue.category)
    if failing or symptom is None or issue.component is None:
        return Symptom.FAILS, failing
    return symptom, [Signature(component=issue.component.slug)]


def watching(symptom: Symptom, watched: Watched, *, usual: Span) -> Watched | None:
    """The same calls counted by their symptom; None where nothing says what is usual."""
    if symptom == Symptom.SLOW:
        return WatchedSlow.than_in(usual, watched)
    return WatchedAnswers.of_calls(watched) if symptom == Symptom.BAD_ANSWERS else watched
