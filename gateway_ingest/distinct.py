"""This module counts distinct consumers: exactly up to 64, beyond that by HyperLogLog with a standard error of 0.8%.

A sketch is bytes that depend only on the set of consumers, whatever the order and however often they came.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EXACT = 64
_BITS = 14
_REGISTERS = 1 << _BITS
_REST = 32 - _BITS
STANDARD_ERROR = 1.04 / math.sqrt(_REGISTERS)
# Beyond this many filled registers naming each costs more than listing all.
_SPARSE = _REGISTERS // 3

Hashes = NDArray[np.uint32]
_Registers = NDArray[np.uint8]


@dataclass(frozen=True)
class Distinct:
    """How many there are, and how far off that may be (two standard errors, as a share)."""

    number: int
    error: float


def merged(sketch: bytes, hashes: Hashes, *, exact: int = EXACT) -> bytes:
    """The sketch with more consumers in it; up to `exact` of them are listed."""
    if not len(hashes):
        return sketch
    if not sketch or sketch[0] == 0:
        known = np.unique(np.concatenate([_listed(sketch), hashes.astype(np.uint32)]))
        return b"\0" + known.astype("<u4").tobytes() if len(known) <= exact else _packed(_registers_of(known))
    return _packed(np.maximum(_registers(sketch), _registers_of(hashes)))


def union(sketches: Sequence[bytes], *, exact: int = EXACT) -> bytes:
    """One sketch of all the consumers of several."""
    listed = [_listed(each) for each in sketches if each and each[0] == 0]
    small = merged(b"", np.concatenate(listed), exact=exact) if listed else b""
    large = [each for each in sketches if each and each[0]]
    if not large:
        return small
    registers = np.maximum.reduce([_registers(each) for each in [*large, small] if each])
    return _packed(registers)


def count(sketch: bytes) -> Distinct:
    """How many consumers a sketch holds."""
    if not sketch or sketch[0] == 0:
        return Distinct((len(sketch) - 1) // 4 if sketch else 0, 0.0)
    return Distinct(round(_estimate(_registers(sketch))), round(2 * STANDARD_ERROR, 4))


def _listed(sketch: bytes) -> Hashes:
    return np.frombuffer(sketch, dtype="<u4", offset=1).astype(np.uint32) if sketch else np.zeros(0, dtype=np.uint32)


def _registers_of(hashes: Hashes) -> _Registers:
    """Each hash names a register by its first bits and offers it the place of the first one among the rest."""
    places = (hashes >> np.uint32(_REST)).astype(np.int64)
    rest = (hashes & np.uint32((1 << _REST) - 1)).astype(np.float64)
    _fraction, exponents = np.frexp(rest)  # 0 for 0, else the number of bits
    registers = np.zeros(_REGISTERS, dtype=np.uint8)
    np.maximum.at(registers, places, (_REST - exponents + 1).astype(np.uint8))
    return registers


def _registers(sketch: bytes) -> _Registers:
    if sketch[0] == 0:
        return _registers_of(_listed(sketch))
    if sketch[0] == 2:
        return np.frombuffer(sketch, dtype=np.uint8, offset=1)
    number = (len(sketch) - 1) // 3
    registers = np.zeros(_REGISTERS, dtype=np.uint8)
    places = np.frombuffer(sketch, dtype="<u2", offset=1, count=number)
    registers[places] = np.frombuffer(sketch, dtype=np.uint8, offset=1 + 2 * number)
    return registers


def _packed(registers: _Registers) -> bytes:
    filled = np.flatnonzero(registers)
    if len(filled) > _SPARSE:
        return b"\2" + registers.tobytes()
    return b"\1" + filled.astype("<u2").tobytes() + registers[filled].tobytes()


def _estimate(registers: _Registers) -> float:
    """Ertl's improved estimator, which needs no correction for small or large numbers."""
    counts = np.bincount(registers, minlength=_REST + 2)
    total = _REGISTERS * _tau(1 - counts[_REST + 1] / _REGISTERS)
    for rank in range(_REST, 0, -1):
        total = 0.5 * (total + counts[rank])
    total += _REGISTERS * _sigma(counts[0] / _REGISTERS)
    return float(_REGISTERS**2 / (2 * math.log(2) * total))


def _sigma(share: float) -> float:
    if share == 1:
        return math.inf
    power, total, weight = share, share, 1.0
    while True:
        power *= power
        before, total, weight = total, total + power * weight, weight * 2
        if total == before:
            return total


def _tau(share: float) -> float:
    if share in {0.0, 1.0}:
        return 0.0
    total, weight = 1 - share, 1.0
    while True:
        share = math.sqrt(share)
        before, weight = total, weight * 0.5
        total -= (1 - share) ** 2 * weight
        if total == before:
            return total / 3
