"""This module keeps the one password of the sample people in a file, so that every start can show it again."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext as _

from hypercare.core.models import User
from triage.demo.story import Story


def ensure_password(story: Story) -> str:
    """The password all sample people sign in with; made up at the first start and given to those who have none."""
    path = Path(settings.HYPERCARE_HOME) / "secrets" / "demo_password"
    known = path.exists() and path.stat().st_size > 0
    password = path.read_text() if known else _keep(path, secrets.token_hex(6))
    hashed = ""
    for user in User.objects.filter(email__in=[person.email for person in story.sign_ins]):
        if not known or not user.has_usable_password():
            hashed = hashed or make_password(password)
            User.objects.filter(pk=user.pk).update(password=hashed)
    return password


def lines(story: Story, password: str) -> Iterator[str]:
    """What the console says: where, with what, and what each of them sees."""
    yield _("Sample launch: %(name)s. Sign in at %(address)s/ as any of these, all with the password %(password)s") % {
        "name": story.launch["name"], "address": settings.PUBLIC_URL, "password": password}  # fmt: skip
    width = max(len(person.email) for person in story.sign_ins)
    for person in story.sign_ins:
        yield f"  {person.email:<{width}}  {person.name} {person.sees}"


def _keep(path: Path, password: str) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(password)
    return password
