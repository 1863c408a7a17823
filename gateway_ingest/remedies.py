"""This module says of a dead letter whether a mapping can help it, and what to do where neither that nor a replay can."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from gateway_ingest.formats import otlp_logs, recognised
from gateway_ingest.models import DeadLetter
from hypercare.core.strict_json import BadJson, parse

_MOST_BYTES = 512 * 1024


@dataclass(frozen=True)
class Remedy:
    """Whether a mapping is asked for such a letter, and what else to do."""

    can_map: bool
    advice: str = ""


def with_remedies(letters: Iterable[DeadLetter]) -> list[tuple[DeadLetter, Remedy]]:
    """Each letter with its remedy."""
    return [(letter, remedy_of(letter)) for letter in letters]


def remedy_of(letter: DeadLetter) -> Remedy:
    """A mapping reads JSON alerts of no format that we know; whatever else came is put right where it comes from."""
    if not letter.can_be_replayed:
        return Remedy(can_map=False, advice=letter.why_not_replayed)
    if "/" in letter.format:
        return Remedy(can_map=False)
    try:
        payload = parse(letter.body.encode(), max_bytes=_MOST_BYTES)
    except BadJson as error:
        return Remedy(can_map=False, advice=error.detail)
    known = recognised(payload, letter.headers)
    name = known.name if known else "otlp" if otlp_logs.recognises(payload) else ""
    if not name:
        return Remedy(can_map=True)
    said = _("It is a notification of “%(name)s”, which no mapping reads; replay it once its reason is put right.")
    return Remedy(can_map=False, advice=said % {"name": name})
