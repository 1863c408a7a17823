"""This module looks into a binary body before it is decoded, so that a small body cannot become a large tree.

Decoded, a message takes some sixty bytes at least, and an empty one is written in two: so large bodies are decoded part
by part, or their messages are counted first.
"""

from collections.abc import Iterator

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError

_LENGTH, _VARINT = 2, 0
_FIXED = {1: 8, 5: 4}
# Below this a body is small whatever it holds.
_SMALL = 512 * 1024


def parts_of(body: bytes, number: int) -> Iterator[bytes]:
    """What stands in each field of this number; raises DecodeError for what is no protobuf."""
    return (body[at:end] for field, at, end in _parts(body, 0, len(body)) if field == number)


def holds_more_than(most: int, body: bytes, kind: Descriptor) -> bool:
    """Whether more messages than that stand in it, one in another; raises DecodeError for what is no protobuf."""
    if len(body) <= _SMALL:
        return False
    waiting, found = [(0, len(body), kind)], 0
    inner: dict[str, dict[int, Descriptor]] = {}
    while waiting and found <= most:
        at, end, outer = waiting.pop()
        if outer.full_name not in inner:
            inner[outer.full_name] = {one.number: one.message_type for one in outer.fields if one.message_type}
        kinds = inner[outer.full_name]
        for field, start, stop in _parts(body, at, end):
            if field in kinds:
                found += 1
                waiting.append((start, stop, kinds[field]))
                if found > most:
                    break
    return found > most


def _parts(body: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The fields that have a length: their number, where they begin and where they end."""
    while at < end:
        tag, at = _varint(body, at, end)
        wire = tag & 7
        if wire == _LENGTH:
            size, at = _varint(body, at, end)
            if at + size > end:
                raise DecodeError("cut off")
            yield tag >> 3, at, at + size
            at += size
        elif wire == _VARINT:
            _number, at = _varint(body, at, end)
        elif wire in _FIXED:
            at += _FIXED[wire]
        else:
            raise DecodeError("no such field")


def _varint(body: bytes, at: int, end: int) -> tuple[int, int]:
    """The number that begins here, and where the next thing begins."""
    number = shift = 0
    while at < end and shift <= 63:
        byte = body[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
    raise DecodeError("cut off")
