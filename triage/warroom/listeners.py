"""This module says who of those who once took something on in a launch still hears of it, and who hears in their place."""

from django.db.models import QuerySet

from hypercare.core.models import Launch, User
from hypercare.core.roles import STEERING, Right, roles_with


def still_here(people: QuerySet[User], launch: Launch) -> list[User]:
    """Those of them who may read in the launch now; where there is none, those who steer it."""
    active = people.filter(is_active=True, memberships__launch=launch, memberships__role__in=roles_with(Right.READ))
    return list(active.distinct().order_by("pk")) or _steering(launch)


def _steering(launch: Launch) -> list[User]:
    rows = User.objects.filter(memberships__launch=launch, memberships__role__in=STEERING, is_active=True)
    return list(rows.distinct().order_by("pk"))
