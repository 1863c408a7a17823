"""This module ties deployments to the issues they fix: by the keys that their texts and fields name, or by hand.

What says that it fixes an issue in work moves it to deployed once it is live; a mere mention is shown and moves nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from gateway_ingest.deployments import name_of
from hypercare.core.models import Deployment
from hypercare.core.problem import Problem, wrong
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from triage import lifecycle, tree
from triage.locks import lock_launch
from triage.models import Fix, How, Issue, IssueStatus
from triage.proof.places import is_live
from triage.proof.standing import fixes_in_force, of_tree

AT_ONCE = 50
MOST_FIXES = 50
# Told so long after it went live, what people did with the issue since then knows better.
_LATE = timedelta(minutes=10)
IN_WORK = (IssueStatus.IN_PROGRESS, IssueStatus.MITIGATED)
# A word that somebody chose on purpose; a key that merely stands in a text may stand there for any reason.
_MEANT = (How.FIXES, How.FIELD)


def follow(*, clock: Callable[[], datetime]) -> int:
    """Links the deployments that wait to the issues they name; says how many deployments."""
    handled = 0
    while batch := _follow_batch(now=clock()):
        handled += batch
    return handled


def _follow_batch(*, now: datetime) -> int:
    waiting = list(Deployment.objects.filter(linked_at=None).order_by("id").values_list("pk", flat=True)[:AT_ONCE])
    for pk in waiting:
        _follow_one(pk, now=now)
    return len(waiting)


@transaction.atomic
def _follow_one(deployment_id: int, *, now: datetime) -> None:
    rows = Deployment.objects.select_related("launch", "release__component", "environment")
    row = rows.get(pk=deployment_id)
    lock_launch(row.launch_id)
    if not Deployment.objects.filter(pk=row.pk, linked_at=None).update(linked_at=now):
        return
    with override(row.launch.language):
        for issue_id, how in _roots_named(row).items():
            fix = link(issue_id, row, how=how, actor=SYSTEM, now=now)
            if fix and how in _MEANT and is_live(row.environment.name):
                _deploy(fix, row, now=now)


def _roots_named(row: Deployment) -> dict[int, How]:
    """The roots of the issues it names that are this launch's own; another launch's key names nothing here."""
    numbers = {int(key[3:]): How(how) for key, how in row.named_issues.items()}
    own = set(Issue.objects.filter(launch=row.launch_id, pk__in=numbers).values_list("pk", flat=True))
    found: dict[int, How] = {}
    for issue_id, root in sorted(tree.roots_of(own).items()):
        how = numbers[issue_id]
        found[root] = how if how in _MEANT else found.get(root, how)
    return found


def link(issue_id: int, row: Deployment, *, how: How, actor: Actor, now: datetime) -> Fix | None:
    """Ties them in the caller's transaction, which holds the launch's lock; None where they are tied already."""
    if of_tree(issue_id).filter(deployment=row).exists():
        return None
    fix = Fix.objects.create(issue_id=issue_id, deployment=row, how=how, linked_at=now, linked_by=actor.user)
    data = {"deployment": name_of(row), "version": row.release.version, "environment": row.environment.name, "how": how}
    record(row.launch, [Entry(f"IS-{issue_id}", "fix.linked", data)], actor=actor, now=now)
    return fix


@transaction.atomic
def link_by_hand(issue_id: int, named: str, *, actor: Actor, now: datetime) -> Fix:
    """A person names a deployment as DP-3; 404 where the launch has none of that name, 409 where they are tied."""
    issue = lifecycle.lock(issue_id)
    if issue.merged_into_id:
        raise Problem(409, _("%(key)s is merged; link it to the issue it went into.") % {"key": issue.key})
    if fixes_in_force(issue.pk).count() >= MOST_FIXES:
        raise Problem(409, _("%(key)s has %(most)s deployments already.") % {"key": issue.key, "most": MOST_FIXES})
    fix = link(issue.pk, deployment_named(issue, named), how=How.HAND, actor=actor, now=now)
    if fix is None:
        raise Problem(409, _("This deployment is linked already."))
    return fix


@transaction.atomic
def unlink(issue_id: int, named: str, *, actor: Actor, now: datetime) -> None:
    """A person says that a deployment does not carry the fix; 409 where it is not linked."""
    issue = lifecycle.lock(issue_id)
    row = deployment_named(issue, named)
    if not of_tree(issue.pk).filter(deployment=row).update(ended_at=now):
        raise Problem(409, _("This deployment is not linked."))
    data = {"deployment": name_of(row), "version": row.release.version}
    record(issue.launch, [Entry(issue.key, "fix.unlinked", data)], actor=actor, now=now)


def deployment_named(issue: Issue, named: str) -> Deployment:
    """The deployment of the issue's launch that is called so."""
    number = named.strip().upper().removeprefix("DP-")
    rows = Deployment.objects.filter(launch=issue.launch_id).select_related(
        "launch", "release__component", "environment"
    )
    known = number.isascii() and number.isdecimal() and len(number) < 19
    row = rows.filter(pk=int(number)).first() if known else None
    if row is None:
        detail = _("There is no such deployment in this launch.")
        raise wrong("/deployment", detail, status=404)
    return row


def _deploy(fix: Fix, row: Deployment, *, now: datetime) -> None:
    issue = Issue.objects.get(pk=fix.issue_id)
    was_touched_since = issue.status_changed_at > row.deployed_at and now - row.deployed_at > _LATE
    if issue.status not in IN_WORK or was_touched_since:
        return
    reason = _("%(version)s went live in %(environment)s and says that it fixes this") % {
        "version": row.release.version, "environment": row.environment.name}  # fmt: skip
    lifecycle.move(issue.pk, to=IssueStatus.DEPLOYED, reason=reason, actor=SYSTEM, now=now)
