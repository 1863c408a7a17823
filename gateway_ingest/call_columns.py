"""This module turns calls into columns of fixed width: those go into COPY as they stand, and windows are summed from them."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec
import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from gateway_ingest.formats.calls import IncomingCall

_EPOCH_OF_POSTGRES = 946_684_800_000_000
_DAY = 86_400_000_000
_MOST = 2**31 - 1
_NO_ID = b"\0" * 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:=-]{0,63}")
_SECRET_BEGINNINGS = ("sk-", "pk-", "hc_", "hcs_", "ghp_", "gho_", "xox", "AKIA", "eyJ", "Bearer")

# Name and type of each column, in the order of COLUMNS; COPY writes a length before each value.
_WIDE = ("at", "cost", "consumer")
_IDS = ("trace_id", "request_id")
_PLAIN = ("duration", "upstream", "first_byte", "sent_bytes", "input_tokens", "output_tokens", "kind", "detail")
_SHORT = ("status", "flags")
COLUMNS = (*_WIDE, *_IDS, *_PLAIN, *_SHORT, "request_name")
_TYPES = {**dict.fromkeys(_WIDE, ">i8"), **dict.fromkeys(_IDS, "V16"), **dict.fromkeys(_PLAIN, ">i4"),
    **dict.fromkeys(_SHORT, ">i2")}  # fmt: skip
_FIELDS = IncomingCall.__struct_fields__
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        *(part for name, kind in _TYPES.items() for part in ((f"{name}:size", ">i4"), (name, kind))),
        ("request_name:size", ">i4"),
    ]
)


@dataclass(frozen=True)
class Columns:
    """Calls side by side: `rows` ready for COPY, and beside them what windows need."""

    rows: NDArray[np.void]
    names: list[bytes]
    is_of_model: NDArray[np.bool_]
    is_of_provider: NDArray[np.bool_]

    def days(self) -> NDArray[np.int64]:
        """The day of each, counted from 1970."""
        found: NDArray[np.int64] = (self.rows["at"].astype(np.int64) + _EPOCH_OF_POSTGRES) // _DAY
        return found

    def column(self, name: str) -> NDArray[np.int64]:
        """A column as numbers; `at` counts from 1970."""
        found: NDArray[np.int64] = self.rows[name].astype(np.int64)
        return found + _EPOCH_OF_POSTGRES if name == "at" else found

    def as_copied(self, chosen: NDArray[np.bool_] | None = None) -> bytes:
        """The rows in PostgreSQL's binary COPY form, without its header and trailer."""
        rows = self.rows if chosen is None else self.rows[chosen]
        names = self.names if chosen is None else [each for each, keep in zip(self.names, chosen, strict=True) if keep]
        if not any(names):
            return rows.tobytes()
        return b"".join(piece for row, name in zip(rows, names, strict=True) for piece in (row.tobytes(), name))


def columns_of(
    calls: Sequence[IncomingCall], *, kinds: Sequence[int], details: Sequence[int], launch_id: int
) -> Columns:
    """The columns of some calls; ids and consumers become numbers here."""
    rows = np.zeros(len(calls), dtype=_ROW)
    rows["fields"] = len(COLUMNS)
    for name, kind in _TYPES.items():
        rows[f"{name}:size"] = np.dtype(kind).itemsize
    by_field = dict(zip(_FIELDS, zip(*map(msgspec.structs.astuple, calls), strict=True), strict=True))
    names = list(map(_name, by_field["request_id"]))
    rows["request_name:size"] = list(map(len, names))
    rows["at"] = np.array(by_field["at"], np.int64) - _EPOCH_OF_POSTGRES
    rows["cost"] = by_field["cost"]
    rows["consumer"] = [consumer_hash(consumer, launch_id=launch_id) for consumer in by_field["consumer"]]
    for column in _IDS:
        rows[column] = np.frombuffer(b"".join(map(id_bytes, by_field[column])), dtype="V16")
    for column in _PLAIN[:6]:
        rows[column] = np.minimum(np.array(by_field[column], np.int64), _MOST)
    rows["kind"], rows["detail"] = kinds, details
    rows["status"], rows["flags"] = by_field["status"], by_field["flags"]
    has_model, has_provider = (np.array(list(map(bool, by_field[name]))) for name in ("model", "provider"))
    return Columns(rows, names, has_model, has_provider)


def joined(parts: Sequence[Columns]) -> Columns:
    """Several groups as one."""
    if len(parts) == 1:
        return parts[0]
    return Columns(
        # Without its type said, numpy would turn the numbers into the byte order of this machine.
        np.concatenate([part.rows for part in parts], dtype=_ROW),
        [name for part in parts for name in part.names],
        np.concatenate([part.is_of_model for part in parts]),
        np.concatenate([part.is_of_provider for part in parts]),
    )


@lru_cache(65_536)
def consumer_hash(consumer: str, *, launch_id: int) -> int:
    """A number that stands for a consumer in one launch and tells nobody without our key who it is; 0 for none."""
    if not consumer:
        return 0
    content = f"{launch_id}:{consumer}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(content, digest_size=8, key=_key(settings.SECRET_KEY)).digest()
    return int.from_bytes(digest, "big", signed=True) or 1


@lru_cache(2)
def _key(secret: str) -> bytes:
    return hashlib.sha256(b"consumers of calls:" + secret.encode()).digest()


def id_bytes(name: str) -> bytes:
    """The 16 bytes an id is found by: those it spells, or the hash of a name that spells none."""
    if not name:
        return _NO_ID
    if len(name) in {32, 36}:
        try:
            found = bytes.fromhex(name.replace("-", ""))
        except ValueError:
            found = b""
        if len(found) == 16:
            return found
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _name(request_id: str) -> bytes:
    """The id itself where its 16 bytes do not spell it and it is no secret."""
    if len(request_id) in {0, 32, 36} or not _NAME.fullmatch(request_id) or request_id.startswith(_SECRET_BEGINNINGS):
        return b""
    return request_id.encode()
