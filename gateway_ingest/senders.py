"""This module finds the sources that a group of deliveries comes from by their keys, and locks them all at once."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from gateway_ingest.models import Source
from hypercare.core import prepared, rows
from hypercare.core.models import Launch
from hypercare.core.problem import Problem, not_found
from hypercare.core.secrets import digest

_OPENED = "(digest = ANY(%s) OR old_digest = ANY(%s) AND old_until > %s) AND revoked_at IS NULL"


def sources_of_keys(keys: Collection[str], *, now: datetime) -> dict[str, Source]:
    """The living source of each key that opens one."""
    by_digest = {digest(key): key for key in keys}
    found = {}
    for source in _with_launches(rows.read(Source, _OPENED, [list(by_digest), list(by_digest), now])):
        for one in (source.digest, source.old_digest):
            is_present = one == source.digest or (source.old_until is not None and source.old_until > now)
            if one in by_digest and is_present:
                found[by_digest[one]] = source
    return found


def _with_launches(found: list[Source]) -> list[Source]:
    launches = {row.pk: row for row in rows.read(Launch, "id = ANY(%s)", [[one.launch_id for one in found]])}
    for source in found:
        source.launch = launches[source.launch_id]
    return found


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


def refuse_ended(source: Source) -> None:
    """Raises Problem 404 once a source's key was ended."""
    if source.revoked_at:
        raise not_found(_("This key was ended."))


def unknown_key(*, in_address: bool) -> Problem:
    """The 404 of an address that carries a wrong key, the 401 of a header that does."""
    if in_address:
        return not_found(_("No source has this key, or it was ended. Make a new one on the launch's page of sources."))
    return Problem(401, _("Send a source's key as Authorization: Bearer; this one is missing, unknown or ended."))
