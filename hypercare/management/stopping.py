"""This module remembers that this process was told to stop, even where the interruption gets lost on its way up.

A signal handler's exception rises from whatever line runs at the moment; where that is a library's catch-all or a
callback called from C, nobody ever sees it.
"""

import signal
from types import FrameType


class Stopping:
    """A signal handler that interrupts, and can be asked later whether it was called."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        self.number = number
        raise KeyboardInterrupt

    def check(self) -> None:
        """Interrupts again if a signal came; for the places between two steps."""
        if self.number:
            raise KeyboardInterrupt

    @property
    def exit_code(self) -> int:
        """What a command that a signal ended exits with."""
        return 128 + (self.number or signal.SIGINT)


stopping = Stopping()
