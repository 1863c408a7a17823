"""This module decides which worker runs which tests: a file stays together, and so do the fault tests, which share one running product."""

from xdist.scheduler import LoadFileScheduling

FAULTS = "tests/faults/"


class Shares(LoadFileScheduling):
    """Files in the order of their folders: the long ones come early, the short ones fill the end."""

    def __init__(self, config, log=None):
        config.option.loadscopereorder = False  # it puts files of few tests last, which are the long ones here
        super().__init__(config, log)

    def _split_scope(self, nodeid):
        return FAULTS if nodeid.startswith(FAULTS) else super()._split_scope(nodeid)
