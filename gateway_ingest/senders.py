"""This module finds the sources that a group of deliveries comes from by their keys, and locks them all at once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from gateway_ingest.models import Source
from hypercare.core import prepared, rows
from hypercare.core.models import Launch
from hypercare.core.problem import Problem, not_found
from hypercare.core.secrets import digest

_BY_EARLIER_KEYS = "SELECT digest, source_id FROM gateway_ingest_earlierkey WHERE digest = ANY(%s) AND until > %s"


def sources_of_keys(keys: Collection[str], *, now: datetime) -> dict[str, Source]:
    """The living source of each key that opens one."""
    by_digest = {digest(key): key for key in keys}
    opened = {one.digest: one for one in _living("digest", list(by_digest))}
    if others := by_digest.keys() - opened.keys():
        opened |= _by_earlier_keys(list(others), opened.values(), now=now)
    _with_launches(list(opened.values()))
    return {by_digest[one]: source for one, source in opened.items()}


def _by_earlier_keys(digests: list[str], known: Iterable[Source], *, now: datetime) -> dict[str, Source]:
    """The sources of keys that were replaced and work a while longer."""
    with prepared.cursor() as cursor:
        cursor.execute(_BY_EARLIER_KEYS, [digests, now])
        numbers = dict(cursor.fetchall())
    by_number = {source.pk: source for source in known}
    if others := set(numbers.values()) - by_number.keys():
        by_number |= {source.pk: source for source in _living("id", list(others))}
    return {one: by_number[number] for one, number in numbers.items() if number in by_number}


def _living(column: str, values: Sequence[str | int]) -> list[Source]:
    return rows.read(Source, f"{column} = ANY(%s) AND revoked_at IS NULL", [list(values)])


def _with_launches(found: list[Source]) -> None:
    launches = {row.pk: row for row in rows.read(Launch, "id = ANY(%s)", [[one.launch_id for one in found]])}
    for source in found:
        source.launch = launches[source.launch_id]


_LOCK = """SELECT source.id, source.revoked_at, launch.closed_at FROM gateway_ingest_source AS source
JOIN core_launch AS launch ON launch.id = source.launch_id WHERE source.id = ANY(%s)
ORDER BY source.id FOR NO KEY UPDATE OF source"""


def lock(held: Iterable[Source]) -> None:
    """Locks sources in the order of their numbers, so that groups of deliveries never wait in a ring.

    What may have changed since they were read is read again: whether they were ended, or their launch closed.
    """
    by_number = {source.pk: source for source in held}
    with prepared.cursor() as cursor:
        cursor.execute(_LOCK, [list(by_number)])
        for number, revoked_at, closed_at in cursor.fetchall():
            source = by_number[number]
            source.revoked_at, source.launch.closed_at = revoked_at, closed_at


_FREE = "SELECT id FROM gateway_ingest_source WHERE id = ANY(%s) FOR NO KEY UPDATE SKIP LOCKED"


def free_of(numbers: Collection[int]) -> set[int]:
    """Which of these sources nobody holds at the moment."""
    with prepared.cursor() as cursor:
        cursor.execute(_FREE, [list(numbers)])
        return {number for (number,) in cursor.fetchall()}


def refuse_ended(source: Source) -> None:
    """Raises Problem 404 once a source's key was ended."""
    if source.revoked_at:
        raise not_found(_("This key was ended."))


def unknown_key(*, in_address: bool) -> Problem:
    """The 404 of an address that carries a wrong key, the 401 of a header that does."""
    if in_address:
        return not_found(_("No source has this key, or it was ended. Make a new one on the launch's page of sources."))
    return Problem(401, _("Send a source's key as Authorization: Bearer; this one is missing, unknown or ended."))
