"""This module keeps secrets out of the logs: an address that carries a key or a secret link is logged without it."""

import logging
import re

_SECRET = re.compile(
    r"(?<=/ingest/)hcs_[^/\s\"'?]+|\bhcs?_[A-Za-z0-9_-]{20,}"
    r"|(?<=/r/)[0-9a-f]{32}|(?<=/unsubscribe/)[\w-]{20,}|(?<=/reset/key/)[\w-]{12,}"
)
_TRACES = logging.Formatter()


def masked(text: str) -> str:
    """The text with every key, token and secret link replaced."""
    return _SECRET.sub("[key removed]", text)


class MaskSourceKeys(logging.Filter):
    """Masks secrets in a log line and its trace, wherever they stand."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the line through."""
        message = record.getMessage()
        if (clean := masked(message)) != message:
            record.msg, record.args = clean, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = masked(_TRACES.formatException(record.exc_info))
        return True
