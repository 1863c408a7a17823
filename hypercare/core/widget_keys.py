"""This module issues, changes and rotates the public keys that widgets carry."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from hypercare.core.models import Launch, LaunchKey
from hypercare.core.secrets import new_secret
from hypercare.core.timeline import Actor, Entry, record

OLD_KEY_LIVES = timedelta(days=7)


@transaction.atomic
def issue_key(launch: Launch, *, actor: Actor, now: datetime, origins: list[str] | None = None) -> LaunchKey:
    """A public key for the widget."""
    key = LaunchKey.objects.create(launch=launch, key=new_secret("hcw")[:36], origins=origins or [], created_at=now)
    record(launch, [Entry(f"key:{key.pk}", "key.issued", {})], actor=actor, now=now)
    return key


@transaction.atomic
def rotate_key(key: LaunchKey, *, actor: Actor, now: datetime) -> LaunchKey:
    """A new key for the same pages; the old one works for seven more days, so that no page goes silent meanwhile."""
    ends = now + OLD_KEY_LIVES
    if LaunchKey.objects.filter(pk=key.pk, expires_at=None).update(expires_at=ends):
        data = {"expires_at": ends.isoformat()}
        record(key.launch, [Entry(f"key:{key.pk}", "key.rotated", data)], actor=actor, now=now)
    return issue_key(key.launch, actor=actor, now=now, origins=key.origins)


@transaction.atomic
def set_origins(key: LaunchKey, origins: list[str], *, actor: Actor, now: datetime) -> None:
    """Names the pages that may send with the key."""
    if key.origins == origins:
        return
    data = {"old": key.origins, "new": origins}
    LaunchKey.objects.filter(pk=key.pk).update(origins=origins)
    record(key.launch, [Entry(f"key:{key.pk}", "key.changed", data)], actor=actor, now=now)


def newest_key(launch: Launch) -> LaunchKey | None:
    """The key a new page should carry."""
    return LaunchKey.objects.filter(launch=launch, expires_at=None).order_by("-pk").first()


def snippet(key: LaunchKey) -> str:
    """The one line of HTML that a page needs."""
    return f'<script src="{settings.PUBLIC_URL}/w/{key.key}/widget.js" defer></script>'
