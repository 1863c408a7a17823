"""This module tests where a tree may be hung, in which order it is read, and what a fishbone looks like drawn."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.models import Why
from triage.rootcause import fishbone, forest
from triage.rootcause.fishbone import Cause, draw, wrapped

# 1 has 2 and 3 below it, 3 has 4; 5 stands alone.
PARENTS = {1: None, 2: 1, 3: 1, 4: 3, 5: None}


def whys(parents, places=None):
    places = places or {}
    return [Why(pk=number, parent_id=parent, place=places.get(number, number)) for number, parent in parents.items()]


def test_tree_is_read_from_the_root_down_each_level_by_place():
    branches = forest.grown(whys(PARENTS, {2: 9}))
    read = [(branch.row.pk, branch.depth) for root in branches for branch in root.walk()]
    assert read == [(1, 1), (3, 2), (4, 3), (2, 2), (5, 1)]


def test_what_hangs_below_goes_along():
    assert forest.with_below(PARENTS, 1) == {1, 2, 3, 4}
    assert forest.with_below(PARENTS, 5) == {5}


@pytest.mark.parametrize(("number", "under", "rings"), [(1, 4, True), (3, 3, True), (3, 2, False), (3, None, False)])
def test_nothing_hangs_below_itself(number, under, rings):
    assert forest.would_ring(PARENTS, number, under) is rings


def test_move_reaches_as_deep_as_the_place_and_what_is_moved_together():
    assert forest.reaches(PARENTS, 3, 5) == 3
    assert forest.reaches(PARENTS, 1, 5) == 4
    assert forest.reaches(PARENTS, 3, None) == 2


@pytest.mark.parametrize(
    ("steps", "order"), [(1, [2, 1, 3]), (-1, [1, 2, 3]), (2, [2, 3, 1]), (99, [2, 3, 1]), (0, [1, 2, 3])]
)
def test_steps_among_siblings_stop_at_either_end(steps, order):
    assert forest.arranged([1, 2, 3], 1, steps=steps) == order


@given(st.lists(st.tuples(st.integers(0, 9), st.one_of(st.none(), st.integers(0, 9))), max_size=30))
def test_moves_that_are_not_refused_never_make_a_ring(moves):
    parents: dict[int, int | None] = dict.fromkeys(range(10))
    for number, under in moves:
        if not forest.would_ring(parents, number, under):
            parents[number] = under
    assert len([one for root in forest.grown(whys(parents)) for one in root.walk()]) == 10


def strokes(sheet):
    return [tuple(map(float, line)) for rib in sheet.ribs for mark in rib.marks for line in [box(mark)]]


def box(mark):
    """Left, top, right and bottom of the words of a cause, six and a half units a character."""
    first, last = mark.lines[0], mark.lines[-1]
    wide = max(len(line.text) for line in mark.lines) * 6.5
    return first.x, first.y - 11, first.x + wide, last.y + 3


BONES = [
    Cause(name, "", tuple(Cause(f"{name} cause {number} that takes a line more", "likely", (Cause("a cause of it"),)) for number in range(4)))
    for name in ("People", "Process", "Technology: gateway, service, data", "Environment", "Third parties", "Management")
]  # fmt: skip


def test_no_words_of_a_fishbone_lie_on_others():
    boxes = strokes(draw("503", BONES))
    assert len(boxes) == 48
    for one, other in itertools.combinations(boxes, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_everything_of_a_fishbone_lies_on_the_sheet():
    sheet = draw("Product pages answer 503 " * 9, BONES)
    lines = [line for rib in sheet.ribs for line in [*rib.label, *(one for mark in rib.marks for one in mark.lines)]]
    assert all(0 < line.x < sheet.width and 0 < line.y < sheet.height for line in [*lines, *sheet.effect])
    assert sheet.head[1] >= 0
    assert sheet.head[1] + sheet.head[3] <= sheet.height


def test_bones_stand_in_pairs_above_and_below_the_spine():
    sheet = draw("503", BONES[:3])
    spine = int(sheet.spine.split()[1].split("H")[0])
    assert [rib.label[0].y < spine for rib in sheet.ribs] == [True, False, True]
    assert sheet.ribs[0].path.split()[0] == sheet.ribs[1].path.split()[0]


def test_one_bone_without_causes_can_be_drawn():
    sheet = draw("", [Cause("People")])
    assert len(sheet.ribs) == 1
    assert sheet.height > fishbone.LINE


def test_long_words_are_cut_with_an_ellipsis():
    assert wrapped("a" * 100, 20, 2)[-1].endswith("…")
    assert wrapped("", 20, 2) == [""]


def test_a_cause_and_an_effect_of_a_sentence_are_drawn_whole():
    cause = "Banks change an address within two days of a call, and not at once as we had thought"
    effect = "People paid by card, their bank said yes, and the shop told them that the payment had failed. " * 2
    sheet = draw(effect, [Cause("Third parties", below=(Cause(cause, below=(Cause(cause),)),))])
    first, second = sheet.ribs[0].marks
    for lines, whole in ((first.lines, cause), (second.lines, cause), (sheet.effect, effect)):
        assert " ".join(line.text for line in lines) == whole.strip()
