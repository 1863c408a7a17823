"""This module draws a fishbone: where spine, ribs, causes and their words lie on the sheet, in the units of an SVG.

Ribs lie in pairs above and below the spine, each with its causes as lines that end on it, and causes of those below
them; rows are as high as their words, so nothing lies upon anything else.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

COLUMN, SLANT, LENGTH, MARGIN, HEAD, GAP = 272, 56, 184, 16, 208, 24
LINE, PAD = 15, 11
_CAUSE_CHARACTERS, _SUB_CHARACTERS, _LABEL_CHARACTERS, _HEAD_CHARACTERS = 27, 23, 24, 26
_CAUSE_LINES, _LABEL_LINES, _HEAD_LINES = 4, 2, 9
_LABEL_ROOM, _AT_LEAST = 48, 96


@dataclass(frozen=True)
class Cause:
    """What is written on a bone: words, what became of it, and the causes of it."""

    text: str
    standing: str = ""
    below: tuple["Cause", ...] = ()


@dataclass(frozen=True)
class Line:
    """One line of words, and where it begins."""

    x: int
    y: int
    text: str


@dataclass(frozen=True)
class Mark:
    """A cause as it is drawn: its stroke and its words."""

    path: str
    lines: list[Line]
    standing: str
    title: str


@dataclass(frozen=True)
class Rib:
    """A bone as it is drawn."""

    path: str
    label: list[Line]
    marks: list[Mark] = field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """The whole drawing."""

    width: int
    height: int
    spine: str
    head: tuple[int, int, int, int]
    effect: list[Line]
    ribs: list[Rib]


@dataclass(frozen=True)
class _RowOf:
    """A cause with the place its words need; `over` is the number of the row it belongs to, None on the rib itself."""

    cause: Cause
    words: list[str]
    over: int | None

    @property
    def height(self) -> int:
        return LINE * len(self.words) + PAD


def draw(effect: str, bones: Sequence[Cause]) -> Sheet:
    """The drawing of an effect and the bones that lead to it."""
    rows = [_rows(bone) for bone in bones]
    above, below = _room(rows[::2]), _room(rows[1::2])
    words = wrapped(effect, _HEAD_CHARACTERS, _HEAD_LINES)
    tall = LINE * len(words) + 2 * PAD
    spine, width = MARGIN + max(above, tall // 2), MARGIN + COLUMN * -(-len(bones) // 2) + GAP + HEAD + MARGIN
    ribs = [
        _rib(
            bone, rows[number], x=MARGIN + COLUMN * (number // 2 + 1), spine=spine,
            room=below if number % 2 else above, is_below=bool(number % 2),
        )
        for number, bone in enumerate(bones)
    ]  # fmt: skip
    left = width - MARGIN - HEAD
    return Sheet(
        width=width,
        height=spine + max(below, tall // 2) + MARGIN,
        spine=f"M{MARGIN} {spine}H{left}",
        head=(left, spine - tall // 2, HEAD, tall),
        effect=_lines(words, x=left + PAD, y=spine - tall // 2 + PAD + LINE - 4),
        ribs=ribs,
    )


def wrapped(text: str, characters: int, most: int) -> list[str]:
    """The text in at most so many lines; what does not fit ends in an ellipsis."""
    return textwrap.wrap(text, characters, max_lines=most, placeholder="…") or [""]


def _rows(bone: Cause) -> list[_RowOf]:
    rows: list[_RowOf] = []
    for cause in bone.below:
        place = len(rows)
        rows.append(_RowOf(cause, wrapped(cause.text, _CAUSE_CHARACTERS, _CAUSE_LINES), None))
        rows += [_RowOf(sub, wrapped(sub.text, _SUB_CHARACTERS, _CAUSE_LINES), place) for sub in cause.below]
    return rows


def _room(sides: Sequence[list[_RowOf]]) -> int:
    """How far the ribs of one side go from the spine, the label included; nothing where there is none."""
    if not sides:
        return 0
    return max(_AT_LEAST, max(sum(row.height for row in rows) for rows in sides) + PAD) + _LABEL_ROOM


def _rib(bone: Cause, rows: list[_RowOf], *, x: int, spine: int, room: int, is_below: bool) -> Rib:
    reach = room - _LABEL_ROOM
    far = spine + reach if is_below else spine - reach
    words = wrapped(bone.text, _LABEL_CHARACTERS, _LABEL_LINES)
    label_y = far + LINE + 4 if is_below else far - 8 - LINE * (len(words) - 1)
    y = spine if is_below else far
    ends: list[tuple[int, int]] = []
    marks = []
    for row in rows:
        y += row.height
        end = x - round(SLANT * abs(y - spine) / reach)
        marks.append(_mark(row, end, y, over=ends[row.over] if row.over is not None else None))
        ends.append((end, y))
    return Rib(f"M{x} {spine}L{x - SLANT} {far}", _lines(words, x=x - SLANT, y=label_y), marks)


def _mark(row: _RowOf, end: int, y: int, *, over: tuple[int, int] | None) -> Mark:
    begin = end - LENGTH
    path = f"M{begin} {y}H{end}"
    if over is not None:
        begin = end - LENGTH + GAP
        path = f"M{begin} {y}H{min(end, over[0]) - GAP}L{over[0] - PAD} {over[1]}"
    lines = _lines(row.words, x=begin, y=y - 5 - LINE * (len(row.words) - 1))
    return Mark(path, lines, row.cause.standing, row.cause.text)


def _lines(words: Sequence[str], *, x: int, y: int) -> list[Line]:
    return [Line(x, y + LINE * number, text) for number, text in enumerate(words)]
