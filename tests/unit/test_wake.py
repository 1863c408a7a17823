"""What a group may not have heard is told again; a later word about the same outdates it."""

import threading

from hypercare.core import wake


class Deaf:
    """A channel layer that is away for the first messages."""

    def __init__(self, *, fails: int) -> None:
        self.fails, self.told, self.heard = fails, [], threading.Event()

    async def group_send(self, group: str, message: dict) -> None:
        if self.fails:
            self.fails -= 1
            raise ConnectionError
        self.told.append((group, message))
        self.heard.set()


def test_group_that_did_not_hear_is_told_again(monkeypatch):
    layer = Deaf(fails=1)
    monkeypatch.setattr(wake, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(wake, "QUIET_SECONDS", 0.01)
    wake.Bell().tell("board.rights", {"type": "board.rights", "user": 7})
    assert layer.heard.wait(5)
    assert layer.told == [("board.rights", {"type": "board.rights", "user": 7})]
