"""This module unpacks a delivery of calls step by step and cuts it into rows: lines, objects, or what is wrong with one."""

import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import zstandard
from django.utils.translation import gettext as _

from gateway_ingest.formats.calls import Row
from gateway_ingest.unpacking import (
    MAX_RATIO,
    MAX_SENT,
    MAX_UNPACKED,
    MAX_WHOLE,
    STEP,
    check_members,
    gunzipped,
    joined,
)
from hypercare.core.problem import Problem

MAX_LINE = 1024 * 1024
MAX_ROWS = 200_000
# Below this a body is small whatever it unpacks to; the ratio only says something of larger ones.
_RATIO_FROM = 1024 * 1024
# Four bytes of it may stand for 128 kB, and what a slice unpacks to comes at once.
_SLICE_OF_ZSTD = 512
# What the decoder raises for bytes that are no JSON, are nested too deep or are no UTF-8.
_NOT_JSON = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_BOM = b"\xef\xbb\xbf"
# Under which name exports put the rows they hold.
_ENVELOPES = ("data", "observations", "logs", "records")


@dataclass(frozen=True, slots=True)
class Wrong:
    """Stands in the place of a row that cannot be read."""

    error: str


Numbered = tuple[int, Row | Wrong]


def rows_of(body: bytes, *, encoding: str) -> Iterator[list[Numbered]]:
    """The rows in groups, each with its line, or its place in an array. Raises Problem 400, 413 or 415."""
    pieces = unpacked(body, encoding=encoding)
    first = next(pieces, b"").removeprefix(_BOM)
    start = first.lstrip(b" \t\r\n")
    line, _break, rest = start.partition(b"\n")
    if start.startswith(b"[") and start[1:].lstrip(b" \t\r\n")[:1] in {b"{", b"]", b""}:
        is_of_lines = rest.strip() and _is_json(line)
        if is_of_lines:
            return _of_lines(first, pieces)
        whole = _whole(first, pieces)
        return _of_array(whole, commas=whole.count(b","))
    if start.startswith(b"{") and not _is_whole(line):
        return _of_object(_whole(first, pieces))
    return _of_lines(first, pieces)


def too_many_rows() -> Problem:
    """What is said to a sender of more rows than are taken at once."""
    return Problem(413, _("More than 200,000 rows came at once; send smaller groups."))


def plain(body: bytes, *, encoding: str) -> bytes:
    """The whole body unpacked, within the limit of what is read as a whole."""
    return joined(unpacked(body, encoding=encoding), limit=MAX_WHOLE)


def _whole(first: bytes, pieces: Iterator[bytes]) -> bytearray:
    whole = bytearray(first)
    for piece in pieces:
        whole += piece
    return whole


def unpacked(body: bytes, *, encoding: str) -> Iterator[bytes]:
    """The body piece by piece, as its sender wrote it; whoever reads it gets Problem 400, 413 or 415."""
    name = encoding.strip().lower()
    if len(body) > MAX_SENT:
        raise Problem(413, _("More than 10 MB were sent at once; send smaller groups."))
    if name in {"", "identity"}:
        pieces: Iterator[bytes] = (body[start : start + STEP] for start in range(0, len(body), STEP))
    elif name in {"gzip", "x-gzip"}:
        pieces = gunzipped(body)
    elif name == "zstd":
        pieces = _of_zstd(body)
    else:
        raise Problem(415, _("The body is packed in a way we do not read; send it plain, or as gzip or zstd."))
    yield from _bounded(pieces, limit=min(MAX_UNPACKED, max(_RATIO_FROM, MAX_RATIO * len(body))))


def _bounded(pieces: Iterator[bytes], *, limit: int) -> Iterator[bytes]:
    size = lines = 0
    try:
        for piece in pieces:
            size += len(piece)
            if size > limit:
                raise Problem(413, _("The body unpacks to more than 100 MB or to more than 100 times what was sent."))
            lines += piece.count(b"\n")
            yield piece
    except (zlib.error, zstandard.ZstdError):
        detail = _("The packed data is damaged or cut off in line %(line)d; nothing was stored. Send it again.")
        raise Problem(400, detail % {"line": lines + 1}) from None


def _of_zstd(body: bytes) -> Iterator[bytes]:
    """A frame may ask for at most 8 MB of window, as RFC 9659 says."""
    unpacker = zstandard.ZstdDecompressor(max_window_size=8 * 1024 * 1024)
    place = frames = 0
    while place < len(body):
        check_members(frames := frames + 1)
        frame = unpacker.decompressobj(write_size=STEP)
        while not frame.eof:
            given = body[place : place + _SLICE_OF_ZSTD]
            if not given:
                raise zstandard.ZstdError("cut off")
            piece = frame.decompress(given)
            place += len(given) - len(frame.unused_data)
            yield piece


