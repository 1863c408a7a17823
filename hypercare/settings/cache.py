"""This module says where counters and short memories are kept.

`default` counts failed sign-ins: in memory each web process would count by itself, and in the broker a sign-in would
fail whenever the broker is away; a table is shared and is there whenever we are. `memory` is for figures that may be
some seconds old and differ between processes.
"""

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "core_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    "memory": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
