"""Whose turn it is at the door of alerts: every key in its turn, and none holds up the others."""

import asyncio

import pytest

from gateway_ingest import turns
from gateway_ingest.receive import Delivery
from gateway_ingest.turns import LARGEST_GROUP, LARGEST_GROUP_BYTES, Turns, Waiting
from hypercare.core.problem import Problem


def waiting(key, body=b"{}"):
    loop = asyncio.new_event_loop()
    loop.close()
    delivery, answered = Delivery(body=body), asyncio.Future(loop=loop)
    return Waiting(key=key, in_address=True, caller="127.0.0.1", delivery=delivery, answered=answered)


def line_of(*who):
    line = Turns()
    for one in who:
        line.join(one)
    return line


def test_one_key_that_floods_holds_up_nobody():
    line = line_of(*(waiting("flood") for _number in range(300)), waiting("other"))
    group = line.group()
    assert len(group) == LARGEST_GROUP
    assert [one.key for one in group[:3]] == ["flood", "other", "flood"]


def test_deliveries_of_one_key_keep_their_order():
    bodies = [str(number).encode() for number in range(200)]
    line = line_of(*(waiting("abc"[number % 3], body) for number, body in enumerate(bodies)))
    groups = []
    while line:
        groups += line.group()
    for key in "abc":
        assert [one.delivery.body for one in groups if one.key == key] == bodies["abc".index(key) :: 3]


def test_group_ends_before_it_is_too_large_and_small_ones_of_others_come_before_the_rest():
    large = b"x" * (LARGEST_GROUP_BYTES // 4)
    line = line_of(*(waiting("large", large) for _number in range(10)))
    assert len(line.group()) == 4
    line.join(waiting("small"))
    assert [one.key for one in line.group()][:2] == ["large", "small"]


def test_delivery_larger_than_a_group_goes_alone():
    line = line_of(waiting("a", b"x" * (2 * LARGEST_GROUP_BYTES)), waiting("b"))
    assert [one.key for one in line.group()] == ["a"]
    assert [one.key for one in line.group()] == ["b"]
    assert not line


def test_full_line_answers_that_it_is_full_and_leaves_room_for_others(monkeypatch):
    monkeypatch.setattr(turns, "MOST_WAITING", 4)
    line = line_of(waiting("flood"), waiting("flood"))
    with pytest.raises(Problem) as full:
        line.join(waiting("flood"))
    assert full.value.status == 503
    line.join(waiting("another"))
    line.join(waiting("third"))
    with pytest.raises(Problem):
        line.join(waiting("fourth"))


def test_line_is_bounded_by_bytes_and_has_room_again_once_its_group_is_out(monkeypatch):
    monkeypatch.setattr(turns, "MOST_BYTES", 1000)
    line = line_of(waiting("a", b"x" * 900))
    with pytest.raises(Problem):
        line.join(waiting("b", b"x" * 101))
    line.group()
    line.join(waiting("b", b"x" * 1000))
