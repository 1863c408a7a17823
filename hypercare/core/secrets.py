"""This module makes and hashes secrets: tokens, keys and receipt links are stored only as hashes."""

import hashlib
import hmac
import secrets

from django.conf import settings


def new_secret(prefix: str) -> str:
    """A fresh secret of 256 random bits with a readable prefix."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def digest(secret: str) -> str:
    """What is stored of a high-entropy secret: SHA-256, 64 hex digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def hint(secret: str) -> str:
    """The first characters, for recognising a secret in a list."""
    return secret[:9]


def derived(purpose: str, subject: str) -> str:
    """128 bits that only this installation can derive again for a subject, as 32 hex digits."""
    key = hashlib.sha256(f"{purpose}|{settings.SECRET_KEY}".encode()).digest()
    return hmac.new(key, subject.encode(), hashlib.sha256).hexdigest()[:32]
