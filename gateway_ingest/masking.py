"""This module keeps source keys out of the logs: an address that carries one is logged without it."""

import logging
import re

_KEY = re.compile(r"(?<=/ingest/)hcs_[^/\s\"'?]+|hcs_[A-Za-z0-9_-]{20,}")


def masked(text: str) -> str:
    """The text with every source key replaced."""
    return _KEY.sub("[key removed]", text)


class MaskSourceKeys(logging.Filter):
    """Masks source keys in a log line, wherever they stand."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the line through."""
        message = record.getMessage()
        if "hcs_" in message:
            record.msg, record.args = masked(message), ()
        return True
