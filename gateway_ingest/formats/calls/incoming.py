"""This module says what every call format is read into: one request a gateway served, without bodies, queries or secrets."""

from datetime import UTC, datetime
from enum import IntFlag

import msgspec

Row = str | dict[str, object]


class CallFlag(IntFlag):
    """What is remarkable about a call beyond its status."""

    CACHED = 1
    FILTERED = 2
    CUT_SHORT = 4
    STREAMED = 8
    UNSAFE = 16
    BIASED = 32
    PRIVACY_LEAK = 64
    FORGOT_CONTEXT = 128
    HELPFUL = 256
    UNHELPFUL = 512


class ConsumerClass:
    """What kind of name the consumer goes by; the name itself is only ever stored as a keyed hash."""

    ADDRESS = "address"
    USER = "user"
    KEY = "key"
    APPLICATION = "application"
    TEAM = "team"


class IncomingCall(msgspec.Struct, gc=False, kw_only=True):
    """One request; times are microseconds, `cost` is in billionths of the sender's currency, -1 is unknown.

    `component` is what the sender calls the part that served it: service, route or upstream. `scheme` is what the
    consumer spoke, http or https; `error_format` the kind of body an error was told in.
    """

    at: int
    status: int = 0
    method: str = ""
    path: str = ""
    scheme: str = ""
    host: str = ""
    duration: int = -1
    upstream: int = -1
    first_byte: int = -1
    sent_bytes: int = -1
    request_id: str = ""
    trace_id: str = ""
    consumer: str = ""
    consumer_class: str = ""
    component: str = ""
    release: str = ""
    provider: str = ""
    model: str = ""
    answered_model: str = ""
    prompt_version: str = ""
    input_tokens: int = -1
    output_tokens: int = -1
    cost: int = -1
    flags: int = 0
    error_type: str = ""
    error_format: str = ""

    @property
    def moment(self) -> datetime:
        """When it began."""
        return datetime.fromtimestamp(self.at // 1_000_000, UTC).replace(microsecond=self.at % 1_000_000)


class CallError(ValueError):
    """What keeps one row from being read; a sentence for its sender."""
