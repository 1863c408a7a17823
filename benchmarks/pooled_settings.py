"""This module is the settings as Django's ASGI handler needs them: pooled connections, since its threads come and go."""

from hypercare.settings import *
from hypercare.settings import DATABASES

DATABASES["default"] |= {"CONN_MAX_AGE": 0, "OPTIONS": {**DATABASES["default"]["OPTIONS"], "pool": {"max_size": 8}}}
