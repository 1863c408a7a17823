"""This module reads which deployments carry the fix of an issue: its own, and those of the issues merged into it."""

from django.db.models import Case, QuerySet, When

from triage import tree
from triage.models import Fix, Issue

# What people said of a root's own fix stands whatever is merged into it.
OWN_FIRST = Case(When(issue__merged_into=None, then=0), default=1)


def fixes_in_force(issue_id: int) -> QuerySet[Fix]:
    """The fixes of a root issue's tree that nobody ended; of a deployment that is linked to several of it the root's own,
    else the first."""
    first = of_tree(issue_id).order_by("deployment", OWN_FIRST, "pk").distinct("deployment")
    return Fix.objects.filter(pk__in=first.values("pk"))


def of_tree(issue_id: int) -> QuerySet[Fix]:
    """All of them, each as it was linked."""
    return Fix.objects.filter(issue__in=tree.members_of([issue_id])[issue_id], ended_at=None)


def as_roots(fix: Fix) -> Fix:
    """A fix of a merged issue as that of its root, whose reports, traffic and status it is held against."""
    if fix.issue.merged_into_id:
        root = tree.roots_of([fix.issue_id])[fix.issue_id]
        fix.issue = Issue.objects.select_related("launch", "component").get(pk=root)
    return fix
