"""This module names a language model for second opinions; without HYPERCARE_LLM_URL nobody is asked."""

import os
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

LLM_URL = os.environ.get("HYPERCARE_LLM_URL", "").rstrip("/")
LLM_KEY = os.environ.get("HYPERCARE_LLM_KEY", "")
LLM_MODEL = os.environ.get("HYPERCARE_LLM_MODEL", "")

if LLM_URL:
    _url = urlsplit(LLM_URL)
    if _url.scheme not in {"http", "https"} or not _url.hostname or not LLM_MODEL:
        raise ImproperlyConfigured(
            "HYPERCARE_LLM_URL must look like https://host/v1, with HYPERCARE_LLM_MODEL beside it."
        )
