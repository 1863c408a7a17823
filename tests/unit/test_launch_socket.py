"""This module tests that no reader of a board holds up the others."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from triage import launch_socket
from triage.board import hub


class Reader:
    """Who is sent frames and whose rights are read; `answers` says what becomes of each."""

    user_id = 7

    def __init__(self, answers):
        self._answers = answers
        self.told, self.is_cut_off = [], False

    async def send_encoded(self, text):
        await self._answers()
        self.told.append(text)

    async def check_rights(self):
        await self._answers()
        self.told.append("rights")

    def cut_off(self):
        self.is_cut_off = True


async def at_once():
    pass


async def never():
    await asyncio.Event().wait()


async def gone():
    raise ConnectionResetError


def send(readers, text):
    # Django refuses rows to a thread with a loop, and other tests share this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, launch_socket.send_to_all(dict.fromkeys(readers, text))).result()


def test_reader_that_hangs_and_one_that_is_gone_are_cut_off_and_the_others_told(monkeypatch):
    monkeypatch.setattr(launch_socket, "SEND_SECONDS", 0.05)
    quick, slow, lost, other = Reader(at_once), Reader(never), Reader(gone), Reader(at_once)
    send([quick, slow, lost, other], "a frame")
    assert [quick.told, slow.told, lost.told, other.told] == [["a frame"], [], [], ["a frame"]]
    assert [one.is_cut_off for one in (quick, slow, lost, other)] == [False, True, True, False]


def test_board_that_nobody_reads_sends_nothing():
    send([], "a frame")


def test_reader_whose_rights_ended_and_who_does_not_listen_keeps_no_other_from_losing_theirs(monkeypatch):
    monkeypatch.setattr(launch_socket, "SEND_SECONDS", 0.05)
    slow, lost, quick, stranger = Reader(never), Reader(gone), Reader(at_once), Reader(at_once)
    stranger.user_id = 8

    async def rights_change():
        boards = hub.Hub()
        boards._sockets[1] = [slow, lost, quick, stranger]
        await asyncio.wait_for(boards._act({"type": "board.rights", "user": 7}), 5)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, rights_change()).result()
    assert [one.told for one in (slow, lost, quick, stranger)] == [[], [], ["rights"], []]
    assert [one.is_cut_off for one in (slow, lost, quick, stranger)] == [True, True, False, False]
