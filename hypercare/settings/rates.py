"""This module says how many reports a public door takes in a minute, and how many calls a source may send a second."""

import os

from django.core.exceptions import ImproperlyConfigured


def _positive(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a whole number of 1 or more.")
    return int(value)


# A door is one widget key or one launch's portal; a sender is one address, or one signed-in person.
REPORTS_A_MINUTE_PER_DOOR = _positive("HYPERCARE_REPORTS_PER_DOOR", 600)
REPORTS_A_MINUTE_PER_SENDER = _positive("HYPERCARE_REPORTS_PER_SENDER", 20)

# Of one source, in one web process; more is answered 503 with a time to come again.
CALLS_A_SECOND_PER_SOURCE = _positive("HYPERCARE_CALLS_PER_SOURCE", 50_000)
