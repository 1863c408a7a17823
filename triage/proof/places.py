"""This module says how far a deployment reaches: to everybody, to a part of the traffic, or only to those who try it out."""

from gateway_ingest.evidence.places import place_of
from hypercare.core.plain_names import plain

_PARTS = frozenset({"canary", "beta", "pilot", "blue", "green", "experiment"})


def is_live(environment: str) -> bool:
    """Whether everybody is served there; a canary serves a part only, and staging nobody."""
    return not place_of(environment) and not _PARTS.intersection(plain(environment).split("-"))
