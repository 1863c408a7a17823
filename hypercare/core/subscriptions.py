"""This module decides who gets a launch's daily report by mail, and lets each reader end it with one click."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from hypercare.core.models import Launch, Subscription, User
from hypercare.core.problem import not_found
from hypercare.core.roles import Role
from hypercare.core.timeline import Actor, Entry, record

READING_ROLES = (Role.ADMIN, Role.LEAD, Role.RESPONDER, Role.STAKEHOLDER)


def readers(launch: Launch) -> QuerySet[User]:
    """Members whose role brings the report and who did not end it."""
    return (
        User.objects.filter(memberships__launch=launch, memberships__role__in=READING_ROLES, is_active=True)
        .exclude(subscriptions__in=Subscription.objects.filter(launch=launch).exclude(ended_at=None))
        .order_by("pk")
    )


def subscriptions_of(launch: Launch, users: Iterable[User]) -> dict[int, Subscription]:
    """The subscription of each person by the person's id, made where there is none."""
    wanted = {user.pk: user for user in users}
    Subscription.objects.bulk_create(
        [Subscription(launch=launch, user=user, secret=secrets.token_urlsafe(32)) for user in wanted.values()],
        ignore_conflicts=True,
    )
    return {row.user_id: row for row in Subscription.objects.filter(launch=launch, user__in=wanted)}


def own_subscription(launch: Launch, user: User) -> Subscription | None:
    """The subscription of a member whose role brings the report, ended or not; None for anyone else."""
    if not user.memberships.filter(launch=launch, role__in=READING_ROLES).exists():
        return None
    return subscriptions_of(launch, [user])[user.pk]


def subscription_behind(secret: str) -> Subscription:
    """The subscription a mail's link names; 404 for anything else."""
    row = (
        Subscription.objects.select_related("launch", "user").filter(secret=secret).first()
        if "\x00" not in secret
        else None
    )
    if row is None:
        raise not_found(_("This link ends no mail. Check that it is whole."))
    return row


@transaction.atomic
def end(subscription: Subscription, *, now: datetime) -> None:
    """Sends this reader no more reports; a second time changes nothing."""
    if Subscription.objects.filter(pk=subscription.pk, ended_at=None).update(ended_at=now):
        _note(subscription, "subscription.ended", now=now)


@transaction.atomic
def resume(subscription: Subscription, *, now: datetime) -> None:
    """Sends this reader the reports again."""
    if Subscription.objects.filter(pk=subscription.pk).exclude(ended_at=None).update(ended_at=None):
        _note(subscription, "subscription.resumed", now=now)


def _note(subscription: Subscription, kind: str, *, now: datetime) -> None:
    entry = Entry(f"user:{subscription.user_id}", kind, {})
    record(subscription.launch, [entry], actor=Actor.person(subscription.user), now=now)
