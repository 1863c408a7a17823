"""This module unpacks what machines send, and stops at a size and a ratio that no honest sender reaches."""

import zlib
from collections.abc import Iterator

from django.utils.translation import gettext as _

from hypercare.core.problem import Problem

MAX_SENT = 10 * 1024 * 1024
# Lines are read as they are unpacked; what is read as a whole takes several times its size.
MAX_UNPACKED = 100 * 1024 * 1024
MAX_WHOLE = 32 * 1024 * 1024
MAX_RATIO = 100
# Each value of a JSON text takes up to a hundred bytes or two, however short it is written.
MAX_VALUES = 1_000_000
# Each packed member is set up anew; writers that cut a stream into blocks make some thousands of them.
MAX_MEMBERS = 10_000

STEP = 256 * 1024
_SLICE = 64 * 1024
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
        return joined(gunzipped(body), limit=min(MAX_WHOLE, MAX_RATIO * len(body)))
    except zlib.error as error:
        raise Problem(400, _("The gzip data is damaged; send the body again.")) from error


def gunzipped(body: bytes) -> Iterator[bytes]:
    """All members unpacked step by step, so that a bomb never unfolds; raises zlib.error for damaged data."""
    place = members = 0
    while place < len(body):
        check_members(members := members + 1)
        member = zlib.decompressobj(wbits=_GZIP)
        while not member.eof:
            given = body[place : place + _SLICE]
            piece = member.decompress(given, STEP)
            if not given and not piece and not member.eof:
                raise zlib.error("cut off")
            place += len(given) - len(member.unused_data if member.eof else member.unconsumed_tail)
            yield piece


def check_members(number: int) -> None:
    """Raises Problem 413 for a body that is packed in more pieces than an honest writer makes."""
    if number > MAX_MEMBERS:
        raise Problem(413, _("The body is packed in more than 10,000 pieces; pack it as a whole."))


def check_values(body: bytes) -> None:
    """Raises Problem 413 for JSON of more values than are taken at once; commas and brackets in texts count too."""
    if body.count(b",") + body.count(b"{") + body.count(b"[") > MAX_VALUES:
        raise Problem(413, _("The body holds more than a million values; send smaller groups."))


def joined(pieces: Iterator[bytes], *, limit: int) -> bytes:
    """All pieces as one; raises Problem 413 as soon as they are more than may be."""
    whole = bytearray()
    for piece in pieces:
        whole += piece
        if len(whole) > limit:
            raise Problem(413, _("The body unpacks to more than 32 MB or to more than 100 times what was sent."))
    return bytes(whole)
