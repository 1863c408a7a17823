"""This module names the mail server; without HYPERCARE_SMTP_URL every message stands in the visible Outbox."""

import os
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("HYPERCARE_MAIL_FROM", "Hypercare <hypercare@localhost>")
SMTP_CONFIGURED = bool(os.environ.get("HYPERCARE_SMTP_URL"))

if SMTP_CONFIGURED:
    _url = urlsplit(os.environ["HYPERCARE_SMTP_URL"])
    if _url.scheme not in {"smtp", "smtps", "smtp+tls"} or not _url.hostname:
        raise ImproperlyConfigured("HYPERCARE_SMTP_URL must look like smtp+tls://user:password@host:587.")
    EMAIL_HOST = _url.hostname
    EMAIL_PORT = _url.port or {"smtp": 25, "smtps": 465, "smtp+tls": 587}[_url.scheme]
    EMAIL_HOST_USER = unquote(_url.username or "")
    EMAIL_HOST_PASSWORD = unquote(_url.password or "")
    EMAIL_USE_TLS = _url.scheme == "smtp+tls"
    EMAIL_USE_SSL = _url.scheme == "smtps"
EMAIL_TIMEOUT = 10
# allauth writes through Django's mail; this backend puts it into the same queue as everything else.
EMAIL_BACKEND = "hypercare.core.delivery.QueueBackend"
