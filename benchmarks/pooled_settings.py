"""This module is the settings as Django's ASGI handler needs them: pooled connections, since its threads come and go."""

from typing import Any

from hypercare.settings import *  # noqa: F403 - a settings module is names
from hypercare.settings import DATABASES

_database: dict[str, Any] = DATABASES["default"]
_database |= {"CONN_MAX_AGE": 0, "OPTIONS": {**_database["OPTIONS"], "pool": {"max_size": 8}}}