def _of_lines(first: bytes, pieces: Iterator[bytes]) -> Iterator[list[Numbered]]:
    """Lines are cut as they come; one beyond the limit is dropped up to its end and named."""
    number, carry, skipping = 1, b"", False
    for piece in _with_first(first, pieces):
        lines = (carry + piece).split(b"\n")
        carry = lines.pop()
        found: list[Numbered] = []
        if skipping and lines:
            lines.pop(0)
            number, skipping = number + 1, False
        found += _decoded(lines, number)
        number += len(lines)
        if len(carry) > MAX_LINE or skipping:
            if not skipping:
                found.append((number, Wrong(_("The line has more than 1 MB."))))
            carry, skipping = b"", True
        if found:
            yield found
    if carry.strip() and not skipping:
        yield _decoded([carry], number)


def _with_first(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from pieces


def _decoded(lines: list[bytes], number: int) -> list[Numbered]:
    try:
        texts: list[str | None] = list(b"\n".join(lines).decode().split("\n")) if lines else []
    except UnicodeDecodeError:
        texts = [_text(line) for line in lines]
    found: list[Numbered] = []
    for place, text in enumerate(texts, number):
        if text is None:
            found.append((place, Wrong(_("The line is not UTF-8."))))
        elif len(text) > MAX_LINE:
            found.append((place, Wrong(_("The line has more than 1 MB."))))
        elif row := text.strip():
            found += _parsed(place, row) if row[0] in "{[" else [(place, row)]
    return found


def _text(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


def _parsed(place: int, row: str) -> list[Numbered]:
    if row[0] == "[" and not row[1:].lstrip().startswith("{"):
        return [(place, row)]
    try:
        value = msgspec.json.decode(row)
    except _NOT_JSON as error:
        return [(place, Wrong(_not_json(error)))]
    inner = value if isinstance(value, list) else [value]
    return [(place, _row(each)) for each in inner]


def _row(value: Any) -> Row | Wrong:
    return value if isinstance(value, dict | str) else Wrong(_("A row is a line of text or an object in braces."))


def _not_json(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return _("The JSON is nested too deep.")
    if isinstance(error, UnicodeDecodeError):
        return _("The line is not UTF-8.")
    return _("The line is no valid JSON: %(reason)s.") % {"reason": str(error)[:120]}


def _is_whole(line: bytes) -> bool:
    """Whether a line is a row by itself; an envelope on one line is opened like one on many."""
    return _is_json(line) and not any(b'"' + name.encode() + b'"' in line[:400] for name in _ENVELOPES)


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except _NOT_JSON:
        return False
    return True


class _Counted(msgspec.Struct, gc=False):
    """A row that is only counted: the array is given up as soon as it holds too many, before any is kept."""

    def __post_init__(self) -> None:
        _counter.left -= 1
        if _counter.left < 0:
            raise too_many_rows()


_counter = threading.local()


def _of_array(body: bytearray | memoryview, *, commas: int) -> Iterator[list[Numbered]]:
    """The rows of an array in which, or around which, stand so many commas."""
    try:
        if commas >= MAX_ROWS:
            _check_number(body)
        raw = msgspec.json.decode(body, type=list[msgspec.Raw])
    except _NOT_JSON as error:
        detail = _("The array of rows is no valid JSON: %(reason)s.")
        raise Problem(400, detail % {"reason": str(error)[:200]}) from None
    return _of_raw(raw)


def _check_number(body: bytearray | memoryview) -> None:
    """Raises Problem 413 for too many rows; a few bytes of each would take a hundred once they are cut apart."""
    _counter.left = MAX_ROWS
    msgspec.json.decode(body, type=list[_Counted])


def _of_raw(raw: list[msgspec.Raw]) -> Iterator[list[Numbered]]:
    for start in range(0, len(raw), 2000):
        yield [(place, _decoded_row(each)) for place, each in enumerate(raw[start : start + 2000], start + 1)]


def _decoded_row(raw: msgspec.Raw) -> Row | Wrong:
    if len(raw) > MAX_LINE:
        return Wrong(_("The row has more than 1 MB."))
    try:
        return _row(msgspec.json.decode(raw))
    except _NOT_JSON as error:
        return Wrong(_not_json(error))


class _Envelope(msgspec.Struct):
    """The names under which exports put their rows; whatever else stands there is passed over."""

    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    observations: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    logs: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    records: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def _of_object(body: bytearray) -> Iterator[list[Numbered]]:
    """One object over several lines, or an envelope around rows; else lines after all."""
    try:
        found = msgspec.json.decode(body, type=_Envelope)
    except _NOT_JSON:
        return _of_lines(b"", (bytes(body[start : start + STEP]) for start in range(0, len(body), STEP)))
    for name in _ENVELOPES:
        rows = getattr(found, name)
        if rows is not msgspec.UNSET and bytes(memoryview(rows)[:64]).lstrip()[:1] == b"[":
            return _of_array(memoryview(rows), commas=body.count(b","))
    return iter([[(1, _decoded_row(msgspec.Raw(body)))]])
