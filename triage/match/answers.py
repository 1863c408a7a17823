"""This module takes a person's word that two issues are the same problem, and merges them the way that ends no open work."""

from datetime import datetime

from hypercare.core.timeline import Actor
from triage import merging
from triage.models import Issue


def accept(one: Issue, other: Issue, *, version: int | None, actor: Actor, now: datetime) -> Issue:
    """Merges the two and returns the root; `version` is that of `one`."""
    if _goes_into(one, other):
        return merging.merge(one.pk, into_id=other.pk, version=version, actor=actor, now=now)
    return merging.merge(other.pk, into_id=one.pk, actor=actor, now=now)


def _goes_into(one: Issue, other: Issue) -> bool:
    """An ended issue goes into an open one; of two alike in that, the newer into the older."""
    return one.pk > other.pk if one.is_open == other.is_open else other.is_open
