"""This module knows the names of all time zones; they are files, and looked for once."""

import zoneinfo
from functools import cache


@cache
def zone_names() -> frozenset[str]:
    """Every IANA name, for example Europe/Stockholm."""
    return frozenset(zoneinfo.available_timezones())
