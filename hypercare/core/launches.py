"""This module makes launches, changes their facts, and closes them."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from hypercare.core import clock
from hypercare.core.members import set_member
from hypercare.core.models import Launch, Phase, User
from hypercare.core.problem import Problem
from hypercare.core.roles import Role
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from hypercare.core.widget_keys import issue_key


@transaction.atomic
def create_launch(launch: Launch, *, owner: User, now: datetime) -> Launch:
    """Saves a new launch with its owner as lead and a public widget key; raises ValidationError for bad fields.

    One whose go-live is still ahead is in preparation.
    """
    launch.created_at = now
    launch.full_clean()
    if launch.phase == Phase.HYPERCARE and launch.day_on(now) < 1:
        launch.phase = Phase.PREPARE
    try:
        with transaction.atomic():
            launch.save()
    except IntegrityError as error:
        raise ValidationError({"slug": _("Another launch was just given this address; choose another.")}) from error
    actor = Actor.person(owner)
    record(launch, [Entry(launch.slug, "launch.created", {"name": launch.name})], actor=actor, now=now)
    set_member(launch, owner, role=Role.LEAD, actor=actor, now=now)
    issue_key(launch, actor=actor, now=now)
    return launch


def propose_slug(name: str) -> str:
    """An address from a name that no launch has; empty where the name has no letter or digit of the Latin alphabet."""
    plain = slugify(name)[:50].strip("-")
    plain = "-".join(part for part in plain.replace("_", "-").split("-") if part)
    if not plain:
        return ""
    taken = set(Launch.objects.filter(slug__startswith=plain).values_list("slug", flat=True)) | Launch.RESERVED_SLUGS
    free, number = plain, 1
    while free in taken:
        number += 1
        free = f"{plain}-{number}"
    return free


@transaction.atomic
def change_facts(launch: Launch, changes: dict[str, Any], *, actor: Actor, now: datetime) -> Launch:
    """Writes new values of the launch's own fields; raises ValidationError for bad ones. No change writes nothing."""
    row = Launch.objects.select_for_update(no_key=True).get(pk=launch.pk)
    changed = {name: value for name, value in changes.items() if getattr(row, name) != value}
    if not changed:
        return row
    data = {name: {"old": _plain(getattr(row, name)), "new": _plain(value)} for name, value in changed.items()}
    for name, value in changed.items():
        setattr(row, name, value)
    row.full_clean()
    row.save(update_fields=list(changed))
    record(row, [Entry(row.slug, "launch.changed", data)], actor=actor, now=now)
    return row


def begin_due(*, now: datetime) -> None:
    """Puts launches under hypercare on the day of their go-live, by their own clock."""
    latest = clock.local_day(now, "Pacific/Kiritimati")
    for launch in Launch.objects.filter(closed_at=None, phase=Phase.PREPARE, go_live_on__lte=latest):
        if launch.day_on(now) >= 1:
            change_facts(launch, {"phase": Phase.HYPERCARE}, actor=SYSTEM, now=now)


@transaction.atomic
def close(launch: Launch, *, actor: Actor, now: datetime) -> None:
    """Ends the taking of reports; everything stays to be read."""
    if Launch.objects.filter(pk=launch.pk, closed_at=None).update(closed_at=now):
        record(launch, [Entry(launch.slug, "launch.closed")], actor=actor, now=now)


@transaction.atomic
def reopen(launch: Launch, *, actor: Actor, now: datetime) -> None:
    """Takes reports again."""
    if Launch.objects.filter(pk=launch.pk, closed_at__isnull=False).update(closed_at=None):
        record(launch, [Entry(launch.slug, "launch.reopened")], actor=actor, now=now)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str) else value.isoformat()


def check_not_closed(launch: Launch) -> None:
    """Raises a 409 Problem for a launch that is closed: what was written in it is only to be read."""
    if launch.closed_at:
        raise Problem(409, _("%(launch)s is closed and only to be read.") % {"launch": launch.name})
