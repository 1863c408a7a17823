"""This module unpacks what machines send, and stops at a size and a ratio that no honest sender reaches."""

import zlib
from collections.abc import Iterator

from django.utils.translation import gettext as _

from hypercare.core.problem import Problem

MAX_SENT = 10 * 1024 * 1024
MAX_UNPACKED = 100 * 1024 * 1024
MAX_RATIO = 100

STEP = 256 * 1024
_GZIP = 16 + zlib.MAX_WBITS


def unpack(body: bytes, *, encoding: str) -> bytes:
    """The body as its sender wrote it; raises Problem 400 (damaged), 413 (too large) or 415 (another encoding)."""
    if len(body) > MAX_SENT:
        raise Problem(413, _("More than 10 MB were sent at once; send smaller groups."))
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return body
    if name not in {"gzip", "x-gzip"}:
        raise Problem(
            415, _("The body is packed in a way we do not read; send it plain or with Content-Encoding: gzip.")
        )
    try:
        return _gunzip(body, limit=min(MAX_UNPACKED, MAX_RATIO * len(body)))
    except zlib.error as error:
        raise Problem(400, _("The gzip data is damaged; send the body again.")) from error


def gunzipped(body: bytes) -> Iterator[bytes]:
    """All members unpacked step by step, so that a bomb never unfolds; raises zlib.error for damaged data."""
    rest = body
    while rest:
        member = zlib.decompressobj(wbits=_GZIP)
        while not member.eof:
            piece = member.decompress(rest, STEP)
            if not piece and not member.unconsumed_tail and not member.eof:
                raise zlib.error("cut off")
            rest = member.unconsumed_tail
            yield piece
        rest = member.unused_data


def _gunzip(body: bytes, *, limit: int) -> bytes:
    parts, size = [], 0
    for part in gunzipped(body):
        size += len(part)
        if size > limit:
            raise Problem(413, _("The body unpacks to more than 100 MB or to more than 100 times what was sent."))
        parts.append(part)
    return b"".join(parts)
