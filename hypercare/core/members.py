"""This module decides who belongs to a launch: a role given, changed or taken, and always somebody left who steers."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hypercare.core import wake
from hypercare.core.models import Launch, Membership, User
from hypercare.core.problem import wrong
from hypercare.core.roles import STEERING
from hypercare.core.timeline import Actor, Entry, record

RIGHTS_GROUP = "board.rights"


@transaction.atomic
def set_member(launch: Launch, user: User, *, role: str, actor: Actor, now: datetime) -> Membership:
    """Gives a person a role in the launch, new or changed; raises Problem 409 where nobody would be left to steer."""
    _one_at_a_time(launch)
    membership, created = Membership.objects.get_or_create(
        launch=launch, user=user, defaults={"role": role, "created_at": now}
    )
    if not created and membership.role == role:
        return membership
    if role not in STEERING:
        _keep_one_who_steers(membership)
    old, membership.role = (None if created else membership.role), role
    membership.save(update_fields=["role"])
    kind = "member.added" if created else "member.changed"
    record(launch, [Entry(f"user:{user.pk}", kind, {"old": old, "new": role})], actor=actor, now=now)
    rights_changed(user)
    return membership


@transaction.atomic
def remove_member(membership: Membership, *, actor: Actor, now: datetime) -> None:
    """Takes a person out of the launch; raises Problem 409 where nobody would be left to steer."""
    launch, user = membership.launch, membership.user
    _one_at_a_time(launch)
    _keep_one_who_steers(membership)
    Membership.objects.filter(pk=membership.pk).delete()
    record(launch, [Entry(f"user:{user.pk}", "member.removed", {"old": membership.role})], actor=actor, now=now)
    rights_changed(user)


def rights_changed(user: User) -> None:
    """Makes the person's open sockets look at their rights again once this is committed."""
    wake.group_after_commit(RIGHTS_GROUP, {"type": RIGHTS_GROUP, "user": user.pk})


def _one_at_a_time(launch: Launch) -> None:
    """Two leads who demote each other at the same moment come one after the other."""
    Launch.objects.select_for_update(no_key=True).get(pk=launch.pk)


def _keep_one_who_steers(membership: Membership) -> None:
    steering = Membership.objects.filter(launch=membership.launch, role__in=STEERING)
    if steering.filter(pk=membership.pk).exists() and not steering.exclude(pk=membership.pk).exists():
        detail = _("%(person)s is the last one who steers this launch. Give somebody else the role of lead first.")
        detail %= {"person": membership.user}
        raise wrong("/role", detail, status=409)
