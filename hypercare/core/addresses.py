"""This module says from which address a request came: the connection's own, or what a trusted proxy says of it."""

from django.conf import settings


def address_of(connection: str, forwarded: str) -> str:
    """`connection` is the peer's address and `forwarded` the X-Forwarded-For header, of which our own proxy wrote the last."""
    return forwarded.rpartition(",")[2].strip() if settings.BEHIND_PROXY and forwarded else connection
