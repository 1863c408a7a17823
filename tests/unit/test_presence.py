"""This module tests who is said to look at a board: here, in other processes, and no longer."""

from triage.board.presence import FORGET_SECONDS, Presence

PRIYA, JONAS = (
    {"id": n, "name": name, "initials": name[0], "at": "IS-1"} for n, name in (("1", "Priya"), ("2", "Jonas"))
)


def people(presence, at=0.0):
    return [person["name"] for person in presence.frame(1, at=at)["people"]]


def test_people_of_all_processes_are_named_once():
    one, other = Presence(), Presence()
    one.look(1, "socket", PRIYA)
    one.look(1, "second tab", PRIYA)
    other.look(1, "socket", JONAS)
    assert one.hear(other.message(1), at=0.0) == 1
    assert one.hear(one.message(1), at=0.0) is None
    assert people(one) == ["Priya", "Jonas"]


def test_a_process_that_fell_silent_is_forgotten():
    one, other = Presence(), Presence()
    one.look(1, "socket", PRIYA)
    other.look(1, "socket", JONAS)
    one.hear(other.message(1), at=0.0)
    assert people(one, at=FORGET_SECONDS) == ["Priya"]


def test_who_leaves_is_gone_and_a_launch_nobody_here_looks_at_is_not_kept():
    one, other = Presence(), Presence()
    other.look(1, "socket", JONAS)
    assert one.hear(other.message(1), at=0.0) is None
    one.look(1, "socket", PRIYA)
    assert (one.leave(1, "socket"), one.leave(1, "socket")) == (True, False)
    assert (people(one), one.launches()) == ([], [])
