"""This module reads what the environment says about where we run, and keeps the installation's secret key."""

import ipaddress
import os
import re
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]
HYPERCARE_HOME = Path(os.environ.get("HYPERCARE_HOME") or BASE_DIR / "var").resolve()

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


def flag(name: str, default: str = "") -> bool:
    """The yes-or-no value of an environment variable; raises ImproperlyConfigured on anything else."""
    value = os.environ.get(name, default).strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; write 1 or 0.")


def words(name: str) -> list[str]:
    """The comma-separated values of an environment variable."""
    return [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]


def hosts_and_networks(name: str) -> list[str]:
    """The host names and networks of an environment variable; raises ImproperlyConfigured on anything else."""
    found = words(name)
    for word in found:
        if not _HOST.fullmatch(word) and not _is_network(word):
            raise ImproperlyConfigured(f"{name} holds {word!r}; write host names or networks such as 10.0.0.0/8.")
    return found


def _is_network(word: str) -> bool:
    try:
        ipaddress.ip_network(word, strict=False)
    except ValueError:
        return False
    return True


def _kept_secret() -> str:
    path = HYPERCARE_HOME / "secret_key"
    if not path.exists():
        HYPERCARE_HOME.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


DEBUG = False
SECRET_KEY = os.environ.get("HYPERCARE_SECRET_KEY") or _kept_secret()

# The address people and mails use; the port of `up` where nothing else is said.
PUBLIC_URL = os.environ.get("HYPERCARE_URL", f"http://127.0.0.1:{os.environ.get('PORT', '8000')}").rstrip("/")
ALLOWED_HOSTS = words("HYPERCARE_HOSTS") or ["127.0.0.1", "localhost", "[::1]", "testserver"]
HYPERCARE_ORIGINS = words("HYPERCARE_ORIGINS")
# Hosts and networks inside that addresses set by users may reach all the same.
OUTGOING_ALLOWED = hosts_and_networks("HYPERCARE_OUTGOING_ALLOWED")
