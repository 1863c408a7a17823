"""This module frees open issues whose owner may no longer work on them: taken out of the launch, or only reporting."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from hypercare.core.models import Membership
from hypercare.core.roles import Right, roles_with
from hypercare.core.timeline import SYSTEM, Entry, record
from triage.board import changes
from triage.called import with_names
from triage.locks import lock_issues, lock_launch
from triage.models import OPEN_STATUSES, Decision, Issue
from triage.one_by_one import one_by_one


def free_left(*, now: datetime) -> None:
    """Finds and frees them, launch by launch."""
    one_by_one(_left().values_list("launch_id", flat=True).distinct(), lambda launch_id: _free(launch_id, now=now))


@transaction.atomic
def _free(launch_id: int, *, now: datetime) -> None:
    lock_launch(launch_id)
    freed = lock_issues(_left().filter(launch_id=launch_id).values_list("pk", flat=True))
    issues = list(Issue.objects.filter(pk__in=freed).select_related("launch", "owner"))
    Decision.objects.filter(issue__in=issues, field="owner", ended_at=None).update(ended_at=now)
    left = [(issue, issue.owner) for issue in issues if issue.owner]
    entries = [
        Entry(
            issue.key,
            "issue.field",
            with_names({"field": "owner", "old": owner.email, "new": ""}, {owner.email: str(owner)}),
        )
        for issue, owner in left
    ]
    Issue.objects.filter(pk__in=freed).update(owner=None, version=F("version") + 1)
    if issues:
        record(issues[0].launch, entries, actor=SYSTEM, now=now)
        changes.publish(launch_id, list(freed))


def _left() -> QuerySet[Issue]:
    working = Membership.objects.filter(
        launch=OuterRef("launch"), user=OuterRef("owner"), role__in=roles_with(Right.TRIAGE), user__is_active=True
    )
    return Issue.objects.filter(~Exists(working), owner__isnull=False, status__in=OPEN_STATUSES)
